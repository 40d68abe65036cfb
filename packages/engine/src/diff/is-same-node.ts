import { closeSync, readSync } from 'node:fs';
import { changedWhileRead, readFailure } from './changed-while-read.ts';
import type { TreeFolder } from './tree-folder.ts';
import type { TreeNode } from './tree-node.ts';

/** A name in its folder. */
export interface NodePlace {
  readonly folder: TreeFolder;
  readonly name: string;
  readonly node: TreeNode;
}

const PIECE_BYTES = 256 * 1024;
const first = Buffer.allocUnsafeSlow(PIECE_BYTES);
const second = Buffer.allocUnsafeSlow(PIECE_BYTES);

/**
 * Whether a layer need not mention the name: same kind, mode, owner, device, capability, link target and content, and except for folders the same
 * modification time. A folder's time alone is no change: every temporary file in it leaves one.
 */
export function isSameNode(a: NodePlace, b: NodePlace): boolean {
  if (a.node.identity === b.node.identity) return true;
  if (!hasSameFields(a.node, b.node)) return false;
  if (a.node.kind === 'symlink') return a.folder.readLink(a.name).equals(b.folder.readLink(b.name));
  return a.node.kind !== 'file' || (hasSameCapability(a, b) && hasSameContent(a, b));
}

function hasSameFields(a: TreeNode, b: TreeNode): boolean {
  if (a.kind !== b.kind || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return false;
  if (a.kind === 'folder') return true;
  const isSameDevice = a.deviceMajor === b.deviceMajor && a.deviceMinor === b.deviceMinor;
  return isSameDevice && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs;
}

function hasSameCapability(a: NodePlace, b: NodePlace): boolean {
  const capability = a.folder.readCapability(a.name);
  const other = b.folder.readCapability(b.name);
  return capability === undefined || other === undefined ? capability === other : capability.equals(other);
}

/** Equal times prove nothing: `cp -p` and `touch -r` set them back. So the bytes are read. */
function hasSameContent(a: NodePlace, b: NodePlace): boolean {
  if (a.node.sizeBytes === 0) return true;
  const fd = a.folder.openFile(a.name, a.node);
  try {
    const other = b.folder.openFile(b.name, b.node);
    try {
      return hasSameBytes({ ...a, fd }, { ...b, fd: other });
    } finally {
      closeSync(other);
    }
  } finally {
    closeSync(fd);
  }
}

type OpenPlace = NodePlace & { readonly fd: number };

function hasSameBytes(a: OpenPlace, b: OpenPlace): boolean {
  for (let at = 0; at < a.node.sizeBytes; at += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, a.node.sizeBytes - at);
    readFully(a, first.subarray(0, length), at);
    readFully(b, second.subarray(0, length), at);
    if (first.compare(second, 0, length, 0, length) !== 0) return false;
  }
  return true;
}

/** Fills `target` from the file's byte `position` on. Errors: CHANGED_WHILE_READ when the file ends before. */
export function readFully({ folder, name, fd }: OpenPlace, target: Buffer, position: number): void {
  for (let filled = 0; filled < target.length; ) {
    const read = readSome(folder.path + name, () => readSync(fd, target, filled, target.length - filled, position + filled));
    if (read === 0) throw changedWhileRead(folder.path + name, 'became shorter');
    filled += read;
  }
}

function readSome(path: string, read: () => number): number {
  try {
    return read();
  } catch (error) {
    throw readFailure(path, error);
  }
}
