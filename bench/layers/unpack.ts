import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SnapshotWorkers } from '@slipway/engine/worker';
import { compressLayer, findIgzip } from '@slipway/oci/node';
import { median } from '../median.ts';

// `node bench/layers/unpack.ts [TAR] [FOLDER]`: unpacking a layer by a snapshot worker, which hashes blob and tar on the way and keeps times to
// the nanosecond, and by GNU tar, which hashes nothing. Run as root. Times are of the wall clock, the processor's are of the whole machine;
// the machine should have nothing else to do. Work happens in FOLDER, best on the disk that snapshots lie on; in memory it is the cost alone.

const ROUNDS = 5;
const TREES = ['usr/bin', 'usr/share/doc', 'usr/share/perl', 'usr/share/man', 'usr/include', 'usr/share/locale'];

const [given, parent = tmpdir()] = process.argv.slice(2);
const folder = mkdtempSync(join(parent, 'slipway-bench-unpack-'));
const tree = join(folder, 'tree');
const worker = new URL('../../apps/cli/src/snapshot-worker.ts', import.meta.url);
const searchPath = process.env['PATH'] ?? '';
const igzip = await findIgzip(searchPath);

function writeTar(path: string): void {
  const trees = TREES.filter((name) => existsSync(join('/', name)));
  execFileSync('tar', ['-cf', path, '-C', '/', '--no-recursion', 'usr', 'usr/share'], { stdio: 'inherit' });
  execFileSync('tar', ['-rf', path, '-C', '/', ...trees], { stdio: 'inherit' });
}

function emptyTree(): void {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree);
}

/** Seconds of each, by turns: whatever else the machine does falls on both. */
async function compare(ours: () => Promise<unknown>, theirs: () => unknown): Promise<{ readonly ours: number; readonly theirs: number }> {
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of [
      ['theirs', theirs],
      ['ours', ours],
    ] as const) {
      emptyTree();
      const started = performance.now();
      await run();
      if (round > 0) times[name].push((performance.now() - started) / 1000);
    }
  }
  return { ours: median(times.ours), theirs: median(times.theirs) };
}

function report(what: string, { ours, theirs }: { readonly ours: number; readonly theirs: number }): void {
  console.log(`${what.padEnd(24)} ours ${ours.toFixed(3)} s   GNU tar ${theirs.toFixed(3)} s   ${(theirs / ours).toFixed(2)}x as fast`);
}

async function measure(workers: SnapshotWorkers, what: string, path: string): Promise<void> {
  const blob = { path, sizeBytes: statSync(path).size };
  const input = { blob, isGrowing: false, folder: tree, mode: 'alone', overlay: { xattrs: 'trusted' }, igzip } as const;
  const flags = what === 'plain' ? '-xf' : '-xzf';
  report(
    what,
    await compare(
      async () => {
        const outcome = await workers.run('unpack', input);
        if (outcome.kind !== 'unpacked') throw new Error(`${outcome.reason}: ${outcome.path}`);
      },
      () => execFileSync('tar', [flags, path, '-C', tree]),
    ),
  );
}

try {
  const tar = given ?? join(folder, 'layer.tar');
  if (given === undefined) writeTar(tar);
  const gz = join(folder, 'layer.tar.gz');
  await pipeline(compressLayer(createReadStream(tar), { kind: 'gzip' }).content, createWriteStream(gz));
  console.log(
    `${(statSync(tar).size / 1e6).toFixed(0)} MB, gzip ${(statSync(gz).size / 1e6).toFixed(0)} MB, igzip ${igzip ?? 'not found'}`,
  );
  await using workers = new SnapshotWorkers({ worker, count: 1, namespace: 'none', searchPath });
  await measure(workers, 'plain', tar);
  await measure(workers, 'gzip', gz);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
