import { AppError } from '@slipway/base';
import type { ImageRecord } from '@slipway/engine';
import { describe, expect, it } from 'vitest';
import { parseFilters } from '../../output/format/filters.ts';
import { digestOf, imageRecord } from '../../testing/image-record.ts';
import { filterImages, IMAGE_FILTERS } from './image-filters.ts';

const DIGEST = digestOf('manifest');
const RECORDS = [
  imageRecord('new', { names: ['docker.io/library/app:v2', 'hub.example/ann/app:v2'], createdAt: '2026-11-19T00:00:00Z' }),
  imageRecord('middle', { names: ['docker.io/ann/tool:latest'], createdAt: '2026-06-01T00:00:00Z' }),
  imageRecord('untagged', { digests: [`docker.io/library/app@${DIGEST}`], createdAt: '2026-02-01T00:00:00Z' }),
  imageRecord('nameless', { createdAt: '2026-01-01T00:00:00Z' }),
];
const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = { middle: { stage: 'test', empty: '' }, new: { stage: 'live' } };

function wordOf(id: string): string {
  return ['new', 'middle', 'untagged', 'nameless'].find((word) => digestOf(word) === id) ?? '';
}

const images = {
  require(name: string): ImageRecord {
    const found = RECORDS.find(({ id }) => wordOf(id) === name);
    if (found === undefined) throw new AppError({ kind: 'not-found', code: 'IMAGE_UNKNOWN', message: `No such image: ${name}` });
    return found;
  },
  readConfig: async ({ id }: Pick<ImageRecord, 'id'>) => ({
    bytes: Buffer.alloc(0),
    config: { os: '', architecture: '', rootfs: { type: 'layers', diff_ids: [] }, config: { Labels: LABELS[wordOf(id)] ?? {} } } as const,
  }),
};

async function filter(...texts: string[]): Promise<string[]> {
  const filters = parseFilters(texts, IMAGE_FILTERS);
  const listed = await filterImages(RECORDS, filters, { images, nowMs: Date.UTC(2026, 10, 20) });
  return listed.map(({ image, tags, digests }) => [wordOf(image.id), ...tags.map(({ tag }) => tag), ...digests.map(() => '@')].join(' '));
}

describe('filterImages()', () => {
  it.each<[string[], string[]]>([
    [[], ['new v2 v2', 'middle latest', 'untagged @', 'nameless']],
    [['dangling=true'], ['untagged @', 'nameless']],
    [['dangling=false'], ['new v2 v2', 'middle latest', 'untagged @']],
    [['label=stage'], ['new v2 v2', 'middle latest']],
    [['label=stage=test'], ['middle latest']],
    [['label=stage', 'label=empty='], ['middle latest']],
    [['label=constructor'], []],
    [['before=middle'], ['untagged @', 'nameless']],
    [['since=untagged'], ['new v2 v2', 'middle latest']],
    [['since=untagged', 'before=new'], ['middle latest']],
    [['until=48h'], ['middle latest', 'untagged @', 'nameless']],
    [['reference=app'], ['new v2', 'untagged @']],
    [['reference=app:v*'], ['new v2']],
    [['reference=*/*/app'], ['new v2']],
    [
      ['reference=ann/*', 'reference=app:v2'],
      ['new v2', 'middle latest'],
    ],
    [['reference=docker.io/library/app'], []],
  ])('%j leaves %j', async (texts, words) => {
    expect(await filter(...texts)).toEqual(words);
  });

  it.each([
    ['dangling=maybe', "invalid filter 'dangling=[maybe]'"],
    ['reference=[', "invalid filter 'reference=[': syntax error in pattern"],
    ['before=other', 'No such image: other'],
    ['until=soon', "invalid filter 'until=soon'"],
    ['colour=red', "invalid filter 'colour'"],
  ])('refuses %s', async (text, message) => {
    await expect(filter(text)).rejects.toThrow(message);
  });
});
