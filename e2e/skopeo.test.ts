import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildIndex, createRegistryApi, openTempFolder, sha256Of, type TempFolder, writeOciLayout } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBusyboxImage } from './peers/base-image.ts';
import { CONTAINERS_PACKAGES, type ContainersTools, openContainersTools } from './peers/containers-tools.ts';
import type { ProgramResult } from './peers/program.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { type Account, noHub, openTarget, type Target } from './target.ts';

const peer = await resolvePeer(CONTAINERS_PACKAGES);

describe.skipIf(peer.skipped !== undefined)(`skopeo ${peer.skipped ?? ''}`, () => {
  let target: Target;
  let folder: TempFolder;
  let tools: ContainersTools;
  let ann: Account;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-skopeo-');
    target = await openTarget();
    tools = await openContainersTools(peer.root, folder.path, { registry: target.url });
    ann = await target.createAccount('ann');
    const login = await tools.skopeo(['login', '--tls-verify=false', '-u', ann.name, '--password-stdin', target.url], {
      input: ann.password,
    });
    expect(login.stdout + login.stderr).toContain('Login Succeeded!');
  });

  afterAll(async () => {
    await tools?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const run = async (...args: string[]): Promise<ProgramResult> => {
    const result = await tools.skopeo(args);
    expect(result.code, `skopeo ${args.join(' ')}: ${result.stderr}`).toBe(0);
    return result;
  };
  const docker = (name: string) => `docker://${target.url}/${name}`;

  test('login refuses a wrong password', async () => {
    const wrong = await tools.skopeo([
      'login',
      '--tls-verify=false',
      '-u',
      ann.name,
      '-p',
      'wrong',
      '--authfile',
      join(folder.path, 'other.json'),
      target.url,
    ]);
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toMatch(/invalid username\/password|unauthorized/i);
  });

  test('copy keeps the manifest bytes of an OCI layout', async () => {
    const image = await buildBusyboxImage({ seed: 'oci' });
    const layout = join(folder.path, 'layout-oci');
    await writeOciLayout(layout, image, 'v1');
    await run('copy', '--preserve-digests', `oci:${layout}:v1`, docker('ann/oci:v1'));
    const stored = await target.api(ann).getManifest('ann/oci', 'v1');
    expect(stored.body.equals(image.manifest.bytes)).toBe(true);
    expect(stored.headers['docker-content-digest']).toBe(image.manifest.descriptor.digest);
    expect(stored.headers['content-type']).toBe(image.manifest.descriptor.mediaType);
    for (const blob of [...image.layers, image.config]) {
      expect(sha256Of((await target.api(ann).getBlob('ann/oci', blob.descriptor.digest)).body)).toBe(blob.descriptor.digest);
    }
  });

  test('copy brings docker media types to a dir: unchanged', async () => {
    const image = await buildBusyboxImage({ seed: 'docker', mediaTypes: 'docker' });
    await target.api(ann).pushImage('ann/docker', 'v1', image);
    const dir = join(folder.path, 'dir-docker');
    await run('copy', docker('ann/docker:v1'), `dir:${dir}`);
    expect(sha256Of(await readFile(join(dir, 'manifest.json')))).toBe(image.manifest.descriptor.digest);
    for (const { descriptor } of [...image.layers, image.config]) {
      expect(sha256Of(await readFile(join(dir, descriptor.digest.replace('sha256:', ''))))).toBe(descriptor.digest);
    }
  });

  test('copy from one repository to another keeps digests', async () => {
    const image = await buildBusyboxImage({ seed: 'mount' });
    await target.api(ann).pushImage('ann/mount-from', 'v1', image);
    await run('copy', docker('ann/mount-from:v1'), docker('ann/mount-to:v2'));
    const stored = await target.api(ann).getManifest('ann/mount-to', 'v2');
    expect(sha256Of(stored.body)).toBe(image.manifest.descriptor.digest);
  });

  test('copy --all keeps every platform of an index', async () => {
    const arm = await buildBusyboxImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
    const amd = await buildBusyboxImage({ seed: 'amd', platform: { os: 'linux', architecture: 'amd64' } });
    const index = buildIndex([arm, amd]);
    const layout = join(folder.path, 'layout-index');
    await writeOciLayout(layout, index, 'multi');
    await run('copy', '--all', `oci:${layout}:multi`, docker('ann/multi:v1'));
    const api = target.api(ann);
    expect((await api.getManifest('ann/multi', 'v1')).body.equals(index.manifest.bytes)).toBe(true);
    for (const child of [arm, amd]) {
      const { digest } = child.manifest.descriptor;
      expect(sha256Of((await api.getManifest('ann/multi', digest)).body)).toBe(digest);
    }
    await run('copy', '--all', docker('ann/multi:v1'), `oci:${join(folder.path, 'layout-back')}:multi`);
    const back = JSON.parse(await readFile(join(folder.path, 'layout-back/index.json'), 'utf8'));
    expect(back.manifests[0].digest).toBe(index.manifest.descriptor.digest);
    const inspected = await run('inspect', '--override-arch=arm64', '--override-variant=v8', docker('ann/multi:v1'));
    expect(JSON.parse(inspected.stdout).Architecture).toBe('arm64');
    expect((await run('inspect', '--raw', docker('ann/multi:v1'))).stdout).toBe(index.manifest.bytes.toString());
  });

  test('inspect tells digest and layers', async () => {
    const image = await buildBusyboxImage({ seed: 'inspect' });
    await target.api(ann).pushImage('ann/inspect', 'v1', image);
    const shown = JSON.parse((await run('inspect', docker('ann/inspect:v1'))).stdout);
    expect(shown.Digest).toBe(image.manifest.descriptor.digest);
    expect(shown.Layers).toEqual(image.layers.map((layer) => layer.descriptor.digest));
  });

  test('list-tags and sync see every tag', async () => {
    const image = await buildBusyboxImage({ seed: 'sync' });
    const tags = ['a', 'b', 'c'];
    for (const tag of tags) await target.api(ann).pushImage('ann/sync', tag, image);
    expect(JSON.parse((await run('list-tags', docker('ann/sync'))).stdout).Tags.toSorted()).toEqual(tags);
    const away = join(folder.path, 'synced');
    await mkdir(away);
    await run('sync', '--src', 'docker', '--dest', 'dir', `${target.url}/ann/sync`, away);
    for (const tag of tags)
      expect(sha256Of(await readFile(join(away, `sync:${tag}`, 'manifest.json')))).toBe(image.manifest.descriptor.digest);
    await run('sync', '--src', 'dir', '--dest', 'docker', away, `${target.url}/ann/back`);
    expect((await target.api(ann).listTags('ann/back/sync')).toSorted()).toEqual(tags);
    await rm(away, { recursive: true });
  });

  test('delete removes the manifest and its tags', async () => {
    const image = await buildBusyboxImage({ seed: 'delete' });
    await target.api(ann).pushImage('ann/delete', 'v1', image);
    await run('delete', docker('ann/delete:v1'));
    expect((await target.api(ann).headManifest('ann/delete', 'v1')).status).toBe(404);
    expect((await target.api(ann).headManifest('ann/delete', image.manifest.descriptor.digest)).status).toBe(404);
  });

  test.skipIf(noHub !== undefined)(`an account may neither read nor write where it has no right ${noHub ?? ''}`, async () => {
    const bob = await target.createAccount('bob');
    const image = await buildBusyboxImage({ seed: 'theirs' });
    await target.api(bob).pushImage('bob/theirs', 'v1', image);
    expect((await tools.skopeo(['inspect', docker('bob/theirs:v1')])).stderr).toMatch(/denied|unauthorized|authentication required/);
    const push = await tools.skopeo(['copy', docker('ann/oci:v1'), docker('bob/theirs:v2')]);
    expect(push.stderr).toMatch(/denied|unauthorized|authentication required/);
    expect(await target.api(bob).listTags('bob/theirs')).toEqual(['v1']);
    await target.setVisibility('bob/theirs', 'public');
    const shown = JSON.parse((await run('inspect', docker('bob/theirs:v1'))).stdout);
    expect(shown.Digest).toBe(image.manifest.descriptor.digest);
    const anonymous = createRegistryApi({ origin: target.origin });
    expect((await anonymous.getManifest('bob/theirs', 'v1')).body.equals(image.manifest.bytes)).toBe(true);
    anonymous.close();
  });
});
