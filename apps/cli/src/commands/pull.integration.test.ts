import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, buildIndex, type FixtureImage } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machinePlatform } from '../registry/wanted-platform.ts';
import { openTestRegistry, type TestRegistry } from '../testing/test-registry.ts';

const other = machinePlatform().architecture === 'arm64' ? 'amd64' : 'arm64';
const base = [{ path: 'etc/' }, { path: 'etc/motd', content: 'hello' }];
const image = buildImage({ layers: [base, [{ path: 'b', content: 'two' }]] });
const newer = buildImage({ layers: [base, [{ path: 'b', content: 'three' }]] });
const foreign = buildImage({ layers: [[{ path: 'a', content: 'foreign' }]], platform: { os: 'linux', architecture: other } });
const index = buildIndex([foreign, image]);

function idsOf({ layers }: FixtureImage): string[] {
  return layers.map(({ descriptor }) => descriptor.digest.slice('sha256:'.length, 'sha256:'.length + 12));
}

describe('pullCommand.run()', () => {
  let registry: TestRegistry;
  let app: string;
  beforeAll(async () => {
    registry = await openTestRegistry();
    app = `${registry.host}/admin/app`;
    await registry.api.pushImage('admin/app', 'latest', image);
    await registry.api.pushImage('admin/multi', 'v1', index);
    await registry.api.pushImage('admin/foreign', 'v1', foreign);
    await registry.api.pushImage('admin/many', 'a', image);
    await registry.api.pushImage('admin/many', 'b', newer);
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
  });

  it("pulls an image, and tells it in docker's lines", async () => {
    await registry.withHome(async (run) => {
      const { exitCode, stdout, stderr } = await run(['pull', app]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      const lines = stdout.split('\n');
      expect(lines.slice(0, 2)).toEqual(['Using default tag: latest', 'latest: Pulling from admin/app']);
      for (const id of idsOf(image)) expect(lines).toContain(`${id}: Pull complete`);
      expect(lines.slice(-4)).toEqual([
        `Digest: ${image.manifest.descriptor.digest}`,
        `Status: Downloaded newer image for ${app}:latest`,
        `${app}:latest`,
        '',
      ]);
      const again = await run(['pull', app]);
      expect(again.stdout).toContain(`Status: Image is up to date for ${app}:latest\n`);
      expect(again.stdout).toContain(`${idsOf(image)[0]}: Already exists\n`);
    });
  });

  it('prints the name alone when quiet', async () => {
    await registry.withHome(async (run) => {
      expect(await run(['pull', '-q', app])).toEqual({ exitCode: 0, stdout: `${app}:latest\n`, stderr: '' });
    });
  });

  it("takes docker.io's names from $SLIPWAY_REGISTRY", async () => {
    await registry.withHome(async (run) => {
      const { stdout } = await run(['pull', 'admin/app'], { environment: { SLIPWAY_REGISTRY: registry.host } });
      expect(stdout).toMatch(/Status: Downloaded newer image for admin\/app:latest\ndocker\.io\/admin\/app:latest\n$/);
    });
  });

  it('pulls by digest, without a name', async () => {
    await registry.withHome(async (run) => {
      const name = `${app}@${image.manifest.descriptor.digest}`;
      const { stdout } = await run(['pull', name]);
      expect(stdout).toContain(`${name}: Pulling from admin/app\n`);
      expect(stdout).toMatch(/\nStatus: Downloaded newer image for .*@sha256:.*\n.*@sha256:[0-9a-f]{64}\n$/);
      expect((await run(['images', '--digests'])).stdout).toMatch(/admin\/app +<none> +sha256:/);
    });
  });

  it('leaves the old image without a name when a tag moves', async () => {
    await registry.withHome(async (run) => {
      await registry.api.pushImage('admin/moving', 'v1', image);
      await run(['pull', '-q', `${registry.host}/admin/moving:v1`]);
      await registry.api.pushImage('admin/moving', 'v1', newer);
      expect((await run(['pull', `${registry.host}/admin/moving:v1`])).stdout).toContain('Status: Downloaded newer image');
      expect((await run(['images', '-q', '--filter', 'dangling=true'])).stdout).toBe(`${idOf(image)}\n`);
    });
  });

  it('chooses the platform of this machine, or the one that is named', async () => {
    await registry.withHome(async (run) => {
      const name = `${registry.host}/admin/multi:v1`;
      expect((await run(['pull', name])).stdout).toContain(`Digest: ${index.manifest.descriptor.digest}\n`);
      expect((await run(['images', '-q', '--no-trunc'])).stdout).toBe(`${image.config.descriptor.digest}\n`);
      await run(['pull', '-q', '--platform', `linux/${other}`, name]);
      expect((await run(['images', '-q', '--no-trunc', name])).stdout).toBe(`${foreign.config.descriptor.digest}\n`);
      expect(await run(['pull', '--platform', 'linux/s390x', name])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('Error: no matching manifest for linux/s390x in the manifest list entries\n'),
      });
    });
  });

  it('warns about an image that is for another platform than asked for', async () => {
    await registry.withHome(async (run) => {
      const words = ['pull', '-q', '--platform', 'linux/s390x', `${registry.host}/admin/foreign:v1`];
      expect(await run(words)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(`WARNING: `) });
    });
  });

  it('pulls every tag', async () => {
    await registry.withHome(async (run) => {
      const many = `${registry.host}/admin/many`;
      const { stdout } = await run(['pull', '-a', many]);
      expect(stdout).toContain('a: Pulling from admin/many\n');
      expect(stdout).toContain('b: Pulling from admin/many\n');
      expect(stdout).toMatch(new RegExp(`Status: Downloaded newer image for ${many}\n${many}\n$`));
    });
  });

  it.each([
    [['pull', 'HOST/admin/app:no'], 1, 'Error: manifest for HOST/admin/app:no not found: manifest unknown: '],
    [['pull', '-a', 'HOST/admin/app:latest'], 1, "Error: tag can't be used with --all-tags/-a\n"],
    [['pull', 'HOST/admin/APP'], 1, 'repository name (admin/APP) must be lowercase'],
    [['pull', '--platform', 'a/b/c/d', 'HOST/admin/app'], 1, 'Cannot read platform "a/b/c/d"'],
  ])('refuses %j', async (words, exitCode, reason) => {
    const named = (text: string) => text.replaceAll('HOST', registry.host);
    await registry.withHome(async (run) => {
      expect(await run(words.map(named))).toMatchObject({ exitCode, stderr: expect.stringContaining(named(reason)) });
    });
  });

  it('says that it may need a login', async () => {
    await registry.withHome(async (run) => {
      const why = `pull access denied for ${app}, repository does not exist or may require 'docker login': `;
      const denied = await run(['pull', app], { environment: { DOCKER_AUTH_CONFIG: '{}' } });
      expect(denied).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`Error: ${why}denied: requested access to`) });
    });
  });

  it('ends quietly with 130 when it is interrupted, and the next pull works', async () => {
    await registry.withHome(async (run, folder) => {
      const controller = new AbortController();
      const pulling = run(['pull', '-q', app], { signal: controller.signal });
      controller.abort(new Error('interrupted'));
      expect(await pulling).toEqual({ exitCode: 130, stdout: '', stderr: '' });
      expect(await run(['pull', '-q', app])).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await readdir(join(folder, 'home/leases'))).toEqual([]);
    });
  });
});

function idOf({ config }: FixtureImage): string {
  return config.descriptor.digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
