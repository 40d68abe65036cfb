import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compressLayer, computeLayer, findIgzip, readTar, type TarMember, TarParser, writeTar } from '@slipway/oci/node';
import { median } from '../median.ts';

// `node bench/layers/layer-tar.ts [TAR]`: reading, writing, compressing and unpacking layers, and GNU tar listing the same archives.
// With the path of an uncompressed layer it is measured too. Times are of the wall clock; the machine should have nothing else to do.

const ENTRIES = 100_000;
const ROUNDS = 5;
const PIECE_BYTES = 256 * 1024;

async function* smallFiles(): AsyncGenerator<TarMember, void, void> {
  const content = Buffer.alloc(20, 'x');
  for (let index = 0; index < ENTRIES; index++) {
    const name = `usr/share/folder${index % 1000}/file-${index}.txt`;
    yield { entry: { kind: 'file', name, mode: 0o644, mtimeSeconds: 1_700_000_000, sizeBytes: content.length }, content };
  }
}

function* largeFile(sizeBytes: number): Generator<TarMember, void, void> {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  function* content(): Generator<Buffer, void, void> {
    for (let written = 0; written < sizeBytes; written += piece.length) yield piece;
  }
  yield { entry: { kind: 'file', name: 'large', mode: 0o644, mtimeSeconds: 1_700_000_000, sizeBytes }, content: content() };
}

async function bytesOf(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
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

function parse(archive: Buffer): void {
  const parser = new TarParser({ entry() {}, data() {}, endEntry() {} });
  for (let at = 0; at < archive.length; at += PIECE_BYTES) parser.write(archive.subarray(at, at + PIECE_BYTES));
  parser.end();
}

async function walk(path: string): Promise<void> {
  for await (const entry of readTar(createReadStream(path, { highWaterMark: PIECE_BYTES }))) {
    for await (const piece of entry.content()) if (piece.length === 0) throw new Error(`an empty piece in ${entry.name}`);
  }
}

async function drain(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of source) if (piece.length === 0) throw new Error('an empty piece');
}

function print(what: string, seconds: number, archive: { readonly sizeBytes: number; readonly entries?: number }): void {
  const rate = archive.entries === undefined ? '' : `${(archive.entries / seconds / 1000).toFixed(0)} k entries/s`;
  console.log(`${what.padEnd(46)} ${seconds.toFixed(3)} s ${(archive.sizeBytes / seconds / 1e6).toFixed(0).padStart(7)} MB/s  ${rate}`);
}

async function measureArchive(name: string, path: string, entries?: number): Promise<void> {
  const archive = await bytesOf(createReadStream(path));
  const size = entries === undefined ? { sizeBytes: archive.length } : { sizeBytes: archive.length, entries };
  print(`${name}: TarParser, in memory`, await time(() => parse(archive)), size);
  print(`${name}: readTar, from the disk`, await time(() => walk(path)), size);
  print(`${name}: GNU tar -t, from the disk`, await time(() => execFileSync('tar', ['-tf', path], { stdio: 'ignore' })), size);
}

async function measureLayer(path: string): Promise<void> {
  await measureArchive('layer', path);
  const igzip = await findIgzip(process.env['PATH'] ?? '');
  const { diffSizeBytes } = await computeLayer(createReadStream(path));
  for (const [name, options] of [
    ['gzip, 1 thread', { kind: 'gzip', threads: 1 }],
    ['gzip', { kind: 'gzip' }],
    ['zstd', { kind: 'zstd' }],
    ...(igzip === undefined ? [] : [['igzip', { kind: 'gzip', igzip }] as const]),
  ] as const) {
    const packed = await bytesOf(compressLayer(createReadStream(path), options).content);
    const size = { sizeBytes: diffSizeBytes };
    const ratio = (packed.length / diffSizeBytes).toFixed(3);
    print(
      `layer: compressLayer, ${name} (${ratio})`,
      await time(() => drain(compressLayer(createReadStream(path), options).content)),
      size,
    );
    const source = async function* (): AsyncGenerator<Buffer, void, void> {
      for (let at = 0; at < packed.length; at += PIECE_BYTES) yield packed.subarray(at, at + PIECE_BYTES);
    };
    print(`layer: computeLayer, ${name}`, await time(() => computeLayer(source(), 'igzip' in options ? { igzip } : {})), size);
  }
}

const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-layer-'));
try {
  const small = join(folder, 'small.tar');
  const large = join(folder, 'large.tar');
  await writeFile(small, writeTar(smallFiles()));
  await writeFile(large, writeTar(largeFile(512 * 1024 * 1024)));
  print('small files: writeTar', await time(() => drain(writeTar(smallFiles()))), { sizeBytes: ENTRIES * 1024, entries: ENTRIES });
  await measureArchive('small files', small, ENTRIES);
  await measureArchive('large file', large);
  const layer = process.argv[2];
  if (layer !== undefined) await measureLayer(layer);
} finally {
  await rm(folder, { recursive: true, force: true });
}
