import type { CliContext } from '../context.ts';
import type { FlagTable, FlagValues } from './flag.ts';

/** What a command is started with. */
export interface CommandArguments<Flags extends FlagTable> {
  readonly flags: FlagValues<Flags>;
  /** What is no flag, in order; their number is within `Command.operands`. */
  readonly operands: readonly string[];
}

/**
 * Words for the shell to offer: its own files, or what a function finds, given the operands that are there already. It is asked while
 * somebody waits with a finger on Tab: it must be quick, neither ask nor write anything, and what it throws counts as no words.
 */
export type WordSource = 'files' | ((context: CliContext, operands: readonly string[]) => Promise<readonly string[]>);

/** One verb of the command line, as help shows it and as it runs. */
export interface Command<Flags extends FlagTable = FlagTable> {
  /** The words that call it: `['account', 'add']`. */
  readonly path: readonly string[];
  /** One line, without a full stop. */
  readonly summary: string;
  /** What follows the path in the usage line. */
  readonly usage: string;
  /** How many operands it takes; no `max` means any number. */
  readonly operands: { readonly min: number; readonly max?: number };
  /** More than the summary, in paragraphs. */
  readonly description?: string;
  readonly examples: readonly string[];
  readonly flags: Flags;
  /** Everything from the first operand on belongs to the operands, flags included, as in `run IMAGE COMMAND -x`. */
  readonly flagsEndAtOperand?: boolean;
  /** What may stand as an operand, for the shell's completion. */
  readonly completes?: WordSource;
  /** Resolves to the exit code. Throws AppError; whoever runs it prints. */
  run(context: CliContext, args: CommandArguments<Flags>): Promise<number>;
}

/** Gives a literal its flags' types. */
export function defineCommand<const Flags extends FlagTable>(command: Command<Flags>): Command<Flags> {
  return command;
}

/** A row of a command table: a command, or a noun with verbs below it. What a row needs is loaded when its words are typed. */
export type CommandEntry = CommandRow &
  ({ readonly load: () => Promise<Command> } | { readonly verbs: () => Promise<readonly CommandEntry[]> });

interface CommandRow {
  readonly name: string;
  /** Other words for it: docker's `ls` and `rm`. */
  readonly aliases?: readonly string[];
  /** Equal to the command's own. */
  readonly summary: string;
  readonly hidden?: boolean;
  /** Listed first, for those who see the root's help for the first time. */
  readonly isCommon?: boolean;
}

/** The row of a verb whose code is already there. */
export function entryOf(command: Command, { aliases = [] }: { readonly aliases?: readonly string[] } = {}): CommandEntry {
  return { name: command.path.at(-1) ?? '', aliases, summary: command.summary, load: async () => command };
}
