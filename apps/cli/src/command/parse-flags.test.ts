import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../exit-code.ts';
import { defineCommand } from './command.ts';
import { choiceFlag, durationFlag, listFlag, switchFlag, textFlag } from './flag.ts';
import { parseCommandLine } from './parse-flags.ts';

const command = defineCommand({
  path: ['run'],
  summary: 'Run something',
  usage: '[ARG...]',
  operands: { min: 0 },
  examples: [],
  flags: {
    interactive: switchFlag('', { short: 'i' }),
    tty: switchFlag('', { short: 't' }),
    name: textFlag('', { short: 'n' }),
    env: listFlag('', { short: 'e' }),
    format: choiceFlag('', ['table', 'json']),
    grace: durationFlag(''),
    pull: textFlag('', { bare: 'always' }),
    secret: switchFlag('', { hidden: true }),
  },
  run: async () => EXIT.success,
});

function parse(...words: string[]) {
  const parsed = parseCommandLine(command, words);
  if (parsed.kind === 'help') return parsed;
  const named = Object.entries(parsed.flags).filter(
    ([name, value]) => value !== (command.flags as Record<string, { initial: unknown }>)[name]?.initial,
  );
  return { flags: Object.fromEntries(named), operands: parsed.operands };
}

function refuse(...words: string[]) {
  try {
    parseCommandLine(command, words);
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  throw new Error('was accepted');
}

describe('parseCommandLine()', () => {
  it.each<[string[], object, string[]]>([
    [[], {}, []],
    [['--name', 'x'], { name: 'x' }, []],
    [['--name=x'], { name: 'x' }, []],
    [['--name='], { name: '' }, []],
    [['--name=a=b'], { name: 'a=b' }, []],
    [['--name', '-x'], { name: '-x' }, []],
    [['-n', 'x'], { name: 'x' }, []],
    [['-nx'], { name: 'x' }, []],
    [['-n=x'], { name: 'x' }, []],
    [['--name', 'a', '--name', 'b'], { name: 'b' }, []],
    [['-it'], { interactive: true, tty: true }, []],
    [['-itn', 'x'], { interactive: true, tty: true, name: 'x' }, []],
    [['-itnx'], { interactive: true, tty: true, name: 'x' }, []],
    [['-i=false', '-t=1'], { tty: true }, []],
    [['--tty', 'false'], { tty: true }, ['false']],
    [['--tty=true', '--tty=F'], {}, []],
    [['-e', 'A=1', '--env=B=2'], { env: ['A=1', 'B=2'] }, []],
    [['a', '--tty', 'b', '-n', 'x', 'c'], { tty: true, name: 'x' }, ['a', 'b', 'c']],
    [['a', '--', '--tty', '--', '-x'], {}, ['a', '--tty', '--', '-x']],
    [['-'], {}, ['-']],
    [['--format=json'], { format: 'json' }, []],
    [['--grace', '15m'], { grace: 900 }, []],
    [['--pull', 'never'], { pull: 'always' }, ['never']],
    [['--pull=never'], { pull: 'never' }, []],
    [['--secret'], { secret: true }, []],
  ])('reads %j', (words, flags, operands) => {
    expect(parse(...words)).toEqual({ flags, operands });
  });

  it.each([[['--help']], [['-h']], [['-ith']], [['a', '--help', '--bogus']]])('explains the command for %j', (words) => {
    expect(parse(...words)).toEqual({ kind: 'help' });
  });

  it('leaves help behind -- alone', () => {
    expect(parse('--', '--help')).toEqual({ flags: {}, operands: ['--help'] });
  });

  it('takes everything behind the first operand as it is when flags end there', () => {
    const parsed = parseCommandLine({ ...command, flagsEndAtOperand: true }, ['-i', 'image', 'ls', '-l', '--help', '--']);
    expect(parsed).toMatchObject({ operands: ['image', 'ls', '-l', '--help', '--'], flags: { interactive: true } });
  });

  it.each<[string[], string]>([
    [['--bogus'], 'unknown flag: --bogus'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['-ix'], "unknown shorthand flag: 'x' in -x"],
    [['--name'], 'flag needs an argument: --name'],
    [['-n'], "flag needs an argument: 'n' in -n"],
    [['--tty=maybe'], 'invalid argument "maybe" for "-t, --tty" flag: expected true or false'],
    [['--format', 'yaml'], 'invalid argument "yaml" for "--format" flag: expected table or json'],
    [['--grace=soon'], 'invalid argument "soon" for "--grace" flag: expected a duration, as in 30s, 15m, 24h or 7d'],
    [['--constructor'], 'unknown flag: --constructor'],
  ])('rejects %j', (words, message) => {
    expect(refuse(...words)).toMatchObject({ code: 'FLAG_INVALID', kind: 'invalid', message });
  });

  it('suggests the near flag, and never a hidden one', () => {
    expect(refuse('--nmae', 'x').hint).toBe("Did you mean --name? See 'slipway run --help'.");
    expect(refuse('--secrt').hint).toBe("See 'slipway run --help'.");
  });

  it.each<[{ min: number; max?: number }, number, string]>([
    [{ min: 0, max: 0 }, 1, '"slipway run" accepts no arguments.'],
    [{ min: 1, max: 1 }, 0, '"slipway run" requires exactly 1 argument.'],
    [{ min: 2, max: 2 }, 3, '"slipway run" requires exactly 2 arguments.'],
    [{ min: 1 }, 0, '"slipway run" requires at least 1 argument.'],
    [{ min: 0, max: 1 }, 2, '"slipway run" requires at most 1 argument.'],
    [{ min: 1, max: 2 }, 3, '"slipway run" requires at least 1 and at most 2 arguments.'],
  ])('counts operands: %j', (operands, count, message) => {
    expect(() =>
      parseCommandLine(
        { ...command, operands },
        Array.from({ length: count }, () => 'x'),
      ),
    ).toThrowError(message);
  });

  it('keeps every word behind -- and throws nothing but errors about flags', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (before, after) => {
        expect(parse('--', ...after)).toEqual({ flags: {}, operands: after });
        try {
          parseCommandLine(command, before);
        } catch (error) {
          expect(error).toMatchObject({ code: 'FLAG_INVALID' });
        }
      }),
    );
  });
});
