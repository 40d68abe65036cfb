import { Readable } from 'node:stream';
import { type Descriptor, parseDescriptor } from '@slipway/oci';
import { blobsOf, type FixtureDescriptor, type FixtureImage, type FixtureIndex } from '@slipway/testkit';
import { clientError } from '../errors.ts';
import type { ContentSource } from '../transfer/content.ts';

/** Images and indexes made by the testkit, as what a local store would offer. */
export function fixtureSource(...images: readonly (FixtureImage | FixtureIndex)[]): ContentSource {
  const blobs = new Map(images.flatMap(blobsOf).map((blob) => [blob.descriptor.digest, blob]));
  const find = (digest: string) => {
    const blob = blobs.get(digest);
    if (blob === undefined) throw clientError('BLOB_UNKNOWN', `Cannot read ${digest}: it is not in the fixture`);
    return blob;
  };
  return {
    async readManifest(digest) {
      const { bytes, descriptor } = find(digest);
      return { bytes, mediaType: descriptor.mediaType, digest };
    },
    async openBlob({ digest }, { offset = 0 } = {}) {
      return Readable.from([find(digest).bytes.subarray(offset)], { objectMode: false });
    },
  };
}

export function descriptorOf(fixture: { readonly descriptor: FixtureDescriptor }): Descriptor {
  return parseDescriptor(fixture.descriptor, 'fixture');
}
