import type { ImageRecord } from '@slipway/engine';
import { type Digest, parseDigest } from '@slipway/oci';
import { sha256Of } from '@slipway/testkit';

interface RecordOptions {
  /** `docker.io/library/app:v1`. */
  readonly names?: readonly string[];
  /** `docker.io/library/app@sha256:…`. */
  readonly digests?: readonly string[];
  readonly createdAt?: string;
  readonly sizeBytes?: number;
  readonly diffIds?: readonly Digest[];
}

/** The digest of a word. */
export function digestOf(word: string): Digest {
  return parseDigest(sha256Of(Buffer.from(word)));
}

/** An image as the engine lists it. */
export function imageRecord(
  word: string,
  { names = [], digests = [], diffIds = [], sizeBytes = 1000, createdAt }: RecordOptions = {},
): ImageRecord {
  return {
    id: digestOf(word),
    configSize: 100,
    platform: { os: 'linux', architecture: 'amd64' },
    ...(createdAt === undefined ? {} : { createdAt }),
    sizeBytes,
    layers: diffIds.map((diffId) => ({ diffId, chainId: diffId })),
    manifests: [],
    names: names.map((name) => {
      const colon = name.lastIndexOf(':');
      return { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
    }),
    digests: digests.map((name) => {
      const [repository = '', digest = ''] = name.split('@');
      return { repository, digest: parseDigest(digest) };
    }),
  };
}
