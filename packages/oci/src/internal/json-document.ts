import { invalidDocument, type JsonObject, type Place, readObject } from './json-fields.ts';
import { quote } from './quote.ts';

const MAX_DEPTH = 100;

/**
 * Parses the bytes of a document received from anyone: UTF-8 without a byte order mark, one JSON object, no deeper than 100 levels and
 * no field named twice in one object. Parsers disagree on which of two equal fields counts, so such a document means different things to
 * the registry and to its clients.
 */
export function parseJsonDocument(bytes: Uint8Array, code: Place['code']): JsonObject {
  const text = decode(bytes, code);
  const value = parse(text, code);
  const fault = findFault(text);
  if (fault !== undefined) throw invalidDocument(code, fault);
  return readObject(value, { code, path: '' });
}

function decode(bytes: Uint8Array, code: Place['code']): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw invalidDocument(code, 'it is not UTF-8', cause);
  }
}

function parse(text: string, code: Place['code']): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalidDocument(code, text === '' ? 'it is empty' : 'it is not JSON', cause);
  }
}

/** What is wrong with the structure of a text that is known to be valid JSON. */
function findFault(text: string): string | undefined {
  // The names seen in each open object; undefined for an open list.
  const open: (Set<string> | undefined)[] = [];
  let expectsName = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x7b: // {
      case 0x5b: // [
        expectsName = text[i] === '{';
        open.push(expectsName ? new Set() : undefined);
        if (open.length > MAX_DEPTH) return `it is nested more than ${MAX_DEPTH} levels deep`;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        break;
      case 0x2c: // ,
        expectsName = open.at(-1) !== undefined;
        break;
      case 0x22: {
        const end = endOfString(text, i);
        const names = open.at(-1);
        if (expectsName && names !== undefined) {
          const name = JSON.parse(text.slice(i, end + 1)) as string;
          if (names.has(name)) return `the field ${quote(name)} is there twice in one object`;
          names.add(name);
          expectsName = false;
        }
        i = end;
        break;
      }
      default:
    }
  }
  return undefined;
}

/** The position of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text.charCodeAt(i) !== 0x22) i += text[i] === '\\' ? 2 : 1;
  return i;
}
