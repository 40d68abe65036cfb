/** Go's `path.Match`: `*` and `?` stop at slashes, `[a-z]` and `[^a-z]` are classes, `\` takes the next character as it is. Undefined for a malformed pattern. */
export function parsePathPattern(pattern: string): ((text: string) => boolean) | undefined {
  const tokens = [...readTokens(pattern)];
  if (tokens.some((token) => token === undefined)) return undefined;
  return (text) => matchTokens(tokens as Token[], Array.from(text));
}

type Token = 'many' | ((character: string) => boolean);

/** Yields undefined for what cannot be read. */
function* readTokens(pattern: string): Generator<Token | undefined> {
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*') {
      yield 'many';
    } else if (character === '?') {
      yield isNoSlash;
    } else if (character === '[') {
      const read = readClass(characters, at + 1);
      yield read?.token;
      at = read?.end ?? characters.length;
    } else if (character === '\\') {
      at += 1;
      const literal = characters[at];
      yield literal === undefined ? undefined : (other) => other === literal;
    } else {
      yield (other) => other === character;
    }
  }
}

function readClass(characters: readonly string[], start: number): { readonly token: Token; readonly end: number } | undefined {
  const isNegated = characters[start] === '^';
  const ranges: { readonly from: string; readonly to: string }[] = [];
  let at = isNegated ? start + 1 : start;
  const readOne = (): string | undefined => {
    if (characters[at] === '\\') at += 1;
    else if (characters[at] === '-' || characters[at] === ']') return undefined;
    return characters[at++];
  };
  while (characters[at] !== ']' || ranges.length === 0) {
    const from = readOne();
    if (from === undefined) return undefined;
    let to: string | undefined = from;
    if (characters[at] === '-') {
      at += 1;
      to = readOne();
    }
    if (to === undefined) return undefined;
    ranges.push({ from, to });
  }
  const token = (other: string) => ranges.some(({ from, to }) => from <= other && other <= to) !== isNegated;
  return { token, end: at };
}

/** Greedy with one place to return to: linear in pattern times text, whatever the pattern. */
function matchTokens(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let retry: { readonly token: number; at: number } | undefined;
  while (at < text.length) {
    const current = tokens[token];
    if (current === 'many') {
      retry = { token, at };
      token += 1;
    } else if (current?.(text[at] ?? '') === true) {
      token += 1;
      at += 1;
    } else if (retry !== undefined && text[retry.at] !== '/') {
      retry.at += 1;
      at = retry.at;
      token = retry.token + 1;
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rest === 'many');
}

function isNoSlash(character: string): boolean {
  return character !== '/';
}
