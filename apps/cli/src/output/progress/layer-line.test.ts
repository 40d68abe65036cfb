import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layer, renderLayerLine } from './layer-line.ts';
import { renderLayerWindow } from './layer-window.ts';

const id = '4f4fb700ef54';
const downloading = { kind: 'downloading', doneBytes: 1_200_000, totalBytes: 3_000_000 } as const;

describe('renderLayerLine()', () => {
  it.each<[number, string]>([
    [120, '4f4fb700ef54: Downloading [====================>                              ]   1.2MB/3MB  4.5MB/s'],
    [70, '4f4fb700ef54: Downloading [========>            ]   1.2MB/3MB  4.5MB/s'],
    [60, '4f4fb700ef54: Downloading [====>      ]   1.2MB/3MB  4.5MB/s'],
    [50, '4f4fb700ef54: Downloading   1.2MB/3MB  4.5MB/s'],
    [30, '4f4fb700ef54: Downloading   1.'],
    [1, '4'],
  ])('fits %i columns', (columns, line) => {
    expect(renderLayerLine({ id, state: downloading, speed: 4_500_000 }, columns)).toBe(line);
  });

  it.each<[Layer['state'], string]>([
    [{ kind: 'pulling' }, 'Pulling fs layer'],
    [{ kind: 'waiting' }, 'Waiting'],
    [{ kind: 'verifying' }, 'Verifying Checksum'],
    [{ kind: 'downloaded' }, 'Download complete'],
    [{ kind: 'pulled' }, 'Pull complete'],
    [{ kind: 'exists' }, 'Already exists'],
    [{ kind: 'preparing' }, 'Preparing'],
    [{ kind: 'pushed' }, 'Pushed'],
    [{ kind: 'layer-exists' }, 'Layer already exists'],
    [{ kind: 'mounted', from: 'library/app' }, 'Mounted from library/app'],
    [{ kind: 'note', text: 'Retrying in 5 seconds', isDone: false }, 'Retrying in 5 seconds'],
    [{ kind: 'extracting', doneBytes: 0, totalBytes: 10 }, `Extracting [>${' '.repeat(50)}]      0B/10B`],
    [{ kind: 'pushing', doneBytes: 10, totalBytes: 10 }, `Pushing [${'='.repeat(50)}>]     10B/10B`],
    [{ kind: 'pushing', doneBytes: 20, totalBytes: 10 }, `Pushing [${'='.repeat(50)}>]     20B`],
    [{ kind: 'downloading', doneBytes: 20, totalBytes: 0 }, 'Downloading     20B'],
  ])('says %j in docker\u2019s words', (state, text) => {
    expect(renderLayerLine({ id, state }, 120)).toBe(`${id}: ${text}`);
  });

  it('is never too long, nor does it steer the terminal', () => {
    const size = fc.oneof(fc.nat(), fc.double());
    fc.assert(
      fc.property(fc.string(), size, size, fc.integer({ min: 1, max: 200 }), (id, doneBytes, totalBytes, columns) => {
        const line = renderLayerLine({ id, state: { kind: 'downloading', doneBytes, totalBytes }, speed: doneBytes }, columns);
        expect(Array.from(line).length).toBeLessThanOrEqual(columns);
        expect(line).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe('renderLayerWindow()', () => {
  const layers: Layer[] = [
    { id: 'a', state: { kind: 'pulled' } },
    { id: 'b', state: { kind: 'waiting' } },
    { id: 'c', state: { kind: 'downloading', doneBytes: 1, totalBytes: 0 } },
    { id: 'd', state: { kind: 'waiting' } },
  ];

  it('shows all layers that fit', () => {
    expect(renderLayerWindow(layers, { columns: 80, rows: 4 })).toEqual([
      'a: Pull complete',
      'b: Waiting',
      'c: Downloading      1B',
      'd: Waiting',
    ]);
  });

  it('shows what moves first, in order, and counts', () => {
    expect(renderLayerWindow(layers, { columns: 80, rows: 3 })).toEqual([
      'b: Waiting',
      'c: Downloading      1B',
      '4 layers: 1 done, 1 active, 2 waiting',
    ]);
    expect(renderLayerWindow(layers, { columns: 12, rows: 1 })).toEqual(['4 layers: 1 ']);
  });
});
