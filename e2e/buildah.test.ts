import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTempFolder, sha256Of, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBusyboxImage } from './peers/base-image.ts';
import { CONTAINERS_PACKAGES, type ContainersTools, openContainersTools } from './peers/containers-tools.ts';
import { mountsBelow } from './peers/release-mounts.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { type Account, openTarget, type Target } from './target.ts';

const peer = await resolvePeer(CONTAINERS_PACKAGES, { superuser: true });
const formats = [
  { format: 'oci', mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  { format: 'docker', mediaType: 'application/vnd.docker.distribution.manifest.v2+json' },
];

describe.skipIf(peer.skipped !== undefined)(`buildah ${peer.skipped ?? ''}`, () => {
  let target: Target;
  let folder: TempFolder;
  let tools: ContainersTools;
  let ann: Account;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-buildah-');
    target = await openTarget();
    tools = await openContainersTools(peer.root, folder.path, { registry: target.url });
    ann = await target.createAccount('ann');
    const result = await tools.buildah(['login', '-u', ann.name, '--password-stdin', target.url], { input: ann.password });
    expect(result.stdout, result.stderr).toContain('Login Succeeded!');
    await target.api(ann).pushImage('ann/base', 'v1', await buildBusyboxImage({ seed: 'buildah' }));
    await writeFile(join(folder.path, 'added'), 'added by buildah\n');
  });

  afterAll(async () => {
    await tools?.[Symbol.asyncDispose]();
    expect(await mountsBelow(folder.path)).toEqual([]);
    await target?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const buildah = async (...args: string[]): Promise<string> => {
    const result = await tools.buildah(args);
    expect(result.code, `buildah ${args.join(' ')}: ${result.stderr}`).toBe(0);
    return result.stdout.trim();
  };

  test.each(formats)('from, copy, commit --format $format and push keep what was built', async ({ format, mediaType }) => {
    const base = await buildBusyboxImage({ seed: 'buildah' });
    const container = await buildah('from', `${target.url}/ann/base:v1`);
    await buildah('copy', container, join(folder.path, 'added'), '/srv/added');
    await buildah('config', '--label', `format=${format}`, container);
    const name = `${target.url}/ann/built:${format}`;
    await buildah('commit', '--quiet', '--format', format, '--rm', container, name);
    const digestFile = join(folder.path, `digest-${format}`);
    await buildah('push', '--quiet', '--format', format, '--digestfile', digestFile, name, `docker://${name}`);
    const api = target.api(ann);
    const stored = await api.getManifest('ann/built', format);
    expect(sha256Of(stored.body)).toBe((await readFile(digestFile, 'utf8')).trim());
    expect(stored.headers['content-type']).toBe(mediaType);
    const manifest: { config: { digest: string }; layers: { digest: string }[] } = JSON.parse(stored.body.toString());
    expect(manifest.layers.length).toBe(base.layers.length + 1);
    for (const { digest } of manifest.layers) expect(sha256Of((await api.getBlob('ann/built', digest)).body)).toBe(digest);
    const config = JSON.parse((await api.getBlob('ann/built', manifest.config.digest)).body.toString());
    expect(config.config.Labels.format).toBe(format);
    expect(config.rootfs.diff_ids.slice(0, base.diffIds.length)).toEqual(base.diffIds);
    await buildah('rmi', '--all', '--force');
    await buildah('pull', '--quiet', `docker://${name}`);
    const again = await buildah('from', '--pull-never', name);
    const mounted = await buildah('mount', again);
    expect(await readFile(join(mounted, 'srv/added'), 'utf8')).toBe('added by buildah\n');
    await buildah('umount', again);
    await buildah('rm', again);
  });

  test('manifest create and push --all make an index of all its images', async () => {
    const arm = await buildBusyboxImage({ seed: 'manifest-arm', platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
    const amd = await buildBusyboxImage({ seed: 'manifest-amd', platform: { os: 'linux', architecture: 'amd64' } });
    await target.api(ann).pushImage('ann/parts', 'arm64', arm);
    await target.api(ann).pushImage('ann/parts', 'amd64', amd);
    await buildah('manifest', 'create', 'whole');
    for (const part of ['arm64', 'amd64']) await buildah('manifest', 'add', 'whole', `docker://${target.url}/ann/parts:${part}`);
    await buildah('manifest', 'push', '--quiet', '--all', 'whole', `docker://${target.url}/ann/whole:v1`);
    const api = target.api(ann);
    const stored = await api.getManifest('ann/whole', 'v1');
    expect(stored.headers['content-type']).toBe('application/vnd.oci.image.index.v1+json');
    const index: { manifests: { digest: string; platform: { architecture: string } }[] } = JSON.parse(stored.body.toString());
    const listed = index.manifests.map(({ digest, platform }) => [platform.architecture, digest]);
    expect(listed).toEqual([
      ['arm64', arm.manifest.descriptor.digest],
      ['amd64', amd.manifest.descriptor.digest],
    ]);
    for (const { digest } of index.manifests) expect(sha256Of((await api.getManifest('ann/whole', digest)).body)).toBe(digest);
  });
});
