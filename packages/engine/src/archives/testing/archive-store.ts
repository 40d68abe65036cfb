import { join } from 'node:path';
import { silentLogger } from '@slipway/base';
import { systemClock } from '@slipway/base/node';
import { type Descriptor, type Digest, familiarReference, type Platform, parseImageConfig, parseManifest } from '@slipway/oci';
import { computeLayer } from '@slipway/oci/node';
import { blobsOf, type FixtureImage, type FixtureIndex, openTempFolder } from '@slipway/testkit';
import type { ContentStore } from '../../content/content-store.ts';
import { createFsContentStore } from '../../content/fs-content-store.ts';
import type { LayerBlob } from '../../images/image-store.ts';
import type { Lease } from '../../leases/lease.ts';
import type { FinishOptions } from '../../receive/image-receiver.ts';
import type { ImageToSave } from '../archive-ports.ts';
import { describeLoadEvent, type LoadOptions, loadArchive } from '../load-archive.ts';
import { type SaveArchiveOptions, saveArchive } from '../save-archive.ts';

export interface ReceivedImage extends FinishOptions {
  readonly id: Digest;
}

/** A real content store with images that are only remembered: what was finished, checked as a receiver checks it. */
export interface ArchiveStore extends AsyncDisposable {
  readonly content: ContentStore;
  readonly lease: Lease;
  readonly received: ReceivedImage[];
  readonly layerBlobs: LayerBlob[];
  /** Puts a fixture into content. */
  put(image: FixtureImage | FixtureIndex): Promise<Descriptor>;
  save(images: readonly ImageToSave[], format?: SaveArchiveOptions['format']): Promise<Buffer>;
  /** Docker's words for what happened. */
  load(archive: Uint8Array | AsyncIterable<Uint8Array>, options?: Partial<LoadOptions>): Promise<string[]>;
  readonly loadOptions: LoadOptions;
}

export const AMD64: Platform = { os: 'linux', architecture: 'amd64' };

export async function openArchiveStore(): Promise<ArchiveStore> {
  const folder = await openTempFolder('slipway-archives-');
  const content = createFsContentStore({ folder: join(folder.path, 'content'), clock: systemClock, logger: silentLogger });
  const lease = createTestLease();
  const received: ReceivedImage[] = [];
  const layerBlobs: LayerBlob[] = [];
  const find = (name: string) => received.findLast((image) => image.names.some((own) => familiarReference(own) === name));
  const loadOptions: LoadOptions = {
    content,
    images: {
      // Only the id is asked for.
      find: find as unknown as LoadOptions['images']['find'],
      layerBlobs: (diffIds) => layerBlobs.filter(({ diffId }) => diffIds.includes(diffId)),
    },
    receive: async () => createReceiver(content, received),
    lease,
    platform: AMD64,
    searchPath: process.env['PATH'] ?? '',
  };
  return {
    content,
    lease,
    received,
    layerBlobs,
    loadOptions,
    async put(image) {
      for (const { descriptor, bytes } of blobsOf(image)) {
        const stored = await content.put(bytes, { lease });
        if (stored.digest !== descriptor.digest) throw new TypeError('The fixture has another digest');
      }
      return descriptorOf(image.manifest.descriptor);
    },
    save: async (images, format = 'docker') => Buffer.concat(await collect(saveArchive({ content, images, format }))),
    async load(archive, options = {}) {
      const source = archive instanceof Uint8Array ? chunksOf(archive) : archive;
      const events = await collect(loadArchive(source, { ...loadOptions, ...options }));
      return events.map(describeLoadEvent);
    },
    async [Symbol.asyncDispose]() {
      await content.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export function descriptorOf(descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number }): Descriptor {
  return { mediaType: descriptor.mediaType, digest: descriptor.digest as Digest, size: descriptor.size };
}

export async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** In pieces, as a pipe brings them. */
export async function* chunksOf(bytes: Uint8Array, chunkBytes = 50_000): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

function createTestLease(): Lease {
  let uploads = 0;
  return {
    id: 'lease',
    holdContent: async () => undefined,
    holdSnapshot: async () => undefined,
    nextUploadId: () => `lease-${++uploads}`,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function createReceiver(content: ContentStore, received: ReceivedImage[]) {
  return {
    has: async (descriptor: Descriptor) => (await content.stat(descriptor.digest)) !== undefined,
    expectLayer: () => undefined,
    async finish(image: FinishOptions) {
      const manifest = parseManifest(await content.read(image.manifest), image.manifest.mediaType);
      if (manifest.kind !== 'image') throw new TypeError('No image');
      const { rootfs } = parseImageConfig(await content.read(manifest.config));
      const diffIds = await Promise.all(manifest.layers.map(async (layer) => (await computeLayer(await content.openBlob(layer))).diffId));
      if (diffIds.join() !== rootfs.diff_ids.join()) throw new TypeError('A layer has another diffId than the config says');
      const known = { ...image, id: manifest.config.digest };
      received.push(known);
      return known;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
