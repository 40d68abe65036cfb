import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTempFolder } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { writeOutput } from './write-output.ts';

const signal = new AbortController().signal;

async function* twoChunks() {
  yield Buffer.from('one ');
  yield Buffer.from('two');
}

async function* oneAndAnError() {
  yield Buffer.from('one');
  throw new Error('the disk is gone');
}

describe('writeOutput()', () => {
  it('replaces a file, for its owner alone', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'a.tar');
      await writeFile(path, 'old');
      await writeOutput(path, twoChunks, signal);
      expect(await readFile(path, 'utf8')).toBe('one two');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    });
  });

  it('leaves what was there, and nothing else, when it fails', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'a.tar');
      await writeFile(path, 'old');
      await expect(writeOutput(path, oneAndAnError, signal)).rejects.toThrow('the disk is gone');
      await expect(writeOutput(path, twoChunks, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('aborted');
      expect(await readFile(path, 'utf8')).toBe('old');
      expect(await readdir(folder)).toEqual(['a.tar']);
    });
  });

  it('refuses a folder, and a folder that is not there', async () => {
    await withTempFolder(async (folder) => {
      await mkdir(join(folder, 'sub'));
      await expect(writeOutput(join(folder, 'sub'), twoChunks, signal)).rejects.toThrow('is a directory');
      await expect(writeOutput(join(folder, 'none/a.tar'), twoChunks, signal)).rejects.toThrow(
        `failed to save image: invalid output path: directory "${folder}/none" does not exist`,
      );
      expect(await readdir(folder)).toEqual(['sub']);
    });
  });

  it('writes to a device', async () => {
    await writeOutput('/dev/null', twoChunks, signal);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});
