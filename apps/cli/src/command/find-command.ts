import { cliError } from '../errors.ts';
import type { Command, CommandEntry } from './command.ts';
import { suggest } from './suggest.ts';

/** Where the words of a command line lead: to a command and what is left for it, to a noun whose help is asked for, or to the version. */
export type FoundCommand =
  | { readonly kind: 'command'; readonly command: Command; readonly rest: readonly string[] }
  | { readonly kind: 'group'; readonly group: CommandGroup }
  | { readonly kind: 'version' };

export interface CommandGroup {
  readonly path: readonly string[];
  readonly summary: string;
  readonly entries: readonly CommandEntry[];
}

/** Follows the words down the table and loads what they name. Throws USAGE with the nearest word that exists, and FLAG_INVALID. */
export async function findCommand(root: CommandGroup, words: readonly string[]): Promise<FoundCommand> {
  let group = root;
  for (const [index, word] of words.entries()) {
    if (word === '--help' || word === '-h') return { kind: 'group', group };
    if (group.path.length === 0 && (word === '--version' || word === '-v')) return { kind: 'version' };
    if (word.startsWith('-')) throw unknownFlag(group, word);
    const entry = group.entries.find(({ name, aliases = [] }) => name === word || aliases.includes(word));
    if (entry === undefined) throw unknownCommand(group, word);
    if ('load' in entry) return { kind: 'command', command: await entry.load(), rest: words.slice(index + 1) };
    group = { path: [...group.path, entry.name], summary: entry.summary, entries: await entry.verbs() };
  }
  return { kind: 'group', group };
}

function unknownCommand(group: CommandGroup, word: string) {
  const names = group.entries.filter(({ hidden }) => hidden !== true).flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const near = suggest(word, names);
  const called = pathOf(group);
  const nearby = near === undefined ? '' : `Did you mean '${called} ${near}'? `;
  return cliError('USAGE', `unknown command: ${called} ${word}`, { hint: `${nearby}See '${called} --help'.` });
}

/** Without the value: it may be a secret. */
function unknownFlag(group: CommandGroup, word: string) {
  const [name = ''] = word.split('=');
  const shown = name.startsWith('--') ? `flag: ${name}` : `shorthand flag: '${name.slice(1, 2)}' in ${name.slice(0, 2)}`;
  return cliError('FLAG_INVALID', `unknown ${shown}`, { hint: `See '${pathOf(group)} --help'.` });
}

function pathOf({ path }: CommandGroup): string {
  return ['slipway', ...path].join(' ');
}
