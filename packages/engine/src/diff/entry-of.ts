import { type TarEntryToWrite, whiteoutNameOf } from '@slipway/oci/node';
import type { TreeChange } from './tree-change.ts';
import type { TreeNode } from './tree-node.ts';

const NS_PER_SECOND = 1_000_000_000n;
const WHITEOUT_MTIME_SECONDS = 0;

/** The tar header for a change. Times are cut to seconds, and to `latestSeconds` when they are later. Errors: LAYER_READ_FAILED, CHANGED_WHILE_READ. */
export function entryOf(change: TreeChange, latestSeconds: number | undefined): TarEntryToWrite {
  if (change.kind === 'whiteout') {
    return { kind: 'file', name: whiteoutNameOf(bytesOf(change.path)), mode: 0, mtimeSeconds: WHITEOUT_MTIME_SECONDS };
  }
  const name = bytesOf(change.path);
  switch (change.kind) {
    case 'folder':
      return { ...metadataOf(change.node, latestSeconds), kind: 'folder', name: bytesOf(`${change.path}/`) };
    case 'link':
      return { ...metadataOf(change.node, latestSeconds), kind: 'hardlink', name, linkName: bytesOf(change.target) };
    case 'node':
      return { ...metadataOf(change.place.node, latestSeconds), name, ...contentOf(change.place) };
  }
}

type NodeChange = Extract<TreeChange, { readonly kind: 'node' }>;

function contentOf({ folder, name, node }: NodeChange['place']): Pick<TarEntryToWrite, 'kind' | 'linkName' | 'sizeBytes' | 'xattrs'> {
  if (node.kind === 'socket') throw new TypeError(`${folder.path}${name} is a socket, which no layer holds`);
  if (node.kind === 'symlink') return { kind: node.kind, linkName: folder.readLink(name) };
  if (node.kind !== 'file') return { kind: node.kind };
  const capability = folder.readCapability(name);
  const content = { kind: node.kind, sizeBytes: node.sizeBytes };
  return capability === undefined ? content : { ...content, xattrs: new Map([['security.capability', capability]]) };
}

function metadataOf(node: TreeNode, latestSeconds: number | undefined) {
  const { mode, uid, gid, deviceMajor, deviceMinor } = node;
  return {
    mode,
    uid,
    gid,
    deviceMajor,
    deviceMinor,
    mtimeSeconds: Math.min(secondsOf(node.mtimeNs), latestSeconds ?? Number.POSITIVE_INFINITY),
  };
}

/** Down to the second before, also for times before 1970. */
function secondsOf(ns: bigint): number {
  const whole = ns / NS_PER_SECOND;
  return Number(ns < 0n && ns % NS_PER_SECOND !== 0n ? whole - 1n : whole);
}

function bytesOf(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
