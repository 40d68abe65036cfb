import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshotWorkers } from '@slipway/engine/worker';
import { findIgzip } from '@slipway/oci/node';
import { median } from '../median.ts';

// `node bench/layers/diff.ts [FOLDER]`: makes a layer of a folder (about 400 MB copied from /usr when none is named), and does the same with GNU tar and
// igzip (gzip where that is missing). Both force their file to disk; ours also takes two digests on the way. Times are of the wall clock, the files are in memory.

const ROUNDS = 5;
/** The fastest of gzip's, which `igzip` has too. */
const LEVEL = 1;
const WANTED_BYTES = 400 * 1024 * 1024;
const CANDIDATES = ['bin', 'lib/python3', 'lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu', 'share', 'lib', 'sbin'];

const worker = new URL('../../apps/cli/src/snapshot-worker.ts', import.meta.url);
const searchPath = process.env['PATH'] ?? '';

function copyOfUsr(target: string): string {
  mkdirSync(target);
  for (const path of CANDIDATES) {
    if (sizeOf(target) >= WANTED_BYTES) break;
    execFileSync('sh', ['-c', 'cd /usr && [ ! -d "$1" ] || cp -a --parents "$1" "$2"', 'sh', path, target]);
  }
  return target;
}

function sizeOf(folder: string): number {
  return Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t', 1)[0]);
}

interface Work {
  readonly folder: string;
  readonly output: string;
  readonly igzip: string | undefined;
}

/** Seconds, the median of several rounds after one that is not counted. */
async function time(run: () => unknown): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now();
    await run();
    if (round > 0) seconds.push((performance.now() - started) / 1000);
  }
  return median(seconds);
}

function print(what: string, seconds: number, sizeBytes: number): void {
  console.log(`${what.padEnd(40)} ${seconds.toFixed(2)} s, ${(sizeBytes / 1e6).toFixed(0)} MB`);
}

async function ours(workers: SnapshotWorkers, { folder, output, igzip }: Work): Promise<void> {
  await workers.run('diff', { source: { kind: 'compare', folder }, output, compression: { kind: 'gzip', level: LEVEL }, igzip });
}

function theirs({ folder, output, igzip }: Work): void {
  const compressor = `${igzip ?? 'gzip'} -${LEVEL}`;
  execFileSync('sh', ['-c', `tar --sort=name -c -C "$1" . | ${compressor} > "$2" && sync "$2"`, 'sh', folder, output]);
}

const work = await mkdtemp(join(tmpdir(), 'slipway-bench-diff-'));
try {
  const folder = process.argv[2] ?? copyOfUsr(join(work, 'usr'));
  const igzip = await findIgzip(searchPath);
  const output = join(work, 'layer');
  const made = { folder, output, igzip };
  const baseline = await time(() => theirs(made));
  print(`tar -c | ${igzip === undefined ? 'gzip' : 'igzip'} -${LEVEL}`, baseline, statSync(output).size);
  await using workers = new SnapshotWorkers({ worker, count: 1, namespace: 'none', searchPath });
  const seconds = await time(async () => await ours(workers, made));
  print('a snapshot worker', seconds, statSync(output).size);
  console.log(`${(seconds / baseline).toFixed(2)} times as long, ${(sizeOf(folder) / seconds / 1e6).toFixed(0)} MB/s`);
} finally {
  await rm(work, { recursive: true, force: true });
}
