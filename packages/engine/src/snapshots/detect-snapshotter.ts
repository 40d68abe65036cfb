import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { type Logger, messageOf } from '@slipway/base';
import { engineError } from '../errors.ts';
import type { Home } from '../home.ts';
import type { WorkerNamespace } from '../worker/snapshot-workers.ts';
import type { OverlayXattrs } from './mount.ts';
import { removeTree } from './remove-tree.ts';
import type { RunSnapshotJob } from './snapshot-jobs.ts';
import type { SnapshotMedium } from './snapshotter.ts';

/** How layers are kept on this machine, and what the processes that work on them need of their own. */
export interface SnapshotterChoice {
  readonly medium: SnapshotMedium;
  /** Of an overlay. */
  readonly xattrs?: OverlayXattrs;
  readonly namespace: WorkerNamespace;
  /** Why it is nothing better. */
  readonly reasons: readonly string[];
}

export interface SnapshotWorkersToTry extends AsyncDisposable {
  readonly run: RunSnapshotJob;
}

export interface DetectSnapshotterOptions {
  readonly home: Home;
  readonly logger: Logger;
  readonly openWorkers: (namespace: WorkerNamespace) => SnapshotWorkersToTry;
  /** `auto` when absent: overlay where it works, else copies. */
  readonly wish?: SnapshotMedium | 'auto';
}

interface Remembered {
  /** Everything that the answer depends on. */
  readonly machine: string;
  readonly choice: SnapshotterChoice;
}

type Candidate = Omit<SnapshotterChoice, 'reasons'>;

const SCRATCH = 'try-';

const ROOT: readonly Candidate[] = [
  { medium: 'overlay', xattrs: 'trusted', namespace: 'mount' },
  { medium: 'overlay', xattrs: 'user', namespace: 'mount' },
  { medium: 'copy', namespace: 'none' },
];
const ORDINARY_USER: readonly Candidate[] = [
  { medium: 'overlay', xattrs: 'user', namespace: 'user' },
  { medium: 'copy', namespace: 'user' },
  { medium: 'copy', namespace: 'none' },
];

/**
 * Finds the best way to keep layers in this home by really mounting one there; remembered in `snapshotter.json` until the kernel, the boot or the user changes.
 * Errors: SNAPSHOTTER_UNUSABLE when the wish cannot be met.
 */
export async function detectSnapshotter(options: DetectSnapshotterOptions): Promise<SnapshotterChoice> {
  const file = join(options.home.root, 'snapshotter.json');
  const machine = describeMachine(options.wish ?? 'auto');
  const before = recall(file);
  if (before?.machine === machine) return before.choice;
  const choice = await tryAll(options);
  remember(file, { machine, choice });
  options.logger.debug('chose how layers are kept', { ...choice });
  return choice;
}

async function tryAll(options: DetectSnapshotterOptions): Promise<SnapshotterChoice> {
  const { wish = 'auto' } = options;
  const candidates = (process.geteuid?.() === 0 ? ROOT : ORDINARY_USER).filter(({ medium }) => wish === 'auto' || medium === wish);
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const reason = await whyNot(candidate, options);
    if (reason === undefined) return { ...candidate, reasons };
    reasons.push(`${candidate.xattrs === undefined ? candidate.medium : `${candidate.medium} (${candidate.xattrs})`}: ${reason}`);
  }
  throw engineError(
    'SNAPSHOTTER_UNUSABLE',
    `Cannot keep layers by ${wish === 'auto' ? 'any means' : wish} in ${JSON.stringify(options.home.root)}: ${reasons.join('; ')}`,
  );
}

/** Why a candidate does not work here; undefined when it does. */
async function whyNot({ xattrs, namespace }: Candidate, { home, openWorkers }: DetectSnapshotterOptions): Promise<string | undefined> {
  if (namespace === 'none') return undefined;
  const scratch = makeScratch(home);
  try {
    await using workers = openWorkers(namespace);
    for (const folder of abandonedScratches(home)) await removeTree({ folder });
    if (xattrs === undefined) {
      await workers.run('measureTree', { folder: scratch });
      return undefined;
    }
    const outcome = await workers.run('tryOverlay', { scratch, xattrs });
    return outcome.kind === 'works' ? undefined : outcome.reason;
  } catch (error) {
    // Without the right to make namespaces no worker comes up.
    return messageOf(error);
  } finally {
    await removeTree({ folder: scratch });
  }
}

/** Not in the trash, which other commands empty meanwhile. */
function makeScratch(home: Home): string {
  return mkdtempSync(join(home.root, `${SCRATCH}${process.pid}-`));
}

/** Those of processes that are no more. */
function abandonedScratches(home: Home): string[] {
  const names = readdirSync(home.root).filter((name) => name.startsWith(SCRATCH));
  return names.filter((name) => !existsSync(`/proc/${parseInt(name.slice(SCRATCH.length), 10)}`)).map((name) => join(home.root, name));
}

function describeMachine(wish: string): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return [wish, release(), boot, process.geteuid?.() ?? 0].join(' ');
}

function recall(file: string): Remembered | undefined {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Remembered> | null;
    if (typeof value?.machine !== 'string' || typeof value.choice?.medium !== 'string') return undefined;
    return { machine: value.machine, choice: value.choice };
  } catch {
    // Not there yet, or cut short by a power failure: tried again.
    return undefined;
  }
}

function remember(file: string, value: Remembered): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(value)}\n`);
  renameSync(temporary, file);
}
