import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, type FixtureImage, randomBlob } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FaultProxy } from './faults/fault-proxy.ts';
import { openSpoiledRegistries, type SpoiledRegistries } from './faults/spoiled-registries.ts';
import { killGroup } from './peers/program.ts';
import { checkContent, LAUNCHER, type SlipwayCommand } from './slipway-command.ts';

/** Longer than any command may take to end. */
const STALL_MS = 60_000;
const WAY_OUT = { timeout: 30_000, interval: 50 };

const SIGNALS = [
  { name: 'SIGINT', interrupt: (child: ChildProcess) => void child.kill('SIGINT') },
  { name: 'Ctrl-C (its workers get it too)', interrupt: (child: ChildProcess) => killGroup(child.pid, 'SIGINT') },
];

describe('slipway, interrupted', () => {
  let registries: SpoiledRegistries;
  let { target, proxy, sink, sinkProxy, openHome } = {} as SpoiledRegistries;

  beforeAll(async () => {
    registries = await openSpoiledRegistries();
    ({ target, proxy, sink, sinkProxy, openHome } = registries);
  });

  afterAll(async () => await registries?.[Symbol.asyncDispose]());

  const pushFixture = async (seed: string): Promise<FixtureImage> => {
    const layers = [0, 1, 2].map((layer) => [{ path: `srv/${layer}`, content: randomBlob(1_500_000, `${seed}-${layer}`) }]);
    const image = buildImage({ layers });
    await target.api(target.admin).pushImage(`broken/${seed}`, 'v1', image);
    return image;
  };

  test.each(SIGNALS)('ends a pull at $name, and the next pull fetches what is missing alone', async ({ name, interrupt }) => {
    const seed = `pull-${name.length}`;
    const image = await pushFixture(seed);
    const command = await openHome();
    const reference = `${proxy.url}/broken/${seed}:v1`;
    const stalled = image.layers[1]?.descriptor.digest ?? '';
    proxy.setPlan(({ path }) => (path.endsWith(stalled) ? { kind: 'stall', afterBytes: 100_000, forMs: STALL_MS } : undefined));
    const running = start(command, ['pull', reference]);
    await expect.poll(() => running.stdout().match(/Download complete/g)?.length, WAY_OUT).toBe(2);
    await expect.poll(() => proxy.done.get('stall') ?? 0, WAY_OUT).toBeGreaterThan(0);
    interrupt(running.child);
    await expectQuietEnd(running);
    expect(await checkContent(command.home)).not.toContain(stalled);
    expect(await command.run('images', '-q')).toBe('');

    const blobs = recordBlobs(proxy);
    await command.run('pull', reference);
    expect(blobs).toEqual([`GET ${stalled}`]);
    const digests = await checkContent(command.home);
    for (const { descriptor } of [image.config, ...image.layers]) expect(digests).toContain(descriptor.digest);
    expect(await readdir(join(command.home, 'leases'))).toEqual([]);
    expect(await readdir(join(command.home, 'content/uploads')).catch(() => [])).toEqual([]);
  });

  test.each(SIGNALS)('ends a push at $name, and the next push sends what is missing alone', async ({ name, interrupt }) => {
    const seed = `push-${name.length}`;
    const image = await pushFixture(seed);
    const command = await openHome();
    await command.run('pull', '-q', `${proxy.url}/broken/${seed}:v1`);
    const reference = `${sinkProxy.url}/broken/${seed}:v1`;
    await command.run('tag', `${proxy.url}/broken/${seed}:v1`, reference);
    let isStalled = false;
    sinkProxy.setPlan(({ method, sizeBytes = 0 }) => {
      if (isStalled || method !== 'PATCH' || sizeBytes < 1_000_000) return undefined;
      isStalled = true;
      return { kind: 'stall-request', afterBytes: 100_000, forMs: STALL_MS };
    });
    const before = sinkProxy.done.get('stall-request') ?? 0;
    const running = start(command, ['push', reference]);
    await expect.poll(() => running.stdout().match(/: Pushed/g)?.length, WAY_OUT).toBe(2);
    expect(sinkProxy.done.get('stall-request')).toBe(before + 1);
    interrupt(running.child);
    await expectQuietEnd(running);
    await checkContent(command.home);

    const sent: number[] = [];
    sinkProxy.setPlan(({ method, sizeBytes }) => {
      if (method === 'PATCH') sent.push(sizeBytes ?? 0);
      return undefined;
    });
    const { digest } = image.manifest.descriptor;
    expect(await command.run('push', reference)).toContain(`v1: digest: ${digest} size: `);
    // The config may have been on its way, too.
    expect(sent.filter((sizeBytes) => sizeBytes > 1_000_000)).toHaveLength(1);
    const api = sink.api(sink.admin);
    expect((await api.getManifest(`broken/${seed}`, 'v1')).body.equals(image.manifest.bytes)).toBe(true);
    for (const { descriptor, bytes } of [image.config, ...image.layers]) {
      expect((await api.getBlob(`broken/${seed}`, descriptor.digest)).body.equals(bytes)).toBe(true);
    }
  });
});

/** Each request about a blob as `GET sha256:…`, in the order they come. */
function recordBlobs(proxy: FaultProxy): string[] {
  const into: string[] = [];
  proxy.setPlan(({ method, path }) => {
    const [, digest] = /\/blobs\/(sha256:\w+)/.exec(path) ?? [];
    if (digest !== undefined) into.push(`${method} ${digest}`);
    return undefined;
  });
  return into;
}

interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
}

/** The leader of a session of its own, by which its workers are found. */
function start({ env }: SlipwayCommand, args: readonly string[]): Running {
  const child = spawn(LAUNCHER, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr };
}

async function expectQuietEnd({ child, stdout, stderr }: Running): Promise<void> {
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, stderr: stderr() }).toEqual({ code: 130, stderr: '' });
  expect(stdout()).not.toMatch(/error|abort|interrupt| at /i);
  await expect.poll(async () => await processesOf(child.pid), WAY_OUT).toEqual([]);
}

/** What of a session still runs. */
async function processesOf(session: number | undefined): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The name in parentheses may hold anything.
    const [state, , , of] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(of) === session && state !== 'Z') found.push(stat);
  }
  return found;
}
