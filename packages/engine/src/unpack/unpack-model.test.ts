import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAppError } from '@slipway/base';
import type { TarMember } from '@slipway/oci/node';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayerModel } from './testing/layer-model.ts';
import { readTree, type SeenNode } from './testing/read-tree.ts';
import { ALONE, openUnpackCase } from './testing/unpack-case.ts';

const RUNS = 100;
const TIMEOUT_MS = 60_000;

/** Few names, so that entries meet each other. */
const part = fc.constantFrom('a', 'b', 'c', '.wh.a', '.wh.b', '.wh..wh..opq');
const cleanPart = fc.constantFrom('a', 'b', 'c');
const tamePath = fc.tuple(fc.array(cleanPart, { maxLength: 2 }), part).map(([folders, last]) => [...folders, last].join('/'));
const hostilePath = fc.array(fc.constantFrom('a', 'b', '..', '.', '', 'link', 'outside', 'sentinel', '.wh.a', '.wh..'), {
  minLength: 1,
  maxLength: 6,
});
const hostileTarget = fc.oneof(
  hostilePath.map((parts) => parts.join('/')),
  hostilePath.map((parts) => `/${parts.join('/')}`),
  fc.nat(8).map((ups) => `${'../'.repeat(ups + 1)}outside`),
  fc.constantFrom('../outside', '../outside/sentinel', '../../..', '/proc/self/root', '/proc/self/cwd', '/'),
);

interface Drawn {
  readonly kind: 'file' | 'folder' | 'symlink' | 'hardlink' | 'fifo';
  readonly path: string;
  readonly target: string;
  readonly seed: number;
}

function membersOf(drawn: readonly Drawn[]): TarMember[] {
  return drawn.map(({ kind, path, target, seed }) => {
    const whiteout = path.includes('.wh.');
    const entryKind = whiteout ? 'file' : kind;
    const content = whiteout || kind !== 'file' ? '' : `content ${seed}`;
    const isLink = entryKind === 'symlink' || entryKind === 'hardlink';
    return {
      entry: {
        kind: entryKind,
        name: entryKind === 'folder' ? `${path}/` : path,
        mode: 0o600 + (seed % 0o100) + (seed % 8 === 0 ? 0o4000 : 0),
        uid: seed % 5,
        gid: seed % 3,
        mtimeSeconds: 1000 + seed,
        sizeBytes: Buffer.byteLength(content),
        ...(isLink ? { linkName: target === '' ? 'a' : target } : {}),
      },
      ...(entryKind === 'file' ? { content: Buffer.from(content) } : {}),
    };
  });
}

const seed = fc.nat(500);
const kinds = ['file', 'folder', 'symlink', 'hardlink', 'fifo'] as const;
const tame = fc.array(
  fc.record({
    kind: fc.constantFrom('file', 'folder', 'folder', 'symlink', 'fifo'),
    path: tamePath,
    target: fc.constant('nowhere/at/all'),
    seed,
  }),
  { maxLength: 14 },
);
const hostile = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    path: hostilePath.map((parts) => parts.join('/').replace(/\/+$/, '') || 'a'),
    target: hostileTarget,
    seed,
  }),
  {
    maxLength: 14,
  },
);

describe('unpack() of any layer', () => {
  it(
    'leaves the tree that the model of docker has',
    async () => {
      await fc.assert(
        fc.asyncProperty(tame, tame, async (lower, upper) => {
          using layer = openUnpackCase('/dev/shm');
          const model = new LayerModel();
          for (const members of [membersOf(lower), membersOf(upper)]) {
            const isFine = model.apply(members);
            const outcome = layer.run(members);
            if (!isFine) {
              await expect(outcome).rejects.toMatchObject({ code: 'UNPACK_INVALID' });
              return;
            }
            await outcome;
            expect(shown(readTree(layer.folder))).toEqual(model.shown());
          }
        }),
        { numRuns: RUNS },
      );
    },
    TIMEOUT_MS,
  );

  it(
    'never touches what is outside, and fails with errors of its own only',
    async () => {
      await fc.assert(
        fc.asyncProperty(hostile, fc.boolean(), async (drawn, isAlone) => {
          using layer = openUnpackCase('/dev/shm');
          const before = readTree(layer.outside);
          const blob = await layer.write(membersOf(drawn));
          for (let round = 0; round < 2; round++) {
            try {
              await layer.run(membersOf(drawn), { blob, ...(isAlone ? ALONE : {}) });
            } catch (error) {
              if (!isAppError(error) || error.kind === 'internal') throw error;
            }
          }
          expect(readTree(layer.outside)).toEqual(before);
          expect(readFileSync(join(layer.outside, 'sentinel'), 'utf8')).toBe('untouched');
          expect(
            readdirSync(layer.base)
              .filter((name) => !name.startsWith('blob'))
              .sort(),
          ).toEqual(['fs', 'outside']);
        }),
        { numRuns: RUNS },
      );
    },
    TIMEOUT_MS,
  );

  it(
    'comes out the same alone as onto nothing',
    async () => {
      await fc.assert(
        fc.asyncProperty(tame, async (drawn) => {
          using layer = openUnpackCase('/dev/shm');
          const members = membersOf(drawn.filter(({ path }) => !path.includes('.wh.')));
          let outcome: Awaited<ReturnType<typeof layer.run>>;
          try {
            outcome = await layer.run(members, ALONE);
          } catch (error) {
            if (!isAppError(error, 'UNPACK_INVALID')) throw error;
            return;
          }
          if (outcome.kind !== 'unpacked') return;
          const alone = shown(readTree(layer.folder));
          rmSync(layer.folder, { recursive: true });
          mkdirSync(layer.folder);
          await layer.run(members);
          expect(shown(readTree(layer.folder))).toEqual(alone);
        }),
        { numRuns: RUNS },
      );
    },
    TIMEOUT_MS,
  );
});

/** What the model knows: the root's own metadata belongs to the test's folder. */
function shown(tree: Map<string, SeenNode>): Record<string, unknown> {
  const entries = [...tree].filter(([name]) => name !== '');
  return Object.fromEntries(
    entries.map(([name, { kind, mode, uid, gid, mtimeNs, content }]) => [
      name,
      { kind, mode, uid, gid, mtime: Number(mtimeNs / 1_000_000_000n), content },
    ]),
  );
}
