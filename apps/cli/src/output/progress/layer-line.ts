import { toPrintableLine } from '../printable.ts';
import { formatSize } from '../size.ts';
import { describeState, hasProgress, type TransferState } from './transfer-state.ts';

const MAX_BAR = 50;
const MIN_BAR = 8;
const SIZE_WIDTH = 7;

export interface Layer {
  readonly id: string;
  readonly state: TransferState;
  /** Bytes a second. */
  readonly speed?: number | undefined;
}

/** A layer as docker shows it, never longer than `columns`: `4f4fb700ef54: Downloading [=====>     ]  1.2MB/3MB  4.5MB/s`. */
export function renderLayerLine({ id, state, speed }: Layer, columns: number): string {
  const label = `${toPrintableLine(id)}: ${toPrintableLine(describeState(state))}`;
  if (!hasProgress(state)) return cut(label, columns);
  const counts = describeCounts(state.doneBytes, state.totalBytes);
  const rate = speed === undefined ? '' : `  ${formatSize(speed)}/s`;
  const room = columns - label.length - counts.length - rate.length - ' [>] '.length;
  const bar = state.totalBytes > 0 ? renderBar(state.doneBytes / state.totalBytes, Math.min(MAX_BAR, room)) : '';
  return cut(`${label} ${bar}${counts}${rate}`, columns);
}

/** Docker's bar for a share of one; empty where there is no room for it. */
function renderBar(share: number, cells: number): string {
  if (cells < MIN_BAR) return '';
  const done = Math.floor(Math.min(1, Math.max(0, share)) * cells);
  return `[${'='.repeat(done)}>${' '.repeat(cells - done)}] `;
}

function describeCounts(doneBytes: number, totalBytes: number): string {
  const done = formatSize(doneBytes).padStart(SIZE_WIDTH);
  // More than everything: the total was wrong, as docker sees it.
  return totalBytes <= 0 || doneBytes > totalBytes ? done : `${done}/${formatSize(totalBytes)}`;
}

function cut(text: string, columns: number): string {
  const characters = Array.from(text);
  return characters.length <= columns ? text : characters.slice(0, columns).join('');
}
