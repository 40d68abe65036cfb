import { describe, expect, it } from 'vitest';
import { digestOf, imageRecord } from '../../testing/image-record.ts';
import { imageFields, listAll, rowsOf } from './image-rows.ts';

const DIGEST = digestOf('manifest');
const APP = imageRecord('app', {
  names: ['docker.io/library/app:latest', 'docker.io/library/app:v1', 'hub.example/ann/app:v1'],
  digests: [`docker.io/library/app@${DIGEST}`, `hub.example/bob/app@${DIGEST}`],
});

function shownRows(image: typeof APP, showDigests: boolean) {
  return rowsOf(listAll(image), { showDigests }).map(({ repository, tag, digest }) => [repository, tag, digest]);
}

describe('rowsOf()', () => {
  it('gives a row a tag, and one a repository that has digests alone', () => {
    expect(shownRows(APP, false)).toEqual([
      ['app', 'latest', '<none>'],
      ['app', 'v1', '<none>'],
      ['hub.example/ann/app', 'v1', '<none>'],
      ['hub.example/bob/app', '<none>', '<none>'],
    ]);
  });

  it('shows the digests of each repository', () => {
    expect(shownRows(APP, true)).toEqual([
      ['app', 'latest', DIGEST],
      ['app', 'v1', DIGEST],
      ['hub.example/ann/app', 'v1', '<none>'],
      ['hub.example/bob/app', '<none>', DIGEST],
    ]);
  });

  it('gives an image without a name a row', () => {
    expect(shownRows(imageRecord('nameless'), true)).toEqual([['<none>', '<none>', '<none>']]);
  });
});

describe('imageFields()', () => {
  it('says nothing of a time that an image does not know', () => {
    const fields = imageFields({ nowMs: Date.UTC(2026, 10, 20), isTruncated: true });
    const rows = [
      imageRecord('old', { createdAt: '2026-11-06T00:00:00Z' }),
      imageRecord('timeless'),
      imageRecord('odd', { createdAt: 'now' }),
    ];
    expect(rows.flatMap((image) => rowsOf(listAll(image), { showDigests: false })).map(fields.CreatedSince.value)).toEqual([
      '2 weeks ago',
      'N/A',
      'N/A',
    ]);
  });

  it('shows whole ids when asked', () => {
    const [row] = rowsOf(listAll(APP), { showDigests: false });
    if (row === undefined) throw new TypeError('no row');
    expect(imageFields({ nowMs: 0, isTruncated: false }).ID.value(row)).toBe(APP.id);
    expect(imageFields({ nowMs: 0, isTruncated: true }).ID.value(row)).toBe(APP.id.slice(7, 19));
  });
});
