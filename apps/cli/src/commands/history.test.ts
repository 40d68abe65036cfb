import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { APP, shortIdOf, withImages } from '../testing/with-images.ts';

const IMAGES = [{ image: APP, names: ['app:v1'] }];

beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(() => void vi.unstubAllEnvs());

describe('historyCommand.run()', () => {
  it.each<[string, string[]]>([
    ['history', []],
    ['history-exact', ['--human=false', '--no-trunc']],
    ['history-json', ['--format', 'json']],
  ])("prints docker's table: %s", async (name, words) => {
    await withImages(IMAGES, async (run) => {
      const outcome = await run(['history', ...words, 'app:v1']);
      expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
      await expect(outcome.stdout).toMatchFileSnapshot(`testdata/${name}.txt`);
    });
  });

  it('prints ids alone', async () => {
    await withImages(IMAGES, async (run) => {
      expect((await run(['image', 'history', '-q', 'app:v1'])).stdout).toBe(`${shortIdOf(APP)}\n<missing>\n`);
    });
  });

  it('knows only what is there', async () => {
    await withImages([], async (run) => {
      expect(await run(['history', 'app'])).toMatchObject({ exitCode: 1, stdout: '', stderr: 'Error: No such image: app:latest\n' });
    });
  });
});
