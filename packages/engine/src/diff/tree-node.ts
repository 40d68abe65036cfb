import type { BigIntStats } from 'node:fs';
import type { TarEntryKind } from '@slipway/oci/node';

export type NodeKind = Exclude<TarEntryKind, 'hardlink'> | 'socket';

/** What `lstat` says about one name of a tree. */
export interface TreeNode {
  readonly kind: NodeKind;
  /** Permissions with set-user-id, set-group-id and sticky bit. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a file; a symlink's is the length of its target. */
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly links: number;
  /** Device and inode: the same for all names of one file. */
  readonly identity: string;
}

const FORMAT_MASK = 0o170000;
const KINDS: Readonly<Record<number, NodeKind>> = {
  0o100000: 'file',
  0o040000: 'folder',
  0o120000: 'symlink',
  0o020000: 'character-device',
  0o060000: 'block-device',
  0o010000: 'fifo',
  0o140000: 'socket',
};

export function nodeOf(stats: BigIntStats): TreeNode {
  const mode = Number(stats.mode);
  const kind = KINDS[mode & FORMAT_MASK];
  if (kind === undefined) throw new TypeError(`lstat answers with the mode ${mode.toString(8)}, which Linux does not have`);
  const isDevice = kind === 'character-device' || kind === 'block-device';
  return {
    kind,
    mode: mode & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    sizeBytes: kind === 'file' || kind === 'symlink' ? Number(stats.size) : 0,
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    deviceMajor: isDevice ? majorOf(stats.rdev) : 0,
    deviceMinor: isDevice ? minorOf(stats.rdev) : 0,
    links: Number(stats.nlink),
    identity: `${stats.dev}:${stats.ino}`,
  };
}

/** The device that overlayfs puts where something is deleted. Nothing inside a container can make one. */
export function isWhiteoutDevice({ kind, deviceMajor, deviceMinor }: TreeNode): boolean {
  return kind === 'character-device' && deviceMajor === 0 && deviceMinor === 0;
}

// The kernel's 32 bits of device number as the C library spreads them over 64.

function majorOf(device: bigint): number {
  return Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n));
}

function minorOf(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n));
}
