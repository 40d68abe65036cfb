import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTempFolder } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import type { Command, CommandEntry } from './command/command.ts';
import { COMMANDS } from './commands/index.ts';
import { runSlipway } from './testing/run-slipway.ts';

describe('runCommandLine()', () => {
  it.each([
    ['slipway', ['--help']],
    ['login', ['login', '--help']],
    ['logout', ['logout', '--help']],
    ['pull', ['pull', '--help']],
    ['push', ['push', '--help']],
    ['copy', ['copy', '--help']],
    ['buildx', ['buildx']],
    ['buildx-imagetools', ['buildx', 'imagetools', '--help']],
    ['buildx-imagetools-create', ['buildx', 'imagetools', 'create', '--help']],
    ['buildx-imagetools-inspect', ['buildx', 'imagetools', 'inspect', '--help']],
    ['images', ['images', '--help']],
    ['image', ['image']],
    ['image-inspect', ['image', 'inspect', '--help']],
    ['image-ls', ['image', 'list', '--help']],
    ['image-prune', ['image', 'prune', '--help']],
    ['image-rm', ['image', 'remove', '--help']],
    ['tag', ['tag', '--help']],
    ['rmi', ['rmi', '--help']],
    ['history', ['history', '--help']],
    ['inspect', ['inspect', '--help']],
    ['save', ['save', '--help']],
    ['load', ['load', '--help']],
    ['system', ['system']],
    ['system-df', ['system', 'df', '--help']],
    ['system-info', ['system', 'info', '--help']],
    ['system-prune', ['system', 'prune', '--help']],
    ['info', ['info', '--help']],
    ['doctor', ['doctor', '--help']],
    ['completion', ['completion', '--help']],
    ['account', ['account', '--help']],
    ['account-add', ['account', 'add', '--help']],
    ['account-list', ['account', 'list', '-h']],
    ['account-passwd', ['help', 'account', 'passwd']],
    ['account-remove', ['account', 'rm', '--help']],
    ['repo', ['repo']],
    ['repo-list', ['repo', 'ls', '--help']],
    ['repo-show', ['repository', 'show', '--help']],
    ['repo-visibility', ['repo', 'visibility', '--help']],
    ['gc', ['gc', '--help']],
    ['verify', ['verify', '--help']],
    ['version', ['version', '--help']],
    ['help', ['help', '--help']],
  ])('explains %s', async (name, words) => {
    const { exitCode, stdout, stderr } = await runSlipway(words);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(`testdata/help/${name}.txt`);
  });

  it('prints the same help for nothing, help and --help', async () => {
    const { stdout } = await runSlipway([]);
    expect((await runSlipway(['help'])).stdout).toBe(stdout);
    expect((await runSlipway(['--help', 'gc'])).stdout).toBe(stdout);
  });

  it.each<[string[], string]>([
    [['acount'], "Error: unknown command: slipway acount\nHint: Did you mean 'slipway account'? See 'slipway --help'.\n"],
    [
      ['account', 'lst'],
      "Error: unknown command: slipway account lst\nHint: Did you mean 'slipway account list'? See 'slipway account --help'.\n",
    ],
    [['frobnicate'], "Error: unknown command: slipway frobnicate\nHint: See 'slipway --help'.\n"],
    [['help', 'acount'], "Error: unknown command: slipway acount\nHint: Did you mean 'slipway account'? See 'slipway --help'.\n"],
    [['gc', 'now'], 'Error: "slipway gc" accepts no arguments.\nHint: See \'slipway gc --help\'.\n'],
  ])('refuses %j with 1', async (words, stderr) => {
    expect(await runSlipway(words)).toEqual({ exitCode: 1, stdout: '', stderr });
  });

  it.each<[string[], string]>([
    [['--bogus=secret'], "Error: unknown flag: --bogus\nHint: See 'slipway --help'.\n"],
    [['-qsecret'], "Error: unknown shorthand flag: 'q' in -q\nHint: See 'slipway --help'.\n"],
    [['gc', '--dry-rnu'], "Error: unknown flag: --dry-rnu\nHint: Did you mean --dry-run? See 'slipway gc --help'.\n"],
    [
      ['gc', '--dry-run=perhaps'],
      'Error: invalid argument "perhaps" for "--dry-run" flag: expected true or false\nHint: See \'slipway gc --help\'.\n',
    ],
  ])('refuses the flag of %j with 125', async (words, stderr) => {
    expect(await runSlipway(words)).toEqual({ exitCode: 125, stdout: '', stderr });
  });

  it.each([[['version']], [['--version']], [['-v']]])('prints the version for %j', async (words) => {
    await withTempFolder(async (checkout) => {
      await writeFile(join(checkout, 'package.json'), '{"version":"1.2.3"}');
      expect(await runSlipway(words, { checkout })).toEqual({ exitCode: 0, stdout: 'Slipway 1.2.3\n', stderr: '' });
    });
  });

  it('prints the version as JSON', async () => {
    await withTempFolder(async (checkout) => {
      await writeFile(join(checkout, 'package.json'), '{"version":"1.2.3"}');
      const { stdout } = await runSlipway(['version', '--format', 'json'], { checkout });
      expect(JSON.parse(stdout)).toMatchObject({ version: '1.2.3', node: process.versions.node, os: process.platform });
    });
  });

  it('says what is wrong with a checkout without a version', async () => {
    await withTempFolder(async (checkout) => {
      expect(await runSlipway(['version'], { checkout })).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('Cannot read the version'),
      });
      await mkdir(join(checkout, 'other'));
      await writeFile(join(checkout, 'other/package.json'), '{}');
      expect((await runSlipway(['version'], { checkout: join(checkout, 'other') })).stderr).toContain('it has none');
    });
  });
});

describe('COMMANDS', () => {
  it('says the same as the commands it loads', async () => {
    for await (const { entry, path, command } of walkCommands(COMMANDS, [])) {
      expect({ path: command.path, summary: command.summary }).toEqual({ path, summary: entry.summary });
    }
  });

  it('gives no name, alias or letter twice, and no flag the name of help', async () => {
    for (const names of [
      namesOf(COMMANDS),
      ...(await Promise.all(COMMANDS.map(async (entry) => namesOf('verbs' in entry ? await entry.verbs() : [])))),
    ]) {
      expect(new Set(names).size).toBe(names.length);
    }
    for await (const { command } of walkCommands(COMMANDS, [])) {
      const letters = Object.values(command.flags).flatMap(({ short }) => short ?? []);
      expect(new Set(letters).size).toBe(letters.length);
      expect(Object.keys(command.flags)).not.toContain('help');
    }
  });
});

interface WalkedCommand {
  readonly entry: CommandEntry;
  readonly path: readonly string[];
  readonly command: Command;
}

async function* walkCommands(entries: readonly CommandEntry[], above: readonly string[]): AsyncGenerator<WalkedCommand> {
  for (const entry of entries) {
    const path = [...above, entry.name];
    if ('load' in entry) yield { entry, path, command: await entry.load() };
    else yield* walkCommands(await entry.verbs(), path);
  }
}

function namesOf(entries: readonly CommandEntry[]): string[] {
  return entries.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
}
