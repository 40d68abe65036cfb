import { escapeControls } from '../json.ts';
import type { FunctionTable } from './function-table.ts';
import { escapeHtml, isListRow } from './list-row.ts';
import { printValue } from './print-value.ts';
import { TemplateFailure } from './template-error.ts';
import { entriesOf, kindOf, typeNameOf } from './values.ts';

/** Nobody has a column this wide. */
const MAX_PADDING = 10_000;

/** JSON on one line, in the order of the fields; keys of maps are sorted. */
export function toJson(value: unknown): string {
  if (isListRow(value)) return escapeHtml(toJson(new Map(entriesOf(value))));
  try {
    return escapeControls(JSON.stringify(value ?? null, replaceValue) ?? 'null');
  } catch (error) {
    throw new TemplateFailure(`json: ${error instanceof Error ? error.message : 'unsupported value'}`);
  }
}

function replaceValue(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(entriesOf(value));
  if (typeof value !== 'bigint') return value;
  return Number(value);
}

function join(list: unknown, separator: string): string {
  if (kindOf(list) === 'nil') return '';
  if (!Array.isArray(list)) throw new TemplateFailure(`expected slice; got ${typeNameOf(list)}`);
  return list.map((part) => printValue(part)).join(separator);
}

function padWithSpaces(text: string, before: unknown, after: unknown): string {
  // As docker: nothing stays nothing.
  return text === '' ? '' : ' '.repeat(countOf(before)) + text + ' '.repeat(countOf(after));
}

function truncate(text: string, length: unknown): string {
  return Array.from(text).slice(0, countOf(length)).join('');
}

function countOf(value: unknown): number {
  if (kindOf(value) !== 'int') throw new TemplateFailure(`wrong type for value; expected int; got ${typeNameOf(value)}`);
  const count = Number(value);
  if (count < 0 || count > MAX_PADDING) throw new TemplateFailure(`expected a number from 0 to ${MAX_PADDING}; got ${count}`);
  return count;
}

function toTitle(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}_]|[^\0-\x7f\p{Z}])\p{L}/gu, (letter) => letter.toUpperCase());
}

/** What docker adds to Go's functions. */
export const DOCKER_FUNCTIONS: FunctionTable = {
  json: { min: 1, max: 1, run: ([value]) => toJson(value) },
  join: { min: 2, max: 2, text: [1], run: ([list, separator]) => join(list, String(separator)) },
  split: { min: 2, max: 2, text: [0, 1], run: ([text, separator]) => splitText(String(text), String(separator)) },
  upper: { min: 1, max: 1, text: [0], run: ([text]) => String(text).toUpperCase() },
  lower: { min: 1, max: 1, text: [0], run: ([text]) => String(text).toLowerCase() },
  title: { min: 1, max: 1, text: [0], run: ([text]) => toTitle(String(text)) },
  pad: { min: 3, max: 3, text: [0], run: ([text, before, after]) => padWithSpaces(String(text), before, after) },
  truncate: { min: 2, max: 2, text: [0], run: ([text, length]) => truncate(String(text), length) },
};

function splitText(text: string, separator: string): readonly string[] {
  return separator === '' ? Array.from(text) : text.split(separator);
}
