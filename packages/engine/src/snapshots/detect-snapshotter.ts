import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { isAppError, type Logger, messageOf } from '@slipway/base';
import { engineError } from '../errors.ts';
import type { Home } from '../home.ts';
import type { WorkerEnd, WorkerNamespace } from '../worker/snapshot-workers.ts';
import type { OverlayXattrs } from './mount.ts';
import type { RunSnapshotJob } from './snapshot-jobs.ts';
import type { SnapshotMedium } from './snapshotter.ts';
import { openTryFolder, type TryFolder } from './try-folder.ts';

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

/** `until-changed`: a setting or a program may bring it. */
type TryOutcome =
  | { readonly kind: 'works' }
  | { readonly kind: 'fails'; readonly reason: string; readonly lasts: 'lasting' | 'until-changed' | 'passing' };

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
 * Finds the best way to keep layers in this home by really mounting one there. The answer is remembered in `snapshotter.json` until the kernel, the boot, the
 * user or the filesystem changes, if kernel and filesystem gave it; without namespaces, which a setting may bring back, it is asked for each time.
 * What passes (no room, no memory, a killed process) decides nothing: copies made meanwhile would take the place of layers that are mounted.
 * Errors: SNAPSHOTTER_UNUSABLE when the wish cannot be met, SNAPSHOTTER_UNDECIDED.
 */
export async function detectSnapshotter(options: DetectSnapshotterOptions): Promise<SnapshotterChoice> {
  const file = join(options.home.root, 'snapshotter.json');
  const machine = describeMachine(options);
  const before = recall(file);
  if (before?.machine === machine) return before.choice;
  await using folder = openTryFolder(options.home);
  const { choice, isLasting } = await tryAll(options, folder);
  if (isLasting) remember(file, { value: { machine, choice }, folder });
  options.logger.debug('chose how layers are kept', { ...choice });
  return choice;
}

async function tryAll(options: DetectSnapshotterOptions, folder: TryFolder): Promise<{ choice: SnapshotterChoice; isLasting: boolean }> {
  const { wish = 'auto' } = options;
  const candidates = (process.geteuid?.() === 0 ? ROOT : ORDINARY_USER).filter(({ medium }) => wish === 'auto' || medium === wish);
  const reasons: string[] = [];
  let isLasting = true;
  for (const [position, candidate] of candidates.entries()) {
    const outcome = await tryCandidate(candidate, join(folder.path, String(position)), options);
    if (outcome.kind === 'works') return { choice: { ...candidate, reasons }, isLasting };
    const reason = `${candidate.xattrs === undefined ? candidate.medium : `${candidate.medium} (${candidate.xattrs})`}: ${outcome.reason}`;
    if (outcome.lasts === 'passing') {
      throw engineError(
        'SNAPSHOTTER_UNDECIDED',
        `Cannot find out how layers can be kept in ${JSON.stringify(options.home.root)}: ${reason}`,
      );
    }
    isLasting &&= outcome.lasts === 'lasting';
    reasons.push(reason);
  }
  throw engineError(
    'SNAPSHOTTER_UNUSABLE',
    `Cannot keep layers by ${wish === 'auto' ? 'any means' : wish} in ${JSON.stringify(options.home.root)}: ${reasons.join('; ')}`,
  );
}

async function tryCandidate(
  { xattrs, namespace }: Candidate,
  scratch: string,
  { openWorkers }: DetectSnapshotterOptions,
): Promise<TryOutcome> {
  if (namespace === 'none') return { kind: 'works' };
  mkdirSync(scratch);
  try {
    await using workers = openWorkers(namespace);
    if (xattrs === undefined) {
      await workers.run('measureTree', { folder: scratch });
      return { kind: 'works' };
    }
    const outcome = await workers.run('tryOverlay', { scratch, xattrs });
    return outcome.kind === 'works' ? outcome : { kind: 'fails', reason: outcome.reason, lasts: outcome.isLasting ? 'lasting' : 'passing' };
  } catch (error) {
    return { kind: 'fails', reason: messageOf(error), lasts: hasNoNamespaces(error) ? 'until-changed' : 'passing' };
  }
}

/** Whether `unshare` said so, or is not there. */
function hasNoNamespaces(error: unknown): boolean {
  if (!isAppError(error, 'WORKER_FAILED')) return false;
  const end = error.details as WorkerEnd;
  return end.kind === 'exited' || (end.kind === 'not-started' && (end.systemCode === 'ENOENT' || end.systemCode === 'EACCES'));
}

function describeMachine({ wish = 'auto', home }: DetectSnapshotterOptions): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return [wish, release(), boot, process.geteuid?.() ?? 0, statSync(home.root).dev].join(' ');
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

interface ToRemember {
  readonly value: Remembered;
  /** Where a file may be written that is of no use when this is interrupted. */
  readonly folder: TryFolder;
}

function remember(file: string, { value, folder }: ToRemember): void {
  const temporary = join(folder.path, 'snapshotter.json');
  writeFileSync(temporary, `${JSON.stringify(value)}\n`);
  renameSync(temporary, file);
}
