import { suggest } from '../../command/suggest.ts';
import { cliError } from '../../errors.ts';

/** Values by filter name, in the order they were given; a name that nobody used is absent. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the uses of `--filter NAME=VALUE`. Names are trimmed and lower-cased, values trimmed, as docker does. Names in `negatable` may
 * also stand before `!=`; their values are under `NAME!`. Throws FILTER_INVALID in docker's words.
 */
export function parseFilters(
  texts: readonly string[],
  known: readonly string[],
  { negatable = [] }: { readonly negatable?: readonly string[] } = {},
): Filters {
  const filters = new Map<string, string[]>();
  for (const text of texts) {
    const { name, value } = parseFilter(text, negatable);
    if (!known.includes(name.endsWith('!') && negatable.includes(name.slice(0, -1)) ? name.slice(0, -1) : name))
      throw unknownFilter(name, known);
    const values = filters.get(name) ?? [];
    // Docker keeps a set.
    if (!values.includes(value)) filters.set(name, [...values, value]);
  }
  return filters;
}

function parseFilter(text: string, negatable: readonly string[]): { readonly name: string; readonly value: string } {
  const equals = text.indexOf('=');
  if (equals === -1)
    throw cliError('FILTER_INVALID', `invalid argument "${text}" for "-f, --filter" flag: bad format of filter (expected name=value)`);
  const value = text.slice(equals + 1).trim();
  const name = text.slice(0, equals).trim().toLowerCase();
  const positive = name.replace(/!$/, '').trim();
  return name.endsWith('!') && negatable.includes(positive) ? { name: `${positive}!`, value } : { name, value };
}

function unknownFilter(name: string, known: readonly string[]) {
  const near = suggest(name, known);
  const nearby = near === undefined ? '' : `Did you mean "${near}"? `;
  const list = known.length === 0 ? 'This command has no filters.' : `Known filters: ${known.toSorted().join(', ')}.`;
  return cliError('FILTER_INVALID', `invalid filter '${name}'`, { hint: nearby + list });
}
