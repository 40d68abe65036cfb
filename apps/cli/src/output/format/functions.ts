import { indexInto, lengthOf, sliceOf } from './access.ts';
import { isEqual, isEqualToAny, isLess } from './compare.ts';
import { DOCKER_FUNCTIONS } from './docker-functions.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escapes.ts';
import type { FunctionTable } from './function-table.ts';
import { printValue } from './print-value.ts';
import { formatPrintf } from './printf.ts';
import { TemplateFailure } from './template-error.ts';
import { isTrue } from './values.ts';

/** Go's `print`: blanks only between values of which neither is text. */
function print(args: readonly unknown[]): string {
  return args
    .map((value, at) =>
      at > 0 && typeof value !== 'string' && typeof args[at - 1] !== 'string' ? ` ${printValue(value)}` : printValue(value),
    )
    .join('');
}

function callValue(called: unknown, args: readonly unknown[]): unknown {
  if (typeof called !== 'function') throw new TemplateFailure('call of something that is no function');
  return (called as (...args: readonly unknown[]) => unknown)(...args);
}

/** What Go's text/template knows by itself, and docker's additions. `and` and `or` take what the evaluator hands them lazily. */
export const FUNCTIONS: FunctionTable = {
  and: { min: 1, run: (args) => args.at(-1) },
  or: { min: 1, run: (args) => args.at(-1) },
  not: { min: 1, max: 1, run: ([value]) => !isTrue(value) },
  eq: { min: 1, run: ([value, ...others]) => isEqualToAny(value, others) },
  ne: { min: 2, max: 2, run: ([a, b]) => !isEqual(a, b) },
  lt: { min: 2, max: 2, run: ([a, b]) => isLess(a, b) },
  le: { min: 2, max: 2, run: ([a, b]) => isLess(a, b) || isEqual(a, b) },
  gt: { min: 2, max: 2, run: ([a, b]) => !isLess(a, b) && !isEqual(a, b) },
  ge: { min: 2, max: 2, run: ([a, b]) => !isLess(a, b) },
  len: { min: 1, max: 1, run: ([value]) => lengthOf(value) },
  index: { min: 1, run: ([value, ...keys]) => indexInto(value, keys) },
  slice: { min: 1, run: ([value, ...bounds]) => sliceOf(value, bounds) },
  call: { min: 1, run: ([called, ...args]) => callValue(called, args) },
  print: { min: 0, run: print },
  println: { min: 0, run: (args) => `${args.map(printValue).join(' ')}\n` },
  printf: { min: 1, text: [0], run: ([format, ...args]) => formatPrintf(String(format), args) },
  html: { min: 0, run: (args) => escapeHtml(print(args)) },
  js: { min: 0, run: (args) => escapeJs(print(args)) },
  urlquery: { min: 0, run: (args) => escapeQuery(print(args)) },
  ...DOCKER_FUNCTIONS,
};
