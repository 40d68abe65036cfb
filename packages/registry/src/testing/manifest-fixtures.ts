import { createHash } from 'node:crypto';
import { type FixtureBlob, type FixtureDescriptor, pushBlob, type RegistryApi, type RegistryResponse } from '@slipway/testkit';

export const TYPES = {
  image: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  dockerImage: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

export const EMPTY_JSON = blob('{}', 'application/vnd.oci.empty.v1+json');

export function digestOf(bytes: Uint8Array | string, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function blob(content: string | Buffer, mediaType: string = TYPES.layer): FixtureBlob {
  const bytes = Buffer.from(content);
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

export interface ImageFields {
  readonly config?: FixtureDescriptor;
  readonly layers?: readonly FixtureDescriptor[];
  readonly mediaType?: string;
  readonly [field: string]: unknown;
}

/** An image manifest; without a config it takes `{}`. */
export function imageOf({ config = EMPTY_JSON.descriptor, layers = [], mediaType = TYPES.image, ...more }: ImageFields = {}): FixtureBlob {
  return blob(JSON.stringify({ schemaVersion: 2, mediaType, config, layers, ...more }), mediaType);
}

export function indexOf(manifests: readonly FixtureDescriptor[], more: Readonly<Record<string, unknown>> = {}): FixtureBlob {
  return blob(JSON.stringify({ schemaVersion: 2, mediaType: TYPES.index, manifests, ...more }), TYPES.index);
}

export interface PushedImage {
  readonly repository: string;
  /** What its one layer holds. */
  readonly text: string;
  /** When absent it is pushed by digest. */
  readonly tag?: string;
}

/** Pushes an image with one layer. */
export async function pushImage(api: RegistryApi, { repository, text, tag }: PushedImage) {
  const layer = blob(text);
  const image = imageOf({ layers: [layer.descriptor] });
  await pushBlob(api, repository, EMPTY_JSON);
  await pushBlob(api, repository, layer);
  await api.pushManifest(repository, tag ?? image.descriptor.digest, image);
  return { layer, image, digest: image.descriptor.digest };
}

/** The codes in a distribution error body. */
export function codesOf(response: RegistryResponse): string[] {
  const body = JSON.parse(response.body.toString()) as { readonly errors: readonly { readonly code: string }[] };
  return body.errors.map((error) => error.code);
}
