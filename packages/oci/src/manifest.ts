import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { isForeignLayerType } from './media-types.ts';

interface ManifestFields {
  /** What it is stored and served as: one of the manifest types in `MEDIA_TYPES`. */
  readonly mediaType: string;
  readonly artifactType?: string;
  /** The manifest this one is about. It may be absent from the registry. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** OCI or Docker schema 2: an image, or any artifact that packs itself as one. */
export interface ImageManifest extends ManifestFields {
  readonly kind: 'image';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** OCI index or Docker manifest list. */
export interface IndexManifest extends ManifestFields {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

/** The artifact manifest of the OCI 1.1 release candidates: blobs without a config. */
export interface ArtifactManifest extends ManifestFields {
  readonly kind: 'artifact';
  readonly blobs: readonly Descriptor[];
}

export type ParsedManifest = ImageManifest | IndexManifest | ArtifactManifest;

/** Content a manifest can't be pulled without, unless `optional`. */
export interface ManifestReference {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly mediaType: string;
  /** An index of BuildKit's cache lists layers, so a child of an index may be either. */
  readonly kind: 'blob' | 'manifest-or-blob';
  /** True for foreign layers: clients fetch them from the descriptor's `urls`. */
  readonly optional: boolean;
}

/** The artifact type that the referrers API reports: the manifest's own, else its config's media type; an index may have none. */
export function effectiveArtifactType(manifest: ParsedManifest): string | undefined {
  if (manifest.artifactType !== undefined && manifest.artifactType !== '') return manifest.artifactType;
  return manifest.kind === 'image' ? manifest.config.mediaType : undefined;
}

/** What the manifest refers to, each digest once, in the order it is listed; the subject is none of it. */
export function referencesOf(manifest: ParsedManifest): ManifestReference[] {
  const references = new Map<Digest, ManifestReference>();
  for (const descriptor of descriptorsOf(manifest)) {
    const optional = isOptional(descriptor) && (references.get(descriptor.digest)?.optional ?? true);
    references.set(descriptor.digest, {
      digest: descriptor.digest,
      sizeBytes: descriptor.size,
      mediaType: references.get(descriptor.digest)?.mediaType ?? descriptor.mediaType,
      kind: manifest.kind === 'index' ? 'manifest-or-blob' : 'blob',
      optional,
    });
  }
  return [...references.values()];
}

/** Every descriptor the manifest lists, config first, subject left out. */
export function descriptorsOf(manifest: ParsedManifest): readonly Descriptor[] {
  if (manifest.kind === 'index') return manifest.manifests;
  if (manifest.kind === 'artifact') return manifest.blobs;
  return [manifest.config, ...manifest.layers];
}

function isOptional(descriptor: Descriptor): boolean {
  return isForeignLayerType(descriptor.mediaType) && (descriptor.urls?.length ?? 0) > 0;
}
