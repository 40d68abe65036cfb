import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { buildTar, type LayerEntry } from './tar-layer.ts';

export type LayerCompression = 'none' | 'gzip' | 'zstd';
export type MediaTypeFamily = 'oci' | 'docker';

export interface FixturePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

export interface FixtureDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: FixturePlatform;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Exact bytes under their digest. */
export interface FixtureBlob {
  readonly descriptor: FixtureDescriptor;
  readonly bytes: Buffer;
}

export interface FixtureImage {
  readonly manifest: FixtureBlob;
  readonly config: FixtureBlob;
  readonly layers: readonly FixtureBlob[];
  readonly diffIds: readonly string[];
  readonly platform: FixturePlatform;
}

export interface FixtureIndex {
  readonly manifest: FixtureBlob;
  readonly children: readonly FixtureImage[];
}

export interface BuildImageOptions {
  /** From the lowest layer up: entries to make a tar of, or a finished tar. */
  readonly layers: readonly (readonly LayerEntry[] | Buffer)[];
  /** The `config` field of the image config: Cmd, Env, Labels and the like. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly platform?: FixturePlatform;
  readonly mediaTypes?: MediaTypeFamily;
  readonly compression?: LayerCompression;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** Makes the image a referrer of this manifest. */
  readonly subject?: FixtureDescriptor;
}

const OCI = 'application/vnd.oci.image';
const DOCKER = 'application/vnd.docker';
const MEDIA_TYPES = {
  oci: {
    manifest: `${OCI}.manifest.v1+json`,
    index: `${OCI}.index.v1+json`,
    config: `${OCI}.config.v1+json`,
    layer: `${OCI}.layer.v1.tar`,
  },
  docker: {
    manifest: `${DOCKER}.distribution.manifest.v2+json`,
    index: `${DOCKER}.distribution.manifest.list.v2+json`,
    config: `${DOCKER}.container.image.v1+json`,
    layer: `${DOCKER}.image.rootfs.diff.tar`,
  },
} as const;
const HOST_PLATFORM: FixturePlatform = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' };
const SUFFIXES: Readonly<Record<MediaTypeFamily, Readonly<Record<LayerCompression, string>>>> = {
  oci: { none: '', gzip: '+gzip', zstd: '+zstd' },
  docker: { none: '', gzip: '.gzip', zstd: '.zstd' },
};

/** An image whose every digest follows from the options alone. */
export function buildImage(options: BuildImageOptions): FixtureImage {
  const family = options.mediaTypes ?? 'oci';
  const compression = options.compression ?? 'gzip';
  const platform = options.platform ?? HOST_PLATFORM;
  const types = MEDIA_TYPES[family];
  const tars = options.layers.map((layer) => (Buffer.isBuffer(layer) ? layer : buildTar(layer)));
  const layers = tars.map((tar) => blobOf(compress(tar, compression), `${types.layer}${SUFFIXES[family][compression]}`));
  const diffIds = tars.map(sha256Of);
  const config = jsonBlob(types.config, {
    created: '2026-01-01T00:00:00Z',
    ...platform,
    config: options.config ?? {},
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: tars.map((_, index) => ({ created: '2026-01-01T00:00:00Z', created_by: `fixture layer ${index + 1}` })),
  });
  const manifest = jsonBlob(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    artifactType: options.artifactType,
    config: config.descriptor,
    layers: layers.map((layer) => layer.descriptor),
    subject: options.subject,
    annotations: options.annotations,
  });
  return { manifest, config, layers, diffIds, platform };
}

export interface BuildIndexOptions {
  readonly mediaTypes?: MediaTypeFamily;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: FixtureDescriptor;
}

/** An image index (or Docker manifest list) of the images, each under its platform. */
export function buildIndex(children: readonly FixtureImage[], options: BuildIndexOptions = {}): FixtureIndex {
  const mediaType = MEDIA_TYPES[options.mediaTypes ?? 'oci'].index;
  const manifests = children.map((child) => ({ ...child.manifest.descriptor, platform: child.platform }));
  const manifest = jsonBlob(mediaType, {
    schemaVersion: 2,
    mediaType,
    manifests,
    subject: options.subject,
    annotations: options.annotations,
  });
  return { manifest, children };
}

/** `sha256:…` of the bytes. */
export function sha256Of(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The bytes with the descriptor that belongs to them. */
export function blobOf(bytes: Buffer, mediaType = 'application/octet-stream'): FixtureBlob {
  return { bytes, descriptor: { mediaType, digest: sha256Of(bytes), size: bytes.length } };
}

function jsonBlob(mediaType: string, value: unknown): FixtureBlob {
  return blobOf(Buffer.from(JSON.stringify(value)), mediaType);
}

function compress(tar: Buffer, compression: LayerCompression): Buffer {
  if (compression === 'none') return tar;
  return compression === 'gzip' ? gzipSync(tar) : zstdCompressSync(tar);
}
