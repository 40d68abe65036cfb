import { join } from 'node:path';
import { type LayerCompression, openTempFolder, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONTAINERS_PACKAGES, type ContainersTools, openContainersTools } from './peers/containers-tools.ts';
import { buildDebianImage, DEBIAN_PACKAGES, makeDebianTar } from './peers/debian-image.ts';
import { peerEnvironment } from './peers/peer-environment.ts';
import { checkProgram, type ProgramResult, runProgram } from './peers/program.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { openTarget, type Target } from './target.ts';

const peers = [
  await resolvePeer(CONTAINERS_PACKAGES, { superuser: true }),
  await resolvePeer(['umoci'], { superuser: true }),
  await resolvePeer(DEBIAN_PACKAGES, { superuser: true }),
] as const;
const skipped = peers.map((peer) => peer.skipped).find((reason) => reason !== undefined);

describe.skipIf(skipped !== undefined)(`an image of Debian ${skipped ?? ''}`, () => {
  let target: Target;
  let folder: TempFolder;
  let tools: ContainersTools;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-debian-');
    target = await openTarget();
    tools = await openContainersTools(peers[0].root, folder.path, { registry: target.url });
    const { name, password } = target.admin;
    await tools.skopeo(['login', '--tls-verify=false', '-u', name, '--password-stdin', target.url], { input: password });
  });

  afterAll(async () => {
    await tools?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const pushDebian = async (compression: LayerCompression): Promise<string> => {
    await target.api(target.admin).pushImage('library/debian', compression, await buildDebianImage({ compression }));
    return `${target.url}/library/debian:${compression}`;
  };
  const expectSameFiles = async (root: string): Promise<void> => {
    const differences = await runProgram('tar', ['--compare', '--numeric-owner', '-f', await makeDebianTar(), '-C', root]);
    // containers/storage gives the root folder a mode of its own.
    expect((differences.stdout + differences.stderr).replace(/^\.: Mode differs\n/, '')).toBe('');
  };
  const expectSuccess = (result: ProgramResult): string => {
    expect(result.code, result.stderr).toBe(0);
    return result.stdout.trim();
  };

  test('with gzip is, pulled by skopeo and unpacked by umoci, the file system that was pushed', async () => {
    const name = await pushDebian('gzip');
    const layout = join(folder.path, 'layout');
    const bundle = join(folder.path, 'bundle');
    expectSuccess(await tools.skopeo(['copy', '--preserve-digests', `docker://${name}`, `oci:${layout}:pulled`]));
    const umoci = join(peers[1].root, 'usr/bin/umoci');
    await checkProgram(umoci, ['unpack', '--image', `${layout}:pulled`, bundle], { env: peerEnvironment(peers[1].root, folder.path) });
    await expectSameFiles(join(bundle, 'rootfs'));
  });

  test('with zstd is, pulled and mounted by podman, the file system that was pushed', async () => {
    const name = await pushDebian('zstd');
    expectSuccess(await tools.podman(['pull', '--quiet', name]));
    await expectSameFiles(expectSuccess(await tools.podman(['image', 'mount', name])));
    expectSuccess(await tools.podman(['image', 'umount', name]));
  });
});
