import { algorithmOf, type Descriptor, hexOf, type ImageManifest, MEDIA_TYPES, type Reference } from '@slipway/oci';
import { pathOfDigest } from './archive-entries.ts';
import { annotationsOf, shortName } from './archive-names.ts';

/** An image of an archive, each only once. */
export interface SavedImage {
  readonly target: Descriptor;
  readonly manifest: ImageManifest;
  readonly names: readonly Reference[];
}

/** The documents of an archive by name, sorted. Equal images give equal bytes. */
export function composeDocuments(images: readonly SavedImage[], format: 'docker' | 'oci'): ReadonlyMap<string, Buffer> {
  const documents = new Map([
    ['index.json', json({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: images.flatMap(entriesOf) })],
    ['oci-layout', LAYOUT_DOCUMENT],
  ]);
  if (format === 'docker') {
    documents.set('manifest.json', json(dockerItems(images)));
    documents.set('repositories', json(repositoriesOf(images)));
  }
  return new Map([...documents].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** image-spec, image-layout.md. */
export const LAYOUT_DOCUMENT = json({ imageLayoutVersion: '1.0.0' });

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** One for each name: readers look a name up among them. */
function entriesOf({ target, names }: SavedImage): object[] {
  const { mediaType, digest, size } = target;
  if (names.length === 0) return [{ mediaType, digest, size }];
  return names.map((name) => ({ mediaType, digest, size, annotations: annotationsOf(name) }));
}

/** One for each config: docker loads an image once, with all its names. */
function dockerItems(images: readonly SavedImage[]): object[] {
  const items = new Map<string, { Config: string; RepoTags: string[] | null; Layers: string[] }>();
  for (const { manifest, names } of images) {
    const tags = [...(items.get(manifest.config.digest)?.RepoTags ?? []), ...names.map(shortName)];
    items.set(manifest.config.digest, {
      Config: pathOfDigest(manifest.config.digest),
      RepoTags: tags.length === 0 ? null : [...new Set(tags)],
      Layers: manifest.layers.map(({ digest }) => pathOfDigest(digest)),
    });
  }
  return [...items.values()];
}

/** Docker's own readers have not looked at it since 1.10; others still want it to be there. */
function repositoriesOf(images: readonly SavedImage[]): Record<string, Record<string, string>> {
  const repositories: Record<string, Record<string, string>> = {};
  for (const { manifest, names } of images) {
    const top = manifest.layers.at(-1)?.digest ?? manifest.config.digest;
    if (algorithmOf(top) !== 'sha256') continue;
    for (const { tag, ...name } of names) {
      if (tag !== undefined) repositories[shortName(name)] = { ...repositories[shortName(name)], [tag]: hexOf(top) };
    }
  }
  return repositories;
}
