import type { AppError } from '@slipway/base';
import { ociError } from '../errors.ts';
import { describeValue, quote } from './quote.ts';

/** Where in which document a value stands, and the error code its faults have. */
export interface Place {
  readonly code: 'DESCRIPTOR_INVALID' | 'MANIFEST_INVALID' | 'IMAGE_CONFIG_INVALID';
  readonly path: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

const PLAIN_KEY = /^[\w.-]{1,64}$/;
const DOCUMENT_NAMES = { DESCRIPTOR_INVALID: 'descriptor', MANIFEST_INVALID: 'manifest', IMAGE_CONFIG_INVALID: 'image config' } as const;

export function invalidDocument(code: Place['code'], why: string, cause?: unknown): AppError {
  return ociError(code, `Cannot read ${DOCUMENT_NAMES[code]}: ${why}`, { cause });
}

export function at(place: Place, key: string | number): Place {
  return { code: place.code, path: place.path + stepTo(key, place.path === '') };
}

function stepTo(key: string | number, isFirst: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  if (!PLAIN_KEY.test(key)) return `[${quote(key)}]`;
  return isFirst ? key : `.${key}`;
}

/** The object's own field; `null` counts as absent, for Go writes it for empty lists and maps. */
export function fieldOf(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;
}

export function readObject(value: unknown, place: Place): JsonObject {
  if (!isObject(value)) throw mismatch(value, place, 'an object');
  return value;
}

export function readString(value: unknown, place: Place): string {
  if (typeof value !== 'string') throw mismatch(value, place, 'a string');
  return value;
}

export function readBoolean(value: unknown, place: Place): boolean {
  if (typeof value !== 'boolean') throw mismatch(value, place, 'true or false');
  return value;
}

/** A count, size or duration: a whole number that a double holds exactly. */
export function readCount(value: unknown, place: Place): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw mismatch(value, place, 'a whole number from 0 to 9007199254740991');
  }
  return value + 0;
}

export function readInteger(value: unknown, place: Place): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw mismatch(value, place, 'a whole number');
  return value + 0;
}

export function readList<Item>(value: unknown, place: Place, readItem: (item: unknown, place: Place) => Item): Item[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw mismatch(value, place, 'a list');
  return value.map((item: unknown, index) => readItem(item, at(place, index)));
}

export function readStrings(value: unknown, place: Place): string[] {
  return readList(value, place, readString);
}

export function readStringMap(value: unknown, place: Place): Record<string, string> {
  const entries = Object.entries(readObject(value, place));
  return Object.fromEntries(entries.map(([key, item]) => [key, readString(item, at(place, key))]));
}

/** Returns a function that reads one of the object's fields when it is there. */
export function optionalFieldsOf(object: JsonObject, place: Place) {
  return <Item>(key: string, readItem: (item: unknown, place: Place) => Item): Item | undefined => {
    const value = fieldOf(object, key);
    return value === undefined ? undefined : readItem(value, at(place, key));
  };
}

export function mismatch(value: unknown, place: Place, expected: string): AppError {
  const subject = place.path === '' ? 'it' : place.path;
  return invalidDocument(place.code, `${subject} is ${describeValue(value)}, not ${expected}`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
