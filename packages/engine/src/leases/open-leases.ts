import type { Clock } from '@slipway/base';
import type { Digest } from '@slipway/oci';
import { engineError } from '../errors.ts';
import type { StateDatabase, StateTransaction } from '../state/state-database.ts';
import { deleteLease } from './delete-lease.ts';
import type { Lease, Leases } from './lease.ts';
import { createLeaseFile, type LeaseFile, loadTakeLock, removeLeaseFile } from './lease-file.ts';

export interface LeasesOptions {
  /** Of the lease files. */
  readonly folder: string;
  readonly state: StateDatabase;
  readonly clock: Clock;
}

export function createLeases(options: LeasesOptions): Leases {
  return { open: (description) => openLease(options, description) };
}

/** The file is locked before the row is written, and unlinked after it is gone: a row without a locked file is dead at any moment. */
async function openLease(options: LeasesOptions, description: string): Promise<Lease> {
  const { folder, state, clock } = options;
  const file = createLeaseFile(folder, await loadTakeLock());
  try {
    await state.write((tx) => {
      tx.run('INSERT INTO lease (id, started_at_ms, description) VALUES (?, ?, ?)', file.id, clock.now(), description);
    });
  } catch (error) {
    removeLeaseFile(folder, file);
    throw error;
  }
  return new FileLease(options, file);
}

class FileLease implements Lease {
  readonly id: string;
  readonly #options: LeasesOptions;
  readonly #file: LeaseFile;
  /** What is held already needs no transaction, and those cost a sync. */
  readonly #held = new Set<string>();
  #uploads = 0;
  #isOpen = true;

  constructor(options: LeasesOptions, file: LeaseFile) {
    this.id = file.id;
    this.#options = options;
    this.#file = file;
  }

  async holdContent(digests: readonly Digest[]): Promise<void> {
    await this.#hold(digests, (tx, digest) => {
      tx.run('INSERT OR IGNORE INTO lease_content (lease_id, digest) VALUES (?, ?)', this.id, digest);
    });
  }

  async holdSnapshot(id: string): Promise<void> {
    await this.#hold([id], (tx) => {
      tx.run('INSERT OR IGNORE INTO lease_snapshot (lease_id, snapshot_id) VALUES (?, ?)', this.id, id);
    });
  }

  nextUploadId(): string {
    this.#refuseClosed();
    return `${this.id}-${++this.#uploads}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.#options.state.write((tx) => deleteLease(tx, this.id));
    } finally {
      // Without its lock, the lease is dead to others even if its row could not be deleted.
      removeLeaseFile(this.#options.folder, this.#file);
    }
  }

  async #hold(names: readonly string[], insert: (tx: StateTransaction, name: string) => void): Promise<void> {
    this.#refuseClosed();
    const missing = names.filter((name) => !this.#held.has(name));
    if (missing.length === 0) return;
    await this.#options.state.write((tx) => {
      for (const name of missing) insert(tx, name);
    });
    for (const name of missing) this.#held.add(name);
  }

  #refuseClosed(): void {
    if (!this.#isOpen) throw engineError('LEASE_CLOSED', `Cannot use lease "${this.id}": it has ended`);
  }
}
