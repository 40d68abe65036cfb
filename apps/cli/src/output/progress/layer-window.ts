import { formatCount } from '../count.ts';
import { type Layer, renderLayerLine } from './layer-line.ts';
import { hasProgress, isFinal } from './transfer-state.ts';

/** What a screen has room for. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** A line a layer; when there are too many, those that move, then those that wait, and a line that counts. */
export function renderLayerWindow(layers: readonly Layer[], { columns, rows }: WindowSize): readonly string[] {
  if (layers.length <= rows) return layers.map((layer) => renderLayerLine(layer, columns));
  const shown = new Set(layers.toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, rows - 1));
  const lines = layers.filter((layer) => shown.has(layer)).map((layer) => renderLayerLine(layer, columns));
  return [...lines, describeAll(layers).slice(0, columns)];
}

function rankOf({ state }: Layer): number {
  if (hasProgress(state)) return 0;
  return isFinal(state) ? 2 : 1;
}

function describeAll(layers: readonly Layer[]): string {
  const done = layers.filter(({ state }) => isFinal(state)).length;
  const active = layers.filter(({ state }) => hasProgress(state)).length;
  return `${formatCount(layers.length, 'layer')}: ${done} done, ${active} active, ${layers.length - done - active} waiting`;
}
