import type { Comparison, Run } from './compare.ts';
import { median } from './median.ts';

const WIDTHS = [42, 26, 26, 8, 9, 9];
const HEADINGS = ['case', 'ours: median (min-max)', 'peer: median (min-max)', 'ratio', 'cpu ratio', 'target', 'verdict'];

export function headingRow(): string {
  return layOut(HEADINGS);
}

export function comparisonRow(comparison: Comparison): string {
  const { case: item, ours, peers, ratio, costRatio, verdict, peerNames } = comparison;
  const unit = 'unit' in item ? item.unit : 'MB';
  const cells = [`${item.title} [${unit}]`, spreadOf(ours), spreadOf(peers), times(ratio), times(costRatio), targetOf(comparison), verdict];
  const notes = [item.note, peerNames].filter((note) => note !== undefined);
  return [layOut(cells), ...notes.map((note) => `    ${note}`)].join('\n');
}

function targetOf({ case: item }: Comparison): string {
  if ('ceilingMegabytes' in item) return `<= ${item.ceilingMegabytes}`;
  return item.target === undefined ? '' : `>= ${item.target}x`;
}

function times(ratio: number): string {
  return Number.isNaN(ratio) ? '' : `${ratio.toFixed(2)}x`;
}

function spreadOf(runs: readonly Run[]): string {
  const values = runs.map(({ figure }) => figure);
  const middle = format(median(values));
  return values.length === 1 ? middle : `${middle} (${format(Math.min(...values))}-${format(Math.max(...values))})`;
}

function format(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}

function layOut(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0)).join(' ');
}
