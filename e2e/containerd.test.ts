import { join } from 'node:path';
import { buildIndex, openTempFolder, sha256Of, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBusyboxImage } from './peers/base-image.ts';
import { CONTAINERD_PACKAGES, type Containerd, startContainerd } from './peers/containerd.ts';
import { mountsBelow } from './peers/release-mounts.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { type Account, noHub, openTarget, type Target } from './target.ts';

const peer = await resolvePeer(CONTAINERD_PACKAGES, { superuser: true });

describe.skipIf(peer.skipped !== undefined)(`containerd ${peer.skipped ?? ''}`, () => {
  let target: Target;
  let folder: TempFolder;
  let containerd: Containerd;
  let ann: Account;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-containerd-');
    target = await openTarget();
    containerd = await startContainerd(peer.root, join(folder.path, 'containerd'));
    ann = await target.createAccount('ann');
  });

  afterAll(async () => {
    await containerd?.[Symbol.asyncDispose]();
    expect(await mountsBelow(folder.path)).toEqual([]);
    await target?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const ctr = async (...args: string[]): Promise<string> => {
    const result = await containerd.ctr(args);
    expect(result.code, `ctr ${args.join(' ')}: ${result.stderr}${result.stdout}`).toBe(0);
    return result.stdout.trim();
  };
  const as = (account: Account) => ['--plain-http', '--user', `${account.name}:${account.password}`];
  const digestOf = async (name: string) => (await ctr('images', 'ls', `name==${name}`)).split('\n')[1]?.split(/\s+/)[2];

  test.each(['oci', 'docker'] as const)('pull of %s media types keeps the digest and unpacks the layers', async (mediaTypes) => {
    const image = await buildBusyboxImage({ seed: `ctr-${mediaTypes}`, mediaTypes });
    await target.api(ann).pushImage('ann/pull', mediaTypes, image);
    const name = `${target.url}/ann/pull:${mediaTypes}`;
    await ctr('images', 'pull', ...as(ann), name);
    expect(await digestOf(name)).toBe(image.manifest.descriptor.digest);
    const content = await ctr('content', 'ls', '--quiet');
    for (const { descriptor } of [image.config, ...image.layers]) expect(content).toContain(descriptor.digest);
  });

  test('push of an index stores every manifest and layer', async () => {
    const arm = await buildBusyboxImage({ seed: 'ctr-arm', platform: { os: 'linux', architecture: 'arm64' } });
    const amd = await buildBusyboxImage({ seed: 'ctr-amd', platform: { os: 'linux', architecture: 'amd64' } });
    const index = buildIndex([arm, amd]);
    await target.api(ann).pushImage('ann/index', 'v1', index);
    await ctr('images', 'pull', '--all-platforms', ...as(ann), `${target.url}/ann/index:v1`);
    const name = `${target.url}/ann/pushed:v2`;
    await ctr('images', 'tag', `${target.url}/ann/index:v1`, name);
    await ctr('images', 'push', ...as(ann), name);
    const api = target.api(ann);
    expect((await api.getManifest('ann/pushed', 'v2')).body.equals(index.manifest.bytes)).toBe(true);
    for (const image of [arm, amd]) {
      expect(sha256Of((await api.getManifest('ann/pushed', image.manifest.descriptor.digest)).body)).toBe(image.manifest.descriptor.digest);
      for (const { descriptor } of image.layers)
        expect(sha256Of((await api.getBlob('ann/pushed', descriptor.digest)).body)).toBe(descriptor.digest);
    }
  });

  test('a wrong password is refused', async () => {
    await target.api(ann).pushImage('ann/secret', 'v1', await buildBusyboxImage({ seed: 'ctr-secret' }));
    const result = await containerd.ctr(['images', 'pull', ...as({ ...ann, password: 'wrong' }), `${target.url}/ann/secret:v1`]);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/401|unauthorized|authorization failed/i);
  });

  test.skipIf(noHub !== undefined)(`a public image needs no account, a private one does ${noHub ?? ''}`, async () => {
    const image = await buildBusyboxImage({ seed: 'ctr-public' });
    const name = `${target.url}/ann/open:v1`;
    await target.api(ann).pushImage('ann/open', 'v1', image);
    const refused = await containerd.ctr(['images', 'pull', '--plain-http', name]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('insufficient_scope: authorization failed');
    const bob = await target.createAccount('bob');
    const refusedBob = await containerd.ctr(['images', 'pull', ...as(bob), name]);
    expect(refusedBob.stderr).toContain('insufficient_scope: authorization failed');
    await target.setVisibility('ann/open', 'public');
    await ctr('images', 'pull', '--plain-http', name);
    expect(await digestOf(name)).toBe(image.manifest.descriptor.digest);
  });
});
