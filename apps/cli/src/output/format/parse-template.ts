import { suggest } from '../../command/suggest.ts';
import { lexTemplate, type Token } from './lexer.ts';
import type { Branch, Call, Node, Operand, Pipeline } from './node.ts';
import { parseNumber } from './number.ts';
import { quote, unquote } from './quote.ts';
import { syntaxError } from './template-error.ts';
import { describeToken, startsOperand } from './token.ts';

/** Neither blocks nor parentheses nest deeper: the stack must not decide. */
const MAX_DEPTH = 200;

interface BlockEnd {
  readonly nodes: readonly Node[];
  /** The keyword that ended it, already read; undefined at the end of the text. */
  readonly end: 'else' | 'end' | undefined;
}

/** The tree of a template. Throws TEMPLATE_INVALID in the words of Go's parser. */
export function parseNodes(source: string, functions: ReadonlySet<string>): readonly Node[] {
  return new Parser(source, functions).parse();
}

class Parser {
  readonly #source: string;
  readonly #functions: ReadonlySet<string>;
  readonly #tokens: readonly Token[];
  readonly #variables = ['$'];
  #next = 0;
  #depth = 0;
  #rangeDepth = 0;

  constructor(source: string, functions: ReadonlySet<string>) {
    this.#source = source;
    this.#functions = functions;
    this.#tokens = lexTemplate(source);
  }

  parse(): readonly Node[] {
    const { nodes, end } = this.#parseBlock();
    if (end !== undefined) throw this.#error(`unexpected {{${end}}}`);
    return nodes;
  }

  #parseBlock(): BlockEnd {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#take();
      if (token.kind === 'end-of-text') return { nodes, end: undefined };
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      if (token.kind !== 'left') throw this.#unexpected(token, 'input');
      const keyword = this.#peekWord();
      if (keyword.kind === 'keyword' && (keyword.text === 'else' || keyword.text === 'end')) {
        this.#take();
        if (keyword.text === 'end') this.#expectRight('end');
        else if (!['right', 'keyword'].includes(this.#peekWord().kind)) throw this.#unexpected(this.#take(), 'else');
        return { nodes, end: keyword.text };
      }
      nodes.push(keyword.kind === 'keyword' ? this.#parseKeyword(keyword) : this.#parseAction());
    }
  }

  #parseAction(): Node {
    return { kind: 'action', pipeline: this.#parsePipeline('command', 'right') };
  }

  #parseKeyword(keyword: Token): Node {
    this.#take();
    switch (keyword.text) {
      case 'if':
      case 'with':
      case 'range':
        return { kind: keyword.text, ...this.#parseBranch(keyword.text) };
      case 'break':
      case 'continue':
        this.#expectRight(`{{${keyword.text}}}`);
        if (this.#rangeDepth === 0) throw this.#error(`{{${keyword.text}}} outside {{range}}`);
        return { kind: keyword.text };
      default:
        throw this.#error(`{{${keyword.text}}} is not supported`, 'A format is one template: it can neither define nor call others.');
    }
  }

  #parseBranch(kind: 'if' | 'with' | 'range'): Branch {
    if (this.#depth >= MAX_DEPTH) throw this.#error('max expression depth exceeded');
    this.#depth += 1;
    const known = this.#variables.length;
    const pipeline = this.#parsePipeline(kind, 'right');
    if (kind === 'range') this.#rangeDepth += 1;
    const body = this.#parseBlock();
    if (kind === 'range') this.#rangeDepth -= 1;
    const otherwise = body.end === 'else' ? this.#parseElse(kind) : [];
    if (body.end === undefined) throw this.#error('unexpected EOF');
    this.#variables.length = known;
    this.#depth -= 1;
    return { pipeline, body: body.nodes, otherwise };
  }

  #parseElse(kind: 'if' | 'with' | 'range'): readonly Node[] {
    const word = this.#peekWord();
    // `{{else if}}` has no end of its own.
    if (word.kind === 'keyword' && word.text === kind && kind !== 'range') {
      this.#take();
      return [{ kind, ...this.#parseBranch(kind) }];
    }
    this.#expectRight('else');
    const { nodes, end } = this.#parseBlock();
    if (end === undefined) throw this.#error('unexpected EOF');
    if (end === 'else') throw this.#error('expected end; found {{else}}');
    return nodes;
  }

  #parsePipeline(context: string, end: 'right' | 'close'): Pipeline {
    const start = this.#peekWord();
    const declared = this.#parseDeclaration(context);
    const calls: Call[] = [];
    for (;;) {
      const token = this.#peekWord();
      if (token.kind === end) {
        this.#take();
        break;
      }
      if (!startsOperand(token)) throw this.#unexpected(this.#take(), context);
      calls.push(this.#parseCall());
    }
    const [first, ...others] = calls;
    if (first === undefined) throw this.#error(`missing value for ${context}`);
    const stage = others.findIndex(({ head }) => head.kind === 'constant' || head.kind === 'dot' || head.kind === 'nil');
    if (stage !== -1) throw this.#error(`non executable command in pipeline stage ${stage + 2}`);
    return { ...this.#written(start.at), ...declared, calls: [first, ...others] };
  }

  /** `$x :=`, `$x =`, and before a range `$i, $x :=`. */
  #parseDeclaration(context: string): Pick<Pipeline, 'variables' | 'isAssignment'> {
    const variables: string[] = [];
    for (;;) {
      const start = this.#next;
      const variable = this.#peekWord();
      if (variable.kind !== 'variable') break;
      this.#take();
      const sign = this.#peekWord();
      if (sign.kind === 'assign' || sign.kind === 'declare') {
        this.#take();
        variables.push(variable.text);
        this.#variables.push(variable.text);
        return { variables, isAssignment: sign.kind === 'assign' };
      }
      if (sign.kind !== 'char' || sign.text !== ',') {
        this.#next = start;
        break;
      }
      this.#take();
      variables.push(variable.text);
      this.#variables.push(variable.text);
      if (context !== 'range' || variables.length > 1) throw this.#error(`too many declarations in ${context}`);
      if (this.#peekWord().kind !== 'variable') throw this.#error('range can only initialize variables');
    }
    return { variables, isAssignment: false };
  }

  #parseCall(): Call {
    const start = this.#peekWord();
    const operands: Operand[] = [];
    let end: number;
    for (;;) {
      const operand = this.#parseOperand();
      if (operand !== undefined) operands.push(operand);
      end = this.#end();
      const token = this.#take();
      if (token.kind === 'space') continue;
      if (token.kind === 'right' || token.kind === 'close') this.#next -= 1;
      else if (token.kind !== 'pipe') throw this.#unexpected(token, 'operand');
      break;
    }
    const [head, ...args] = operands;
    if (head === undefined) throw this.#error('empty command');
    return { at: start.at, text: this.#source.slice(start.at, end).trim(), head, args };
  }

  #parseOperand(): Operand | undefined {
    const start = this.#peekWord();
    const term = this.#parseTerm();
    if (term === undefined || this.#peek().kind !== 'field') return term;
    const at = this.#peek().at;
    const path: string[] = [];
    while (this.#peek().kind === 'field') path.push(this.#take().text.slice(1));
    const written = { at, text: this.#source.slice(start.at, this.#end()) };
    if (term.kind === 'field') return { kind: 'field', path: [...term.path, ...path], ...written };
    if (term.kind === 'variable') return { kind: 'variable', name: term.name, path, ...written };
    if (term.kind === 'function' || term.kind === 'pipeline') return { kind: 'chain', base: term, path, ...written };
    throw this.#error(`unexpected . after term ${quote(term.text)}`);
  }

  #parseTerm(): Operand | undefined {
    const token = this.#peekWord();
    if (!startsOperand(token)) return undefined;
    this.#take();
    const written = { at: token.at, text: token.text };
    switch (token.kind) {
      case 'open':
        return this.#parseParentheses(token);
      case 'dot':
      case 'nil':
        return { kind: token.kind, ...written };
      case 'boolean':
        return { kind: 'constant', value: token.text === 'true', ...written };
      case 'field':
        return { kind: 'field', path: [token.text.slice(1)], ...written };
      case 'variable':
        if (!this.#variables.includes(token.text)) throw this.#error(`undefined variable ${quote(token.text)}`);
        return { kind: 'variable', name: token.text, path: [], ...written };
      case 'identifier':
        if (!this.#functions.has(token.text)) throw this.#unknownFunction(token.text);
        return { kind: 'function', name: token.text, ...written };
      default:
        return { kind: 'constant', value: this.#parseConstant(token), ...written };
    }
  }

  #parseParentheses(open: Token): Operand {
    if (this.#depth >= MAX_DEPTH) throw this.#error('max expression depth exceeded');
    this.#depth += 1;
    const pipeline = this.#parsePipeline('parenthesized pipeline', 'close');
    this.#depth -= 1;
    return { kind: 'pipeline', pipeline, at: open.at, text: this.#source.slice(open.at, this.#end()) };
  }

  #parseConstant({ kind, text }: Token): string | number | bigint {
    if (kind === 'raw-string') return text.slice(1, -1).replaceAll('\r', '');
    if (kind === 'number') {
      const number = parseNumber(text);
      if (number === undefined) throw this.#error(`illegal number syntax: ${quote(text)}`);
      return number;
    }
    const value = unquote(text);
    if (value === undefined) throw this.#error('invalid syntax');
    if (kind === 'string') return value;
    const [character = '', ...more] = value;
    if (more.length > 0) throw this.#error(`malformed character constant: ${text}`);
    return character.codePointAt(0) ?? 0;
  }

  #expectRight(context: string): void {
    const token = this.#takeWord();
    if (token.kind !== 'right') throw this.#unexpected(token, context);
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] ?? { kind: 'end-of-text', text: '', at: 0, line: 1 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  /** Skips white space. */
  #peekWord(): Token {
    while (this.#peek().kind === 'space') this.#next += 1;
    return this.#peek();
  }

  #takeWord(): Token {
    this.#peekWord();
    return this.#take();
  }

  /** The end of what was taken last. */
  #end(): number {
    const last = this.#tokens[this.#next - 1];
    return last === undefined ? 0 : last.at + last.text.length;
  }

  #written(at: number): { readonly at: number; readonly text: string } {
    return { at, text: this.#source.slice(at, this.#tokens[this.#next - 1]?.at).trim() };
  }

  #unexpected(token: Token, context: string) {
    if (token.kind === 'error') return syntaxError(token.line, token.text);
    return syntaxError(token.line, `unexpected ${describeToken(token)} in ${context}`);
  }

  #unknownFunction(name: string) {
    const near = suggest(name, [...this.#functions]);
    const hint = near === undefined ? `Functions: ${[...this.#functions].toSorted().join(', ')}.` : `Did you mean ${near}?`;
    return this.#error(`function ${quote(name)} not defined`, hint);
  }

  #error(reason: string, hint?: string) {
    const line = this.#tokens[Math.max(0, Math.min(this.#next, this.#tokens.length) - 1)]?.line ?? 1;
    return syntaxError(line, reason, hint);
  }
}
