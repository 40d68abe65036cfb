import { join } from 'node:path';
import { buildIndex, openTempFolder, sha256Of, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBusyboxImage } from './peers/base-image.ts';
import { DOCKER_PACKAGES, type DockerDaemon, startDockerDaemon } from './peers/docker-daemon.ts';
import { listDockerClients } from './peers/host-docker.ts';
import type { ProgramResult } from './peers/program.ts';
import { mountsBelow } from './peers/release-mounts.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { type Account, noHub, onDistribution, openTarget, type Target } from './target.ts';

const peer = await resolvePeer(DOCKER_PACKAGES, { superuser: true });
const clients = peer.skipped === undefined ? await listDockerClients() : [{ name: 'docker', program: undefined }];

const NOT_ALLOWED = "repository does not exist or may require 'docker login': denied: requested access to the resource is denied";

describe.skipIf(peer.skipped !== undefined).each(clients)(`$name with dockerd 20.10 ${peer.skipped ?? ''}`, ({ program }) => {
  let target: Target;
  let folder: TempFolder;
  let daemon: DockerDaemon;
  let ann: Account;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-docker-');
    target = await openTarget();
    daemon = await startDockerDaemon(peer.root, join(folder.path, 'docker'));
    ann = await target.createAccount('ann');
    await login(ann);
  });

  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
    expect(await mountsBelow(folder.path)).toEqual([]);
    await target?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const attempt = (args: readonly string[], input?: string) =>
    daemon.docker(args, { ...(program === undefined ? {} : { program }), ...(input === undefined ? {} : { input }) });
  const docker = async (...args: string[]): Promise<string> => {
    const result = await attempt(args);
    expect(result.code, `docker ${args.join(' ')}: ${result.stderr}${result.stdout}`).toBe(0);
    return result.stdout.trim();
  };
  const login = async (account: Account): Promise<void> => {
    const result = await attempt(['login', '--username', account.name, '--password-stdin', target.url], account.password);
    expect(result.stdout + result.stderr).toContain('Login Succeeded');
  };
  const wordsOf = (result: ProgramResult): string => {
    expect(result.code).not.toBe(0);
    return result.stdout + result.stderr;
  };
  const removeImages = async () => {
    const ids = (await docker('image', 'ls', '--all', '--quiet', '--no-trunc')).split('\n').filter((id) => id !== '');
    if (ids.length > 0) await docker('rmi', '--force', ...new Set(ids));
  };
  const inspect = async (name: string): Promise<{ Id: string; RepoDigests: string[]; RootFS: { Layers: string[] } }> =>
    JSON.parse(await docker('image', 'inspect', '--format', '{{json .}}', name));

  test('login says that a password is wrong', async () => {
    const words = wordsOf(await attempt(['login', '--username', ann.name, '--password-stdin', target.url], 'wrong'));
    expect(words).toMatch(onDistribution ? /401 Unauthorized/ : /unauthorized: \S/);
  });

  test.skipIf(noHub !== undefined)(`search finds what is public ${noHub ?? ''}`, async () => {
    const image = await buildBusyboxImage({ seed: 'search' });
    await target.api(ann).pushImage('ann/needle', 'v1', image);
    const search = () => docker('search', '--format', '{{.Name}}', `${target.url}/needle`);
    await target.setVisibility('ann/needle', 'private');
    await docker('logout', target.url);
    expect(await search()).toBe('');
    await target.setVisibility('ann/needle', 'public');
    expect(await search()).toBe('ann/needle');
    await login(ann);
  });

  test('pull by tag, by digest and after rmi brings the pushed layers', async () => {
    const image = await buildBusyboxImage({ seed: 'pull' });
    await target.api(ann).pushImage('ann/pull', 'v1', image);
    const { digest } = image.manifest.descriptor;
    expect(await docker('pull', `${target.url}/ann/pull:v1`)).toContain(`Digest: ${digest}`);
    const pulled = await inspect(`${target.url}/ann/pull:v1`);
    expect(pulled.Id).toBe(image.config.descriptor.digest);
    expect(pulled.RepoDigests).toEqual([`${target.url}/ann/pull@${digest}`]);
    expect(pulled.RootFS.Layers).toEqual(image.diffIds);
    await removeImages();
    await docker('pull', `${target.url}/ann/pull@${digest}`);
    expect((await inspect(`${target.url}/ann/pull@${digest}`)).RootFS.Layers).toEqual(image.diffIds);
  });

  test('push stores the manifest that docker names, and pulls back the same image', async () => {
    const image = await buildBusyboxImage({ seed: 'push', mediaTypes: 'docker' });
    await target.api(ann).pushImage('ann/seed', 'v1', image);
    await docker('pull', `${target.url}/ann/seed:v1`);
    const before = await inspect(`${target.url}/ann/seed:v1`);
    await docker('tag', `${target.url}/ann/seed:v1`, `${target.url}/ann/team/app:v2`);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(await docker('push', `${target.url}/ann/team/app:v2`))?.[1];
    const stored = await target.api(ann).getManifest('ann/team/app', 'v2');
    expect(sha256Of(stored.body)).toBe(digest);
    const manifest: { layers: { digest: string }[] } = JSON.parse(stored.body.toString());
    for (const layer of manifest.layers) {
      expect(sha256Of((await target.api(ann).getBlob('ann/team/app', layer.digest)).body)).toBe(layer.digest);
    }
    await removeImages();
    await docker('pull', `${target.url}/ann/team/app:v2`);
    expect((await inspect(`${target.url}/ann/team/app:v2`)).Id).toBe(before.Id);
  });

  test('push of a layer that docker must compress itself is stored under the digest it names', async () => {
    const image = await buildBusyboxImage({
      seed: 'import',
      compression: 'none',
      layers: [[{ path: 'data', content: 'x'.repeat(500_000) }]],
    });
    const tar = image.layers[0]?.bytes ?? Buffer.alloc(0);
    await daemon.docker(['import', '-', `${target.url}/ann/imported:v1`], { input: tar });
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(await docker('push', `${target.url}/ann/imported:v1`))?.[1];
    const stored = await target.api(ann).getManifest('ann/imported', 'v1');
    expect(sha256Of(stored.body)).toBe(digest);
  });

  test('manifest create and push make a list of platforms that a pull chooses from', async () => {
    const amd = await buildBusyboxImage({ seed: 'list-amd', mediaTypes: 'docker', platform: { os: 'linux', architecture: 'amd64' } });
    const arm = await buildBusyboxImage({ seed: 'list-arm', mediaTypes: 'docker', platform: { os: 'linux', architecture: 'arm64' } });
    const name = `${target.url}/ann/list`;
    await target.api(ann).pushImage('ann/list', 'amd64', amd);
    await target.api(ann).pushImage('ann/list', 'arm64', arm);
    await docker('manifest', 'create', '--insecure', `${name}:all`, `${name}:amd64`, `${name}:arm64`);
    const digest = await docker('manifest', 'push', '--insecure', '--purge', `${name}:all`);
    const stored = await target.api(ann).getManifest('ann/list', 'all');
    expect(sha256Of(stored.body)).toBe(digest);
    expect(stored.headers['content-type']).toBe('application/vnd.docker.distribution.manifest.list.v2+json');
    await docker('pull', '--platform', 'linux/arm64', `${name}:all`);
    expect((await inspect(`${name}:all`)).Id).toBe(arm.config.descriptor.digest);
  });

  test('pull of an OCI index chooses the platform', async () => {
    const amd = await buildBusyboxImage({ seed: 'index-amd', platform: { os: 'linux', architecture: 'amd64' } });
    const arm = await buildBusyboxImage({ seed: 'index-arm', platform: { os: 'linux', architecture: 'arm64' } });
    const index = buildIndex([arm, amd]);
    await target.api(ann).pushImage('ann/index', 'v1', index);
    expect(await docker('pull', '--platform', 'linux/amd64', `${target.url}/ann/index:v1`)).toContain(index.manifest.descriptor.digest);
    expect((await inspect(`${target.url}/ann/index:v1`)).Id).toBe(amd.config.descriptor.digest);
  });

  test.skipIf(noHub !== undefined)(`pull and push without the right are refused in docker's words ${noHub ?? ''}`, async () => {
    const image = await buildBusyboxImage({ seed: 'private' });
    const bob = await target.createAccount('bob');
    await target.api(bob).pushImage('bob/private', 'v1', image);
    const name = `${target.url}/bob/private:v1`;
    expect(wordsOf(await attempt(['pull', name]))).toContain(`pull access denied for ${target.url}/bob/private, ${NOT_ALLOWED}`);
    await target.api(ann).pushImage('ann/push-denied', 'v1', image);
    await docker('pull', `${target.url}/ann/push-denied:v1`);
    await docker('tag', `${target.url}/ann/push-denied:v1`, `${target.url}/bob/private:v2`);
    expect(wordsOf(await attempt(['push', `${target.url}/bob/private:v2`]))).toMatch(/denied|insufficient_scope/);
    expect(await target.api(bob).listTags('bob/private')).toEqual(['v1']);
    await docker('logout', target.url);
    expect(wordsOf(await attempt(['pull', name]))).toContain(`pull access denied for ${target.url}/bob/private, ${NOT_ALLOWED}`);
    await target.setVisibility('bob/private', 'public');
    expect(await docker('pull', name)).toContain(image.manifest.descriptor.digest);
    await target.setVisibility('bob/private', 'private');
    await removeImages();
    expect(wordsOf(await attempt(['pull', name]))).toContain(NOT_ALLOWED);
    await login(ann);
  });

  test('pull of a tag that is not there says so', async () => {
    await target.api(ann).pushImage('ann/there', 'v1', await buildBusyboxImage({ seed: 'there' }));
    expect(wordsOf(await attempt(['pull', `${target.url}/ann/there:v9`]))).toMatch(
      /manifest for .*ann\/there:v9 not found: manifest unknown/,
    );
  });
});
