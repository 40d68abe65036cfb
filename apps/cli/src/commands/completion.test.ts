import { describe, expect, it } from 'vitest';
import { runSlipway } from '../testing/run-slipway.ts';
import { APP, withImages } from '../testing/with-images.ts';

describe('completionCommand.run()', () => {
  it("prints bash's script", async () => {
    const outcome = await runSlipway(['completion', 'bash']);
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('complete ') });
  });

  it.each([['fish'], ['bsah']])('refuses %s', async (shell) => {
    const { exitCode, stdout, stderr } = await runSlipway(['completion', shell]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(`Cannot print a completion script for "${shell}"`);
  });

  it('knows the names of the images that are here', async () => {
    await withImages([{ image: APP, names: ['app:v1', 'app:v2'] }], async (run) => {
      for (const words of [['rmi'], ['history'], ['inspect'], ['tag'], ['save'], ['image', 'rm'], ['images']]) {
        const { stdout } = await run(['__complete', '--', ...words, 'ap']);
        expect(stdout, words.join(' ')).toMatch(/^app(:v1)?\n/);
      }
      expect((await run(['__complete', '--', 'rmi', 'app:v1', ''])).stdout).toBe('app:v2\n:4\n');
    });
  });
});
