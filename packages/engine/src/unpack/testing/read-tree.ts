import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { getXattr, listXattrs } from '../../system/xattrs.ts';

/** What a test compares of a file: everything but places on the disk. */
export interface SeenNode {
  readonly kind: 'file' | 'folder' | 'symlink' | 'fifo' | 'character-device' | 'block-device';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly content?: string;
  readonly xattrs: Readonly<Record<string, string>>;
  readonly device?: string;
  /** Which names are the same file: the first of them. */
  readonly sameAs: string;
}

/** Everything below a folder by its path as latin1, the folder itself as ''. */
export function readTree(folder: string): Map<string, SeenNode> {
  const seen = new Map<string, SeenNode>();
  const names = new Map<bigint, string>();
  function visit(path: Buffer, name: string): void {
    const stat = lstatSync(path, { bigint: true });
    const kind = kindOf(stat);
    if (!names.has(stat.ino)) names.set(stat.ino, name);
    const rdev = Number(stat.rdev);
    seen.set(name, {
      kind,
      mode: Number(stat.mode) & 0o7777,
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mtimeNs: stat.mtimeNs,
      xattrs: Object.fromEntries(listXattrs(path).map((key) => [key, getXattr(path, key)?.toString('latin1') ?? ''])),
      sameAs: names.get(stat.ino) ?? '',
      ...(kind === 'file' && stat.size < 1e6 ? { content: readFileSync(path, 'latin1') } : {}),
      ...(kind === 'symlink' ? { content: readlinkSync(path, 'latin1') } : {}),
      ...(kind.endsWith('device') ? { device: `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}` } : {}),
    });
    if (kind !== 'folder') return;
    for (const child of readdirSync(path, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b))) {
      visit(Buffer.concat([path, Buffer.from('/'), child]), `${name === '' ? '' : `${name}/`}${child.toString('latin1')}`);
    }
  }
  visit(Buffer.from(folder), '');
  return seen;
}

function kindOf(stat: ReturnType<typeof lstatSync> & object): SeenNode['kind'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  return stat.isBlockDevice() ? 'block-device' : 'character-device';
}
