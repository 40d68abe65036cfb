import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRegistryApi, openTempFolder, type SlipwayProcess, startSlipway, type TempFolder } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { slipwayTree } from '../mounted-trees.ts';
import { checkContent, type SlipwayCommand, slipwayCommand } from '../slipway-command.ts';
import { listRemains, listStrays } from './home-audit.ts';
import { RandomChoice } from './random-choice.ts';
import { StormClient } from './storm-client.ts';
import { buildStormImages } from './storm-images.ts';
import { readTrialSettings } from './trial-settings.ts';

const settings = readTrialSettings();
const isRoot = process.getuid?.() === 0;
const reason = isRoot ? '' : 'SKIPPED: only root may mount what the images hold';
const CLIENTS = 4;
const ROUND_MS = 5000;
const DEATHS_AT_ONCE = 0.5;

describe.skipIf(!isRoot)(`many commands over one home ${reason}`, () => {
  let folder: TempFolder;
  let server: SlipwayProcess;
  let slipway: SlipwayCommand;
  /** The files of each image, by its name, as nobody disturbed their pull. */
  const trees = new Map<string, readonly string[]>();

  beforeAll(async () => {
    folder = await openTempFolder('slipway-killed-pulls-');
    server = await startSlipway();
    const api = createRegistryApi({ origin: server.origin, username: 'admin', password: server.adminPassword });
    slipway = slipwayCommand(folder.path);
    const login = await slipway.attempt(['login', '-u', 'admin', '--password-stdin', server.url], { input: server.adminPassword });
    expect(login.code, login.stderr).toBe(0);
    const undisturbed: SlipwayCommand = slipwayCommand(folder.path, { SLIPWAY_HOME: join(folder.path, 'undisturbed') });
    for (const [tag, image] of buildStormImages(settings.seed)) {
      await api.pushImage('admin/storm', tag, image);
      const name = `${server.url}/admin/storm:${tag}`;
      await undisturbed.run('pull', '-q', name);
      trees.set(name, await slipwayTree({ ...undisturbed, home: join(folder.path, 'undisturbed') }, name));
    }
    api.close();
  });

  afterAll(async () => {
    await server?.stop();
    await folder?.[Symbol.asyncDispose]();
  });

  test(`kill -9 at any moment leaves a home that the next command uses (${settings.pullRounds} rounds, seed ${settings.seed})`, {
    timeout: settings.timeoutMs,
  }, async () => {
    const tally = new Map<string, number>();
    for (let round = 1; round <= settings.pullRounds; round++) {
      const random = new RandomChoice(`${settings.seed} killed pulls ${round}`);
      await storm(random, tally);
      await expectWhole();
      if (round % 2 === 1) continue;
      await expectUsable();
      await expectEmptyAfterPrune();
    }
    await expectEmptyAfterPrune();
    console.log(
      `Seed ${settings.seed}: ${JSON.stringify(Object.fromEntries([...tally].sort(([one], [other]) => one.localeCompare(other))))}`,
    );
  });

  /** Commands work and are killed for a while; none is left when it resolves. */
  async function storm(random: RandomChoice, tally: Map<string, number>): Promise<void> {
    const end = new AbortController();
    const clients = Array.from({ length: CLIENTS }, (_, number) => {
      const names = [...trees.keys()];
      return new StormClient({ env: slipway.env, random: random.fork(`client ${number}`), names, killChance: 0.4, tally });
    });
    const work = clients.map((client) => client.work(end.signal).finally(() => end.abort()));
    await delay(ROUND_MS / 2 + random.below(ROUND_MS), undefined, { signal: end.signal }).catch(() => undefined);
    end.abort();
    if (random.chance(DEATHS_AT_ONCE)) for (const client of clients) client.killAll();
    const settled = await Promise.allSettled(work);
    const failed = settled.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw new Error(`Seed ${settings.seed}: a command that was not killed failed`, { cause: failed.reason });
    expect(await listStrays(slipway.home)).toEqual([]);
  }

  /** What is stored is right, and each image that is listed shows the files it should have. */
  async function expectWhole(): Promise<void> {
    await checkContent(slipway.home);
    const listed = (await slipway.run('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n').filter((name) => name !== '');
    for (const name of listed) {
      await slipway.run('image', 'inspect', name);
      expect(await slipwayTree(slipway, name), name).toEqual(trees.get(name.replace(/-again$/, '')));
    }
  }

  async function expectUsable(): Promise<void> {
    for (const [name, tree] of trees) {
      await slipway.run('pull', '-q', name);
      expect(await slipwayTree(slipway, name), name).toEqual(tree);
    }
  }

  async function expectEmptyAfterPrune(): Promise<void> {
    await slipway.run('system', 'prune', '-a', '-f');
    expect(await slipway.run('images', '-q')).toBe('');
    expect(await listRemains(slipway.home)).toEqual([]);
    expect(await listStrays(slipway.home)).toEqual([]);
  }
});
