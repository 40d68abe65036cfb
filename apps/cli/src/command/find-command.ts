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

/** Follows the words down the table and loads what they name. Throws USAGE with the nearest word that exists. */
export async function findCommand(root: CommandGroup, words: readonly string[]): Promise<FoundCommand> {
  let group = root;
  for (const [index, word] of words.entries()) {
    if (word === '--help' || word === '-h') return { kind: 'group', group };
    if (group.path.length === 0 && (word === '--version' || word === '-v')) return { kind: 'version' };
    if (word.startsWith('-')) throw unknownWord(group, `unknown flag ${word.split('=')[0]}`);
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
  return unknownWord(group, `there is no command "${word}"`, near === undefined ? undefined : [...group.path, near]);
}

function unknownWord({ path }: CommandGroup, reason: string, near?: readonly string[]) {
  const called = ['slipway', ...path].join(' ');
  const nearby = near === undefined ? '' : `Did you mean \`${['slipway', ...near].join(' ')}\`? `;
  return cliError('USAGE', `Cannot run "${called}": ${reason}`, { hint: `${nearby}\`${called} --help\` lists the commands.` });
}
