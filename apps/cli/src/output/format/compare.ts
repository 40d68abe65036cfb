import { TemplateFailure } from './template-error.ts';
import { compareText, kindOf, typeNameOf } from './values.ts';

/** Go's `eq`: whether the first value equals one of the others. */
export function isEqualToAny(value: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) throw new TemplateFailure('missing argument for comparison');
  return others.some((other) => isEqual(value, other));
}

/** Go's `lt`. */
export function isLess(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b) < 0;
  if (isNumber(a) && isNumber(b)) return a < b;
  if (basicKindOf(a) === basicKindOf(b)) throw new TemplateFailure('invalid type for comparison');
  throw incompatible(a, b);
}

export function isEqual(a: unknown, b: unknown): boolean {
  const kinds = [basicKindOf(a), basicKindOf(b)] as const;
  if (kinds.includes('nil')) return kinds[0] === kinds[1];
  for (const value of [a, b]) {
    if (['slice', 'map', 'function'].includes(basicKindOf(value))) {
      throw new TemplateFailure(`non-comparable type ${typeNameOf(value)}`);
    }
  }
  if (kinds[0] !== kinds[1]) throw incompatible(a, b);
  // A number may meet a bigint.
  return isNumber(a) && isNumber(b) ? !(a < b) && !(b < a) : a === b;
}

/** JSON does not tell a whole float from an integer, so neither do comparisons. */
function basicKindOf(value: unknown): string {
  const kind = kindOf(value);
  return kind === 'int' || kind === 'float' ? 'number' : kind;
}

function isNumber(value: unknown): value is number | bigint {
  return basicKindOf(value) === 'number';
}

function incompatible(a: unknown, b: unknown): TemplateFailure {
  return new TemplateFailure(`incompatible types for comparison: ${typeNameOf(a)} and ${typeNameOf(b)}`);
}
