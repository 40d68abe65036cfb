import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, buildIndex, expectStatus } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestRegistry, type TestRegistry } from '../testing/test-registry.ts';

const image = buildImage({ layers: [[{ path: 'a', content: 'one' }], [{ path: 'b', content: 'two' }]] });
const arm = buildImage({ layers: [[{ path: 'a', content: 'arm' }]], platform: { os: 'linux', architecture: 'arm64' } });
const index = buildIndex([image, arm]);
const signature = buildImage({
  layers: [[{ path: 'signature', content: 'x' }]],
  artifactType: 'application/example',
  subject: image.manifest.descriptor,
});

describe('copyCommand.run()', () => {
  let from: TestRegistry;
  let to: TestRegistry;
  beforeAll(async () => {
    [from, to] = await Promise.all([openTestRegistry(), openTestRegistry()]);
    await from.api.pushImage('admin/app', 'v1', image);
    await from.api.pushImage('admin/multi', 'v1', index);
    await from.api.pushImage('admin/multi', 'v2', image);
  });
  afterAll(async () => {
    await Promise.all([from[Symbol.asyncDispose](), to[Symbol.asyncDispose]()]);
  });

  /** Logged in to both. */
  function login(): Readonly<Record<string, string>> {
    const auths = [from, to].map(({ host, server }) => [host, { username: 'admin', password: server.adminPassword }] as const);
    return { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: Object.fromEntries(auths) }) };
  }

  it('copies an image from one registry to another with its digest', async () => {
    await from.withHome(async (run) => {
      const outcome = await run(['copy', `${from.host}/admin/app:v1`, `${to.host}/admin/copy`], { environment: login() });
      const { digest, size } = image.manifest.descriptor;
      expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
      expect(outcome.stdout).toContain(': Pushed\n');
      expect(outcome.stdout).toMatch(new RegExp(`\\nv1: digest: ${digest} size: ${size}\\n$`));
      expect((await to.api.getManifest('admin/copy', 'v1')).body.equals(image.manifest.bytes)).toBe(true);
    });
  });

  it('copies every platform, or the one that is named', async () => {
    await from.withHome(async (run) => {
      const source = `${from.host}/admin/multi:v1`;
      const all = await run(['copy', '-q', source, `${to.host}/admin/multi:all`], { environment: login() });
      expect(all).toEqual({ exitCode: 0, stdout: `${index.manifest.descriptor.digest}\n`, stderr: '' });
      const one = await run(['copy', '-q', '--platform', 'linux/arm64', source, `${to.host}/admin/multi:arm`], { environment: login() });
      expect(one.stdout).toBe(`${arm.manifest.descriptor.digest}\n`);
      expectStatus(await to.api.headManifest('admin/multi', image.manifest.descriptor.digest), 200, 'every platform is there');
    });
  });

  it('copies every tag, within a registry by mounts', async () => {
    await from.withHome(async (run) => {
      const outcome = await run(['copy', '--all-tags', `${from.host}/admin/multi`, `${from.host}/admin/mirror`]);
      expect(outcome).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining(': Mounted from admin/multi\n') });
      expect((await from.api.listTags('admin/mirror')).toSorted()).toEqual(['v1', 'v2']);
    });
  });

  it('takes referrers along when asked', async () => {
    await from.api.pushImage('admin/app', signature.manifest.descriptor.digest, signature);
    await from.withHome(async (run) => {
      await run(['copy', '--referrers', `${from.host}/admin/app:v1`, `${to.host}/admin/signed`], { environment: login() });
      const referrers = JSON.parse((await to.api.listReferrers('admin/signed', image.manifest.descriptor.digest)).body.toString()) as {
        readonly manifests: readonly { readonly digest: string }[];
      };
      expect(referrers.manifests.map(({ digest }) => digest)).toEqual([signature.manifest.descriptor.digest]);
    });
  });

  it('writes an OCI layout, and pushes from it', async () => {
    await from.withHome(async (run, folder) => {
      expect(await run(['copy', '-q', `${from.host}/admin/multi:v1`, 'oci:layout'])).toMatchObject({ exitCode: 0, stderr: '' });
      const listed = await readFile(join(folder, 'layout/index.json'), 'utf8');
      expect(listed).toContain(index.manifest.descriptor.digest);
      const back = await run(['copy', '-q', 'oci:layout:v1', `${from.host}/admin/back`]);
      expect(back).toEqual({ exitCode: 0, stdout: `${index.manifest.descriptor.digest}\n`, stderr: '' });
      expect(await from.api.listTags('admin/back')).toEqual(['v1']);
    });
  });

  it('writes every tag into an OCI layout, and pushes every tag from it', async () => {
    await from.withHome(async (run, folder) => {
      const out = await run(['copy', '-a', '-q', `${from.host}/admin/multi`, 'oci:all']);
      expect(out).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^(sha256:\w+\n){2}$/), stderr: '' });
      const listed = await readFile(join(folder, 'all/index.json'), 'utf8');
      for (const tag of ['v1', 'v2']) expect(listed).toContain(`"${tag}"`);
      const back = await run(['copy', '-a', '-q', 'oci:all', `${from.host}/admin/every`]);
      expect(back).toEqual({ ...out, stdout: expect.stringMatching(/^(sha256:\w+\n){2}$/) });
      expect((await from.api.listTags('admin/every')).toSorted()).toEqual(['v1', 'v2']);
    });
  });

  it.each([
    [['copy', '--referrers', 'HOST/admin/app:v1', 'oci:c'], 1, '--referrers does not go with a folder'],
    [['copy', '-a', 'oci:a', 'oci:b'], 1, 'from folder to folder'],
    [['copy', '-a', 'HOST/admin/app', 'oci:b:v1'], 1, "tag can't be used with --all-tags/-a"],
    [['copy', 'HOST/admin/app:no', 'HOST/admin/x'], 1, 'manifest for HOST/admin/app:no not found: manifest unknown: '],
    [['copy', 'HOST/admin/app:v1', `HOST/admin/x@sha256:${'0'.repeat(64)}`], 1, 'cannot copy to a digest reference'],
    [['copy', '-a', 'HOST/admin/app:v1', 'HOST/admin/x'], 1, "tag can't be used with --all-tags/-a"],
    [['copy', 'oci:a', 'oci:b'], 1, 'from folder to folder'],
    [['copy', 'docker-archive:a.tar', 'HOST/admin/x'], 1, 'only registries and oci: folders'],
    [['copy', '--platform', 'plan9/mips', 'HOST/admin/multi:v1', 'HOST/admin/x'], 1, 'no matching manifest for plan9/mips in the manifest'],
  ])('refuses %j', async (words, exitCode, reason) => {
    const named = (text: string) => text.replaceAll('HOST', from.host);
    await from.withHome(async (run) => {
      expect(await run(words.map(named))).toMatchObject({ exitCode, stderr: expect.stringContaining(named(reason)) });
    });
  });

  it('says which end denies', async () => {
    await from.withHome(async (run) => {
      const anonymous = { environment: { DOCKER_AUTH_CONFIG: '{}' } };
      const denied = await run(['copy', `${from.host}/admin/app:v1`, `${to.host}/admin/x`], anonymous);
      expect(denied).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`pull access denied for ${from.host}/admin/app, `) });
      const half = await run(['copy', `${from.host}/admin/app:v1`, `${to.host}/admin/x`]);
      expect(half).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('Error: denied: requested access to the resource is denied\n'),
      });
    });
  });
});
