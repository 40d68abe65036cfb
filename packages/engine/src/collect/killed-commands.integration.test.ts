import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openTempFolder } from '@slipway/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { descriptorOf, openTestHome, type TestHome, testImage } from '../images/testing/open-test-home.ts';

const COMMAND = fileURLToPath(new URL('./testing/busy-command.ts', import.meta.url));
const COMMANDS_AT_ONCE = 3;
const KILLS = 8;
/** Every step waits for a disk that all commands share. */
const TIMEOUT_MS = 240_000;

interface Kept {
  readonly name: string;
  readonly id: string;
}

interface BusyCommand {
  readonly process: ChildProcess;
  readonly kept: Kept[];
  /** It has opened the home. */
  readonly ready: Promise<void>;
  /** It has given the first name. */
  readonly hasKept: Promise<void>;
}

test(
  'cleanUp() after commands that were killed at any moment leaves what has a name, and nothing else',
  async () => {
    await using folder = await openTempFolder('slipway-killed-');
    const all = await killCommands(folder.path);
    await using at = await openTestHome(folder.path);
    await at.cleanUp();
    await at.collect();
    const kept = all.flatMap((command) => command.kept);
    expect(kept.length).toBeGreaterThan(0);
    for (const { name, id } of kept) expect(at.images.find(name)?.id, name).toBe(id);
    await expectContentOf(at);
    expectNoOrphans(at);
    expect(await at.cleanUp()).toEqual({ deadLeases: 0, uploads: 0, snapshots: 0 });
  },
  TIMEOUT_MS,
);

/** Keeps several commands running, killing one after the other. All are dead when it resolves. */
async function killCommands(home: string): Promise<BusyCommand[]> {
  const all: BusyCommand[] = [];
  const running: BusyCommand[] = [];
  try {
    for (let kill = 0; kill < KILLS + COMMANDS_AT_ONCE; kill++) {
      const command = startCommand(home, `s${kill}`);
      all.push(command);
      running.push(command);
      if (running.length < COMMANDS_AT_ONCE) continue;
      const victim = running.shift();
      await (kill % 3 === 0 ? victim?.ready : victim?.hasKept);
      await delay(Math.random() * 200);
      if (victim !== undefined) await killNow(victim);
    }
  } finally {
    await Promise.all(running.map(killNow));
  }
  return all;
}

function startCommand(home: string, seed: string): BusyCommand {
  const child = spawn(process.execPath, [COMMAND, home, seed], { stdio: ['ignore', 'pipe', 'inherit'] });
  // Also when the test runs out of time.
  onTestFinished(() => void child.kill('SIGKILL'));
  const kept: Kept[] = [];
  const ready = Promise.withResolvers<void>();
  const hasKept = Promise.withResolvers<void>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    ready.resolve();
    for (const [word, name = '', id = ''] of lines.map((line) => line.split(' '))) {
      if (word !== 'kept') continue;
      kept.push({ name, id });
      hasKept.resolve();
    }
  });
  child.once('exit', (code) => {
    for (const { reject } of [ready, hasKept]) reject(new Error(`The command ended by itself with ${code}`));
  });
  for (const { promise } of [ready, hasKept]) promise.catch(() => undefined);
  return { process: child, kept, ready: ready.promise, hasKept: hasKept.promise };
}

async function killNow({ process: child }: BusyCommand): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    // A command that failed by itself is what this test looks for.
    expect(child.signalCode).toBe('SIGKILL');
    return;
  }
  child.kill('SIGKILL');
  await once(child, 'close');
}

/** Every image can be read whole: config, manifests, index and layers; and every file in content belongs to one. */
async function expectContentOf(at: TestHome): Promise<void> {
  const needed = new Set<string>();
  for (const image of at.images.list()) {
    needed.add(image.id);
    await at.images.readConfig(image);
    for (const manifest of image.manifests) {
      needed.add(manifest.digest);
      await at.content.read(manifest);
    }
    for (const { target } of image.names) if (target !== undefined) needed.add(target);
    for (const { digest } of at.images.layerBlobs(image.layers.map(({ diffId }) => diffId)).map(({ descriptor }) => descriptor)) {
      needed.add(digest);
    }
  }
  for (const digest of needed) expect(await at.content.stat(digest as never), digest).toBeDefined();
  const stored = readdirSync(join(at.home.content, 'blobs/sha256'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(new Set(stored.map(({ name }) => `sha256:${name}`))).toEqual(needed);
}

function expectNoOrphans(at: TestHome): void {
  expect(readdirSync(join(at.home.content, 'uploads'))).toEqual([]);
  for (const folder of [at.home.leases, at.home.trash, at.home.links]) expect(readdirSync(folder), folder).toEqual([]);
  expect(readdirSync(at.home.snapshots)).toEqual(['l']);
  for (const table of ['lease', 'lease_content', 'lease_snapshot', 'snapshot'])
    expect(at.state.all(`SELECT * FROM ${table}`), table).toEqual([]);
}

test('collect() spares what a running command holds, in another process', async () => {
  await using at = await openTestHome();
  await using other = await openTestHome(at.home.root);
  const { image } = testImage({ layers: ['held'] });
  const config = descriptorOf(image.config);
  const lease = await other.leases.open('pull');
  await other.content.put(image.config.bytes, { lease });
  await at.cleanUp();
  await at.collect();
  expect(await at.content.stat(config.digest)).toBeDefined();
  await lease[Symbol.asyncDispose]();
  expect(await at.collect({ keepYoungerMs: 60_000 })).toMatchObject({ contentCount: 0 });
  expect(await at.collect()).toMatchObject({ contentCount: 1, contentBytes: config.size });
  expect(await at.content.stat(config.digest)).toBeUndefined();
});
