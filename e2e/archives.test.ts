import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildIndex,
  buildTar,
  type FixtureImage,
  type FixtureIndex,
  openTempFolder,
  sha256Of,
  type TempFolder,
  writeOciLayout,
} from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OwnMachine, openOwnMachine } from './own-machine.ts';
import { buildBusyboxImage } from './peers/base-image.ts';
import { CONTAINERS_PACKAGES, type ContainersTools, openContainersTools } from './peers/containers-tools.ts';
import { DOCKER_PACKAGES, type DockerDaemon, startDockerDaemon } from './peers/docker-daemon.ts';
import { peerEnvironment } from './peers/peer-environment.ts';
import { checkProgram, type ProgramResult } from './peers/program.ts';
import { mountsBelow } from './peers/release-mounts.ts';
import { resolvePeer } from './peers/resolve-peer.ts';

const containers = await resolvePeer(CONTAINERS_PACKAGES, { superuser: true });
const docker = await resolvePeer(DOCKER_PACKAGES, { superuser: true });
const umoci = await resolvePeer(['umoci'], { superuser: true });

let folder: TempFolder;
let own: OwnMachine;
let app: FixtureImage;
let other: FixtureImage;
let index: FixtureIndex;
let amd: FixtureImage;

const at = (name: string) => join(folder.path, name);
const idOf = (image: FixtureImage) => image.config.descriptor.digest;

async function succeed(running: Promise<ProgramResult>): Promise<string> {
  const result = await running;
  expect(result.code, result.stderr + result.stdout).toBe(0);
  return result.stdout.trim();
}

/** Our images come from layouts that only test code wrote. */
beforeAll(async () => {
  folder = await openTempFolder('slipway-e2e-archives-');
  own = await openOwnMachine(at('home'));
  app = await buildBusyboxImage({ seed: 'app' });
  other = await buildBusyboxImage({ seed: 'other', mediaTypes: 'docker' });
  amd = await buildBusyboxImage({ seed: 'amd', platform: { os: 'linux', architecture: 'amd64' } });
  index = buildIndex([await buildBusyboxImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64' } }), amd]);
  for (const [name, content] of [
    ['app:1', app],
    ['localhost:5000/team/other:2', other],
    ['multi:3', index],
  ] as const) {
    const layout = at(`layout-${name.replaceAll(/[:/]/g, '-')}`);
    const whole = name.startsWith('localhost') ? name : `docker.io/library/${name}`;
    await writeOciLayout(layout, content, whole);
    expect(await own.load(layout, { isLayout: true })).toEqual([name]);
  }
  await own.save(['app:1', 'localhost:5000/team/other:2', 'multi:3'], at('ours.tar'));
  await own.save(['app:1'], at('ours-app.tar'));
  await own.save(['multi:3'], at('ours-multi.tar'));
});

afterAll(async () => {
  await own?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

test('save and load of our own keep ids and manifests', async () => {
  await using fresh = await openOwnMachine(at('fresh'));
  expect(await fresh.load(at('ours.tar'))).toEqual(['app:1', 'localhost:5000/team/other:2', 'multi:3']);
  for (const name of ['app:1', 'localhost:5000/team/other:2', 'multi:3']) {
    expect(fresh.find(name).id).toBe(own.find(name).id);
    expect(fresh.find(name).names).toEqual(own.find(name).names);
  }
  await fresh.collect();
  await fresh.save(['app:1', 'localhost:5000/team/other:2', 'multi:3'], at('again.tar'));
  expect(sha256Of(await readFile(at('again.tar')))).toBe(sha256Of(await readFile(at('ours.tar'))));
});

describe.skipIf(docker.skipped !== undefined)(`docker ${docker.skipped ?? ''}`, () => {
  let daemon: DockerDaemon;
  beforeAll(async () => {
    daemon = await startDockerDaemon(docker.root, at('docker'));
  });
  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
    expect(await mountsBelow(at('docker'))).toEqual([]);
  });
  const run = async (...args: string[]) => await succeed(daemon.docker(args));
  const idIn = async (name: string) => await run('image', 'inspect', '--format', '{{.Id}}', name);

  test('loads what save wrote, every image with its names and layers', async () => {
    const words = await run('load', '--input', at('ours.tar'));
    expect(words.split('\n')).toEqual(['Loaded image: app:1', 'Loaded image: localhost:5000/team/other:2', 'Loaded image: multi:3']);
    expect([await idIn('app:1'), await idIn('localhost:5000/team/other:2'), await idIn('multi:3')]).toEqual([app, other, amd].map(idOf));
    expect(JSON.parse(await run('image', 'inspect', '--format', '{{json .RootFS.Layers}}', 'app:1'))).toEqual(app.diffIds);
  });

  test('loads an image without a name by its id', async () => {
    await own.save([own.find('app:1').id], at('nameless.tar'));
    expect(await run('load', '--input', at('nameless.tar'))).toBe(`Loaded image ID: ${idOf(app)}`);
  });

  test('is read by load: one image, several, and one without a name', async () => {
    await run('load', '--input', at('ours.tar'));
    await run('save', '--output', at('docker.tar'), 'app:1', 'localhost:5000/team/other:2');
    await run('save', '--output', at('docker-id.tar'), idOf(app));
    await using fresh = await openOwnMachine(at('from-docker'));
    expect((await fresh.load(at('docker.tar'))).toSorted()).toEqual(['app:1', 'localhost:5000/team/other:2']);
    expect(fresh.find('app:1').id).toBe(idOf(app));
    expect(fresh.find('localhost:5000/team/other:2').id).toBe(idOf(other));
    expect(await fresh.load(at('docker-id.tar'))).toEqual([idOf(app)]);
  });

  test('makes the same config of an archive from before docker 1.10', async () => {
    await run('load', '--input', at('ours-app.tar'));
    const { archive, name } = oldArchive();
    await using fresh = await openOwnMachine(at('old'));
    await succeed(daemon.docker(['load'], { input: archive }));
    const path = at('old.tar');
    await writeFile(path, archive);
    expect(await fresh.load(path)).toEqual([name]);
    expect(fresh.find(name).id).toBe(await idIn(name));
  });
});

describe.skipIf(containers.skipped !== undefined)(`skopeo and podman ${containers.skipped ?? ''}`, () => {
  let tools: ContainersTools;
  beforeAll(async () => {
    await mkdir(at('containers'));
    tools = await openContainersTools(containers.root, at('containers'), { registry: 'localhost:1' });
  });
  afterAll(async () => {
    await tools?.[Symbol.asyncDispose]();
    expect(await mountsBelow(at('containers'))).toEqual([]);
  });
  const skopeo = async (...args: string[]) => await succeed(tools.skopeo(args));
  const podman = async (...args: string[]) => await succeed(tools.podman(args));

  test('skopeo reads what save wrote as a docker archive', async () => {
    for (const [name, image] of [
      ['docker.io/library/app:1', app],
      ['localhost:5000/team/other:2', other],
      ['docker.io/library/multi:3', amd],
    ] as const) {
      const config = (await tools.skopeo(['inspect', '--config', '--raw', `docker-archive:${at('ours.tar')}:${name}`])).stdout;
      expect(sha256Of(Buffer.from(config))).toBe(idOf(image));
      await skopeo('copy', `docker-archive:${at('ours.tar')}:${name}`, `dir:${at(`dir-${image.config.descriptor.digest.slice(7, 15)}`)}`);
    }
  });

  test('skopeo reads what save wrote as an OCI archive, with equal digests', async () => {
    const raw = async (path: string, tag: string) => (await tools.skopeo(['inspect', '--raw', `oci-archive:${path}:${tag}`])).stdout;
    expect(sha256Of(Buffer.from(await raw(at('ours.tar'), '1')))).toBe(app.manifest.descriptor.digest);
    // skopeo passes over docker's manifests in an OCI layout.
    expect(await raw(at('ours.tar'), '2')).toBe('');
    expect(sha256Of(Buffer.from(await raw(at('ours.tar'), '3')))).toBe(index.manifest.descriptor.digest);
    await skopeo('copy', '--all', `oci-archive:${at('ours-multi.tar')}:3`, `oci:${at('copied')}:3`);
  });

  test('copies of skopeo are read by load: docker archives, OCI archives, indexes and layouts', async () => {
    const from = `oci:${at('layout-app-1')}:docker.io/library/app:1`;
    const multi = `oci:${at('layout-multi-3')}:docker.io/library/multi:3`;
    await skopeo('copy', from, `docker-archive:${at('skopeo-docker.tar')}:app:d`);
    await skopeo('copy', from, `oci-archive:${at('skopeo-oci.tar')}:docker.io/library/app:o`);
    await skopeo('copy', '--all', multi, `oci-archive:${at('skopeo-multi.tar')}:docker.io/library/multi:m`);
    await skopeo('copy', from, `oci:${at('skopeo-layout')}:docker.io/library/app:l`);
    await using fresh = await openOwnMachine(at('from-skopeo'));
    expect(await fresh.load(at('skopeo-docker.tar'))).toEqual(['app:d']);
    expect(await fresh.load(at('skopeo-oci.tar'))).toEqual(['app:o']);
    expect(await fresh.load(at('skopeo-multi.tar'))).toEqual(['multi:m']);
    expect(await fresh.load(at('skopeo-layout'), { isLayout: true })).toEqual(['app:l']);
    for (const tag of ['d', 'o', 'l']) expect(fresh.find(`app:${tag}`).id).toBe(idOf(app));
    expect(targetOf(fresh, 'app:o')).toBe(app.manifest.descriptor.digest);
    expect(targetOf(fresh, 'app:l')).toBe(app.manifest.descriptor.digest);
    expect(targetOf(fresh, 'multi:m')).toBe(index.manifest.descriptor.digest);
    expect(fresh.find('multi:m').id).toBe(idOf(amd));
  });

  test('podman loads what save wrote', async () => {
    const idIn = async (name: string) => `sha256:${await podman('image', 'inspect', '--format', '{{.Id}}', name)}`;
    await podman('load', '--input', at('ours.tar'));
    // Names without a registry in an archive of several images are local ones to podman; docker writes them so too.
    for (const [name, image] of [
      ['localhost/app:1', app],
      ['localhost:5000/team/other:2', other],
      ['localhost/multi:3', amd],
    ] as const) {
      expect(await idIn(name)).toBe(idOf(image));
    }
    await podman('load', '--input', at('ours-app.tar'));
    expect(await idIn('docker.io/library/app:1')).toBe(idOf(app));
    await podman('load', '--input', at('ours-multi.tar'));
    expect(await idIn('docker.io/library/multi:3')).toBe(idOf(amd));
    await own.save(['app:1'], at('ours-oci.tar'), 'oci');
    await podman('load', '--input', at('ours-oci.tar'));
  });

  test("podman's archives of both formats are read by load", async () => {
    for (const path of ['ours-app.tar', 'ours-multi.tar']) await podman('load', '--input', at(path));
    await podman('save', '--format', 'docker-archive', '--output', at('podman-docker.tar'), 'docker.io/library/app:1');
    await podman('save', '--format', 'oci-archive', '--output', at('podman-oci.tar'), 'docker.io/library/app:1');
    await podman(
      'save',
      '--multi-image-archive',
      '--output',
      at('podman-many.tar'),
      'docker.io/library/app:1',
      'docker.io/library/multi:3',
    );
    await podman('save', '--format', 'oci-dir', '--output', at('podman-layout'), 'docker.io/library/app:1');
    for (const path of ['podman-docker.tar', 'podman-oci.tar', 'podman-layout']) {
      await using fresh = await openOwnMachine(at(`from-${path}`));
      expect(await fresh.load(at(path), { isLayout: path === 'podman-layout' })).toEqual(['app:1']);
      expect(fresh.find('app:1').id).toBe(idOf(app));
    }
    await using fresh = await openOwnMachine(at('from-podman-many'));
    expect((await fresh.load(at('podman-many.tar'))).toSorted()).toEqual(['app:1', 'multi:3']);
    expect([fresh.find('app:1').id, fresh.find('multi:3').id]).toEqual([idOf(app), idOf(amd)]);
  });
});

describe.skipIf(umoci.skipped !== undefined)(`umoci ${umoci.skipped ?? ''}`, () => {
  const run = async (...args: string[]) =>
    await checkProgram(join(umoci.root, 'usr/bin/umoci'), args, { env: peerEnvironment(umoci.root, folder.path) });

  test('unpacks an archive of ours, unpacked into a folder, and a layout', async () => {
    await mkdir(at('unpacked'));
    await checkProgram('tar', ['-xf', at('ours-app.tar'), '-C', at('unpacked')]);
    await run('unpack', '--image', `${at('unpacked')}:1`, at('bundle'));
    expect(await readFile(at('bundle/rootfs/etc/hostname'), 'utf8')).toBe('app\n');
    await own.save(['app:1'], at('written'), 'layout');
    await run('unpack', '--image', `${at('written')}:docker.io/library/app:1`, at('bundle-layout'));
    expect(await readFile(at('bundle-layout/rootfs/etc/hostname'), 'utf8')).toBe('app\n');
  });

  test('makes layouts that load reads, as folder and as archive', async () => {
    await run('init', '--layout', at('umoci'));
    await run('new', '--image', `${at('umoci')}:v1`);
    await run('unpack', '--image', `${at('umoci')}:v1`, at('umoci-bundle'));
    await checkProgram('sh', ['-c', 'echo made by umoci > "$1/rootfs/made"', 'sh', at('umoci-bundle')]);
    await run('repack', '--image', `${at('umoci')}:v2`, at('umoci-bundle'));
    await checkProgram('tar', ['-cf', at('umoci.tar'), '-C', at('umoci'), '.']);
    await using fresh = await openOwnMachine(at('from-umoci'));
    const ids = await fresh.load(at('umoci'), { isLayout: true });
    expect(await fresh.load(at('umoci.tar'))).toEqual(ids);
    expect(ids).toHaveLength(2);
    for (const id of ids) expect(fresh.find(id).manifests).toHaveLength(1);
  });
});

function targetOf(machine: OwnMachine, name: string): string | undefined {
  return machine.find(name).names.find(({ tag }) => name.endsWith(`:${tag}`))?.target;
}

/** Two layers of an image, the upper one's tar a link to the lower's. */
function oldArchive(): { readonly archive: Buffer; readonly name: string } {
  const ids = ['1', '2', '3'].map((digit) => digit.repeat(64));
  const layers = ['base', 'top'].map((path) => buildTar([{ path, content: `${path}\n` }]));
  const [base = '', middle = '', top = ''] = ids;
  const platform = { architecture: 'amd64', os: 'linux', docker_version: '1.9.1' };
  const configs = [
    { id: base, created: '2015-01-01T00:00:00Z', container_config: { Cmd: null }, ...platform, Size: 5 },
    {
      id: middle,
      parent: base,
      created: '2015-01-02T00:00:00.5Z',
      container_config: { Cmd: ['/bin/sh', '-c', 'a > b && c'] },
      author: 'ann',
      ...platform,
    },
    {
      id: top,
      parent: middle,
      created: '2015-01-03T00:00:00Z',
      comment: 'last',
      config: { Cmd: ['sh'], Env: ['A=<b>'] },
      ...platform,
      Size: 4,
    },
  ];
  const entries = configs.flatMap((config, position) => [
    { path: `${config.id}/` },
    { path: `${config.id}/VERSION`, content: '1.0' },
    { path: `${config.id}/json`, content: JSON.stringify(config) },
    position === 1
      ? { path: `${middle}/layer.tar`, linkTarget: `../${base}/layer.tar` }
      : { path: `${config.id}/layer.tar`, content: layers[position === 0 ? 0 : 1] ?? '' },
  ]);
  return { archive: buildTar([...entries, { path: 'repositories', content: JSON.stringify({ old: { v1: top } }) }]), name: 'old:v1' };
}
