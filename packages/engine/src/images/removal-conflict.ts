import type { Digest } from '@slipway/oci';
import { engineError } from '../errors.ts';
import type { StateReader } from '../state/state-database.ts';
import { shortId } from './image-names.ts';

/** A container of each kind that uses an image, if there is one. */
export interface ImageUses {
  readonly running: string | undefined;
  readonly stopped: string | undefined;
}

export function usesOf(reader: StateReader, id: Digest): ImageUses {
  const rows = reader.all<{ user: string; is_running: number }>(
    'SELECT user, is_running FROM image_use WHERE image_id = ? ORDER BY user',
    id,
  );
  return { running: rows.find((row) => row.is_running !== 0)?.user, stopped: rows.find((row) => row.is_running === 0)?.user };
}

export interface RemovalConflict {
  readonly isHard: boolean;
  readonly reason: string;
}

export interface ConflictQuestion {
  readonly force: boolean;
  /** Names in the way: they do not go with the image on their own. */
  readonly hasNames: boolean;
}

/** What stands against deleting an image, in docker's order; force helps against what is not hard. */
export function conflictOf(uses: ImageUses, { force, hasNames }: ConflictQuestion): RemovalConflict | undefined {
  if (uses.running !== undefined) return { isHard: true, reason: `image is being used by running container ${shortId(uses.running)}` };
  if (force) return undefined;
  if (hasNames) return { isHard: false, reason: 'image is referenced in multiple repositories' };
  if (uses.stopped !== undefined) return { isHard: false, reason: `image is being used by stopped container ${shortId(uses.stopped)}` };
  return undefined;
}

/** In docker's words. */
export function deletionRefused(id: Digest, { isHard, reason }: RemovalConflict): Error {
  const remedy = isHard ? 'cannot be forced' : 'must be forced';
  return engineError('IMAGE_CONFLICT', `conflict: unable to delete ${shortId(id)} (${remedy}) - ${reason}`);
}

/** In docker's words. */
export function untaggingRefused(text: string, id: Digest, user: string): Error {
  return engineError(
    'IMAGE_CONFLICT',
    `conflict: unable to remove repository reference ${JSON.stringify(text)} (must force) - container ${shortId(user)} is using its referenced image ${shortId(id)}`,
  );
}
