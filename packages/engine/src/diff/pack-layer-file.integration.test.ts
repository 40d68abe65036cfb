import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { findIgzip } from '@slipway/oci/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findIsal } from '../system/isal.ts';
import { SnapshotWorkers } from '../worker/snapshot-workers.ts';
import type { DiffInput } from './diff-job.ts';
import { diffLayer } from './diff-layer.ts';

const WORKER = new URL('../worker/testing/worker-entry.ts', import.meta.url);
const igzip = await findIgzip(process.env['PATH'] ?? '');
const isMissing = igzip === undefined || findIsal() === undefined;
const skipped = isMissing ? ' [skipped: ISA-L is not installed, Debian package isal]' : '';

let base: string;
let workers: SnapshotWorkers;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'slipway-pack-'));
  workers = new SnapshotWorkers({ worker: WORKER, count: 1, namespace: 'none', searchPath: process.env['PATH'] ?? '' });
});
afterEach(async () => {
  await workers[Symbol.asyncDispose]();
  rmSync(base, { recursive: true, force: true });
});

/** A diff of a folder with a file of that size. */
function diffOf(name: string, sizeBytes: number, level = 1): DiffInput {
  const folder = join(base, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'small'), 'some text');
  writeFileSync(join(folder, 'large'), Buffer.alloc(sizeBytes, 'all work and no play makes a layer. '));
  writeFileSync(join(folder, 'noise'), Buffer.from(Array.from({ length: sizeBytes / 10 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 24)));
  return { source: { kind: 'compare', folder }, output: join(base, `${name}.gz`), compression: { kind: 'gzip', level }, igzip };
}

describe.skipIf(isMissing)(`the diff job in a worker, by ISA-L${skipped}`, () => {
  it('makes the very blob that igzip makes', async () => {
    for (const [name, sizeBytes, level] of [
      ['small', 1000, 1],
      ['large', 5_000_000, 1],
      ['again', 3_000_000, 3],
    ] as const) {
      const input = diffOf(name, sizeBytes, level);
      const ours = await workers.run('diff', input);
      const blob = readFileSync(input.output);
      const theirs = await diffLayer(input, { signal: new AbortController().signal, progress: () => undefined });
      expect(ours).toEqual(theirs);
      expect(blob.equals(readFileSync(input.output))).toBe(true);
      expect(gunzipSync(blob).length).toBe(ours.diffSizeBytes);
    }
  });

  it('passes on that the file cannot be written, and goes on', async () => {
    for (const sizeBytes of [1000, 5_000_000]) {
      const input = diffOf(`size-${sizeBytes}`, sizeBytes);
      const lost = { ...input, output: join(base, 'missing', 'layer') };
      await expect(workers.run('diff', lost)).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(workers.run('diff', { ...input, output: '/dev/full' })).rejects.toMatchObject({ code: 'ENOSPC' });
      expect((await workers.run('diff', input)).entries).toBe(3);
    }
  });

  it('stops when aborted, and goes on', async () => {
    const input = diffOf('tree', 5_000_000);
    const abort = new AbortController();
    const options = { signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) };
    await expect(workers.run('diff', input, options)).rejects.toThrow('enough');
    expect((await workers.run('diff', input)).entries).toBe(3);
  });
});
