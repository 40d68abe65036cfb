/** One scheme of a `WWW-Authenticate` header; names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const PARAMETER = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const SEPARATOR = /[\s,]*/y;
const TOKEN68 = /[ \t]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;

/**
 * Reads a `WWW-Authenticate` header (RFC 9110 §11.6.1): several schemes, quoted values with commas and escapes, unquoted values, several
 * headers joined by commas. Never throws: reading stops at what is no challenge.
 */
export function parseChallenges(header: string | readonly string[] | undefined): Challenge[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  const challenges: Challenge[] = [];
  let position = skip(text, 0);
  while (position < text.length) {
    const scheme = match(TOKEN, text, position);
    if (scheme === undefined) break;
    position = scheme.end;
    position = match(TOKEN68, text, position)?.end ?? position;
    const parameters: [string, string][] = [];
    for (;;) {
      const parameter = match(PARAMETER, text, skip(text, position));
      if (parameter === undefined) break;
      const [, name = '', quoted, plain = ''] = parameter.groups;
      parameters.push([name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/gs, '$1')]);
      position = parameter.end;
    }
    challenges.push({ scheme: scheme.groups[0]?.toLowerCase() ?? '', parameters: Object.fromEntries(parameters) });
    const next = skip(text, position);
    // The next scheme stands behind a comma; anything else is a challenge cut short.
    if (!text.slice(position, next).includes(',')) break;
    position = next;
  }
  return challenges;
}

function skip(text: string, position: number): number {
  return match(SEPARATOR, text, position)?.end ?? position;
}

function match(
  pattern: RegExp,
  text: string,
  position: number,
): { readonly groups: readonly (string | undefined)[]; readonly end: number } | undefined {
  pattern.lastIndex = position;
  const groups = pattern.exec(text);
  return groups === null ? undefined : { groups, end: pattern.lastIndex };
}
