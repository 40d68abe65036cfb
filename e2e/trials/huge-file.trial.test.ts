import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@slipway/base/node';
import { openEngine } from '@slipway/engine';
import { openTempFolder } from '@slipway/testkit';
import { expect, test } from 'vitest';
import { readTrialSettings } from './trial-settings.ts';

const GIB = 1024 ** 3;
const SIZE_BYTES = 9 * GIB + 12_345;
const MARKS = [0, 3 * GIB, 8 * GIB + 1, SIZE_BYTES - 16];
const WORKER = new URL('../../apps/cli/src/snapshot-worker.ts', import.meta.url);

const { timeoutMs } = readTrialSettings();

// Takes minutes, and 9 GiB of disk.
test('a file of more than 8 GiB becomes a layer and a file again', { timeout: timeoutMs }, async () => {
  await using folder = await openTempFolder('slipway-huge-');
  const at = (name: string) => join(folder.path, name);
  await using engine = await openEngine({ home: at('home'), clock: systemClock, searchPath: process.env['PATH'] ?? '', worker: WORKER });
  const workers = await engine.workers();
  for (const name of ['upper', 'unpacked']) mkdirSync(at(name));
  {
    await using file = await open(at('upper/huge'), 'w');
    await file.truncate(SIZE_BYTES);
    for (const position of MARKS) await file.write(`at ${position}`.padEnd(16), position);
  }
  const source = { kind: 'overlay', upper: at('upper'), lowers: [], xattrs: 'trusted' } as const;
  const made = await workers.run('diff', { source, output: at('layer'), compression: { kind: 'zstd' } });
  expect(made.fileBytes).toBe(SIZE_BYTES);
  const blob = { path: at('layer'), sizeBytes: statSync(at('layer')).size };
  const outcome = await workers.run('unpack', { blob, isGrowing: false, folder: at('unpacked'), mode: 'onto' });
  expect(outcome).toMatchObject({ kind: 'unpacked', digests: { digest: made.digest, diffId: made.diffId }, fileBytes: SIZE_BYTES });
  expect(statSync(at('unpacked/huge')).size).toBe(SIZE_BYTES);
  execFileSync('cmp', [at('upper/huge'), at('unpacked/huge')]);
});
