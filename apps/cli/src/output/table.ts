import { toPrintableLine } from './printable.ts';

const MIN_WIDTH = 10;
const PADDING = 3;

/** Rows under headings in docker's layout: columns at least ten wide, three spaces apart, the last one as long as it is. */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return layOut([headings, ...rows.map((row) => row.map(toPrintableLine))]);
}

/**
 * The same layout for text whose cells end in tabs, as Go's tabwriter does it: a column is as wide as its widest cell among neighbouring
 * lines that have it.
 */
export function alignColumns(text: string): string {
  return layOut(
    text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split('\t')),
  );
}

function layOut(lines: readonly (readonly string[])[]): string {
  const rows = lines.map((): string[] => []);
  for (const { column, first, cells } of walkColumns(lines)) {
    const width = Math.max(MIN_WIDTH, ...cells.map((cell) => lengthOf(cell) + PADDING));
    for (const [at, cell] of cells.entries()) rows[first + at]![column] = padCell(cell, width);
  }
  return rows.map((row, at) => `${row.join('')}${lines[at]?.at(-1) ?? ''}\n`).join('');
}

interface Column {
  readonly column: number;
  /** The line of its first cell. */
  readonly first: number;
  readonly cells: readonly string[];
}

/** Runs of lines that have a cell in a column, and another one behind it. */
function* walkColumns(lines: readonly (readonly string[])[]): Generator<Column> {
  const columns = lines.reduce((most, line) => Math.max(most, line.length - 1), 0);
  for (let column = 0; column < columns; column += 1) {
    let cells: string[] = [];
    for (const [at, line] of [...lines, []].entries()) {
      const cell = column < line.length - 1 ? line[column] : undefined;
      if (cell !== undefined) cells.push(cell);
      else if (cells.length > 0) {
        yield { column, first: at - cells.length, cells };
        cells = [];
      }
    }
  }
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
