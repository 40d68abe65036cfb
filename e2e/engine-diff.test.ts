import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@slipway/base/node';
import { type Engine, type Mount, openEngine } from '@slipway/engine';
import {
  buildImage,
  createRegistryApi,
  type FixtureImage,
  openTempFolder,
  startSlipway,
  type TempFolder,
  writeOciLayout,
} from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeDebian, DEBIAN_CHANGES } from './changed-debian.ts';
import { slipwayTree } from './mounted-trees.ts';
import { openOwnMachine } from './own-machine.ts';
import { CONTAINERS_PACKAGES, openContainersTools } from './peers/containers-tools.ts';
import { buildDebianImage, DEBIAN_PACKAGES, makeDebianTar } from './peers/debian-image.ts';
import { describeFileTree } from './peers/file-tree.ts';
import { peerEnvironment } from './peers/peer-environment.ts';
import { checkProgram } from './peers/program.ts';
import { mountsBelow } from './peers/release-mounts.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { type SlipwayCommand, slipwayCommand } from './slipway-command.ts';

const superuser = { superuser: true };
const peers = {
  umoci: await resolvePeer(['umoci'], superuser),
  containers: await resolvePeer(CONTAINERS_PACKAGES, superuser),
  debian: await resolvePeer(DEBIAN_PACKAGES, superuser),
};
const skipped = Object.values(peers).find((peer) => peer.skipped !== undefined)?.skipped;
const WORKER = new URL('../apps/cli/src/snapshot-worker.ts', import.meta.url);

describe.skipIf(skipped !== undefined)(`layers of a Debian ${skipped ?? ''}`, () => {
  let folder: TempFolder;
  let debian: FixtureImage;
  /** The files before, and after they were changed in umoci's folder. */
  let before: readonly string[];
  let after: readonly string[];
  const at = (...names: string[]) => join(folder.path, ...names);
  const homeOf = (name: string): SlipwayCommand => ({ ...slipwayCommand(folder.path), home: at('homes', name) });

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-diff-');
    debian = await buildDebianImage();
    await writeOciLayout(at('layout'), debian, 'debian');
    await umociUnpack('layout', 'kept');
    before = await umociUnpack('layout', 'changed');
    await changeDebian(at('changed/rootfs'));
    after = await describeFileTree(at('changed/rootfs'));
  });

  afterAll(async () => {
    expect(await mountsBelow(folder.path)).toEqual([]);
    await folder?.[Symbol.asyncDispose]();
  });

  const umoci = async (...args: string[]): Promise<void> => {
    const env = peerEnvironment(peers.umoci.root, folder.path);
    await checkProgram(join(peers.umoci.root, 'usr/bin/umoci'), args, { env });
  };

  const umociUnpack = async (layout: string, bundle: string): Promise<string[]> => {
    await umoci('unpack', '--image', `${at(layout)}:debian`, at(bundle));
    return await describeFileTree(at(bundle, 'rootfs'));
  };

  const ownUnpack = async (layout: string, home: string): Promise<string[]> => {
    await using machine = await openOwnMachine(homeOf(home).home);
    const [id = ''] = await machine.load(at(layout), { isLayout: true });
    return await slipwayTree(homeOf(home), id);
  };

  test('are unpacked as umoci unpacks them', async () => {
    expect(await ownUnpack('layout', 'own')).toEqual(before);
    expect(after.length).toBeLessThan(before.length);
  });

  test('that umoci made of changes show the changed files, unpacked by either', async () => {
    await writeOciLayout(at('repacked'), debian, 'debian');
    await umoci('repack', '--image', `${at('repacked')}:debian`, at('changed'));
    expect(await umociUnpack('repacked', 'repacked-bundle')).toEqual(after);
    expect(await ownUnpack('repacked', 'repacked')).toEqual(after);
  });

  test('that we made of an overlay and by comparison are the same bytes, and show the changed files, unpacked by either', async () => {
    await using engine = await openEngine({
      home: homeOf('own').home,
      clock: systemClock,
      searchPath: process.env['PATH'] ?? '',
      worker: WORKER,
    });
    const [record] = engine.images.list();
    await using lease = await engine.leases.open('changed by a test');
    const snapshots = await engine.snapshots();
    const active = await snapshots.prepare({ parents: record?.layers.map(({ diffId }) => diffId) ?? [], lease });
    await changeMounted(engine, active.mounts);
    const workers = await engine.workers();
    const compression = { kind: 'none' } as const;
    const { folder: upper, lowers } = active;
    const overlay = { kind: 'overlay', upper, lowers, xattrs: snapshots.xattrs ?? 'trusted' } as const;
    const compared = { kind: 'compare', folder: at('changed/rootfs'), base: at('kept/rootfs') } as const;
    const made = await workers.run('diff', { source: overlay, output: at('overlay.tar'), compression });
    const again = await workers.run('diff', { source: compared, output: at('compared.tar'), compression });
    expect(again.diffId).toBe(made.diffId);
    const layers = [await readFile(await makeDebianTar()), await readFile(at('overlay.tar'))];
    await writeOciLayout(at('own-layout'), buildImage({ layers }), 'debian');
    expect(await umociUnpack('own-layout', 'own-bundle')).toEqual(after);
    expect(await ownUnpack('own-layout', 'own-again')).toEqual(after);
  });

  test('that buildah committed show the files that buildah mounts', async () => {
    await using server = await startSlipway();
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    await api.pushImage('admin/debian', 'v1', debian);
    api.close();
    await using tools = await openContainersTools(peers.containers.root, folder.path, { registry: server.url });
    const buildah = async (...args: string[]) => {
      const result = await tools.buildah(args);
      expect(result.code, `buildah ${args.join(' ')}: ${result.stderr}`).toBe(0);
      return result.stdout.trim();
    };
    const login = ['login', '--tls-verify=false', '-u', 'admin', '--password-stdin', server.url];
    expect((await tools.skopeo(login, { input: server.adminPassword })).code).toBe(0);
    const container = await buildah('from', `${server.url}/admin/debian:v1`);
    await changeDebian(await buildah('mount', container));
    await mkdir(at('copied/deep'), { recursive: true });
    await writeFile(at('copied/deep/file'), 'copied by buildah');
    await buildah('copy', '--chown', '5:6', container, at('copied'), '/etc/skel.d');
    const name = `${server.url}/admin/built:v1`;
    await buildah('commit', '--quiet', '--rm', container, name);
    await buildah('push', '--quiet', name, `docker://${name}`);
    const slipway = slipwayCommand(at('pulling'));
    const ownLogin = await slipway.attempt(['login', '-u', 'admin', '--password-stdin', server.url], { input: server.adminPassword });
    expect(ownLogin.code, ownLogin.stderr).toBe(0);
    await slipway.run('pull', '-q', name);
    const mounted = await buildah('mount', await buildah('from', '--pull-never', name));
    const theirs = await describeFileTree(mounted);
    expect(theirs.some((line) => line.startsWith('./etc/skel.d/deep/file file 644 5:6 '))).toBe(true);
    expect(await slipwayTree(slipway, name)).toEqual(theirs);
    await buildah('rm', '--all');
  });

  async function changeMounted(engine: Engine, mounts: readonly Mount[]): Promise<void> {
    await mkdir(at('mounted'));
    const environment = { PATH: process.env['PATH'] ?? '' };
    const workers = await engine.workers();
    const outcome = await workers.run('runMounted', { mounts, target: at('mounted'), environment, command: ['sh', '-ec', DEBIAN_CHANGES] });
    expect(outcome.exitCode, outcome.stderr).toBe(0);
  }
});
