import { pipeline } from 'node:stream/promises';
import { algorithmOf, type Digest, isDigest } from '@slipway/oci';
import { createDigester, digestBytes } from '@slipway/oci/node';
import type { RegistryParts } from '../dependencies.ts';
import { listLostBlobs, listLostManifests } from './lost-content.ts';

export interface VerifyOptions {
  /** Take damaged content out of sight, so that a push stores it anew. False only reports. */
  readonly quarantine: boolean;
}

export interface Damage {
  readonly digest: string;
  readonly kind: 'blob' | 'manifest';
  readonly problem: 'missing' | 'corrupt';
  /** Repositories that have it, in the order of their names, 20 at most. */
  readonly repositories: readonly string[];
}

export interface VerifyReport {
  readonly blobs: number;
  readonly manifests: number;
  readonly bytes: number;
  readonly damaged: readonly Damage[];
  readonly quarantined: boolean;
  readonly durationMs: number;
}

const SLICE = 100;

/** Reads everything that is stored and computes its digest anew. Runs beside pushes and pulls; takes as long as the disk needs. */
export function createVerifier(parts: RegistryParts) {
  const { blobs, clock, database } = parts;

  async function verify(options: VerifyOptions, { signal }: { readonly signal?: AbortSignal } = {}): Promise<VerifyReport> {
    const begun = clock.monotonicMs();
    const report = { blobs: 0, manifests: 0, bytes: 0, damaged: await lostContent() };
    for await (const { digest, size } of recordedBlobs()) {
      signal?.throwIfAborted();
      report.blobs += 1;
      report.bytes += size;
      const damage = await checkBlob(digest, { size, quarantine: options.quarantine, signal });
      if (damage !== undefined) report.damaged.push(damage);
    }
    for await (const { digest, bytes } of manifestContents()) {
      signal?.throwIfAborted();
      report.manifests += 1;
      report.bytes += bytes.length;
      if (digestBytes(bytes, algorithmOf(digest)) === digest) continue;
      report.damaged.push({ digest, kind: 'manifest', problem: 'corrupt', repositories: await manifestHolders(digest) });
      if (!options.quarantine) continue;
      await database.write('registry.loseManifestContent', { digest });
      parts.manifestBytes.delete(digest);
    }
    return { ...report, quarantined: options.quarantine, durationMs: Math.round(clock.monotonicMs() - begun) };
  }

  /** What an earlier run took out of sight, or a fault of the database lost, stays damage until it is pushed again. */
  async function lostContent(): Promise<Damage[]> {
    const lost: Damage[] = [];
    for (const digest of await listLostBlobs(database.reader)) {
      lost.push({ digest, kind: 'blob', problem: 'missing', repositories: await blobHolders(digest) });
    }
    for (const digest of await listLostManifests(database.reader)) {
      lost.push({ digest, kind: 'manifest', problem: 'missing', repositories: await manifestHolders(digest) });
    }
    return lost;
  }

  async function* recordedBlobs(): AsyncGenerator<{ digest: Digest; size: number }> {
    for (let after = ''; ; ) {
      const rows = await database.reader
        .selectFrom('blobs')
        .select(['digest', 'size'])
        .where('digest', '>', after)
        .orderBy('digest')
        .limit(SLICE)
        .execute();
      for (const { digest, size } of rows) if (isDigest(digest)) yield { digest, size };
      after = rows.at(-1)?.digest ?? '';
      if (rows.length < SLICE) return;
    }
  }

  async function* manifestContents(): AsyncGenerator<{ digest: Digest; bytes: Uint8Array }> {
    for (let after = ''; ; ) {
      const row = await database.reader
        .selectFrom('manifest_contents')
        .select(['digest', 'bytes'])
        .where('digest', '>', after)
        .orderBy('digest')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return;
      if (isDigest(row.digest)) yield { digest: row.digest, bytes: row.bytes };
      after = row.digest;
    }
  }

  interface Check {
    readonly size: number;
    readonly quarantine: boolean;
    readonly signal: AbortSignal | undefined;
  }

  async function checkBlob(digest: Digest, check: Check): Promise<Damage | undefined> {
    if ((await problemOf(digest, check)) === undefined) return undefined;
    // Again under the lock: a push may have replaced or a sweep taken it while we read.
    return await parts.digestLocks.run(digest, async () => {
      const problem = await problemOf(digest, check);
      const recorded = await database.reader.selectFrom('blobs').select('digest').where('digest', '=', digest).executeTakeFirst();
      if (problem === undefined || recorded === undefined) return undefined;
      const repositories = await blobHolders(digest);
      if (check.quarantine) {
        await database.write('registry.loseBlob', { digest });
        if (problem === 'corrupt') await blobs.quarantine(digest);
      }
      return { digest, kind: 'blob', problem, repositories };
    });
  }

  async function problemOf(digest: Digest, check: Check): Promise<Damage['problem'] | undefined> {
    await using blob = await blobs.open(digest);
    if (blob === undefined) return 'missing';
    if (blob.sizeBytes !== check.size) return 'corrupt';
    const digester = createDigester(algorithmOf(digest));
    try {
      await pipeline(
        blob.stream(),
        async (source: AsyncIterable<Buffer>) => {
          for await (const chunk of source) digester.update(chunk);
        },
        check.signal === undefined ? {} : { signal: check.signal },
      );
    } catch (error) {
      check.signal?.throwIfAborted();
      parts.logger.error('A blob cannot be read', { digest, error: String(error) });
      return 'corrupt';
    }
    return digester.digest() === digest ? undefined : 'corrupt';
  }

  async function blobHolders(digest: string): Promise<string[]> {
    const rows = await database.reader
      .selectFrom('repository_blobs as m')
      .innerJoin('repositories as r', 'r.id', 'm.repository_id')
      .select('r.name')
      .where('m.digest', '=', digest)
      .orderBy('r.name')
      .limit(20)
      .execute();
    return rows.map((row) => row.name);
  }

  async function manifestHolders(digest: string): Promise<string[]> {
    const rows = await database.reader
      .selectFrom('manifests as m')
      .innerJoin('repositories as r', 'r.id', 'm.repository_id')
      .select('r.name')
      .where('m.digest', '=', digest)
      .orderBy('r.name')
      .limit(20)
      .execute();
    return rows.map((row) => row.name);
  }

  return { verify };
}
