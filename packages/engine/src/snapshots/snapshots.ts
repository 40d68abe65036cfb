import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { type Clock, systemCodeOf } from '@slipway/base';
import type { Digest } from '@slipway/oci';
import { chainIdsOf } from '@slipway/oci/node';
import { engineError } from '../errors.ts';
import type { Home } from '../home.ts';
import type { Lease } from '../leases/lease.ts';
import { randomId } from '../state/random-id.ts';
import type { StateDatabase } from '../state/state-database.ts';
import { removeXattr } from '../system/xattrs.ts';
import { keysOf } from './layer-key.ts';
import type { Mount, OverlayXattrs } from './mount.ts';
import { mountsOfOverlay, topFirst } from './overlay-mounts.ts';
import { SnapshotCommitter } from './snapshot-committer.ts';
import { filesOf, linkOf, makeEmptyFolder, makeSnapshotFolder, moveToTrash, workOf } from './snapshot-folders.ts';
import type { RunSnapshotJob } from './snapshot-jobs.ts';
import { deleteSnapshot, insertActive, isCommitted, readSnapshots } from './snapshot-rows.ts';
import type {
  ActiveSnapshot,
  CommitLayer,
  PrepareOptions,
  SnapshotChain,
  SnapshotCommit,
  SnapshotMedium,
  SnapshotRef,
  Snapshotter,
  SnapshotUsage,
} from './snapshotter.ts';

export interface SnapshotsOptions {
  readonly home: Home;
  readonly state: StateDatabase;
  readonly clock: Clock;
  readonly medium: SnapshotMedium;
  /** Of an overlay: `trusted` when absent. */
  readonly xattrs?: OverlayXattrs;
  readonly runJob: RunSnapshotJob;
}

export function createSnapshots(options: SnapshotsOptions): Snapshotter {
  return new Snapshots(options);
}

class Snapshots implements Snapshotter {
  readonly medium: SnapshotMedium;
  readonly xattrs?: OverlayXattrs;
  readonly #options: SnapshotsOptions;
  readonly #committer: SnapshotCommitter;

  constructor(options: SnapshotsOptions) {
    this.medium = options.medium;
    if (options.medium === 'overlay') this.xattrs = options.xattrs ?? 'trusted';
    this.#options = options;
    this.#committer = new SnapshotCommitter(options);
  }

  openChain(diffIds: readonly Digest[]): SnapshotChain {
    const chainIds = chainIdsOf(diffIds);
    const keys = chainIds.map((chainId, position) => keysOf(this.medium, { chainId, diffId: diffIds[position] ?? chainId }));
    const found = readSnapshots(this.#options.state, this.medium, keys.flat());
    const layers = keys.map((candidates) => {
      const row = candidates.map((key) => found.get(key)).find((row) => row !== undefined);
      return row === undefined
        ? undefined
        : { ...row, folder: filesOf(this.#options.home, row.id), link: linkOf(this.#options.home, row.id) };
    });
    return { layers, missing: layers.flatMap((layer, position) => (layer === undefined ? [position] : [])) };
  }

  async holdChain(diffIds: readonly Digest[], lease: Lease): Promise<SnapshotChain> {
    const held = new Set<string>();
    for (;;) {
      const chain = this.openChain(diffIds);
      const fresh = chain.layers.flatMap((layer) => (layer === undefined || held.has(layer.id) ? [] : [layer.id]));
      if (fresh.length === 0) return chain;
      // Between the look and the hold it may have been collected: only what is seen after the hold is certain.
      for (const id of fresh) {
        await lease.holdSnapshot(id);
        held.add(id);
      }
    }
  }

  async prepare({ parents, lease, signal }: PrepareOptions): Promise<ActiveSnapshot> {
    signal?.throwIfAborted();
    const below = await this.#requireChain(parents, lease);
    const id = await this.#createActive(lease);
    try {
      return this.medium === 'copy' ? await this.#prepareCopy(id, below, signal) : this.#prepareOverlay(id, below);
    } catch (error) {
      await this.#removeById(id);
      throw error;
    }
  }

  async view(diffIds: readonly Digest[], lease?: Lease): Promise<readonly Mount[]> {
    const layers = await this.#requireChain(diffIds, lease);
    const top = layers.at(-1);
    if (top === undefined) return [{ type: 'bind', folder: makeEmptyFolder(this.#options.home), isReadOnly: true }];
    if (this.medium === 'copy') return [{ type: 'bind', folder: top.folder, isReadOnly: true }];
    return mountsOfOverlay({ lowers: this.#linksOf(layers), xattrs: this.xattrs ?? 'trusted' });
  }

  async commit(active: ActiveSnapshot, layer: CommitLayer): Promise<SnapshotRef> {
    const [ref] = await this.commitAll([{ active, layer }]);
    if (ref === undefined) throw gone(active.id);
    return ref;
  }

  async commitAll(commits: readonly SnapshotCommit[]): Promise<readonly SnapshotRef[]> {
    return await this.#committer.commitAll(commits);
  }

  async remove(active: ActiveSnapshot): Promise<void> {
    await this.#removeById(active.id);
  }

  async usage(active: ActiveSnapshot, options: { readonly signal?: AbortSignal } = {}): Promise<SnapshotUsage> {
    return await this.#options.runJob('measureTree', { folder: active.folder }, options);
  }

  async #requireChain(diffIds: readonly Digest[], lease: Lease | undefined): Promise<readonly SnapshotRef[]> {
    const chain = lease === undefined ? this.openChain(diffIds) : await this.holdChain(diffIds, lease);
    return chain.layers.map((layer, position) => {
      if (layer !== undefined) return layer;
      throw engineError(
        'SNAPSHOT_MISSING',
        `Cannot use the files of layer ${position + 1} of ${diffIds.length} (${diffIds[position] ?? ''}): it is not unpacked`,
      );
    });
  }

  async #createActive(lease: Lease): Promise<string> {
    for (;;) {
      const id = randomId();
      await lease.holdSnapshot(id);
      const row = { id, medium: this.medium, createdAtMs: this.#options.clock.now() };
      await this.#options.state.write((transaction) => insertActive(transaction, row));
      // The row comes first: a folder without a row would never be found again.
      if (makeSnapshotFolder(this.#options.home, id)) return id;
      await this.#options.state.write((transaction) => deleteSnapshot(transaction, id));
    }
  }

  #prepareOverlay(id: string, below: readonly SnapshotRef[]): ActiveSnapshot {
    const { home } = this.#options;
    const folder = filesOf(home, id);
    const workFolder = workOf(home, id);
    makeRoot(folder, below.at(-1)?.folder);
    mkdirSync(workFolder, { mode: 0o700 });
    const layers = { lowers: this.#linksOf(below), upper: folder, work: workFolder, xattrs: this.xattrs ?? 'trusted' };
    const lowers = topFirst(below.map((layer) => layer.folder));
    return { id, folder, link: linkOf(home, id), workFolder, lowers, mounts: mountsOfOverlay(layers) };
  }

  async #prepareCopy(id: string, below: readonly SnapshotRef[], signal: AbortSignal | undefined): Promise<ActiveSnapshot> {
    const folder = filesOf(this.#options.home, id);
    const parent = below.at(-1);
    if (parent === undefined) makeRoot(folder, undefined);
    else await this.#options.runJob('copyTree', { from: parent.folder, to: folder }, signal === undefined ? {} : { signal });
    return { id, folder, link: linkOf(this.#options.home, id), lowers: [], mounts: [{ type: 'bind', folder, isReadOnly: false }] };
  }

  #linksOf(layers: readonly SnapshotRef[]): string[] {
    return topFirst(layers.map((layer) => layer.link));
  }

  /** The files first: on a full disk the state can be written only when they are gone. */
  async #removeById(id: string): Promise<void> {
    const { home, state, runJob } = this.#options;
    // What was committed may be somebody else's layer by now.
    if (isCommitted(state, id)) return;
    await runJob('removeTree', { folder: moveToTrash(home, id) });
    await state.write((transaction) => deleteSnapshot(transaction, id));
  }
}

/** The root of the mounted tree takes mode and owner from the upper folder: they shall be the ones from below. */
function makeRoot(folder: string, below: string | undefined): void {
  mkdirSync(folder);
  dropAcls(folder);
  const like = below === undefined ? { mode: 0o755, uid: 0, gid: 0 } : statSync(below);
  // Only the host's root gives files away; in a user namespace everything here belongs to its owner.
  if (process.geteuid?.() === 0) chownSync(folder, like.uid, like.gid);
  chmodSync(folder, like.mode & 0o7777);
}

/** A home may lie where folders pass rights on: files of layers would get them in place of their own. */
function dropAcls(folder: string): void {
  try {
    for (const kind of ['access', 'default']) removeXattr(folder, `system.posix_acl_${kind}`);
  } catch (error) {
    // The filesystem has none.
    if (systemCodeOf(error) !== 'EOPNOTSUPP') throw error;
  }
}

function gone(id: string): Error {
  return engineError('SNAPSHOT_GONE', `Cannot keep the files of snapshot ${id}: they were removed meanwhile`);
}
