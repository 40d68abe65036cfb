import { describe, expect, it } from 'vitest';
import { digestOf, imageRecord } from '../../testing/image-record.ts';
import { historyFields, historyRows } from './history-rows.ts';

const BASE = digestOf('base');
const TOP = digestOf('top');
const RECORD = imageRecord('app', { diffIds: [BASE, TOP] });
const SIZES = new Map([
  [BASE, 5_000_000],
  [TOP, 120],
]);
const images = { layerSizes: () => SIZES };
const HISTORY = [
  { created: '2026-11-01T12:00:00Z', created_by: '/bin/sh -c #(nop) ADD file:0123456789abcdef in / ' },
  { created: '2026-11-01T12:00:00Z', created_by: 'CMD ["sh"]', empty_layer: true },
  { created: 'once', created_by: 'RUN\tmake # buildkit', comment: 'buildkit.dockerfile.v0' },
  { created_by: 'ENV A=b', empty_layer: true },
];

function config(history: typeof HISTORY | undefined) {
  return {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [BASE, TOP] },
    ...(history === undefined ? {} : { history }),
  } as const;
}

describe('historyRows()', () => {
  it('gives each layer to the step that made it, the last step first', () => {
    const rows = historyRows(RECORD, config(HISTORY), images);
    expect(rows.map(({ id, sizeBytes }) => [id, sizeBytes])).toEqual([
      [RECORD.id, 0],
      [undefined, 120],
      [undefined, 0],
      [undefined, 5_000_000],
    ]);
  });

  it('stands more steps than layers, and no history at all', () => {
    const more = [...HISTORY, ...HISTORY];
    expect(historyRows(RECORD, config(more as never), images).map(({ sizeBytes }) => sizeBytes)).toEqual([
      0, 0, 0, 0, 0, 120, 0, 5_000_000,
    ]);
    expect(historyRows(RECORD, config(undefined), images)).toEqual([]);
  });
});

describe('historyFields()', () => {
  const rows = historyRows(RECORD, config(HISTORY), images);
  const fields = (isHuman: boolean, isTruncated = true) => historyFields({ nowMs: Date.UTC(2026, 10, 20, 12), isHuman, isTruncated });

  it('shortens commands to 45 characters, and takes tabs out', () => {
    expect(rows.map(fields(true).CreatedBy.value)).toEqual([
      'ENV A=b',
      'RUN make # buildkit',
      'CMD ["sh"]',
      '/bin/sh -c #(nop) ADD file:0123456789abcdef …',
    ]);
    expect(fields(true, false).CreatedBy.value(rows[3] as never)).toBe(HISTORY[0]?.created_by);
  });

  it('has no age for a step without a date', () => {
    expect(rows.map(fields(true).CreatedSince.value)).toEqual(['N/A', 'N/A', '2 weeks ago', '2 weeks ago']);
    expect(rows.map(fields(true).CreatedAt.value).slice(0, 2)).toEqual(['N/A', 'N/A']);
  });

  it('shows bytes to programs', () => {
    expect(rows.map(fields(false).Size.value)).toEqual(['0', '120', '0', '5000000']);
    expect(rows.map(fields(true).Size.value)).toEqual(['0B', '120B', '0B', '5MB']);
  });

  it('knows the id of the last step alone', () => {
    expect(rows.map(fields(true).ID.value)).toEqual([RECORD.id.slice(7, 19), '<missing>', '<missing>', '<missing>']);
  });
});
