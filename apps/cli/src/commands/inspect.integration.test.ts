import { describe, expect, it } from 'vitest';
import { APP, TOOL, withImages } from '../testing/with-images.ts';

const DIGEST = APP.manifest.descriptor.digest;
const IMAGES = [
  { image: APP, names: ['app:v1', 'hub.example/ann/app:v2'], digests: [`app@${DIGEST}`] },
  { image: TOOL, names: ['tool:latest'] },
];

describe('inspectCommand.run()', () => {
  it("prints docker's document", async () => {
    await withImages(IMAGES, async (run) => {
      const { stdout, stderr, exitCode } = await run(['inspect', 'app:v1']);
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
      // Which snapshotter works depends on the machine.
      const settled = stdout.replace(/"Data": \{[^}]*\}/, '"Data": null').replace(/("Data": null,\s+"Name": )"[a-z0-9]+"/, '$1"overlay2"');
      await expect(settled).toMatchFileSnapshot('testdata/inspect.txt');
    });
  });

  it('prints several, and goes on after one that is not there', async () => {
    await withImages(IMAGES, async (run) => {
      const outcome = await run(['inspect', 'none', 'app:v1', 'NOT A NAME', 'tool']);
      expect(outcome).toMatchObject({ exitCode: 1, stderr: 'Error: No such object: none\nError: No such object: NOT A NAME\n' });
      expect(JSON.parse(outcome.stdout)).toMatchObject([{ Id: APP.config.descriptor.digest }, { Id: TOOL.config.descriptor.digest }]);
    });
  });

  it('prints an empty list when there is nothing', async () => {
    await withImages([], async (run) => {
      expect(await run(['inspect', 'none'])).toEqual({ exitCode: 1, stdout: '[]\n', stderr: 'Error: No such object: none\n' });
      expect(await run(['image', 'inspect', 'none'])).toEqual({ exitCode: 1, stdout: '[]\n', stderr: 'Error: No such image: none\n' });
      expect((await run(['inspect', '--type', 'image', 'none'])).stderr).toBe('Error: No such image: none\n');
    });
  });

  it.each([
    ['{{.Id}}', APP.config.descriptor.digest],
    ['{{json .Config.Cmd}}', '["sh","-c","a<b"]'],
    ['{{index .Config.Labels "org.example.stage"}}', 'test'],
    ['{{range $port, $_ := .Config.ExposedPorts}}{{$port}}{{end}}', '80/tcp'],
    ['{{len .RootFS.Layers}} {{.Os}}/{{.Architecture}} {{.Size}}', `2 ${APP.platform.os}/${APP.platform.architecture} 2469134`],
    ['{{.Config.ExposedPorts}}', 'map[80/tcp:{}]'],
    ['{{join .RepoTags ", "}}', 'app:v1, hub.example/ann/app:v2'],
    ['{{index .RepoDigests 0}}', `app@${DIGEST}`],
  ])('fills the template %s', async (template, text) => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['image', 'inspect', '-f', template, 'app:v1'])).toEqual({ exitCode: 0, stdout: `${text}\n`, stderr: '' });
    });
  });

  it('prints JSON on one line when asked', async () => {
    await withImages(IMAGES, async (run) => {
      expect((await run(['inspect', '--format', 'json', 'tool'])).stdout).toMatch(/^\[\{"Id":.*\}\]\n$/);
    });
  });

  it('prints what a template fits, and tells of the rest', async () => {
    await withImages(IMAGES, async (run) => {
      const outcome = await run(['inspect', '-f', '{{index .Config.Env 0}}', 'app:v1', 'tool', 'none', 'app:v1']);
      expect(outcome).toMatchObject({ exitCode: 1, stdout: 'PATH=/bin\nPATH=/bin\n' });
      expect(outcome.stderr).toContain('Error: No such object: none\n');
      expect(outcome.stderr).toContain('error calling index: index of untyped nil\n');
      expect(await run(['inspect', '-f', '{{.Id}}', 'none'])).toMatchObject({ exitCode: 1, stdout: '\n' });
    });
  });

  it.each<[string[], string, number]>([
    [['-f', '{{.Id', 'tool'], 'template parsing error', 64],
    [['--type', 'volume', 'tool'], '"volume" is not a valid value for --type', 1],
  ])('refuses %j', async (words, message, exitCode) => {
    await withImages(IMAGES, async (run) => {
      expect(await run(['inspect', ...words])).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(message) });
    });
  });
});
