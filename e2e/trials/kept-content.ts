import type { TrialManifest } from './trial-catalogue.ts';
import type { TrialWorld } from './trial-world.ts';

/** Whether the manifest is surely there and garbage collection has to leave it. */
export function isManifestKept(world: TrialWorld, repository: string, digest: string): boolean {
  const { ledger } = world;
  if (!ledger.isCertain({ kind: 'manifest', repository, name: digest })) return false;
  if (world.untaggedMs === undefined) return true;
  if (isTagged(world, repository, digest)) return true;
  if (parentsOf(world, repository, digest).some((parent) => isManifestKept(world, repository, parent))) return true;
  const subject = world.catalogue.find(digest)?.subject;
  return subject !== undefined && isManifestKept(world, repository, subject);
}

/** Whether the blob is surely there and garbage collection has to leave it. */
export function isBlobKept(world: TrialWorld, repository: string, digest: string): boolean {
  if (world.graceMs === undefined) return world.ledger.isCertain({ kind: 'blob', repository, name: digest });
  return keptManifests(world, repository).some((manifest) => manifest.blobs.some((blob) => blob.descriptor.digest === digest));
}

export function keptManifests(world: TrialWorld, repository: string): TrialManifest[] {
  const digests = world.ledger.names('manifest', repository).filter((digest) => isManifestKept(world, repository, digest));
  return digests.flatMap((digest) => world.catalogue.find(digest) ?? []);
}

/** Indexes that are there, or may be, and list the manifest. */
export function parentsOf({ catalogue, ledger }: TrialWorld, repository: string, digest: string): string[] {
  return catalogue.indexesOf(digest).filter((name) => ledger.possible({ kind: 'manifest', repository, name }).has(name));
}

/** Notes what garbage collection may take: what holds it later does not bring it back. */
export function doubtUnkept(world: TrialWorld, repository: string): void {
  if (world.untaggedMs === undefined) return;
  for (const name of world.ledger.names('manifest', repository)) {
    const key = { kind: 'manifest' as const, repository, name };
    if (world.ledger.isCertain(key) && !isManifestKept(world, repository, name)) world.ledger.doubt(key);
  }
}

function isTagged({ ledger }: TrialWorld, repository: string, digest: string): boolean {
  return ledger.names('tag', repository).some((name) => {
    const possible = ledger.possible({ kind: 'tag', repository, name });
    return possible.size === 1 && possible.has(digest);
  });
}
