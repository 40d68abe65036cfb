import { suggest } from '../../command/suggest.ts';
import { TemplateFailure } from './template-error.ts';
import { kindOf, type TemplateMap, type TemplateObject, typeNameOf } from './values.ts';

const MAX_HINTED = 60;

/** `.Name` of a value; undefined when it is a map without the key, or nothing itself. */
export function fieldOf(value: unknown, name: string): unknown {
  if (value === undefined) return undefined;
  if (value === null) throw new TemplateFailure(`nil pointer evaluating interface {}.${name}`);
  if (value instanceof Map) return (value as TemplateMap).get(name);
  if (kindOf(value) !== 'map') throw new TemplateFailure(`can't evaluate field ${name} in type ${typeNameOf(value)}`);
  if (Object.hasOwn(value, name)) return (value as TemplateObject)[name];
  throw unknownField(name, Object.keys(value));
}

/** Go's `index`: of maps by key, of lists and strings by position, one level for each key. */
export function indexInto(value: unknown, keys: readonly unknown[]): unknown {
  let at = value;
  for (const key of keys) at = indexOnce(at, key);
  return at;
}

function indexOnce(value: unknown, key: unknown): unknown {
  switch (kindOf(value)) {
    case 'nil':
      throw new TemplateFailure('index of untyped nil');
    case 'map':
      if (typeof key !== 'string') throw new TemplateFailure(`value has type ${typeNameOf(key)}; should be string`);
      return value instanceof Map ? indexMap(value as TemplateMap, key) : indexObject(value as TemplateObject, key);
    case 'slice':
      return (value as readonly unknown[])[positionOf(key, (value as readonly unknown[]).length - 1)];
    case 'string': {
      const bytes = Buffer.from(value as string);
      return bytes[positionOf(key, bytes.length - 1)];
    }
    default:
      throw new TemplateFailure(`can't index item of type ${typeNameOf(value)}`);
  }
}

function indexMap(map: TemplateMap, key: string): unknown {
  return map.has(key) ? map.get(key) : zeroOf([...map.values()]);
}

function indexObject(object: TemplateObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : zeroOf(Object.values(object));
}

/** What Go gives for a missing key: the zero value of the map's type, an empty text for labels. */
function zeroOf(values: readonly unknown[]): unknown {
  return values.every((value) => typeof value === 'string') ? '' : undefined;
}

/** Go's `slice`, in bytes for strings. */
export function sliceOf(value: unknown, bounds: readonly unknown[]): unknown {
  const kind = kindOf(value);
  if (kind === 'nil') throw new TemplateFailure('slice of untyped nil');
  if (bounds.length > 3) throw new TemplateFailure(`too many slice indexes: ${bounds.length}`);
  if (kind === 'string' && bounds.length === 3) throw new TemplateFailure('cannot 3-index slice a string');
  if (kind !== 'string' && kind !== 'slice') throw new TemplateFailure(`can't slice item of type ${typeNameOf(value)}`);
  const whole = kind === 'string' ? Buffer.from(value as string) : (value as readonly unknown[]);
  const [start = 0, end = whole.length, capacity] = bounds.map((bound) => positionOf(bound, whole.length));
  if (start > end) throw new TemplateFailure(`invalid slice index: ${start} > ${end}`);
  if (capacity !== undefined && end > capacity) throw new TemplateFailure(`invalid slice index: ${end} > ${capacity}`);
  return Buffer.isBuffer(whole) ? whole.subarray(start, end).toString() : whole.slice(start, end);
}

/** Go's `len`, in bytes for strings. */
export function lengthOf(value: unknown): number {
  switch (kindOf(value)) {
    case 'nil':
      throw new TemplateFailure('len of nil pointer');
    case 'string':
      return Buffer.byteLength(value as string);
    case 'slice':
      return (value as readonly unknown[]).length;
    case 'map':
      return value instanceof Map ? value.size : Object.keys(value as object).length;
    default:
      throw new TemplateFailure(`len of type ${typeNameOf(value)}`);
  }
}

function positionOf(index: unknown, max: number): number {
  if (kindOf(index) === 'nil') throw new TemplateFailure('cannot index slice/array with nil');
  if (kindOf(index) !== 'int') throw new TemplateFailure(`cannot index slice/array with type ${typeNameOf(index)}`);
  const position = Number(index);
  if (position < 0 || position > max) throw new TemplateFailure(`index out of range: ${String(index)}`);
  return position;
}

function unknownField(name: string, known: readonly string[]): TemplateFailure {
  const near = known.find((field) => field.toLowerCase() === name.toLowerCase()) ?? suggest(name, known);
  const nearby = near === undefined ? '' : `Did you mean .${near}? `;
  const listed = known.slice(0, MAX_HINTED).join(', ') + (known.length > MAX_HINTED ? ', …' : '');
  return new TemplateFailure(
    `can't evaluate field ${name}`,
    `${nearby}${known.length === 0 ? 'There are no fields.' : `Fields: ${listed}.`}`,
  );
}
