import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readTar, type TarReadEntry } from '@slipway/oci/node';
import { peerError } from './errors.ts';
import { killGroup } from './program.ts';

export interface FileTreeOptions {
  /** Xattrs to leave out: what a storage driver keeps for itself. */
  readonly ignoredXattrs?: RegExp;
}

const TAR = [
  '--create',
  '--file=-',
  '--format=pax',
  '--sort=name',
  '--numeric-owner',
  '--xattrs',
  '--xattrs-include=*',
  '--one-file-system',
];

/**
 * Every file below a folder as one line: kind, mode, owner, size, time in seconds, device, link, xattrs and a digest of the content. Two folders with
 * equal lines hold equal trees, hardlinks included. The folder itself is left out: storage drivers give it a mode and a time of their own.
 */
export async function describeFileTree(folder: string, options: FileTreeOptions = {}): Promise<string[]> {
  const child = spawn('tar', [...TAR, '-C', folder, '.'], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const complaints = child.stderr.setEncoding('utf8').toArray() as Promise<string[]>;
  const lines: string[] = [];
  try {
    for await (const entry of readTar(child.stdout)) {
      if (entry.name !== './') lines.push(await describe(entry, options));
    }
  } catch (error) {
    killGroup(child.pid, 'SIGKILL');
    throw error;
  }
  const [code] = await closed;
  if (code !== 0) throw peerError('PROGRAM_FAILED', `tar of "${folder}" exited with ${code}: ${(await complaints).join('')}`);
  return lines.sort();
}

async function describe(entry: TarReadEntry, { ignoredXattrs }: FileTreeOptions): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of entry.content()) hash.update(chunk);
  const xattrs = [...entry.xattrs].filter(([name]) => ignoredXattrs?.test(name) !== true);
  const device = entry.kind.endsWith('-device') ? `${entry.deviceMajor}:${entry.deviceMinor}` : '';
  return [
    entry.nameBytes.toString('latin1'),
    entry.kind,
    entry.mode.toString(8),
    `${entry.uid}:${entry.gid}`,
    String(entry.sizeBytes),
    String(entry.mtimeSeconds),
    device,
    entry.linkNameBytes.toString('latin1'),
    xattrs
      .map(([name, value]) => `${name}=${value.toString('hex')}`)
      .sort()
      .join(','),
    entry.kind === 'file' ? hash.digest('hex').slice(0, 16) : '',
  ].join(' ');
}
