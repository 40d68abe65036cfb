import { quote } from './quote.ts';

export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'open'
  | 'close'
  | 'char'
  | 'dot'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'keyword'
  | 'boolean'
  | 'nil'
  | 'number'
  | 'character'
  | 'string'
  | 'raw-string'
  | 'error'
  | 'end-of-text';

export interface Token {
  readonly kind: TokenKind;
  /** The source; of an error its message. */
  readonly text: string;
  readonly at: number;
  readonly line: number;
}

const KEYWORDS = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with']);
const LEFT_TRIM = /-[ \t\r\n]/y;
const RIGHT = /(?:([ \t\r\n])-)?\}\}/y;
const SPACES = /[ \t\r\n]+/y;
const WORD = /[\p{L}\p{Nd}_]+/uy;
const NUMBER = /[+-]?(?:0[xX][\da-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|(?:\d[\d_]*(?:\.[\d_]*)?|\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)/y;
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const CHARACTER = /'(?:[^'\\\n]|\\[^\n])+'/y;
const RAW = /`[^`]*`/y;
const TERMINATORS = new Set([' ', '\t', '\r', '\n', '', '.', ',', '|', ':', ')', '(']);
const SYMBOLS: Readonly<Record<string, TokenKind>> = { '=': 'assign', '|': 'pipe', '(': 'open', ')': 'close' };

/** Cuts a template into tokens; the last one is the end or an error. */
export function lexTemplate(source: string): readonly Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): readonly Token[] {
    let trimsLeft = false;
    while (this.#lexText(trimsLeft)) {
      const closed = this.#lexAction();
      if (closed === undefined) break;
      trimsLeft = closed.trims;
    }
    return this.#tokens;
  }

  /** Returns whether an action follows. */
  #lexText(trimsLeft: boolean): boolean {
    if (trimsLeft) this.#skip(this.#match(SPACES) ?? '');
    const start = this.#source.indexOf('{{', this.#at);
    const text = this.#source.slice(this.#at, start === -1 ? undefined : start);
    LEFT_TRIM.lastIndex = start + 2;
    const kept = start !== -1 && LEFT_TRIM.test(this.#source) ? text.replace(/[ \t\r\n]+$/, '') : text;
    if (kept !== '') this.#tokens.push({ kind: 'text', text: kept, at: this.#at, line: this.#line });
    this.#skip(text);
    if (start === -1) this.#emit('end-of-text', '');
    return start !== -1;
  }

  /** From `{{` to behind `}}`. Returns undefined after an error. */
  #lexAction(): { readonly trims: boolean } | undefined {
    const isTrimming = this.#hasLeftTrim();
    if (this.#source.startsWith('/*', this.#at + (isTrimming ? 4 : 2))) return this.#lexComment(isTrimming ? 4 : 2);
    this.#emit('left', '{{');
    // The white space behind the dash may be the one before `-}}`.
    if (isTrimming) this.#at += 1;
    this.#depth = 0;
    for (;;) {
      const right = this.#match(RIGHT);
      if (right !== undefined) {
        if (this.#depth > 0) return this.#fail('unclosed left paren');
        const trims = right.length > 2;
        if (trims) this.#skip(right.slice(0, -2));
        this.#emit('right', '}}');
        return { trims };
      }
      const reason = this.#lexToken();
      if (reason !== undefined) return this.#fail(reason);
    }
  }

  #hasLeftTrim(): boolean {
    LEFT_TRIM.lastIndex = this.#at + 2;
    return LEFT_TRIM.test(this.#source);
  }

  #lexComment(opening: number): { readonly trims: boolean } | undefined {
    const end = this.#source.indexOf('*/', this.#at + opening + 2);
    if (end === -1) return this.#fail('unclosed comment');
    this.#skip(this.#source.slice(this.#at, end + 2));
    const right = this.#match(RIGHT);
    if (right === undefined) return this.#fail('comment ends before closing delimiter');
    this.#skip(right);
    return { trims: right.length > 2 };
  }

  /** Returns what is wrong, if something is. */
  #lexToken(): string | undefined {
    const character = this.#characterAt(this.#at);
    if (character === '') return 'unclosed action';
    const spaces = this.#match(SPACES);
    // White space before `-}}` belongs to the delimiter.
    if (spaces !== undefined)
      return this.#emit('space', this.#source.startsWith('-}}', this.#at + spaces.length) ? spaces.slice(0, -1) : spaces);
    if (character === ':') return this.#source.startsWith(':=', this.#at) ? this.#emit('declare', ':=') : 'expected :=';
    if (character === '"') return this.#lexQuoted(QUOTED, 'string', 'unterminated quoted string');
    if (character === '`') return this.#lexQuoted(RAW, 'raw-string', 'unterminated raw quoted string');
    if (character === "'") return this.#lexQuoted(CHARACTER, 'character', 'unterminated character constant');
    if (character === '$') return this.#lexName('variable');
    if (character === '.' && !/\d/.test(this.#characterAt(this.#at + 1))) return this.#lexName('field');
    if (/[.+\-\d]/.test(character)) return this.#lexNumber();
    if (this.#match(WORD) !== undefined) return this.#lexWord();
    return this.#lexSymbol(character);
  }

  #lexSymbol(character: string): string | undefined {
    if (character === '(') this.#depth += 1;
    if (character === ')') this.#depth -= 1;
    if (this.#depth < 0) return 'unexpected right paren';
    if (!/[!-~]/.test(character)) return `unrecognized character in action: ${describeCharacter(character)}`;
    return this.#emit(SYMBOLS[character] ?? 'char', character);
  }

  #lexQuoted(pattern: RegExp, kind: TokenKind, reason: string): string | undefined {
    const text = this.#match(pattern);
    return text === undefined ? reason : this.#emit(kind, text);
  }

  #lexNumber(): string | undefined {
    const number = this.#match(NUMBER) ?? '';
    const next = this.#characterAt(this.#at + number.length);
    return !/[\p{L}\p{Nd}_]/u.test(next) ? this.#emit('number', number) : `bad number syntax: ${quote(number + next)}`;
  }

  /** `.name`, `$name`, and both signs alone. */
  #lexName(kind: 'field' | 'variable'): string | undefined {
    const text = this.#characterAt(this.#at) + (this.#match(WORD, this.#at + 1) ?? '');
    const bad = this.#findBadEnd(text);
    if (bad !== undefined) return bad;
    return this.#emit(text === '.' ? 'dot' : kind, text);
  }

  #lexWord(): string | undefined {
    const text = this.#match(WORD) ?? '';
    const bad = this.#findBadEnd(text);
    if (bad !== undefined) return bad;
    if (KEYWORDS.has(text)) return this.#emit('keyword', text);
    if (text === 'true' || text === 'false') return this.#emit('boolean', text);
    return this.#emit(text === 'nil' ? 'nil' : 'identifier', text);
  }

  #findBadEnd(text: string): string | undefined {
    const end = this.#at + text.length;
    const next = this.#characterAt(end);
    return TERMINATORS.has(next) || this.#source.startsWith('}}', end) ? undefined : `bad character ${describeCharacter(next)}`;
  }

  #characterAt(at: number): string {
    const code = this.#source.codePointAt(at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #match(pattern: RegExp, at = this.#at): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#source)?.[0];
  }

  #emit(kind: TokenKind, text: string): undefined {
    this.#tokens.push({ kind, text, at: this.#at, line: this.#line });
    this.#skip(text);
  }

  #fail(reason: string): undefined {
    this.#tokens.push({ kind: 'error', text: reason, at: this.#at, line: this.#line });
  }

  #skip(text: string): void {
    this.#at += text.length;
    this.#line += text.match(/\n/g)?.length ?? 0;
  }
}

/** As Go's `%#U`: `U+0021 '!'`. */
function describeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const shown = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character) ? ` '${character}'` : '';
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}${shown}`;
}
