import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TarEntryToWrite, type TarMember, writeTar } from '@slipway/oci/node';
import { expect } from 'vitest';
import type { UnpackInput, UnpackOutcome } from '../unpack-input.ts';
import { unpack } from '../unpack-job.ts';
import { readTree } from './read-tree.ts';

// Layers made by hand and unpacked into a folder of their own, with a sentinel beside it.

export interface UnpackCase extends Disposable {
  /** Holds everything else. */
  readonly base: string;
  readonly folder: string;
  readonly outside: string;
  write(members: readonly TarMember[]): Promise<UnpackInput['blob']>;
  writeBytes(bytes: Uint8Array): UnpackInput['blob'];
  run(members: readonly TarMember[], options?: Partial<UnpackInput>): Promise<UnpackOutcome>;
}

export function openUnpackCase(parent = tmpdir()): UnpackCase {
  const umask = process.umask(0);
  const base = mkdtempSync(join(parent, 'slipway-unpack-'));
  const folder = join(base, 'fs');
  const outside = join(base, 'outside');
  mkdirSync(folder);
  mkdirSync(outside);
  writeFileSync(join(outside, 'sentinel'), 'untouched');
  let blobs = 0;
  function writeBytes(bytes: Uint8Array): UnpackInput['blob'] {
    const path = join(base, `blob${blobs++}`);
    writeFileSync(path, bytes);
    return { path, sizeBytes: bytes.length };
  }
  async function write(members: readonly TarMember[]): Promise<UnpackInput['blob']> {
    const pieces: Buffer[] = [];
    for await (const piece of writeTar(members)) pieces.push(piece);
    return writeBytes(Buffer.concat(pieces));
  }
  return {
    base,
    folder,
    outside,
    write,
    writeBytes,
    run: async (members, options = {}) =>
      await runUnpack({ blob: await write(members), isGrowing: false, folder, mode: 'onto', ...options }),
    [Symbol.dispose]() {
      process.umask(umask);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

export async function runUnpack(input: UnpackInput, signal = new AbortController().signal): Promise<UnpackOutcome> {
  return await unpack(input, { signal, progress: () => undefined });
}

export const ALONE = { mode: 'alone', overlay: { xattrs: 'trusted' } } as const;

type Fields = Partial<TarEntryToWrite>;

export function folderMember(name: string | Uint8Array, fields: Fields = {}): TarMember {
  return { entry: { kind: 'folder', name, mode: 0o755, mtimeSeconds: 1000, ...fields } };
}

export function fileMember(name: string | Uint8Array, content = '', fields: Fields = {}): TarMember {
  const bytes = Buffer.from(content);
  return { entry: { kind: 'file', name, mode: 0o644, mtimeSeconds: 2000, sizeBytes: bytes.length, ...fields }, content: bytes };
}

/** `names` are the link's own and what it leads to. */
export function linkMember(kind: 'hardlink' | 'symlink', names: readonly [string, string], fields: Fields = {}): TarMember {
  const [name, linkName] = names;
  return { entry: { kind, name, linkName, mode: kind === 'symlink' ? 0o777 : 0o644, mtimeSeconds: 3000, ...fields } };
}

/** A tar of one sparse file, in GNU's PAX format 0.1: 512 bytes at its start, 512 before its last 512, the rest holes. */
export function sparseTar(sizeBytes: number): Buffer {
  const map = `0,512,${sizeBytes - 1024},512`;
  const records = [
    ['GNU.sparse.size', `${sizeBytes}`],
    ['GNU.sparse.numblocks', '2'],
    ['GNU.sparse.map', map],
  ];
  const pax = Buffer.from(records.map(([key = '', value = '']) => paxRecord(key, value)).join(''));
  return Buffer.concat([
    header('x', 'x', pax.length),
    padded(pax),
    header('sparse', '0', 1024),
    Buffer.alloc(1024, 'z'),
    Buffer.alloc(1024),
  ]);
}

function paxRecord(key: string, value: string): string {
  for (let length = key.length + value.length + 4; ; length++) {
    const record = `${length} ${key}=${value}\n`;
    if (record.length === length) return record;
  }
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

function header(name: string, type: string, sizeBytes: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name);
  block.write('0000644\u00000000000\u00000000000\u0000', 100);
  block.write(`${sizeBytes.toString(8).padStart(11, '0')}\u000000000000001\u0000        ${type}`, 124);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148);
  return block;
}

/** Fails the test if anything outside the folder was touched. */
export function closeUntouched(layer: UnpackCase): void {
  const left = readTree(layer.outside);
  layer[Symbol.dispose]();
  expect([...left.keys()]).toEqual(['', 'sentinel']);
  expect(left.get('sentinel')?.content).toBe('untouched');
}
