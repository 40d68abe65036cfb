import { formatShortest } from './decimal.ts';
import { entriesOf, kindOf } from './values.ts';

/** Data that a program gives is a tree, but nothing makes sure. */
const MAX_DEPTH = 100;

/** Go's `%v`. Nothing at all is `<no value>`, as a template prints it. */
export function printValue(value: unknown): string {
  return value === undefined ? '<no value>' : printPart(value, 0);
}

/** Go's `%v` of a number. JSON does not say which whole numbers are floats: all are integers, until they are too large for it. */
export function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  return (value < 0 ? '-' : '') + formatShortest(Math.abs(value));
}

function printPart(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) return '...';
  switch (kindOf(value)) {
    case 'nil':
      return '<nil>';
    case 'int':
    case 'float':
      return typeof value === 'number' ? printNumber(value) : String(value);
    case 'slice':
      return `[${(value as readonly unknown[]).map((part) => printPart(part, depth + 1)).join(' ')}]`;
    case 'map':
      if (value instanceof Date) return value.toISOString();
      // Go's struct{}, the value of each exposed port and volume.
      if (!(value instanceof Map) && entriesOf(value).length === 0) return '{}';
      return `map[${entriesOf(value)
        .filter(([, part]) => typeof part !== 'function')
        .map(([key, part]) => `${key}:${printPart(part, depth + 1)}`)
        .join(' ')}]`;
    case 'function':
      return '<func>';
    case 'string':
    case 'bool':
      return String(value);
  }
}
