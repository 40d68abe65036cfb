import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildImage, buildIndex } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machinePlatform } from '../registry/wanted-platform.ts';
import { openTestRegistry, type TestRegistry } from '../testing/test-registry.ts';

const other = machinePlatform().architecture === 'arm64' ? 'amd64' : 'arm64';
const image = buildImage({ layers: [[{ path: 'a', content: 'one' }], [{ path: 'b', content: 'two' }]], mediaTypes: 'docker' });
const foreign = buildImage({ layers: [[{ path: 'a', content: 'foreign' }]], platform: { os: 'linux', architecture: other } });
const native = buildImage({ layers: [[{ path: 'a', content: 'native' }]] });
const index = buildIndex([foreign, native]);

describe('pushCommand.run()', () => {
  let registry: TestRegistry;
  let app: string;
  beforeAll(async () => {
    registry = await openTestRegistry();
    app = `${registry.host}/admin/app`;
    await registry.api.pushImage('admin/app', 'v1', image);
    await registry.api.pushImage('admin/multi', 'v1', index);
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
  });

  it("pushes the exact bytes of what was pulled, and tells it in docker's lines", async () => {
    await registry.withHome(async (run) => {
      const copy = `${registry.host}/admin/exact`;
      await run(['pull', '-q', `${app}:v1`]);
      await run(['tag', `${app}:v1`, copy]);
      const { exitCode, stdout, stderr } = await run(['push', copy]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      const lines = stdout.split('\n');
      expect(lines.slice(0, 2)).toEqual(['Using default tag: latest', `The push refers to repository [${copy}]`]);
      for (const diffId of image.diffIds) expect(lines).toContain(`${diffId.slice(7, 19)}: Mounted from admin/app`);
      const { digest, size } = image.manifest.descriptor;
      expect(lines.at(-2)).toBe(`latest: digest: ${digest} size: ${size}`);
      expect((await registry.api.getManifest('admin/exact', 'latest')).body.equals(image.manifest.bytes)).toBe(true);
      expect((await run(['images', '--digests', copy])).stdout).toContain(digest);
    });
  });

  it('sends the layers to another registry, and only what is missing the second time', async () => {
    await using elsewhere = await openTestRegistry();
    await registry.withHome(async (run) => {
      const copy = `${elsewhere.host}/admin/app:v1`;
      const auths = [registry, elsewhere].map(({ host, server }) => [host, { username: 'admin', password: server.adminPassword }] as const);
      const environment = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: Object.fromEntries(auths) }) };
      await run(['pull', '-q', `${app}:v1`], { environment });
      await run(['tag', `${app}:v1`, copy]);
      expect((await run(['push', copy], { environment })).stdout).toContain(`${image.diffIds[0]?.slice(7, 19)}: Pushed\n`);
      expect((await run(['push', copy], { environment })).stdout).toContain(`${image.diffIds[0]?.slice(7, 19)}: Layer already exists\n`);
      expect((await elsewhere.api.getManifest('admin/app', 'v1')).body.equals(image.manifest.bytes)).toBe(true);
    });
  });

  it('pushes every tag, or prints the name alone when quiet', async () => {
    await registry.withHome(async (run) => {
      await run(['pull', '-q', `${app}:v1`]);
      for (const tag of ['a', 'b']) await run(['tag', `${app}:v1`, `${registry.host}/admin/all:${tag}`]);
      const outcome = await run(['push', '-a', '-q', `${registry.host}/admin/all`]);
      expect(outcome).toEqual({ exitCode: 0, stdout: `${registry.host}/admin/all\n`, stderr: '' });
      expect((await registry.api.listTags('admin/all')).toSorted()).toEqual(['a', 'b']);
    });
  });

  it('pushes the one platform that is here, and says so', async () => {
    await registry.withHome(async (run) => {
      const copy = `${registry.host}/admin/part:v1`;
      await run(['pull', '-q', `${registry.host}/admin/multi:v1`]);
      await run(['tag', `${registry.host}/admin/multi:v1`, copy]);
      const outcome = await run(['push', '-q', copy]);
      expect(outcome).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining('only the available single-platform image was pushed'),
      });
      expect((await registry.api.getManifest('admin/part', 'v1')).body.equals(native.manifest.bytes)).toBe(true);
      const refused = await run(['push', '--platform', 'linux/s390x', copy]);
      expect(refused).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('does not provide the specified platform (linux/s390x)'),
      });
    });
  });

  it('pushes an index that was loaded with all its platforms, byte by byte', async () => {
    await registry.withHome(async (run, folder) => {
      const loaded = `${registry.host}/admin/loaded:v1`;
      await run(['copy', '-q', `${registry.host}/admin/multi:v1`, `oci:layout:${loaded}`]);
      await promisify(execFile)('tar', ['-C', join(folder, 'layout'), '-cf', join(folder, 'app.tar'), '.']);
      expect(await run(['load', '-i', 'app.tar'])).toMatchObject({ exitCode: 0, stdout: `Loaded image: ${loaded}\n` });
      const renamed = `${registry.host}/admin/renamed:v1`;
      await run(['tag', loaded, renamed]);
      for (const name of [loaded, renamed]) {
        const { digest } = index.manifest.descriptor;
        const pushed = { exitCode: 0, stdout: expect.stringContaining(`v1: digest: ${digest} size: `), stderr: '' };
        expect(await run(['push', name]), name).toEqual(pushed);
        const repository = name.slice(registry.host.length + 1, -':v1'.length);
        expect((await registry.api.getManifest(repository, 'v1')).body.equals(index.manifest.bytes)).toBe(true);
        for (const { manifest, config, layers } of [foreign, native]) {
          expect((await registry.api.getManifest(repository, manifest.descriptor.digest)).body.equals(manifest.bytes)).toBe(true);
          for (const blob of [config, ...layers]) {
            expect((await registry.api.getBlob(repository, blob.descriptor.digest)).body.equals(blob.bytes)).toBe(true);
          }
        }
      }
    });
  });

  it.each([
    [['push', 'HOST/admin/nothing'], 1, 'Error: An image does not exist locally with the tag: HOST/admin/nothing\n'],
    [['push', 'HOST/admin/app:no'], 1, 'Error: tag does not exist: HOST/admin/app:no\n'],
    [['push', '-a', 'HOST/admin/app:v1'], 1, "Error: tag can't be used with --all-tags/-a\n"],
    [['push', `HOST/admin/app@${image.manifest.descriptor.digest}`], 1, 'Error: cannot push a digest reference\n'],
  ])('refuses %j', async (words, exitCode, reason) => {
    const named = (text: string) => text.replaceAll('HOST', registry.host);
    await registry.withHome(async (run) => {
      await run(['pull', '-q', `${app}:v1`]);
      expect(await run(words.map(named))).toMatchObject({ exitCode, stderr: expect.stringContaining(named(reason)) });
    });
  });

  it("tells a denial in docker's words", async () => {
    await registry.withHome(async (run) => {
      await run(['pull', '-q', `${app}:v1`]);
      const denied = await run(['push', `${app}:v1`], { environment: { DOCKER_AUTH_CONFIG: '{}' } });
      expect(denied).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^Error: denied: requested access to the resource is denied\n/),
      });
    });
  });
});
