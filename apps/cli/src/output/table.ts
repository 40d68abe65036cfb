import { toPrintableLine } from './printable.ts';

const MIN_WIDTH = 10;
const PADDING = 3;

/** Rows under headings in docker's layout: columns at least ten wide, three spaces apart, the last one as long as it is. */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map(toPrintableLine))];
  const widths = headings.map((_, column) => {
    const widest = lines.reduce((width, line) => Math.max(width, lengthOf(line[column] ?? '')), 0);
    return Math.max(widest + PADDING, MIN_WIDTH);
  });
  return lines
    .map((line) => `${line.map((cell, column) => padCell(cell, column === line.length - 1 ? 0 : (widths[column] ?? 0))).join('')}\n`)
    .join('');
}

/** Labels with values behind them, the values in one column. */
export function renderFields(fields: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...fields.map(([label]) => label.length)) + 2;
  return fields.map(([label, value]) => `${`${label}:`.padEnd(width)} ${toPrintableLine(value)}\n`).join('');
}

function padCell(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - lengthOf(cell)));
}

/** In code points, as docker counts. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
