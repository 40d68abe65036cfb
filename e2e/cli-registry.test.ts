import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createRegistryApi,
  type FixtureImage,
  openTempFolder,
  type RegistryApi,
  sha256Of,
  startSlipway,
  type TempFolder,
} from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerTree, slipwayTree } from './mounted-trees.ts';
import { CONTAINERS_PACKAGES, type ContainersTools, openContainersTools } from './peers/containers-tools.ts';
import { buildDebianImage, DEBIAN_PACKAGES } from './peers/debian-image.ts';
import { DISTRIBUTION_PACKAGES, startDistribution } from './peers/distribution.ts';
import { DOCKER_PACKAGES, type DockerDaemon, startDockerDaemon } from './peers/docker-daemon.ts';
import { describeFileTree } from './peers/file-tree.ts';
import { buildOddImage } from './peers/odd-image.ts';
import { peerEnvironment } from './peers/peer-environment.ts';
import { checkProgram, type ProgramResult, runProgram } from './peers/program.ts';
import { mountsBelow } from './peers/release-mounts.ts';
import { resolvePeer } from './peers/resolve-peer.ts';
import { type SlipwayCommand, slipwayCommand } from './slipway-command.ts';

const superuser = { superuser: true };
const peers = {
  docker: await resolvePeer(DOCKER_PACKAGES, superuser),
  containers: await resolvePeer(CONTAINERS_PACKAGES, superuser),
  umoci: await resolvePeer(['umoci'], superuser),
  distribution: await resolvePeer(DISTRIBUTION_PACKAGES, superuser),
  debian: await resolvePeer(DEBIAN_PACKAGES, superuser),
};
const skipped = Object.values(peers).find((peer) => peer.skipped !== undefined)?.skipped;

interface Registry extends AsyncDisposable {
  readonly origin: string;
  /** Undefined where everybody may do everything. */
  readonly password: string | undefined;
}

/** Kept by none of the registries in the clear, and hard to quote. */
const PASSWORD = 'admin: a+b/c=d%41 "ü"';

const REGISTRIES: readonly { readonly name: string; readonly open: (folder: string) => Promise<Registry> }[] = [
  {
    name: 'slipway',
    async open() {
      const server = await startSlipway();
      return { origin: server.origin, password: server.adminPassword, [Symbol.asyncDispose]: async () => void (await server.stop()) };
    },
  },
  {
    name: 'docker-registry without authentication',
    open: async (folder) => await openDistribution(folder, undefined),
  },
  { name: 'docker-registry with htpasswd', open: async (folder) => await openDistribution(folder, PASSWORD) },
];

async function openDistribution(folder: string, password: string | undefined): Promise<Registry> {
  const accounts = password === undefined ? {} : { accounts: { admin: password } };
  const server = await startDistribution(peers.distribution.root, join(folder, 'distribution'), accounts);
  return { origin: server.origin, password, [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose]() };
}

const CLIENTS = ['docker', 'podman', 'skopeo and umoci'] as const;
type ClientName = (typeof CLIENTS)[number];

/** Another program that pulls and pushes. */
interface Client {
  /** Brings an image from one name to another with its own means. */
  push(from: string, to: string): Promise<void>;
  /** Forgets what it has, pulls, and resolves to digest and files. */
  pull(name: string): Promise<{ readonly digest: string; readonly tree: readonly string[] }>;
}

describe.skipIf(skipped !== undefined).each(REGISTRIES)(`slipway against $name ${skipped ?? ''}`, ({ open }) => {
  let folder: TempFolder;
  let registry: Registry;
  let host: string;
  let api: RegistryApi;
  let slipway: SlipwayCommand;
  let daemon: DockerDaemon;
  let tools: ContainersTools;
  let clients: Readonly<Record<ClientName, Client>>;
  let odd: FixtureImage;

  beforeAll(async () => {
    folder = await openTempFolder('slipway-e2e-cli-');
    registry = await open(folder.path);
    host = registry.origin.replace('http://', '');
    const { origin, password } = registry;
    api = createRegistryApi({ origin, ...(password === undefined ? {} : { username: 'admin', password }) });
    slipway = slipwayCommand(folder.path);
    daemon = await startDockerDaemon(peers.docker.root, join(folder.path, 'docker'));
    tools = await openContainersTools(peers.containers.root, join(folder.path, 'containers'), { registry: host });
    clients = { docker: dockerClient(), podman: podmanClient(), 'skopeo and umoci': skopeoClient() };
    odd = await buildOddImage();
    await api.pushImage('admin/odd', 'v1', odd);
    await login();
  });

  afterAll(async () => {
    await tools?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
    expect(await mountsBelow(folder.path)).toEqual([]);
    api?.close();
    await registry?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  async function login(): Promise<void> {
    if (registry.password === undefined) return;
    const input = registry.password;
    const args = ['login', '-u', 'admin', '--password-stdin', host];
    const result = await slipway.attempt(args, { input });
    expect(result, result.stderr).toMatchObject({ code: 0, stdout: 'Login Succeeded\n' });
    succeed(await daemon.docker(args, { input }));
    succeed(await tools.podman([...args, '--tls-verify=false'], { input }));
  }

  function succeed(result: ProgramResult): string {
    expect(result.code, result.stderr + result.stdout).toBe(0);
    return result.stdout.trim();
  }

  function dockerClient(): Client {
    const docker = async (...args: string[]) => succeed(await daemon.docker(args));
    return {
      async push(from, to) {
        await docker('pull', from);
        await docker('tag', from, to);
        await docker('push', to);
      },
      async pull(name) {
        const ids = (await docker('image', 'ls', '--all', '--quiet')).split('\n').filter((id) => id !== '');
        if (ids.length > 0) await docker('rmi', '--force', ...new Set(ids));
        const digest = /Digest: (sha256:\w+)/.exec(await docker('pull', name))?.[1] ?? '';
        return { digest, tree: await dockerTree(daemon, name, folder.path) };
      },
    };
  }

  function podmanClient(): Client {
    const podman = async (...args: string[]) => succeed(await tools.podman(args));
    return {
      async push(from, to) {
        await podman('pull', from);
        await podman('tag', from, to);
        await podman('push', '--format', 'v2s2', to);
      },
      async pull(name) {
        await podman('rmi', '--all', '--force');
        await podman('pull', name);
        const digest = await podman('image', 'inspect', '--format', '{{.Digest}}', name);
        const tree = await describeFileTree(await podman('image', 'mount', name));
        await podman('image', 'umount', name);
        return { digest, tree };
      },
    };
  }

  function skopeoClient(): Client {
    let bundles = 0;
    return {
      async push(from, to) {
        succeed(await tools.skopeo(['copy', '--format', 'oci', '--dest-compress-format', 'zstd', `docker://${from}`, `docker://${to}`]));
      },
      async pull(name) {
        const bundle = join(folder.path, `bundle-${bundles++}`);
        const layout = `${bundle}-layout`;
        succeed(await tools.skopeo(['copy', '--preserve-digests', `docker://${name}`, `oci:${layout}:v1`]));
        const env = peerEnvironment(peers.umoci.root, folder.path);
        await checkProgram(join(peers.umoci.root, 'usr/bin/umoci'), ['unpack', '--image', `${layout}:v1`, bundle], { env });
        const listed = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
          readonly manifests: readonly { readonly digest: string }[];
        };
        return { digest: listed.manifests[0]?.digest ?? '', tree: await describeFileTree(join(bundle, 'rootfs')) };
      },
    };
  }

  async function digestOf(repository: string): Promise<string> {
    return sha256Of((await api.getManifest(repository, 'v1')).body);
  }

  describe.each(CLIENTS)('and %s', (name) => {
    const repository = `admin/by-${name.split(' ')[0]}`;

    test('pulls what it pushed, digest and files', async () => {
      await clients[name].push(`${host}/admin/odd:v1`, `${host}/${repository}:v1`);
      const pulled = await slipway.run('pull', `${host}/${repository}:v1`);
      expect(pulled).toContain(`Digest: ${await digestOf(repository)}\n`);
      const theirs = await clients[name].pull(`${host}/admin/odd:v1`);
      expect(theirs.digest).toBe(odd.manifest.descriptor.digest);
      expect(await slipwayTree(slipway, `${host}/${repository}:v1`)).toEqual(theirs.tree);
    });

    test('pushes what it then pulls, digest and files', async () => {
      const ours = `${host}/admin/for-${name.split(' ')[0]}:v1`;
      await slipway.run('tag', `${host}/${repository}:v1`, ours);
      const digest = await digestOf(repository);
      expect(await slipway.run('push', ours)).toContain(`v1: digest: ${digest} size: `);
      const theirs = await clients[name].pull(ours);
      expect(theirs).toEqual({ digest, tree: await slipwayTree(slipway, ours) });
    });
  });

  test('copies and inspects without pulling', async () => {
    expect(await slipway.run('copy', '-q', `${host}/admin/odd:v1`, `${host}/admin/copied`)).toBe(odd.manifest.descriptor.digest);
    const inspected = await slipway.run('buildx', 'imagetools', 'inspect', `${host}/admin/copied:v1`);
    expect(inspected).toContain(`Digest:    ${odd.manifest.descriptor.digest}`);
  });

  test('refuses a wrong password, and says what an unknown name is', async () => {
    const missing = await slipway.attempt(['pull', `${host}/admin/odd:missing`]);
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`manifest for ${host}/admin/odd:missing not found: manifest unknown`),
    });
    if (registry.password === undefined) return;
    const wrong = await slipway.attempt(['login', '-u', 'admin', '--password-stdin', host], { input: 'wrong' });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('unauthorized: incorrect username or password') });
    const stranger = slipwayCommand(join(folder.path, 'stranger'));
    const denied = await stranger.attempt(['pull', `${host}/admin/odd:v1`]);
    expect(denied).toMatchObject({ code: 1, stderr: expect.stringMatching(/pull access denied for .*may require 'docker login'/) });
  });

  test('leaves no secret in its home or in what it says, not even in distress', async () => {
    if (registry.password === undefined) return;
    const name = `${host}/admin/odd:v1`;
    const talkative = slipwayCommand(folder.path, { SLIPWAY_DEBUG: '1' });
    const said: string[] = [];
    for (const args of [['pull', name], ['push', name], ['pull', `${host}/admin/nothing`], ['push', `${host}/nobody/odd`], ['info']]) {
      const { stdout, stderr } = await talkative.attempt(args);
      said.push(stdout, stderr);
    }
    const basic = Buffer.from(`admin:${registry.password}`).toString('base64');
    for (const secret of [registry.password, basic]) {
      expect(said.join('\n')).not.toContain(secret);
      const found = await runProgram('grep', [
        '--recursive',
        '--text',
        '--fixed-strings',
        '--files-with-matches',
        '--',
        secret,
        slipway.home,
      ]);
      expect(found).toMatchObject({ code: 1, stdout: '' });
    }
    expect(said.join('\n')).not.toMatch(/Bearer \S|Basic [\w+/=]{8}/);
  });

  test('unpacks a Debian as umoci does', async () => {
    const debian = await buildDebianImage();
    await api.pushImage('admin/debian', 'v1', debian);
    await slipway.run('pull', '-q', `${host}/admin/debian:v1`);
    const theirs = await clients['skopeo and umoci'].pull(`${host}/admin/debian:v1`);
    expect(theirs.digest).toBe(debian.manifest.descriptor.digest);
    expect(await slipwayTree(slipway, `${host}/admin/debian:v1`)).toEqual(theirs.tree);
  });
});
