import { isDigest } from '@slipway/oci';
import { sql } from 'kysely';
import type { RegistryParts } from '../dependencies.ts';
import { followersOf } from './followers.ts';
import type { GcOptions, GcReport } from './options.ts';
import { type Membership, untaggedManifests } from './transactions.ts';

/** Rows looked at in one go: a slice stays near 5 ms, and requests get their turn between slices. */
const SLICE = 500;

/** Rows changed in one transaction. */
const BATCH = 50;

type Counts = { -readonly [Key in 'manifests' | 'memberships' | 'blobs' | 'bytes' | 'orphans' | 'uploads']: number };

interface Run {
  readonly options: GcOptions;
  readonly startedAt: number;
  /** Promises made at or before this moment are over. */
  readonly keptBefore: number;
  readonly counts: Counts;
  /** What a dry run would have deleted, by `<repository id> <digest>`. */
  readonly doomedManifests: Map<string, Membership>;
  readonly doomedMemberships: Set<string>;
  readonly signal: AbortSignal | undefined;
}

export interface CollectorOptions {
  readonly parts: RegistryParts;
  /** Upload sessions without progress for this long are purged. */
  readonly uploadExpiryMs: number;
}

/**
 * Garbage collection beside pushes and pulls. Roots are tags and every manifest that nobody deleted. It looks on the reading connection and
 * deletes in small transactions that check again; a promise that was renewed meanwhile wins. Bytes go under the lock of their digest, after
 * their record. One run at a time: a second call waits.
 */
export function createCollector({ parts, uploadExpiryMs }: CollectorOptions) {
  const { blobs, clock, database } = parts;
  let last: Promise<unknown> = Promise.resolve();

  function collect(options: GcOptions, { signal }: { readonly signal?: AbortSignal } = {}): Promise<GcReport> {
    const run = last.then(() => collectNow(options, signal));
    last = run.catch(() => undefined);
    return run;
  }

  async function collectNow(options: GcOptions, signal: AbortSignal | undefined): Promise<GcReport> {
    const startedAt = clock.now();
    const begun = clock.monotonicMs();
    const run: Run = {
      options,
      startedAt,
      keptBefore: startedAt - options.graceSeconds * 1000,
      counts: { manifests: 0, memberships: 0, blobs: 0, bytes: 0, orphans: 0, uploads: 0 },
      doomedManifests: new Map(),
      doomedMemberships: new Set(),
      signal,
    };
    if (options.untaggedOlderThanSeconds !== undefined) await removeUntagged(run, startedAt - options.untaggedOlderThanSeconds * 1000);
    await forgetMemberships(run);
    await sweepBlobs(run);
    await sweepOrphans(run);
    await purgeUploads(run);
    return {
      dryRun: options.dryRun,
      graceSeconds: options.graceSeconds,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: Math.round(clock.monotonicMs() - begun),
      ...run.counts,
    };
  }

  /** Round after round, since a deleted index frees its children and a deleted subject its referrers. */
  async function removeUntagged(run: Run, untaggedBefore: number): Promise<void> {
    let before: number;
    do {
      before = run.counts.manifests;
      let after = { repositoryId: 0, digest: '' };
      for (;;) {
        await pause(run);
        const found = await untaggedManifests(database.reader, untaggedBefore)
          .where(sql<boolean>`(m.repository_id, m.digest) > (${after.repositoryId}, ${after.digest})`)
          .orderBy('m.repository_id')
          .orderBy('m.digest')
          .limit(SLICE)
          .execute();
        const last = found.at(-1);
        if (last === undefined) break;
        after = { repositoryId: last.repositoryId, digest: last.digest };
        run.counts.manifests += await takeManifests(run, found, untaggedBefore);
      }
    } while (!run.options.dryRun && run.counts.manifests > before);
    if (run.options.dryRun) await doomFollowers(run, untaggedBefore);
    else if (run.counts.manifests > 0) parts.onEvent();
  }

  async function takeManifests(run: Run, found: readonly Membership[], untaggedBefore: number): Promise<number> {
    if (run.options.dryRun) {
      for (const manifest of found) run.doomedManifests.set(keyOf(manifest), manifest);
      return found.length;
    }
    let removed = 0;
    for (const batch of batchesOf(found)) {
      const manifests = batch.map(({ repositoryId, digest }) => ({ repositoryId, digest }));
      // As of the start: with a grace period of 0 this run is to free what they needed.
      removed += await database.write('registry.removeUntagged', { manifests, untaggedBefore, at: run.startedAt });
    }
    return removed;
  }

  /** In a dry run: what a real run would find in its later rounds. A `Map` also yields what is added while it is walked. */
  async function doomFollowers(run: Run, untaggedBefore: number): Promise<void> {
    const doomed = run.doomedManifests;
    for (const gone of doomed.values()) {
      run.signal?.throwIfAborted();
      const options = {
        gone,
        untaggedBefore,
        removedAt: run.startedAt,
        isGone: (digest: string) => doomed.has(keyOf({ ...gone, digest })),
      };
      for (const follower of await followersOf(database.reader, options)) doomed.set(keyOf(follower), follower);
    }
    run.counts.manifests = doomed.size;
  }

  async function forgetMemberships(run: Run): Promise<void> {
    let after = { repositoryId: 0, digest: '' };
    for (;;) {
      await pause(run);
      const rows = await oldMemberships(run, after);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = { repositoryId: last.repositoryId, digest: last.digest };
      const free: Membership[] = [];
      for (const row of rows)
        if (row.needed === 0 || (await isDoomed(run, row))) free.push({ repositoryId: row.repositoryId, digest: row.digest });
      if (run.options.dryRun) {
        for (const membership of free) run.doomedMemberships.add(keyOf(membership));
        run.counts.memberships += free.length;
        continue;
      }
      for (const memberships of batchesOf(free)) {
        run.counts.memberships += await database.write('registry.forgetMemberships', { memberships, keptBefore: run.keptBefore });
      }
    }
  }

  function oldMemberships(run: Run, after: Membership) {
    return database.reader
      .selectFrom('repository_blobs as m')
      .select([
        'm.repository_id as repositoryId',
        'm.digest',
        sql<number>`exists (select 1 from manifest_references p where p.repository_id = m.repository_id and p.target = m.digest)`.as(
          'needed',
        ),
      ])
      .where('m.kept_from', '<=', run.keptBefore)
      .where(sql<boolean>`(m.repository_id, m.digest) > (${after.repositoryId}, ${after.digest})`)
      .orderBy('m.repository_id')
      .orderBy('m.digest')
      .limit(SLICE)
      .execute();
  }

  /** In a dry run without grace: whether only manifests that would be deleted need it. With grace a real run would keep it this time. */
  async function isDoomed(run: Run, membership: Membership): Promise<boolean> {
    if (run.doomedManifests.size === 0 || run.options.graceSeconds > 0) return false;
    const parents = await database.reader
      .selectFrom('manifest_references')
      .select('manifest')
      .where('repository_id', '=', membership.repositoryId)
      .where('target', '=', membership.digest)
      .execute();
    return parents.every((parent) => run.doomedManifests.has(keyOf({ repositoryId: membership.repositoryId, digest: parent.manifest })));
  }

  async function sweepBlobs(run: Run): Promise<void> {
    let after = '';
    for (;;) {
      await pause(run);
      const rows = await database.reader
        .selectFrom('blobs as b')
        .select(['b.digest', 'b.size', sql<number>`exists (select 1 from repository_blobs m where m.digest = b.digest)`.as('held')])
        .where('b.kept_from', '<=', run.keptBefore)
        .where('b.digest', '>', after)
        .orderBy('b.digest')
        .limit(SLICE)
        .execute();
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.digest;
      for (const row of rows) {
        if (row.held === 0) await sweepBlob(run, row);
        else if (run.options.dryRun && (await wouldBeFree(run, row.digest))) await sweepBlob(run, row);
      }
    }
  }

  async function wouldBeFree(run: Run, digest: string): Promise<boolean> {
    if (run.doomedMemberships.size === 0) return false;
    const holders = await database.reader
      .selectFrom('repository_blobs')
      .select(['repository_id as repositoryId', 'digest'])
      .where('digest', '=', digest)
      .execute();
    return holders.every((holder) => run.doomedMemberships.has(keyOf(holder)));
  }

  async function sweepBlob(run: Run, blob: { readonly digest: string; readonly size: number }): Promise<void> {
    const { digest } = blob;
    if (!isDigest(digest)) return;
    if (run.options.dryRun) {
      run.counts.blobs += 1;
      run.counts.bytes += blob.size;
      return;
    }
    await parts.digestLocks.run(digest, async () => {
      const forgotten = await database.write('registry.forgetBlobs', { digests: [digest], keptBefore: run.keptBefore });
      if (forgotten.length === 0) return;
      run.counts.blobs += 1;
      run.counts.bytes += await blobs.delete(digest);
    });
  }

  async function sweepOrphans(run: Run): Promise<void> {
    for await (const { digest, sizeBytes, storedAtMs } of blobs.walk(run.signal === undefined ? {} : { signal: run.signal })) {
      if (storedAtMs > run.keptBefore || (await isRecorded(digest))) continue;
      // A dry run has already counted what has a record; these have none.
      if (run.options.dryRun) {
        run.counts.orphans += 1;
        run.counts.bytes += sizeBytes;
        continue;
      }
      await parts.digestLocks.run(digest, async () => {
        // An upload of the same digest may have been recorded while we waited.
        if (await isRecorded(digest)) return;
        run.counts.orphans += 1;
        run.counts.bytes += await blobs.delete(digest);
      });
    }
  }

  async function isRecorded(digest: string): Promise<boolean> {
    const row = await database.reader.selectFrom('blobs').select('digest').where('digest', '=', digest).executeTakeFirst();
    return row !== undefined;
  }

  async function purgeUploads(run: Run): Promise<void> {
    for await (const { id, updatedAtMs } of blobs.walkUploads()) {
      if (updatedAtMs > run.startedAt - uploadExpiryMs) continue;
      if (run.options.dryRun || (await blobs.cancelUpload(id))) run.counts.uploads += 1;
    }
  }

  return { collect };
}

function keyOf(membership: Membership): string {
  return `${membership.repositoryId} ${membership.digest}`;
}

function* batchesOf<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += BATCH) yield rows.slice(start, start + BATCH);
}

/** Lets waiting requests through between slices, and ends a run that nobody wants any more. */
async function pause(run: Run): Promise<void> {
  run.signal?.throwIfAborted();
  await new Promise((resolve) => setImmediate(resolve));
}
