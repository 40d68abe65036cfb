import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { APP, shortIdOf, TOOL, withImages } from '../testing/with-images.ts';

const DIGEST = APP.manifest.descriptor.digest;
const IMAGES = [
  { image: APP, names: ['app:v1', 'hub.example/ann/app:v2'], digests: [`app@${DIGEST}`] },
  { image: TOOL, names: [] },
];

beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(() => void vi.unstubAllEnvs());

describe('imagesCommand.run()', () => {
  it.each<[string, string[]]>([
    ['images', []],
    ['images-digests', ['--digests']],
    ['images-no-trunc', ['--no-trunc']],
    ['images-repository', ['hub.example/*/app']],
    ['images-json', ['--format', 'json', '--filter', 'dangling=false']],
    ['images-table', ['--format', 'table {{.ID}}\t{{.Repository}}']],
  ])("prints docker's list: %s", async (name, words) => {
    await withImages(IMAGES, async (run) => {
      const outcome = await run(['images', ...words]);
      expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
      await expect(outcome.stdout).toMatchFileSnapshot(`testdata/${name}.txt`);
    });
  });

  it('takes an empty name for none, as docker', async () => {
    await withImages(IMAGES, async (run) => {
      expect((await run(['images', ''])).stdout).toBe((await run(['images'])).stdout);
    });
  });

  it('prints ids alone', async () => {
    await withImages(IMAGES, async (run) => {
      expect((await run(['images', '-q'])).stdout).toBe(`${shortIdOf(APP)}\n${shortIdOf(APP)}\n${shortIdOf(TOOL)}\n`);
      expect((await run(['image', 'ls', '-q', '--no-trunc', '-f', 'dangling=true'])).stdout).toBe(`${TOOL.config.descriptor.digest}\n`);
    });
  });

  it('filters by label, and by the age of another image', async () => {
    await withImages(IMAGES, async (run) => {
      expect((await run(['image', 'list', '--filter', 'label=org.example.stage=test', '--format', '{{.Tag}}'])).stdout).toBe('v1\nv2\n');
      expect((await run(['images', '--filter', 'before=app:v1', '-q'])).stdout).toBe('');
    });
  });

  it('prints the headings alone when there is nothing', async () => {
    await withImages([], async (run) => {
      expect((await run(['images'])).stdout).toBe('REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n');
    });
  });

  it.each<[string[], string]>([
    [['--filter', 'color=red'], "Error: invalid filter 'color'\n"],
    [['--filter', 'dangling=maybe'], "Error: invalid filter 'dangling=[maybe]'\n"],
    [['--filter', 'before=none'], 'Error: No such image: none:latest\n'],
    [['--format', '{{.Nope}}'], "can't evaluate field Nope"],
    [['one', 'two'], 'requires at most 1 argument.'],
    [['--degests'], 'Did you mean --digests?'],
  ])('refuses %j', async (words, message) => {
    await withImages(IMAGES, async (run) => {
      const { exitCode, stdout, stderr } = await run(['images', ...words]);
      expect(exitCode).toBeGreaterThan(0);
      expect(stdout).toBe('');
      expect(stderr).toContain(message);
    });
  });

  it('suggests the verb of a noun', async () => {
    await withImages([], async (run) => {
      expect((await run(['image', 'prnue'])).stderr).toContain("Did you mean 'slipway image prune'?");
      expect((await run(['imges'])).stderr).toContain("Did you mean 'slipway images'?");
      expect((await run(['system', 'inof'])).stderr).toContain("Did you mean 'slipway system info'?");
    });
  });
});
