import {
  chmodSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { mknodat } from '../../system/calls.ts';
import { AT_FDCWD, S_IFIFO } from '../../system/constants.ts';
import { setXattr } from '../../system/xattrs.ts';

/** What a person or program does to a tree. Paths are relative; what does not fit the tree as it stands changes nothing. */
export type TreeStep =
  | { readonly kind: 'file'; readonly path: string; readonly content: string; readonly capable: boolean; readonly metadata: StepMetadata }
  | { readonly kind: 'folder' | 'symlink' | 'fifo'; readonly path: string; readonly metadata: StepMetadata }
  | { readonly kind: 'link'; readonly path: string; readonly from: string }
  | { readonly kind: 'metadata'; readonly path: string; readonly metadata: StepMetadata }
  | { readonly kind: 'remove'; readonly path: string };

interface StepMetadata {
  readonly mode: number;
  readonly uid: number;
  readonly mtimeSeconds: number;
}

const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');
const FOLDER_MTIME_SECONDS = 1_600_000_000;
const NAMES = ['a', 'a.b', 'b', 'é', 'z'];

const name = fc.constantFrom(...NAMES);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const metadata = fc.record({
  mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o1777, 0o600),
  uid: fc.constantFrom(0, 7),
  mtimeSeconds: fc.constantFrom(1_500_000_000, 1_500_000_001, 1_500_000_001.25),
});
const content = fc.constantFrom('', 'x', 'y', 'long '.repeat(300));

export const treeSteps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('file' as const), path, content, capable: fc.boolean(), metadata }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('folder' as const, 'symlink' as const, 'fifo' as const), path, metadata }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), path, from: path }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('metadata' as const), path, metadata }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), path }) },
  ),
  { maxLength: 14 },
);

/**
 * Takes the steps in `root`. Files that have several names in the beginning (`shared`) are only removed or replaced: overlayfs parts their names when one
 * of them is changed, a plain tree does not.
 */
export function takeSteps(root: string, steps: readonly TreeStep[], shared: ReadonlySet<string>): void {
  const parted = new Set(shared);
  for (const step of steps) takeStep(root, step, parted);
}

function takeStep(root: string, step: TreeStep, shared: Set<string>): void {
  const target = join(root, step.path);
  if (!isFolder(dirname(target))) return;
  switch (step.kind) {
    case 'remove':
      rmSync(target, { recursive: true, force: true });
      break;
    case 'metadata':
      if (!isThere(target) || shared.has(step.path)) return;
      setMetadata(target, step.metadata);
      break;
    case 'link':
      if (!isLinkable(join(root, step.from)) || shared.has(step.from) || isThere(target)) return;
      linkSync(join(root, step.from), target);
      shared.delete(step.path);
      break;
    case 'file':
    case 'folder':
    case 'symlink':
    case 'fifo':
      if (step.kind === 'folder' && isFolder(target)) return;
      rmSync(target, { recursive: true, force: true });
      make(target, step);
      shared.delete(step.path);
      setMetadata(target, step.metadata);
      if (step.kind === 'file' && step.capable) setXattr(target, 'security.capability', CAPABILITY);
      break;
  }
  lutimesSync(dirname(target), FOLDER_MTIME_SECONDS, FOLDER_MTIME_SECONDS);
}

function make(target: string, step: Extract<TreeStep, { readonly metadata: StepMetadata }>): void {
  if (step.kind === 'file') writeFileSync(target, step.content);
  else if (step.kind === 'folder') mkdirSync(target);
  else if (step.kind === 'symlink') symlinkSync(`../${step.metadata.mode}`, target);
  else mknodat(AT_FDCWD, target, { mode: S_IFIFO | 0o644 });
}

function setMetadata(target: string, { mode, uid, mtimeSeconds }: StepMetadata): void {
  lchownSync(target, uid, uid);
  if (!lstatSync(target).isSymbolicLink()) chmodSync(target, mode);
  lutimesSync(target, mtimeSeconds, mtimeSeconds);
}

function isThere(target: string): boolean {
  return lstatSync(target, { throwIfNoEntry: false }) !== undefined;
}

function isFolder(target: string): boolean {
  return existsSync(target) && lstatSync(target).isDirectory();
}

function isLinkable(target: string): boolean {
  return isFolder(dirname(target)) && isThere(target) && lstatSync(target).isFile();
}
