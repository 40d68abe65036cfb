import type { RegistryClient, Repository } from '@slipway/client';
import type { ImageRecord, ImageStore } from '@slipway/engine';
import { parseReference, type RepositoryName } from '@slipway/oci';

/** Each costs a request for a layer that is in none of them. */
const MAX_SOURCES = 3;

export interface MountSourcesOptions {
  readonly images: Pick<ImageStore, 'list'>;
  readonly client: RegistryClient;
  readonly target: Repository;
}

/** Repositories on the target's host that images with layers of this one were pulled from or pushed to; those with most in common first. */
export function mountSourcesFor(record: ImageRecord, { images, client, target }: MountSourcesOptions): readonly RepositoryName[] {
  const wanted = new Set(record.layers.map(({ diffId }) => diffId));
  const shared = new Map<string, number>();
  for (const image of images.list()) {
    const count = image.layers.filter(({ diffId }) => wanted.has(diffId)).length;
    for (const { repository } of count === 0 ? [] : image.digests) {
      shared.set(repository, Math.max(shared.get(repository) ?? 0, count));
    }
  }
  return [...shared]
    .toSorted(([, one], [, other]) => other - one)
    .map(([name]) => client.repository(parseReference(name)))
    .filter(({ host, name }) => host === target.host && name !== target.name)
    .slice(0, MAX_SOURCES)
    .map(({ name }) => name);
}
