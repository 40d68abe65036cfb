import { describe, expect, it } from 'vitest';
import { APP, shortIdOf, TOOL, withImages } from '../../testing/with-images.ts';

const IMAGES = [
  { image: APP, names: [] },
  { image: TOOL, names: ['tool:latest'] },
];

describe('imagePruneCommand.run()', () => {
  it('removes images without a name when the answer is yes', async () => {
    await withImages(IMAGES, async (run) => {
      const outcome = await run(['image', 'prune'], { input: 'y\n' });
      expect(outcome.stderr).toBe('WARNING! This will remove all dangling images.\nAre you sure you want to continue? [y/N]: \n');
      expect(outcome.stdout.split('\n')).toEqual([
        'Deleted Images:',
        `deleted: ${APP.config.descriptor.digest}`,
        expect.stringMatching(/^deleted: sha256:[0-9a-f]{64}$/),
        '',
        'Total reclaimed space: 2.346MB',
        '',
      ]);
      expect((await run(['images', '-q'])).stdout).toBe(`${shortIdOf(TOOL)}\n`);
    });
  });

  it.each(['n\n', '', 'maybe\n'])('removes nothing after %j', async (input) => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['image', 'prune'], { input })).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringContaining('Nothing was removed'),
      });
      expect((await run(['images', '-q'])).stdout.split('\n')).toHaveLength(3);
    });
  });

  it('ends when it is interrupted while it waits for the answer', async () => {
    await withImages(IMAGES, async (run) => {
      const controller = new AbortController();
      const outcome = run(['image', 'prune'], { neverAnswers: true, signal: controller.signal });
      setTimeout(() => controller.abort(new Error('Interrupted')), 100);
      expect(await outcome).toMatchObject({ exitCode: 130, stdout: '' });
    });
  });

  it('asks on a terminal', async () => {
    await withImages(IMAGES, async (run) => {
      expect((await run(['image', 'prune', '--all'], { typed: ['yes'] })).stdout).toContain('untagged: tool:latest');
      expect((await run(['images', '-q'])).stdout).toBe('');
    });
  });

  it.each<[string[], number]>([
    [[], 1],
    [['--filter', 'until=24h'], 1],
    [['--filter', 'until=2020-01-01'], 2],
    [['--filter', 'label=org.example.stage=test'], 1],
    [['--filter', 'label=org.example.stage=live'], 2],
    [['--filter', 'label!=org.example.stage'], 2],
    [['--all'], 0],
    [['--all', '--filter', 'label!=org.example.stage'], 1],
  ])('%j leaves %i', async (words, left) => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['image', 'prune', '--force', ...words])).toMatchObject({ exitCode: 0, stderr: '' });
      expect((await run(['images', '-q'])).stdout.split('\n').length - 1).toBe(left);
    });
  });

  it('refuses a filter that it does not know', async () => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['image', 'prune', '-f', '--filter', 'dangling=true'])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("invalid filter 'dangling'"),
      });
    });
  });
});
