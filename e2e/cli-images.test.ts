import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage, buildTar, type FixtureImage, openTempFolder, randomBlob, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildDebianImage, DEBIAN_PACKAGES } from './peers/debian-image.ts';
import { DOCKER_PACKAGES, type DockerDaemon, startDockerDaemon } from './peers/docker-daemon.ts';
import { type ProgramResult, runProgram } from './peers/program.ts';
import { mountsBelow } from './peers/release-mounts.ts';
import { resolvePeer } from './peers/resolve-peer.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/slipway', import.meta.url));
const peer = await resolvePeer(DOCKER_PACKAGES, { superuser: true });
const debian = await resolvePeer(DEBIAN_PACKAGES, { superuser: true });

describe.skipIf(peer.skipped !== undefined)(`slipway and docker 20.10 say the same of the same images ${peer.skipped ?? ''}`, () => {
  let folder: TempFolder;
  let daemon: DockerDaemon;
  let app: FixtureImage;
  let tool: FixtureImage;
  let archive: string;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-images-');
    daemon = await startDockerDaemon(peer.root, join(folder.path, 'docker'));
    const config = {
      Cmd: ['sh', '-c', 'a<b'],
      Env: ['PATH=/bin'],
      Labels: { 'org.example.stage': 'test' },
      ExposedPorts: { '80/tcp': {} },
    };
    // Docker adds the length of a symbolic link's target to a layer's size.
    const base = [
      { path: 'etc/' },
      { path: 'etc/passwd', content: randomBlob(123_456, 'base') },
      { path: 'etc/users', linkTarget: '../../etc/passwd' },
    ];
    const top = [{ path: 'srv/' }, { path: 'srv/content', content: randomBlob(2_345_678, 'top') }];
    app = buildImage({ mediaTypes: 'docker', compression: 'none', layers: [base, top], config });
    // Has its only layer in common with the other.
    tool = buildImage({ mediaTypes: 'docker', compression: 'none', layers: [base], config: { Cmd: ['tool'] } });
    archive = join(folder.path, 'images.tar');
    await writeFile(
      archive,
      archiveOf([
        { image: app, names: ['app:v1', 'hub.example/ann/app:v2'] },
        { image: tool, names: ['tool:latest'] },
      ]),
    );
  });

  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
    expect(await mountsBelow(folder.path)).toEqual([]);
    await folder?.[Symbol.asyncDispose]();
  });

  const slipway = (args: readonly string[]): Promise<ProgramResult> =>
    runProgram(LAUNCHER, args, {
      env: { ...process.env, SLIPWAY_HOME: join(folder.path, 'home'), DOCKER_CONFIG: join(folder.path, 'config') },
    });
  const both = async (...args: string[]) => ({ ours: await slipway(args), docker: await daemon.docker(args) });
  /** Docker lists images that are equally old, and the names of an image, in any order. */
  const expectSame = async (...args: string[]): Promise<string> => {
    const { ours, docker } = await both(...args);
    expect({ code: ours.code, stdout: sortLines(ours.stdout), stderr: settle(ours.stderr) }, `slipway ${args.join(' ')}`).toEqual({
      code: docker.code,
      stdout: sortLines(docker.stdout),
      stderr: settle(docker.stderr),
    });
    return ours.stdout;
  };
  test('load brings the same images', async () => {
    expect(await expectSame('load', '-i', archive)).toContain('Loaded image: tool:latest\n');
    await expectSame('load', '-q', '--input', archive);
    await expectSame('load', '-i', '/nowhere/images.tar');
  });

  test('images lists them in the same tables', async () => {
    for (const words of [[], ['--digests'], ['--no-trunc'], ['-q'], ['-a'], ['app'], ['hub.example/*/*'], ['tool:l*']]) {
      await expectSame('images', ...words);
      await expectSame('image', 'ls', ...words);
    }
    for (const filter of ['dangling=true', 'label=org.example.stage', 'label=org.example.stage=live', 'reference=*:v1', 'before=app:v1']) {
      await expectSame('images', '--filter', filter);
    }
    await expectSame('images', '--format', '{{.ID}}\t{{.Repository}}:{{.Tag}} {{.CreatedAt}} {{.Size}}');
    await expectSame('images', '--format', 'table {{.ID}}\t{{.Repository}}\t{{upper .Tag}}');
    await expectSame('images', '--format', '{{json .}}');
  });

  test('history shows the same steps and sizes', async () => {
    for (const words of [[], ['-H=false'], ['--no-trunc'], ['-q'], ['--format', '{{.CreatedBy}}: {{.Size}}']]) {
      await expectSame('history', ...words, 'app:v1');
    }
    await expectSame('history', '--format', '{{json .}}', 'app:v1');
    await expectSame('history', 'missing');
  });

  test('inspect prints the same document', async () => {
    const documentOf = ({ stdout }: ProgramResult): Record<string, unknown> => {
      const [document] = JSON.parse(stdout) as Record<string, unknown>[];
      // Folders of the one and the other; what built an image nobody can know who did not.
      return { ...document, GraphDriver: undefined, Container: undefined, ContainerConfig: undefined };
    };
    const { ours, docker } = await both('inspect', 'app:v1');
    expect(documentOf(ours)).toEqual(documentOf(docker));
    expect(ours.stdout.split('\n').slice(0, 6)).toEqual(docker.stdout.split('\n').slice(0, 6));
    await expectSame('inspect', '-f', '{{.Id}} {{json .Config.Cmd}} {{index .Config.Labels "org.example.stage"}}', 'app:v1');
    await expectSame('inspect', '-f', '{{json .Config}} {{.Config.ExposedPorts}} {{.Size}}', 'app:v1');
    await expectSame('inspect', 'missing');
    await expectSame('image', 'inspect', 'missing');
    await expectSame('inspect', '-f', '{{index .Config.Env 0}}', 'app:v1', 'tool', 'missing', 'app:v1');
    await expectSame('inspect', '-f', '{{.Id', 'app:v1');
  });

  test('tag names an image, and refuses in the same words', async () => {
    await expectSame('tag', 'app:v1', 'app:v3');
    await expectSame('images', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}');
    await expectSame('tag', 'missing', 'app:v4');
    const { ours, docker } = await both('tag', 'app:v1', 'App');
    // Later clients add the name.
    expect(settle(ours.stderr).replace(' (library/App)', '')).toBe(settle(docker.stderr));
  });

  test('bash completes their names', async () => {
    const complete = async (...words: string[]): Promise<string> => {
      const script = [
        'source <(slipway completion bash)',
        `COMP_LINE='${words.join('')}' COMP_WORDS=(${words.filter((word) => word !== ' ').join(' ')}) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))`,
        '_slipway && echo "${COMPREPLY[@]}"',
      ].join('\n');
      const env = { ...process.env, PATH: `${dirname(LAUNCHER)}:${process.env['PATH']}`, SLIPWAY_HOME: join(folder.path, 'home') };
      return (await runProgram('bash', ['--norc', '-c', script], { env })).stdout.trim();
    };
    expect(await complete('slipway', ' ', 'rmi', ' ', 'to')).toBe('tool:latest');
    expect(await complete('slipway', ' ', 'rmi', ' ', 'tool', ':', 'la')).toBe('latest');
    expect(await complete('slipway', ' ', 'imag')).toBe('images image');
  });

  test('system df counts shared layers once', async () => {
    await expectSame('system', 'df');
    const { ours, docker } = await both('system', 'df', '-v');
    // The client of 20.10 shows four digits of each image's size, later ones three.
    const rounded = docker.stdout.replace(/(ago +)(\d+\.\d\d)\d(MB +)/g, (_, before, digits, after) => `${before}${digits}${after} `);
    expect(sortLines(ours.stdout).filter((line) => !line.startsWith('Packed content'))).toEqual(
      expect.arrayContaining(sortLines(rounded).filter((line) => !/ ago /.test(line))),
    );
  });

  test('archives of the one are loaded by the other', async () => {
    const [fromSlipway, fromDocker] = [join(folder.path, 'ours.tar'), join(folder.path, 'docker.tar')];
    expect(await slipway(['save', '-o', fromSlipway, 'app:v1', 'tool'])).toMatchObject({ code: 0, stderr: '' });
    expect(await daemon.docker(['save', '-o', fromDocker, 'app:v1', 'tool'])).toMatchObject({ code: 0 });
    await expectSame('rmi', 'tool');
    await expectSame('rmi', 'app:v1', 'app:v3', 'hub.example/ann/app:v2');
    await expectSame('images');
    expect((await slipway(['load', '-i', fromDocker])).stdout.split('\n').toSorted()).toEqual(
      (await daemon.docker(['load', '-i', fromSlipway])).stdout.split('\n').toSorted(),
    );
    await expectSame('images');
    await expectSame('inspect', '-f', '{{.Id}} {{json .RootFS.Layers}}', 'app:v1', 'tool');
    expect((await slipway(['inspect', '-f', '{{.Id}}', 'app:v1'])).stdout.trim()).toBe(app.config.descriptor.digest);
  });

  test('rmi untags, deletes and refuses in the same words', async () => {
    await expectSame('tag', 'app:v1', 'hub.example/ann/app:v2');
    await expectSame('rmi', app.config.descriptor.digest.slice(7, 19));
    await expectSame('rmi', '-f', 'missing');
    await expectSame('rmi', 'missing', 'app:v1');
    await expectSame('rmi', 'hub.example/ann/app:v2');
    await expectSame('images');
  });

  test.skipIf(debian.skipped !== undefined)(`a Debian base image has the same sizes ${debian.skipped ?? ''}`, async () => {
    const path = join(folder.path, 'debian.tar');
    const image = await buildDebianImage({ compression: 'none', mediaTypes: 'docker' });
    await writeFile(path, archiveOf([{ image, names: ['debian:base'] }]));
    await expectSame('load', '-i', path);
    await expectSame('images', 'debian');
    await expectSame('history', '-H=false', 'debian:base');
    await expectSame('inspect', '-f', '{{.Size}}', 'debian:base');
    await expectSame('rmi', 'debian:base');
  });

  test('rmi of images with layers in common deletes what the last one leaves', async () => {
    await expectSame('load', '-q', '-i', archive);
    await expectSame('rmi', 'app:v1', 'hub.example/ann/app:v2');
    await expectSame('images');
    await expectSame('rmi', 'tool');
    await expectSame('load', '-q', '-i', archive);
    // Another image takes the name: the one that had it is left without any.
    await expectSame('rmi', 'hub.example/ann/app:v2');
    await expectSame('tag', 'tool', 'app:v1');
    await expectSame('images', '-f', 'dangling=true');
    await expectSame('image', 'prune', '-f');
    await expectSame('images');
    await expectSame('load', '-q', '-i', archive);
  });

  test('prune frees the same', async () => {
    await expectSame('image', 'prune', '-f');
    await expectSame('image', 'prune', '-f', '--filter', 'until=2020-01-01', '-a');
    expect(await expectSame('image', 'prune', '-af')).toContain(`deleted: ${tool.config.descriptor.digest}\n`);
    await expectSame('system', 'df');
    await expectSame('images');
  });

  test('nothing is left in the home folder that anybody needs', async () => {
    const freed = await slipway(['system', 'prune', '-af']);
    expect(freed).toMatchObject({ code: 0, stdout: 'Total reclaimed space: 0B\n' });
    const entries = await readdir(join(folder.path, 'home'), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    expect(files.filter((name) => name !== 'snapshotter.json' && !name.startsWith('engine.db'))).toEqual([]);
  });
});

interface NamedImage {
  readonly image: FixtureImage;
  readonly names: readonly string[];
}

/** As `docker save` of 20.10 writes it, without what it writes for Docker before 1.10. */
function archiveOf(images: readonly NamedImage[]): Buffer {
  const hexOf = (digest: string): string => digest.slice('sha256:'.length);
  const manifest = images.map(({ image, names }) => ({
    Config: `${hexOf(image.config.descriptor.digest)}.json`,
    RepoTags: names,
    Layers: image.diffIds.map((diffId) => `${hexOf(diffId)}/layer.tar`),
  }));
  const files = new Map<string, string | Buffer>();
  for (const { image } of images) {
    files.set(`${hexOf(image.config.descriptor.digest)}.json`, image.config.bytes);
    for (const [index, layer] of image.layers.entries()) files.set(`${hexOf(image.diffIds[index] ?? '')}/layer.tar`, layer.bytes);
  }
  files.set('manifest.json', JSON.stringify(manifest));
  return buildTar([...files].map(([path, content]) => ({ path, content })));
}

function sortLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
}

/** Without who says it, and what we add; the daemon completes names that the client of 20.10 does not. */
function settle(stderr: string): string {
  return stderr
    .replaceAll('Error response from daemon: ', '')
    .replaceAll('Error: ', '')
    .replace(/^Hint: .*\n/gm, '')
    .replaceAll(':latest', '')
    .trim();
}
