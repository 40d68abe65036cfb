const LINK = /\s*<([^>]*)>\s*((?:;\s*[^\s=;,]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?\s*)*)(?:,|$)/y;
const NEXT = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=\s*(?:;|$)))/i;

/**
 * The next page of a `Link` header (RFC 8288), or undefined: none, or one on another origin, which would lead the walk, and the token with
 * it, elsewhere.
 */
export function parseNextLink(header: string | readonly string[] | undefined, base: URL): URL | undefined {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  for (let position = 0; position < text.length; position = LINK.lastIndex) {
    LINK.lastIndex = position;
    const link = LINK.exec(text);
    if (link === null) return undefined;
    const [, target = '', parameters = ''] = link;
    if (!NEXT.test(parameters)) continue;
    const url = URL.parse(target, base.href);
    return url !== null && url.origin === base.origin ? url : undefined;
  }
  return undefined;
}
