import { describe, expect, it } from 'vitest';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { type Command, type CommandEntry, defineCommand, type WordSource } from './command.ts';
import { completeWords } from './complete-words.ts';
import { choiceFlag, listFlag, switchFlag, textFlag } from './flag.ts';

const FLAGS = {
  format: choiceFlag('How', ['table', 'json']),
  all: switchFlag('All', { short: 'a' }),
  input: textFlag('From', { short: 'i', placeholder: 'file' }),
  env: listFlag('Set', { short: 'e' }),
  pull: textFlag('When', { bare: 'always' }),
  hush: switchFlag('Nothing', { hidden: true }),
};

function command(path: readonly string[], more: Partial<Command> = {}): Command {
  return defineCommand({
    path,
    summary: `Do ${path.at(-1)}`,
    usage: '',
    operands: { min: 0, max: 2 },
    examples: [],
    flags: FLAGS,
    run: async () => EXIT.success,
    ...more,
  });
}

const images: WordSource = async (_context, operands) => ['app:latest', 'base', 'app:1'].filter((name) => !operands.includes(name));
const fail: WordSource = async () => {
  throw new Error('no engine');
};

function entry(name: string, load: () => Command): CommandEntry {
  return { name, summary: `Do ${name}`, load: async () => load() };
}

const root = {
  path: [],
  summary: 'Everything',
  entries: [
    { ...entry('rmi', () => command(['rmi'], { completes: images })), aliases: ['delete'] },
    entry('run', () => command(['run'], { completes: images, flagsEndAtOperand: true, operands: { min: 1 } })),
    entry('load', () => command(['load'], { completes: 'files' })),
    entry('broken', () => command(['broken'], { completes: fail })),
    { ...entry('__secret', () => command(['__secret'])), hidden: true },
    {
      name: 'image',
      summary: 'Images',
      verbs: async () => [
        entry('ls', () => command(['image', 'ls'])),
        { ...entry('rm', () => command(['image', 'rm'], { completes: images })) },
      ],
    },
  ] satisfies CommandEntry[],
};

async function complete(...words: string[]): Promise<readonly string[] | 'files'> {
  const completion = await completeWords({ root, words, context: {} as CliContext });
  return completion.kind === 'files' ? 'files' : completion.candidates.map(({ word }) => word);
}

describe('completeWords()', () => {
  it.each<[string[], readonly string[] | 'files']>([
    [[''], ['rmi', 'run', 'load', 'broken', 'image']],
    [[], ['rmi', 'run', 'load', 'broken', 'image']],
    [['r'], ['rmi', 'run']],
    [['_'], []],
    [['-'], ['--help', '--version']],
    [
      ['image', ''],
      ['ls', 'rm'],
    ],
    [['image', '--'], ['--help']],
    [['unknown', ''], []],
    [['image', 'unknown', ''], []],
    [
      ['rmi', ''],
      ['app:latest', 'base', 'app:1'],
    ],
    [
      ['delete', 'app:'],
      ['app:latest', 'app:1'],
    ],
    [
      ['image', 'rm', 'base', ''],
      ['app:latest', 'app:1'],
    ],
    [['rmi', 'a', 'b', ''], []],
    [
      ['rmi', '-'],
      ['--format', '--all', '--input', '--env', '--pull', '--help'],
    ],
    [['rmi', '--fo'], ['--format']],
    [['rmi', '--hu'], []],
    [
      ['rmi', '--format', ''],
      ['table', 'json'],
    ],
    [['rmi', '--format', 'j'], ['json']],
    [['rmi', '--format=t'], ['--format=table']],
    [['rmi', '--format=json', 'b'], ['base']],
    [['rmi', '-ae', 'A=1', 'b'], ['base']],
    [['rmi', '-ae', ''], []],
    [['rmi', '-aeX', 'b'], ['base']],
    [['rmi', '--pull', 'b'], ['base']],
    [['rmi', '-i', ''], 'files'],
    [['rmi', '--input='], 'files'],
    [['rmi', '--unknown', ''], []],
    [['rmi', '-z', ''], []],
    [['rmi', '--constructor='], []],
    [['rmi', '--', '--fo'], []],
    [['rmi', '--', 'b'], ['base']],
    [['load', ''], 'files'],
    [['load', '--a'], ['--all']],
    [['image', 'ls', ''], []],
    [['broken', ''], []],
    [['run', 'base', '--fo'], []],
    [['run', '-a', 'b'], ['base']],
  ])('offers for %j what fits', async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });

  it('says what a word means', async () => {
    expect(await completeWords({ root, words: ['rm'], context: {} as CliContext })).toEqual({
      kind: 'words',
      candidates: [{ word: 'rmi', help: 'Do rmi' }],
    });
  });

  it('loads nothing but what the words name', async () => {
    const lazy: CommandEntry = {
      name: 'dear',
      summary: '',
      load: async () => {
        throw new Error('was loaded');
      },
    };
    const completion = await completeWords({
      root: { ...root, entries: [...root.entries, lazy] },
      words: ['d'],
      context: {} as CliContext,
    });
    expect(completion).toEqual({ kind: 'words', candidates: [{ word: 'dear', help: '' }] });
  });
});
