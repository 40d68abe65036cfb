/** What an `Authorization` header holds. */
export type Presented =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly name: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  /** Another scheme, or one that can't be read. */
  | { readonly kind: 'unknown' };

const NONE: Presented = { kind: 'none' };
const UNKNOWN: Presented = { kind: 'unknown' };

/** Never throws. An empty name and password (`Basic Og==`, which the conformance suite sends) are nobody's: as if nothing were presented. */
export function parseAuthorization(header: string | undefined): Presented {
  if (header === undefined || header === '') return NONE;
  const space = header.indexOf(' ');
  const scheme = header.slice(0, space).toLowerCase();
  const value = header.slice(space + 1).trim();
  if (space === -1 || value === '') return UNKNOWN;
  if (scheme === 'bearer') return { kind: 'bearer', token: value };
  return scheme === 'basic' ? parseBasic(value) : UNKNOWN;
}

function parseBasic(value: string): Presented {
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return UNKNOWN;
  const name = text.slice(0, colon);
  const password = text.slice(colon + 1);
  return name === '' && password === '' ? NONE : { kind: 'basic', name, password };
}
