import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTempFolder, sha256Of, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBusyboxImage } from './peers/base-image.ts';
import { CONTAINERS_PACKAGES, type ContainersTools, openContainersTools } from './peers/containers-tools.ts';
import { mountsBelow } from './peers/release-mounts.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { type Account, noHub, openTarget, type Target } from './target.ts';

const peer = await resolvePeer(CONTAINERS_PACKAGES, { superuser: true });

describe.skipIf(peer.skipped !== undefined)(`podman ${peer.skipped ?? ''}`, () => {
  let target: Target;
  let folder: TempFolder;
  let tools: ContainersTools;
  let ann: Account;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-podman-');
    target = await openTarget();
    tools = await openContainersTools(peer.root, folder.path, { registry: target.url });
    ann = await target.createAccount('ann');
    await login();
  });

  afterAll(async () => {
    await tools?.[Symbol.asyncDispose]();
    expect(await mountsBelow(folder.path)).toEqual([]);
    await target?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const podman = async (...args: string[]): Promise<string> => {
    const result = await tools.podman(args);
    expect(result.code, `podman ${args.join(' ')}: ${result.stderr}`).toBe(0);
    return result.stdout.trim();
  };
  const login = async () => {
    const result = await tools.podman(['login', '-u', ann.name, '--password-stdin', target.url], { input: ann.password });
    expect(result.stdout, result.stderr).toContain('Login Succeeded!');
  };

  test('login says that a password is wrong', async () => {
    const args = ['login', '-u', ann.name, '--password-stdin', '--authfile', join(folder.path, 'wrong.json'), target.url];
    const result = await tools.podman(args, { input: 'wrong' });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain('invalid username/password');
  });

  test('pull brings the config and layers that were pushed', async () => {
    const image = await buildBusyboxImage({ seed: 'podman-pull' });
    await target.api(ann).pushImage('ann/pull', 'v1', image);
    expect(await podman('pull', '--quiet', `${target.url}/ann/pull:v1`)).toBe(image.config.descriptor.digest.replace('sha256:', ''));
    const [inspected] = JSON.parse(await podman('image', 'inspect', `${target.url}/ann/pull:v1`));
    expect(inspected.Digest).toBe(image.manifest.descriptor.digest);
    expect(inspected.RootFS.Layers).toEqual(image.diffIds);
    await podman('rmi', '--all', '--force');
    await podman('pull', '--quiet', `${target.url}/ann/pull@${image.manifest.descriptor.digest}`);
  });

  test.each(['oci', 'v2s2'])('push --format %s stores the manifest that podman names', async (format) => {
    const image = await buildBusyboxImage({ seed: `podman-push-${format}` });
    await target.api(ann).pushImage('ann/seed', format, image);
    await podman('pull', '--quiet', `${target.url}/ann/seed:${format}`);
    const digestFile = join(folder.path, `digest-${format}`);
    const name = `${target.url}/ann/pushed:${format}`;
    await podman('tag', `${target.url}/ann/seed:${format}`, name);
    await podman('push', '--quiet', '--format', format, '--digestfile', digestFile, name);
    const stored = await target.api(ann).getManifest('ann/pushed', format);
    expect(sha256Of(stored.body)).toBe((await readFile(digestFile, 'utf8')).trim());
    expect(stored.headers['content-type']).toContain(format === 'oci' ? 'vnd.oci.image.manifest' : 'vnd.docker.distribution.manifest.v2');
    await podman('rmi', '--all', '--force');
    await podman('pull', '--quiet', name);
    const [inspected] = JSON.parse(await podman('image', 'inspect', name));
    expect(inspected.RootFS.Layers).toEqual(image.diffIds);
  });

  test('search finds repositories by a part of their name', async () => {
    const image = await buildBusyboxImage({ seed: 'search' });
    await target.api(ann).pushImage('ann/needle', 'v1', image);
    await target.api(ann).pushImage('ann/haystack', 'v1', image);
    const found = await podman('search', '--format', '{{.Name}}', `${target.url}/needle`);
    expect(found.split('\n')).toEqual([`${target.url}/ann/needle`]);
    const tags = await podman('search', '--list-tags', '--no-trunc', `${target.url}/ann/needle`);
    expect(
      tags
        .split('\n')
        .slice(1)
        .map((line) => line.split(/\s+/)),
    ).toEqual([[`${target.url}/ann/needle`, 'v1']]);
  });

  test.skipIf(noHub !== undefined)(`a private image is refused after logout, a public one is not ${noHub ?? ''}`, async () => {
    const image = await buildBusyboxImage({ seed: 'visibility' });
    const name = `${target.url}/ann/visibility:v1`;
    await target.api(ann).pushImage('ann/visibility', 'v1', image);
    await podman('logout', target.url);
    const refused = await tools.podman(['pull', '--quiet', name]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/unauthorized|denied|authentication required/);
    await target.setVisibility('ann/visibility', 'public');
    await podman('pull', '--quiet', name);
    const push = await tools.podman(['push', '--quiet', name]);
    expect(push.code).not.toBe(0);
    await login();
  });
});
