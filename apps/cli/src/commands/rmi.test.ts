import { describe, expect, it } from 'vitest';
import { APP, shortIdOf, TOOL, withImages } from '../testing/with-images.ts';

const IMAGES = [
  { image: APP, names: ['app:v1', 'hub.example/ann/app:v2'] },
  { image: TOOL, names: ['tool:latest'] },
];

describe('rmiCommand.run()', () => {
  it('untags, and deletes with the last name what no other image has', async () => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['rmi', 'app:v1'])).toEqual({ exitCode: 0, stdout: 'Untagged: app:v1\n', stderr: '' });
      const { stdout } = await run(['image', 'rm', 'hub.example/ann/app:v2']);
      expect(stdout.split('\n')).toEqual([
        'Untagged: hub.example/ann/app:v2',
        `Deleted: ${APP.config.descriptor.digest}`,
        expect.stringMatching(/^Deleted: sha256:[0-9a-f]{64}$/),
        '',
      ]);
      expect((await run(['images', '-q'])).stdout).toBe(`${shortIdOf(TOOL)}\n`);
    });
  });

  it('goes on after one that is not there, and exits with 1', async () => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['rmi', 'none', 'tool'])).toEqual({
        exitCode: 1,
        stdout: expect.stringMatching(/^Untagged: tool:latest\nDeleted: sha256:/),
        stderr: 'Error: No such image: none:latest\n',
      });
    });
  });

  it('reports with --force that one is not there, and exits with 0', async () => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['rmi', '-f', 'none'])).toEqual({ exitCode: 0, stdout: '', stderr: 'Error: No such image: none:latest\n' });
    });
  });

  it('needs --force for an image with several repositories', async () => {
    await withImages(IMAGES, async (run) => {
      const id = shortIdOf(APP);
      expect(await run(['rmi', id])).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringContaining(
          `Error: conflict: unable to delete ${id} (must be forced) - image is referenced in multiple repositories\n`,
        ),
      });
      expect((await run(['rmi', '--force', id])).stdout).toMatch(/^Untagged: app:v1\nUntagged: hub.example\/ann\/app:v2\nDeleted: /);
    });
  });

  it('needs a name', async () => {
    await withImages([], async (run) => {
      expect(await run(['rmi'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('requires at least 1 argument.') });
    });
  });
});
