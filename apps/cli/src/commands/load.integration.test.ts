import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { APP, dockerArchive, TOOL, withImages, withLoadedImages } from '../testing/with-images.ts';

const IMAGES = [
  { image: APP, names: ['app:v1', 'hub.example/ann/app:v2'] },
  { image: TOOL, names: [] },
];

describe('loadCommand.run()', () => {
  it('loads a file, and says what it loaded', async () => {
    await withImages([], async (run, folder) => {
      await writeFile(join(folder, 'a.tar.gz'), gzipSync(dockerArchive(IMAGES)));
      expect(await run(['load', '-i', 'a.tar.gz'])).toEqual({
        exitCode: 0,
        stdout: `Loaded image: app:v1\nLoaded image: hub.example/ann/app:v2\nLoaded image ID: ${TOOL.config.descriptor.digest}\n`,
        stderr: '',
      });
      expect((await run(['images', '--format', '{{.Repository}}:{{.Tag}} {{.Size}}'])).stdout.split('\n').toSorted()).toEqual([
        '',
        '<none>:<none> 123kB',
        'app:v1 2.47MB',
        'hub.example/ann/app:v2 2.47MB',
      ]);
    });
  });

  it('says which image loses its name', async () => {
    await withLoadedImages([{ image: TOOL, names: ['app:v1'] }], async (run, folder) => {
      await writeFile(join(folder, 'a.tar'), dockerArchive([{ image: APP, names: ['app:v1'] }]));
      expect((await run(['image', 'load', '--input', 'a.tar'])).stdout).toBe(
        `The image app:v1 already exists, renaming the old one with ID ${TOOL.config.descriptor.digest} to empty string\nLoaded image: app:v1\n`,
      );
    });
  });

  it.each<[string[], string]>([
    [['-i', 'none.tar'], 'Error: open none.tar: no such file or directory\n'],
    [['-i', 'text'], 'Error: '],
    [['-i', '.'], 'Error: '],
    [['--platform', 'a/b/c/d', '-i', 'text'], 'Error: '],
    [[], 'Error: '],
  ])('refuses %j', async (words, message) => {
    await withImages([], async (run, folder) => {
      await writeFile(join(folder, 'text'), 'this is no archive');
      const outcome = await run(['load', ...words]);
      expect(outcome).toMatchObject({ stdout: '', stderr: expect.stringContaining(message) });
      expect(outcome.exitCode).toBeGreaterThan(0);
      expect((await run(['images', '-q'])).stdout).toBe('');
    });
  });
});

describe('saveCommand.run()', () => {
  it('writes an archive that brings the same images back', async () => {
    await withLoadedImages(IMAGES, async (run, folder) => {
      expect(await run(['save', '-o', 'out.tar', 'app:v1'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect((await readdir(folder)).toSorted()).toEqual(['home', 'images.tar', 'out.tar']);
      await run(['rmi', '-f', 'app:v1', 'hub.example/ann/app:v2']);
      expect((await run(['load', '-i', 'out.tar'])).stdout).toBe('Loaded image: app:v1\n');
      expect((await run(['inspect', '-f', '{{.Id}}', 'app:v1'])).stdout).toBe(`${APP.config.descriptor.digest}\n`);
    });
  });

  it('takes an empty file name for stdout, and load for stdin, as docker', async () => {
    await withLoadedImages([{ image: TOOL, names: ['tool:v1'] }], async (run) => {
      expect(await run(['save', '-o', '', 'tool:v1'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('manifest.json') });
      expect((await run(['load', '-i', ''], { input: '' })).stderr).toContain('it is no archive of images');
    });
  });

  it('writes the same to stdout and to a file, whole repositories and ids too', async () => {
    await withLoadedImages(IMAGES, async (run, folder) => {
      for (const [name, operands] of [
        ['repository.tar', ['app', 'hub.example/ann/app:v2']],
        ['id.tar', [TOOL.config.descriptor.digest]],
      ] as const) {
        await run(['image', 'save', '--output', name, ...operands]);
        const { stdout } = await run(['save', ...operands]);
        expect(stdout).toBe(await readFile(join(folder, name), 'utf8'));
      }
    });
  });

  it.each<[string[], string]>([
    [['none'], 'Error: No such image: none:latest\n'],
    [['-o', 'none/out.tar', 'app:v1'], 'Error: failed to save image: invalid output path: directory "'],
    [['--format', 'zip', 'app:v1'], 'expected docker or oci'],
    [[], 'requires at least 1 argument.'],
  ])('refuses %j', async (words, message) => {
    await withLoadedImages(IMAGES, async (run, folder) => {
      const outcome = await run(['save', ...words]);
      expect(outcome).toMatchObject({ stdout: '', stderr: expect.stringContaining(message) });
      expect(outcome.exitCode).toBeGreaterThan(0);
      expect((await readdir(folder)).toSorted()).toEqual(['home', 'images.tar']);
    });
  });
});
