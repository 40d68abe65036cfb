import { messageOf } from '@slipway/base';
import { cliError } from '../errors.ts';
import type { Command, CommandArguments } from './command.ts';
import type { Flag, FlagTable } from './flag.ts';
import { suggest } from './suggest.ts';

export type ParsedCommandLine = { readonly kind: 'help' } | ({ readonly kind: 'run' } & CommandArguments<FlagTable>);

/**
 * Reads flags as docker does: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, switches in a bundle, `--` ends flags,
 * and flags may stand behind operands. The first `--help` (or `-h`, where no flag has that letter) wins. Errors, in docker's words:
 * FLAG_INVALID, and USAGE for a wrong number of operands.
 */
export function parseCommandLine(command: Command, words: readonly string[]): ParsedCommandLine {
  const values = new Map(Object.entries(command.flags).map(([name, flag]) => [name, flag.initial]));
  const operands: string[] = [];
  const rest = [...words];
  const use = (name: string, { shown, text }: FlagUse): void => {
    const flag = flagOf(command, name);
    const value = text ?? flag.bare ?? rest.shift();
    if (value === undefined) throw flagError(command, `flag needs an argument: ${shown.length === 2 ? `'${shown[1]}' in ` : ''}${shown}`);
    values.set(name, applyFlag(command, name, { previous: values.get(name), text: value }));
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest.splice(0));
    } else if (word.startsWith('--')) {
      const { name, text } = splitLong(word);
      if (name === 'help') return { kind: 'help' };
      if (!Object.hasOwn(command.flags, name)) throw unknownFlag(command, name);
      use(name, { shown: `--${name}`, text });
    } else if (word.startsWith('-') && word !== '-') {
      if (useBundle(command, word, use) === 'help') return { kind: 'help' };
    } else {
      operands.push(word);
      if (command.flagsEndAtOperand === true) operands.push(...rest.splice(0));
    }
  }
  checkOperands(command, operands);
  return { kind: 'run', flags: Object.fromEntries(values), operands };
}

function flagError(command: Command, message: string, suggestion?: string) {
  const nearby = suggestion === undefined ? '' : `Did you mean ${suggestion}? `;
  return cliError('FLAG_INVALID', message, { hint: `${nearby}See '${pathOf(command)} --help'.` });
}

function pathOf({ path }: Command): string {
  return ['slipway', ...path].join(' ');
}

interface FlagUse {
  /** As it was typed, without a value: values may be secrets. */
  readonly shown: string;
  readonly text: string | undefined;
}

/** `-x`, `-xyz`, `-xVALUE`, `-x=VALUE`. */
function useBundle(command: Command, word: string, use: (name: string, use: FlagUse) => void): 'help' | undefined {
  for (let at = 1; at < word.length; at += 1) {
    const letter = word.charAt(at);
    const name = Object.keys(command.flags).find((known) => command.flags[known]?.short === letter);
    if (name === undefined) {
      if (letter === 'h') return 'help';
      throw flagError(command, `unknown shorthand flag: '${letter}' in -${letter}`);
    }
    const shown = `-${letter}`;
    const after = word.slice(at + 1);
    if (after.startsWith('=')) {
      use(name, { shown, text: after.slice(1) });
      return undefined;
    }
    if (flagOf(command, name).bare === undefined && after !== '') {
      use(name, { shown, text: after });
      return undefined;
    }
    use(name, { shown, text: undefined });
  }
  return undefined;
}

function splitLong(word: string): { readonly name: string; readonly text: string | undefined } {
  const equals = word.indexOf('=');
  return equals === -1 ? { name: word.slice(2), text: undefined } : { name: word.slice(2, equals), text: word.slice(equals + 1) };
}

function flagOf(command: Command, name: string): Flag<unknown> {
  const flag = command.flags[name];
  if (flag === undefined) throw unknownFlag(command, name);
  return flag;
}

function applyFlag(command: Command, name: string, use: { readonly previous: unknown; readonly text: string }): unknown {
  const flag = flagOf(command, name);
  try {
    return flag.apply(use.previous, use.text);
  } catch (error) {
    const shown = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
    throw flagError(command, `invalid argument ${JSON.stringify(use.text)} for "${shown}" flag: ${messageOf(error)}`);
  }
}

function unknownFlag(command: Command, name: string) {
  const visible = Object.keys(command.flags).filter((known) => command.flags[known]?.hidden !== true);
  const near = suggest(name, [...visible, 'help']);
  return flagError(command, `unknown flag: --${name}`, near === undefined ? undefined : `--${near}`);
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const { min, max } = command.operands;
  if (operands.length >= min && operands.length <= (max ?? Infinity)) return;
  const path = pathOf(command);
  throw cliError('USAGE', `"${path}" ${describeCount(min, max)}.`, { hint: `See '${path} --help'.` });
}

function describeCount(min: number, max: number | undefined): string {
  if (max === 0) return 'accepts no arguments';
  if (max === undefined) return `requires at least ${min} argument${min === 1 ? '' : 's'}`;
  const most = `${max} argument${max === 1 ? '' : 's'}`;
  if (min === max) return `requires exactly ${most}`;
  return min === 0 ? `requires at most ${most}` : `requires at least ${min} and at most ${most}`;
}
