import { execFileSync } from 'node:child_process';
import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseWhiteout, readTar } from '@slipway/oci/node';
import { inOnePiece } from './layer-of.ts';

/** Puts a plain layer on top of a tree with GNU tar, whiteouts by hand: nothing of ours but the reading of names. */
export async function applyLayer(root: string, tar: { readonly path: string; readonly bytes: Buffer }): Promise<void> {
  for await (const entry of readTar(inOnePiece(tar.bytes))) {
    const path = Buffer.from(entry.nameBytes.toString().replace(/\/$/, ''));
    const whiteout = parseWhiteout(path);
    const target = join(root, (whiteout.kind === 'whiteout' ? whiteout.path : path).toString());
    const isFolder = lstatSync(target, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (whiteout.kind === 'whiteout' || !(isFolder && entry.kind === 'folder')) rmSync(target, { recursive: true, force: true });
  }
  const flags = ['-p', '--numeric-owner', '--xattrs', '--xattrs-include=*', '--exclude=.wh.*', '--overwrite'];
  execFileSync('tar', ['-xf', tar.path, '-C', root, ...flags]);
}
