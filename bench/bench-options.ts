import { parseArgs } from 'node:util';
import { CACHE_FOLDER } from '../e2e/peers/unpack-packages.ts';
import type { BenchCase } from './bench-case.ts';
import { benchError } from './errors.ts';

export interface BenchOptions {
  readonly cases: readonly BenchCase[];
  /** Instead of each case's own number. */
  readonly rounds: number | undefined;
  /** Where the temporary folder of both servers' data is made. */
  readonly folder: string;
  /** Profile ours alone instead of comparing. */
  readonly isProfile: boolean;
  /** Tried out on our server. */
  readonly nodeOptions: readonly string[];
  readonly isHelp: boolean;
}

/** Throws ARGUMENT_INVALID for names and numbers that mean nothing. */
export function parseBenchOptions(args: readonly string[], all: readonly BenchCase[]): BenchOptions {
  const { values, positionals } = parseKnown(args);
  const names = values.profile === undefined ? positionals : [values.profile, ...positionals];
  const unknown = names.filter((name) => !all.some((item) => item.name === name));
  if (unknown.length > 0) throw benchError('ARGUMENT_INVALID', `No case is called "${unknown.join('", "')}"`);
  return {
    cases: names.length === 0 ? all : all.filter(({ name }) => names.includes(name)),
    rounds: values.rounds === undefined ? undefined : parseRounds(values.rounds),
    folder: values.folder ?? CACHE_FOLDER,
    isProfile: values.profile !== undefined,
    nodeOptions: values['node-options']?.split(' ') ?? [],
    isHelp: values.help === true,
  };
}

export function usageOf(all: readonly BenchCase[]): string {
  const lines = all.map(({ name, title }) => `  ${name.padEnd(14)}${title}`);
  return [
    'npm run bench -- [CASE...] [--rounds N] [--folder FOLDER]   compare with distribution',
    'npm run bench -- --profile CASE                             where our server spends its time in one case',
    '',
    '--folder FOLDER  where both keep their data, in a folder that is removed afterwards (default: .cache in the checkout)',
    '--node-options "--trace-gc …"  what our server\'s Node.js gets in NODE_OPTIONS, to try settings out',
    '',
    'Cases:',
    ...lines,
  ].join('\n');
}

function parseKnown(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        folder: { type: 'string' },
        profile: { type: 'string' },
        'node-options': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw benchError('ARGUMENT_INVALID', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseRounds(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw benchError('ARGUMENT_INVALID', `--rounds needs a number from 1 to 999, not "${text}"`);
  return Number(text);
}
