import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@slipway/base';
import { openTempFolder } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineError } from '../errors.ts';
import { type Home, prepareHome } from '../home.ts';
import type { WorkerEnd, WorkerNamespace } from '../worker/snapshot-workers.ts';
import { detectSnapshotter, type SnapshotterChoice } from './detect-snapshotter.ts';
import type { RunSnapshotJob } from './snapshot-jobs.ts';
import { sweepTryFolders } from './try-folder.ts';
import type { TryOverlayOutcome } from './try-overlay.ts';

const WORKS: TryOverlayOutcome = { kind: 'works' };
const REFUSED: TryOverlayOutcome = { kind: 'fails', reason: 'EINVAL', isLasting: true };
const FULL: TryOverlayOutcome = { kind: 'fails', reason: 'ENOSPC', isLasting: false };
const isRoot = process.geteuid?.() === 0;
const BEST = isRoot ? { medium: 'overlay', xattrs: 'trusted' } : { medium: 'overlay', xattrs: 'user' };

let folder: Awaited<ReturnType<typeof openTempFolder>>;
let home: Home;
/** Of the workers that were asked for. */
let asked: WorkerNamespace[];

beforeEach(async () => {
  folder = await openTempFolder('slipway-detect-');
  home = await prepareHome(folder.path);
  asked = [];
});

afterEach(async () => await folder[Symbol.asyncDispose]());

/** `answer`: what overlay does here, or how the worker ends that is to try it. */
async function detect(answer: TryOverlayOutcome | WorkerEnd, wish?: 'overlay' | 'copy'): Promise<SnapshotterChoice> {
  const run = (async (kind: string) => {
    if (answer.kind !== 'works' && answer.kind !== 'fails') throw engineError('WORKER_FAILED', 'no worker', { details: answer });
    return kind === 'tryOverlay' ? answer : undefined;
  }) as unknown as RunSnapshotJob;
  const openWorkers = (namespace: WorkerNamespace) => {
    asked.push(namespace);
    return { run, [Symbol.asyncDispose]: async () => undefined };
  };
  return await detectSnapshotter({ home, logger: silentLogger, openWorkers, ...(wish === undefined ? {} : { wish }) });
}

/** How often workers were asked for to answer this. */
async function countTries(answer: TryOverlayOutcome | WorkerEnd, wish?: 'overlay' | 'copy'): Promise<number> {
  asked = [];
  await detect(answer, wish);
  return asked.length;
}

describe('detectSnapshotter()', () => {
  it('chooses overlay where it works, and tries it once', async () => {
    expect(await detect(WORKS)).toMatchObject(BEST);
    expect(await countTries(WORKS)).toBe(0);
  });

  it('falls back to copies where kernel or filesystem refuse overlay, and remembers why', async () => {
    const choice = await detect(REFUSED);
    expect(choice).toMatchObject({ medium: 'copy', reasons: expect.arrayContaining([expect.stringMatching(/^overlay .*: EINVAL$/)]) });
    asked = [];
    expect(await detect(WORKS)).toEqual(choice);
    expect(asked).toEqual([]);
  });

  it.each<[string, WorkerEnd]>([
    ['unshare refuses', { kind: 'exited', status: 1 }],
    ['unshare is not installed', { kind: 'not-started', systemCode: 'ENOENT' }],
  ])('falls back to copies when %s, and asks again each time', async (_, end) => {
    expect(await detect(end)).toMatchObject({ medium: 'copy', namespace: 'none' });
    expect(await detect(WORKS)).toMatchObject(BEST);
  });

  it.each<[string, TryOverlayOutcome | WorkerEnd]>([
    ['a full disk', FULL],
    ['a killed worker', { kind: 'killed', signal: 'SIGKILL' }],
    ['a machine without room for a process', { kind: 'not-started', systemCode: 'EAGAIN' }],
  ])('decides nothing on %s', async (_, passing) => {
    await expect(detect(passing)).rejects.toMatchObject({ code: 'SNAPSHOTTER_UNDECIDED', kind: 'unavailable' });
    expect(readdirSync(home.root).filter((name) => name.startsWith('snapshotter') || name.startsWith('try-'))).toEqual([]);
    expect(await detect(WORKS)).toMatchObject(BEST);
  });

  it('takes no copies when overlay was wished, and no overlay when copies were', async () => {
    await expect(detect(REFUSED, 'overlay')).rejects.toMatchObject({ code: 'SNAPSHOTTER_UNUSABLE' });
    expect(await detect(WORKS, 'copy')).toMatchObject({ medium: 'copy' });
  });

  it('tries again when kernel, boot, user, filesystem or wish are others, and when the file is damaged', async () => {
    await detect(WORKS);
    const file = join(home.root, 'snapshotter.json');
    const text = readFileSync(file, 'utf8');
    const { machine } = JSON.parse(text) as { machine: string };
    const parts = machine.split(' ');
    expect(parts).toHaveLength(5);
    for (const position of parts.keys()) {
      writeFileSync(file, text.replace(machine, parts.map((part, at) => (at === position ? 'other' : part)).join(' ')));
      expect(await countTries(WORKS), `part ${position}`).toBe(1);
    }
    for (const damage of ['', '{', 'null', '{"machine":1}', text.slice(0, -5)]) {
      writeFileSync(file, damage);
      expect(await countTries(WORKS), damage).toBe(1);
    }
    expect(await countTries(WORKS)).toBe(0);
  });

  it('leaves nothing behind, and sweepTryFolders() takes what killed commands left', async () => {
    const [abandoned, other] = [mkdtempSync(join(home.root, 'try-')), join(home.root, 'try-it')];
    mkdirSync(other);
    await detect(WORKS);
    expect(readdirSync(home.root).filter((name) => name.startsWith('try-'))).toHaveLength(2);
    sweepTryFolders(home);
    expect(readdirSync(home.root).filter((name) => name.startsWith('try-'))).toEqual(['try-it']);
    expect(readdirSync(home.trash)).toEqual([abandoned.split('/').at(-1)]);
  });
});
