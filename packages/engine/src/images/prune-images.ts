import { isAppError } from '@slipway/base';
import type { Digest, ImageConfig } from '@slipway/oci';
import type { StateReader, StateTransaction } from '../state/state-database.ts';
import type { ImageRecord } from './image-record.ts';
import type { PruneImagesOptions, PruneOutcome, RemovalEvent } from './image-store.ts';
import { usesOf } from './removal-conflict.ts';
import { removalTexts, removeImage } from './remove-image.ts';

/** Whether prune may take the image, its labels apart. An image that has digests but no tag dangles too. */
export function isPrunable(image: ImageRecord, { all = false, untilMs }: PruneImagesOptions): boolean {
  if (!all && image.names.length > 0) return false;
  if (untilMs === undefined) return true;
  const createdAtMs = Date.parse(image.createdAt ?? '');
  return createdAtMs <= untilMs;
}

export function matchesLabels(config: ImageConfig, { labels = [], withoutLabels = [] }: PruneImagesOptions): boolean {
  const own = config.config?.Labels ?? {};
  return labels.every((label) => hasLabel(own, label)) && !withoutLabels.some((label) => hasLabel(own, label));
}

function hasLabel(own: Readonly<Record<string, string>>, label: string): boolean {
  const sign = label.indexOf('=');
  if (sign < 0) return Object.hasOwn(own, label);
  const key = label.slice(0, sign);
  return Object.hasOwn(own, key) && own[key] === label.slice(sign + 1);
}

/** Removes the images with all their names; those that something uses stay. */
export function pruneImages(tx: StateTransaction, ids: readonly Digest[]): PruneOutcome {
  const events: RemovalEvent[] = [];
  let reclaimedBytes = 0;
  // An image in use would keep its last name only.
  const unused = ids.filter((id) => !isUsed(tx, id));
  for (const text of unused.flatMap((id) => removalTexts(tx, id))) {
    try {
      const removal = removeImage(tx, { text, force: false });
      events.push(...removal.events);
      reclaimedBytes += removal.freedBytes;
    } catch (error) {
      // A repository's digests went with its last tag.
      if (!isAppError(error, 'IMAGE_CONFLICT') && !isAppError(error, 'IMAGE_UNKNOWN')) throw error;
    }
  }
  return { events, reclaimedBytes };
}

function isUsed(reader: StateReader, id: Digest): boolean {
  const { running, stopped } = usesOf(reader, id);
  return running !== undefined || stopped !== undefined;
}
