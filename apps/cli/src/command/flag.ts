import { parseDuration } from './duration.ts';

/** What one `--name` takes. Flags are named by the key under which a command's table holds them. */
export interface Flag<T> {
  /** One letter: `-q`. */
  readonly short?: string;
  /** The value as help shows it; absent for a switch. */
  readonly placeholder?: string;
  /** The value when the flag stands alone; with it a value needs `=`, as in pflag's NoOptDefVal. */
  readonly bare?: string;
  readonly help: string;
  readonly hidden?: boolean;
  /** The words it takes, for the shell's completion. */
  readonly choices?: readonly string[];
  /** The value when nobody names the flag. */
  readonly initial: T;
  /** Returns the value after one more use; throws an Error that says what is expected. */
  apply(previous: T, text: string): T;
}

export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

export type FlagValues<Table extends FlagTable> = { readonly [Name in keyof Table]: Table[Name] extends Flag<infer Value> ? Value : never };

interface FlagOptions {
  readonly short?: string;
  readonly hidden?: boolean;
}

interface TextOptions extends FlagOptions {
  readonly placeholder?: string;
  readonly bare?: string;
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** `--name`, `--name=false`. */
export function switchFlag(help: string, options: FlagOptions = {}): Flag<boolean> {
  return {
    ...options,
    help,
    bare: 'true',
    initial: false,
    apply(_previous, text) {
      if (TRUE.has(text)) return true;
      if (FALSE.has(text)) return false;
      throw new Error('expected true or false');
    },
  };
}

/** The last use counts. */
export function textFlag(help: string, options: TextOptions = {}): Flag<string | undefined> {
  return { placeholder: 'string', ...options, help, initial: undefined, apply: (_previous, text) => text };
}

/** Every use adds a value. */
export function listFlag(help: string, options: TextOptions = {}): Flag<readonly string[]> {
  return { placeholder: 'list', ...options, help, initial: [], apply: (previous, text) => [...previous, text] };
}

/** One of a few words, the first of which is the default. */
export function choiceFlag<const Choice extends string>(
  help: string,
  choices: readonly [Choice, ...Choice[]],
  options: FlagOptions = {},
): Flag<Choice> {
  return {
    ...options,
    placeholder: choices.join('|'),
    choices,
    help,
    initial: choices[0],
    apply(_previous, text) {
      const choice = choices.find((known) => known === text);
      if (choice === undefined) throw new Error(`expected ${choices.join(' or ')}`);
      return choice;
    },
  };
}

/** `30s`, `15m`, `24h`, `7d`; the value is in seconds. */
export function durationFlag(help: string, options: FlagOptions = {}): Flag<number | undefined> {
  return { ...options, placeholder: 'duration', help, initial: undefined, apply: (_previous, text) => parseDuration(text) };
}
