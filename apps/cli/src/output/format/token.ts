import type { Token } from './lexer.ts';
import { quote } from './quote.ts';

const OPERANDS: ReadonlySet<string> = new Set([
  'boolean',
  'character',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw-string',
  'string',
  'variable',
  'open',
]);

/** Whether an operand begins here. */
export function startsOperand({ kind }: Token): boolean {
  return OPERANDS.has(kind);
}

/** A token as errors name it. */
export function describeToken({ kind, text }: Token): string {
  if (kind === 'end-of-text') return 'EOF';
  if (kind === 'keyword' || kind === 'nil' || kind === 'dot') return `<${text}>`;
  const characters = Array.from(text);
  return characters.length > 10 ? `${quote(characters.slice(0, 10).join(''))}...` : quote(text);
}
