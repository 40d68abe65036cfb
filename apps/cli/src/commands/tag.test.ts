import { describe, expect, it } from 'vitest';
import { APP, shortIdOf, TOOL, withImages } from '../testing/with-images.ts';

const IMAGES = [
  { image: APP, names: ['app:v1'] },
  { image: TOOL, names: ['tool:latest'] },
];

describe('tagCommand.run()', () => {
  it('names an image, found by name or id', async () => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['tag', 'app:v1', 'localhost:5000/ann/app'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect(await run(['image', 'tag', shortIdOf(APP), 'app'])).toMatchObject({ exitCode: 0 });
      expect(
        (await run(['images', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}', '-f', 'reference=*app', '-f', 'reference=*/*/app'])).stdout,
      ).toBe(['app:latest', 'app:v1', 'localhost:5000/ann/app:latest'].map((name) => `${name} ${shortIdOf(APP)}\n`).join(''));
    });
  });

  it('names an image what a registry of its own may be called', async () => {
    await withImages(IMAGES, async (run) => expect(await run(['tag', 'app:v1', 'hub.example/sha256:abc'])).toMatchObject({ exitCode: 0 }));
  });

  it('takes a name away from the image that had it', async () => {
    await withImages(IMAGES, async (run) => {
      await run(['tag', 'app:v1', 'tool']);
      expect((await run(['images', '-q', '-f', 'dangling=true'])).stdout).toBe(`${shortIdOf(TOOL)}\n`);
    });
  });

  it.each<[string[], string]>([
    [['none', 'x'], 'Error: No such image: none:latest\n'],
    [
      ['app:v1', 'Foo'],
      'Error: Error parsing reference: "Foo" is not a valid repository/tag: invalid reference format: repository name (library/Foo) must be lowercase\n',
    ],
    [['app:v1', 'a:b:c'], 'Error: Error parsing reference: "a:b:c" is not a valid repository/tag: invalid reference format\n'],
    [['app:v1', `x@${APP.config.descriptor.digest}`], 'Error: refusing to create a tag with a digest reference\n'],
    [['app:v1', 'sha256:abc'], 'Error: refusing to create an ambiguous tag using digest algorithm as name\n'],
    [['app:v1'], 'requires exactly 2 arguments.'],
  ])('refuses %j', async (words, message) => {
    await withImages(IMAGES, async (run) => {
      const { exitCode, stderr } = await run(['tag', ...words]);
      expect(exitCode).toBeGreaterThan(0);
      expect(stderr).toContain(message);
    });
  });
});
