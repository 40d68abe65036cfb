/** A record of which a template may name any key, as docker's labels: a missing one is no error. */
export type TemplateMap = ReadonlyMap<string, unknown>;

/** A record whose fields a template may name; naming another one is an error. Functions are methods. */
export type TemplateObject = Readonly<Record<string, unknown>>;

/** Labels, exposed ports and other records with keys of people's own. */
export function toTemplateMap(record: Readonly<Record<string, unknown>> | undefined): TemplateMap {
  return new Map(Object.entries(record ?? {}));
}

export type ValueKind = 'nil' | 'bool' | 'int' | 'float' | 'string' | 'slice' | 'map' | 'function';

/** What Go would call the value. */
export function kindOf(value: unknown): ValueKind {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    case 'function':
      return 'function';
    case 'object':
      if (value === null) return 'nil';
      return Array.isArray(value) ? 'slice' : 'map';
    default:
      return 'nil';
  }
}

const TYPE_NAMES = {
  nil: '<nil>',
  bool: 'bool',
  int: 'int',
  float: 'float64',
  string: 'string',
  slice: '[]interface {}',
  map: 'map[string]interface {}',
  function: 'func',
} as const;

/** Go's name for the value's type. */
export function typeNameOf(value: unknown): string {
  return TYPE_NAMES[kindOf(value)];
}

/** Keys in order with their values. The value is a map: see kindOf(). */
export function entriesOf(value: unknown): readonly (readonly [key: string, value: unknown])[] {
  const entries = value instanceof Map ? [...(value as TemplateMap)] : Object.entries(value as TemplateObject);
  return entries.sort(([a], [b]) => compareText(a, b));
}

/** The order of the bytes in UTF-8, as Go compares strings. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Empty things, zero, false and nothing are not true. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
