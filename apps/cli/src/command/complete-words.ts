import type { CliContext } from '../context.ts';
import type { Command, CommandEntry, WordSource } from './command.ts';
import type { CommandGroup } from './find-command.ts';
import type { Flag } from './flag.ts';

/** Something the shell may offer. */
export interface Candidate {
  /** The whole word. */
  readonly word: string;
  readonly help?: string;
}

/** What may stand for the last word; `files`: the shell offers its own instead. */
export type Completion = { readonly kind: 'words'; readonly candidates: readonly Candidate[] } | { readonly kind: 'files' };

interface CompletionRequest {
  readonly root: CommandGroup;
  /** What was typed behind `slipway`; the last word is the one to complete, maybe empty. */
  readonly words: readonly string[];
  readonly context: CliContext;
}

/** Where flags take files, by the word that help shows for their value. */
const FILE_PLACEHOLDER = /file|folder|path|director/i;
const NOTHING: Completion = { kind: 'words', candidates: [] };

/** Finds the words that may stand for the last one. Loads nothing but the command that the words before it name. */
export async function completeWords({ root, words, context }: CompletionRequest): Promise<Completion> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  let group = root;
  for (const [index, word] of before.entries()) {
    const entry = group.entries.find(({ name, aliases = [] }) => name === word || aliases.includes(word));
    if (entry === undefined) return NOTHING;
    if ('load' in entry) {
      const place = locate(await entry.load(), before.slice(index + 1));
      return place === undefined ? NOTHING : await completeAt(place, typed, context);
    }
    group = { path: [...group.path, entry.name], summary: entry.summary, entries: await entry.verbs() };
  }
  return startingWith(typed, groupCandidates(group));
}

/** The words a noun is followed by. */
export function groupCandidates({ path, entries }: CommandGroup): readonly Candidate[] {
  const verbs = entries.filter(({ hidden }) => hidden !== true).map(({ name, summary }: CommandEntry) => ({ word: name, help: summary }));
  const version = path.length === 0 ? [{ word: '--version', help: 'Print the version' }] : [];
  return [...verbs, { word: '--help', help: 'Print the help' }, ...version];
}

/** Where in a command line the word to complete stands. */
interface Place {
  readonly command: Command;
  readonly operands: readonly string[];
  /** The flag before it that waits for its value. */
  readonly flag: Flag<unknown> | undefined;
  readonly takesFlags: boolean;
}

/** Reads the words as parseCommandLine() would; undefined when it would refuse one. */
function locate(command: Command, before: readonly string[]): Place | undefined {
  const operands: string[] = [];
  let flag: Flag<unknown> | undefined;
  let takesFlags = true;
  for (const word of before) {
    if (flag !== undefined) {
      flag = undefined;
    } else if (takesFlags && word === '--') {
      takesFlags = false;
    } else if (takesFlags && word.startsWith('-') && word !== '-') {
      const use = readFlagWord(command, word);
      if (use === undefined) return undefined;
      flag = use.waiting;
    } else {
      operands.push(word);
      takesFlags &&= command.flagsEndAtOperand !== true;
    }
  }
  return { command, operands, flag, takesFlags };
}

/** The flag of `--name`, or the last one of `-xyz`, if its value is still to come. */
function readFlagWord(command: Command, word: string): { readonly waiting: Flag<unknown> | undefined } | undefined {
  if (word.startsWith('--')) {
    const [name = ''] = word.slice(2).split('=', 1);
    const flag = flagNamed(command, name);
    if (flag === undefined) return undefined;
    return { waiting: flag.bare === undefined && !word.includes('=') ? flag : undefined };
  }
  for (let at = 1; at < word.length; at += 1) {
    const flag = Object.values(command.flags).find(({ short }) => short === word.charAt(at));
    if (flag === undefined) return undefined;
    // What follows is the flag's value, or a value for a switch.
    if (flag.bare === undefined) return { waiting: at === word.length - 1 ? flag : undefined };
    if (word.charAt(at + 1) === '=') break;
  }
  return { waiting: undefined };
}

async function completeAt(place: Place, typed: string, context: CliContext): Promise<Completion> {
  const { command, operands, flag, takesFlags } = place;
  if (flag !== undefined) return completeFlagValue(flag, { typed, prefix: '' });
  if (takesFlags && typed.startsWith('-')) {
    const equals = typed.indexOf('=');
    if (!typed.startsWith('--') || equals === -1) return startingWith(typed, flagCandidates(command));
    const named = flagNamed(command, typed.slice(2, equals));
    return named === undefined ? NOTHING : completeFlagValue(named, { typed, prefix: typed.slice(0, equals + 1) });
  }
  if (operands.length >= (command.operands.max ?? Infinity)) return NOTHING;
  if (command.completes === 'files') return { kind: 'files' };
  return startingWith(typed, await askSource(command.completes, context, operands));
}

function completeFlagValue(
  { choices, placeholder = '' }: Flag<unknown>,
  { typed, prefix }: { readonly typed: string; readonly prefix: string },
): Completion {
  if (choices !== undefined) {
    return startingWith(
      typed,
      choices.map((choice) => ({ word: prefix + choice })),
    );
  }
  return FILE_PLACEHOLDER.test(placeholder) ? { kind: 'files' } : NOTHING;
}

function flagCandidates(command: Command): readonly Candidate[] {
  const visible = Object.entries(command.flags).filter(([, { hidden }]) => hidden !== true);
  return [...visible.map(([name, { help }]) => ({ word: `--${name}`, help })), { word: '--help', help: 'Print the help' }];
}

async function askSource(
  source: Exclude<WordSource, 'files'> | undefined,
  context: CliContext,
  operands: readonly string[],
): Promise<readonly Candidate[]> {
  if (source === undefined) return [];
  try {
    return (await source(context, operands)).map((word) => ({ word }));
  } catch {
    // A message would land in the middle of the line that is being typed.
    return [];
  }
}

function flagNamed(command: Command, name: string): Flag<unknown> | undefined {
  return Object.hasOwn(command.flags, name) ? command.flags[name] : undefined;
}

function startingWith(typed: string, candidates: readonly Candidate[]): Completion {
  // Flags are for those who begin one.
  const isWanted = ({ word }: Candidate) => word.startsWith(typed) && (typed !== '' || !word.startsWith('-'));
  return { kind: 'words', candidates: candidates.filter(isWanted) };
}
