import { isAppError } from '@slipway/base';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TarParser } from './tar-parser.ts';
import { arbitraryMembers } from './testing/arbitrary-members.ts';
import { paxHeader, rawMember, tarOf } from './testing/archives.ts';

/** Pushes an archive without keeping content; returns what was thrown. The handler's calls must alternate as promised. */
function readHostile(archive: Uint8Array): unknown {
  let isOpen = false;
  let offset = 0;
  const parser = new TarParser({
    entry(entry) {
      expect(isOpen).toBe(false);
      expect(entry.sizeBytes).toBeGreaterThanOrEqual(0);
      isOpen = true;
      offset = 0;
    },
    data(bytes, at) {
      expect(isOpen).toBe(true);
      expect(at).toBeGreaterThanOrEqual(offset);
      expect(bytes.length).toBeGreaterThan(0);
      offset = at + bytes.length;
    },
    endEntry() {
      expect(isOpen).toBe(true);
      isOpen = false;
    },
  });
  try {
    for (let at = 0; at < archive.length; at += 333) parser.write(archive.subarray(at, at + 333));
    parser.end();
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectCleanFailure(archive: Uint8Array): void {
  const error = readHostile(archive);
  expect(error === undefined || isAppError(error) ? undefined : error).toBeUndefined();
}

const sparse = Buffer.concat([
  paxHeader({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '100000', 'GNU.sparse.name': 'sparse' }),
  rawMember({}, '2\n0\n512\n9000\n100\n'.padEnd(512, '\0') + 'x'.repeat(612)),
  paxHeader({ 'GNU.sparse.size': '100', 'GNU.sparse.map': '0,10,20,10', 'SCHILY.xattr.user.a': 'b', mtime: '1.5' }),
  rawMember({}, 'x'.repeat(20)),
  rawMember({ type: 'L', magic: 'ustar  \0' }, `${'long'.repeat(50)}\0`),
  rawMember({ magic: 'ustar  \0' }, 'abc'),
]);

describe('TarParser given a hostile archive', () => {
  test('fails only with its own errors when bytes are changed', async () => {
    const patch = fc.record({ at: fc.nat(), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(arbitraryMembers(), fc.array(patch, { minLength: 1, maxLength: 12 }), async (members, patches) => {
        const archive = Buffer.concat([sparse, await tarOf(members)]);
        for (const { at, value } of patches) archive[at % archive.length] = value;
        expectCleanFailure(archive);
      }),
      { numRuns: 150 },
    );
  });

  test('fails only with its own errors when headers are changed and sealed again', async () => {
    const patch = fc.record({ block: fc.nat(), at: fc.nat(511), value: fc.nat(255) });
    const { seal } = await import('./testing/archives.ts');
    await fc.assert(
      fc.asyncProperty(arbitraryMembers(), fc.array(patch, { minLength: 1, maxLength: 6 }), async (members, patches) => {
        const archive = Buffer.concat([sparse, await tarOf(members)]);
        for (const { block, at, value } of patches) {
          const start = (block % (archive.length / 512)) * 512;
          archive[start + at] = value;
          if (archive.toString('latin1', start + 257, start + 262) === 'ustar') seal(archive.subarray(start, start + 512));
        }
        expectCleanFailure(archive);
      }),
      { numRuns: 150 },
    );
  });

  test('says so when it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryMembers(), fc.nat(), async (members, at) => {
        const archive = Buffer.concat([sparse, await tarOf(members)]);
        expectCleanFailure(archive.subarray(0, at % archive.length));
      }),
      { numRuns: 100 },
    );
  });

  test('fails only with its own errors on noise', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (noise) => expectCleanFailure(noise)));
  });
});
