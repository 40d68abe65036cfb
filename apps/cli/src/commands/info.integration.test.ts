import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { APP, withImages } from '../testing/with-images.ts';

describe('infoCommand.run()', () => {
  it('says what this machine is', async () => {
    await withImages([{ image: APP, names: ['app:v1'] }], async (run, folder) => {
      await writeFile(join(folder, 'package.json'), '{"version":"1.2.3"}');
      await writeFile(join(folder, 'home/mirrors.json'), '{"gcr.io":"hub.example/gcr.io"}');
      const environment = { SLIPWAY_REGISTRY: 'hub.example', HTTPS_PROXY: 'http://ann:secret@proxy:3128' };
      const outcome = await run(['info'], { checkout: folder, environment });
      expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
      for (const line of [
        /^Version: +1.2.3$/m,
        /^Images: +1$/m,
        /^Registry of docker.io: +hub.example$/m,
        /^Mirrors: +gcr.io -> hub.example\/gcr.io$/m,
      ]) {
        expect(outcome.stdout).toMatch(line);
      }
      expect(outcome.stdout).not.toContain('secret');
      const withPasswords = {
        SLIPWAY_REGISTRY: 'https://ann:secret@hub.example',
        https_proxy: '',
        HTTPS_PROXY: 'ann:secret@proxy:3128',
        HTTP_PROXY: 'http://ann:secret@secret/@plain:3128',
      };
      expect((await run(['info'], { checkout: folder, environment: withPasswords })).stdout).not.toContain('secret');
      const format = ['info', '-f', '{{.Registry}} {{.HttpsProxy}} {{.HttpProxy}}'];
      expect((await run(format, { checkout: folder, environment: withPasswords })).stdout).toBe(
        'https://hub.example proxy:3128 http://plain:3128\n',
      );
      const words = ['system', 'info', '--format'];
      expect((await run([...words, '{{.Images}} {{.DockerRootDir}}'], { checkout: folder })).stdout).toBe(`1 ${join(folder, 'home')}\n`);
      expect(JSON.parse((await run([...words, 'json'], { checkout: folder })).stdout)).toMatchObject({ Images: 1, ServerVersion: '1.2.3' });
    });
  });

  it('refuses arguments', async () => {
    await withImages([], async (run) => {
      expect(await run(['info', 'x'])).toMatchObject({ exitCode: 1, stdout: '' });
    });
  });
});
