import type { PruneOutcome, RemovalEvent } from '@slipway/engine';
import { formatSize } from '../../output/size.ts';

/** The lines of `rmi`. */
export function renderRemoval(events: readonly RemovalEvent[]): string {
  return events.map((event) => (event.kind === 'untagged' ? `Untagged: ${event.name}\n` : `Deleted: ${event.digest}\n`)).join('');
}

/** The lines of the prune commands. */
export function renderPrune({ events, reclaimedBytes }: PruneOutcome): string {
  const lines = events.map((event) => (event.kind === 'untagged' ? `untagged: ${event.name}\n` : `deleted: ${event.digest}\n`));
  const deleted = lines.length === 0 ? '' : `Deleted Images:\n${lines.join('')}\n`;
  return `${deleted}Total reclaimed space: ${formatSize(reclaimedBytes, 4)}\n`;
}
