import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OverlayXattrs } from '../snapshots/mount.ts';
import { mount, umount2 } from '../system/calls.ts';
import { applyLayer } from './testing/apply-layer.ts';
import { layerOf } from './testing/layer-of.ts';
import { listTree, sharedNames } from './testing/list-tree.ts';
import { type TreeStep, takeSteps, treeSteps } from './testing/tree-steps.ts';

const isRoot = process.getuid?.() === 0;
const reason = isRoot ? '' : ' (SKIPPED: only root may mount overlays and give files away)';

interface Stage {
  readonly folder: string;
  readonly lowers: readonly string[];
  /** The whole tree as it was before, without overlay. */
  readonly plainBase: string;
}

/** Takes steps on an overlay mount and on a plain copy of the same tree, and returns the layers of both. */
async function bothLayers(stage: Stage, steps: readonly TreeStep[], xattrs: OverlayXattrs) {
  const [upper, work, merged, plain] = ['upper', 'work', 'merged', 'plain'].map((name) => join(stage.folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [upper, work, merged, plain]) mkdirSync(folder, { recursive: true });
  execFileSync('cp', ['-a', `${stage.plainBase}/.`, plain]);
  const shared = sharedNames(stage.plainBase);
  takeSteps(plain, steps, shared);
  const names = `lowerdir=${stage.lowers.join(':')},upperdir=${upper},workdir=${work}`;
  const options = `${names},index=off,${xattrs === 'user' ? 'userxattr' : 'redirect_dir=off,metacopy=off'}`;
  mount({ source: 'overlay', target: merged, type: 'overlay', options });
  try {
    takeSteps(merged, steps, shared);
  } finally {
    umount2(merged);
  }
  const overlay = await layerOf({ kind: 'overlay', upper, lowers: stage.lowers, xattrs }, join(stage.folder, 'overlay.tar'));
  const compared = await layerOf({ kind: 'compare', folder: plain, base: stage.plainBase }, join(stage.folder, 'compare.tar'));
  return { upper, plain, overlay, compared, path: join(stage.folder, 'compare.tar') };
}

describe.skipIf(!isRoot)(`diffLayer() over both media${reason}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-diff-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['trusted', 'user'] as const)('makes the same bytes of an overlay (%s) and of a copy, and the tree again', async (xattrs) => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(treeSteps, treeSteps, treeSteps, async (base, first, second) => {
        const home = join(folder, `${xattrs}-${round++}`);
        const start = join(home, 'base');
        mkdirSync(start, { recursive: true });
        takeSteps(start, base, new Set());
        const lower = await bothLayers({ folder: join(home, '1'), lowers: [start], plainBase: start }, first, xattrs);
        const stage = { folder: join(home, '2'), lowers: [lower.upper, start], plainBase: lower.plain };
        const upper = await bothLayers(stage, second, xattrs);
        for (const { overlay, compared } of [lower, upper]) expect(overlay.outcome.diffId).toBe(compared.outcome.diffId);
        execFileSync('cp', ['-a', `${start}/.`, join(home, 'again')]);
        for (const { path, compared } of [lower, upper]) await applyLayer(join(home, 'again'), { path, bytes: compared.bytes });
        expect(listTree(join(home, 'again'))).toEqual(listTree(upper.plain));
        rmSync(home, { recursive: true, force: true });
      }),
      { numRuns: 25 },
    );
  });
});
