const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};
const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/gsu;

/** A Go string literal, as `%q` prints it. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escapeCharacter)}"`;
}

/** The value of a Go literal in `"…"` or `'…'`; undefined when an escape is none of Go's. `\x` and octal escapes are bytes of UTF-8. */
export function unquote(literal: string): string | undefined {
  const sign = literal.charAt(0);
  const body = literal.slice(1, -1);
  const parts: Buffer[] = [];
  let at = 0;
  for (const match of body.matchAll(ESCAPE)) {
    const value = decodeEscape(match, sign);
    if (value === undefined) return undefined;
    parts.push(Buffer.from(body.slice(at, match.index)), value);
    at = match.index + match[0].length;
  }
  return Buffer.concat([...parts, Buffer.from(body.slice(at))]).toString();
}

function decodeEscape([, byte, short, long, octal, simple]: RegExpMatchArray, sign: string): Buffer | undefined {
  if (byte !== undefined) return Buffer.from([Number.parseInt(byte, 16)]);
  if (octal !== undefined) return Number.parseInt(octal, 8) > 255 ? undefined : Buffer.from([Number.parseInt(octal, 8)]);
  const code = short ?? long;
  if (code !== undefined) return encodeCodePoint(Number.parseInt(code, 16));
  const value = simple === undefined || !Object.hasOwn(SIMPLE, simple) ? undefined : SIMPLE[simple];
  // The other quotation mark needs no escape, and Go takes none.
  const isOtherMark = (simple === '"' || simple === "'") && simple !== sign;
  return value === undefined || isOtherMark ? undefined : Buffer.from(value);
}

function encodeCodePoint(code: number): Buffer | undefined {
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code > 0x10ffff || isSurrogate ? undefined : Buffer.from(String.fromCodePoint(code));
}

function escapeCharacter(character: string): string {
  const known = Object.hasOwn(ESCAPES, character) ? ESCAPES[character] : undefined;
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
