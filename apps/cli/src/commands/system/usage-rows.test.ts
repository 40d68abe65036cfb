import type { EngineUsage, ImageUsage } from '@slipway/engine';
import { describe, expect, it } from 'vitest';
import { renderList } from '../../output/format/render-list.ts';
import { imageRecord } from '../../testing/image-record.ts';
import { USAGE_FIELDS, USAGE_TABLE, usageRows } from './usage-rows.ts';
import { renderVerboseUsage } from './verbose-usage.ts';

const NOW = Date.UTC(2026, 10, 20);

function usageOf(word: string, users: ImageUsage['users'] = []): ImageUsage {
  const image = imageRecord(word, { names: [`docker.io/library/${word}:v1`], createdAt: '2026-01-01T00:00:00Z', sizeBytes: 2_469_134 });
  return { image, sizeBytes: 2_469_134, sharedBytes: 1_000_000, uniqueBytes: 1_469_134, users };
}

const WEB = { user: 'c1', description: 'web', isRunning: true };
const USAGE: EngineUsage = {
  images: [usageOf('app', [WEB, { user: 'c2', description: 'job', isRunning: false }]), usageOf('tool', [WEB])],
  layersBytes: 3_938_268,
  reclaimableBytes: 1_469_134,
  contentCount: 7,
  contentBytes: 1234,
  snapshotCount: 3,
  snapshotBytes: 3_938_268,
  unneededSnapshotCount: 0,
  unneededSnapshotBytes: 0,
};

describe('usageRows()', () => {
  it("are docker's, with four digits", () => {
    expect(renderList({ rows: usageRows(USAGE), fields: USAGE_FIELDS, table: USAGE_TABLE })).toBe(
      [
        'TYPE            TOTAL     ACTIVE    SIZE      RECLAIMABLE',
        'Images          2         2         3.938MB   1.469MB (37%)',
        'Containers      2         1         0B        0B',
        'Local Volumes   0         0         0B        0B',
        'Build Cache     0         0         0B        0B',
        '',
      ].join('\n'),
    );
  });
});

describe('renderVerboseUsage()', () => {
  it('has a section a kind', async () => {
    await expect(renderVerboseUsage(USAGE, NOW)).toMatchFileSnapshot('testdata/df-verbose.txt');
  });
});
