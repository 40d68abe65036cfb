import type { ObjectKey } from './change-ledger.ts';
import type { ContentPusher } from './content-pusher.ts';
import type { RandomChoice } from './random-choice.ts';
import type { TrialApi } from './trial-api.ts';
import type { TrialManifest } from './trial-catalogue.ts';
import type { TrialWorld } from './trial-world.ts';

/** What the actions of one client share. */
export interface ActionParts {
  readonly world: TrialWorld;
  readonly api: TrialApi;
  readonly pusher: ContentPusher;
  readonly who: string;
  /** Only this client changes it. */
  readonly own: string;
  /** All clients change it. */
  readonly shared: string;
  readonly random: RandomChoice;
  /** Where the numbers of the content it pushes begin: clients with the same one push the same. */
  readonly firstNumber: number;
}

export interface RequiredStatus {
  readonly allowed: readonly number[];
  readonly key: ObjectKey;
}

/** Throws, with the history of the object, when the status is not one of those allowed. */
export function requireStatus({ who, world }: ActionParts, status: number, { allowed, key }: RequiredStatus): void {
  if (allowed.includes(status)) return;
  throw new Error(`${who} got ${status}, not ${allowed.join(' or ')}:\n${world.ledger.story(key)}`);
}

/** Pulls a manifest that has to be there, with its blobs, and compares every byte. */
export async function pullWhole(parts: ActionParts, repository: string, manifest: TrialManifest): Promise<void> {
  const { api } = parts;
  const { digest } = manifest.blob.descriptor;
  const answer = await api.getManifest(repository, digest);
  requireStatus(parts, answer.status, { allowed: [200], key: { kind: 'manifest', repository, name: digest } });
  if (!answer.body.equals(manifest.blob.bytes)) throw new Error(`Manifest ${digest} came back with other bytes`);
  for (const { bytes, descriptor } of manifest.blobs) {
    const got = await api.getBlob(repository, descriptor.digest);
    requireStatus(parts, got.status, { allowed: [200], key: { kind: 'blob', repository, name: descriptor.digest } });
    if (!got.body.equals(bytes)) throw new Error(`Blob ${descriptor.digest} came back with other bytes`);
  }
}
