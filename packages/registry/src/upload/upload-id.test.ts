import { parseRepositoryName } from '@slipway/oci';
import { isUploadId } from '@slipway/storage/blob';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUploadIds } from './upload-id.ts';

const ids = createUploadIds(Buffer.alloc(32, 1));
const own = parseRepositoryName('team/app');
const other = parseRepositoryName('team/other');

describe('createUploadIds()', () => {
  it('create() makes ids of their own that the blob store takes', () => {
    const made = Array.from({ length: 50 }, () => ids.create(own));
    expect(new Set(made).size).toBe(50);
    expect(made.every(isUploadId)).toBe(true);
  });

  it('belongsTo() binds an id to its repository', () => {
    const id = ids.create(own);
    expect(ids.belongsTo(id, own)).toBe(true);
    expect(ids.belongsTo(id, other)).toBe(false);
  });

  it('belongsTo() knows ids after a restart with the same key, and with no other', () => {
    const id = ids.create(own);
    expect(createUploadIds(Buffer.alloc(32, 1)).belongsTo(id, own)).toBe(true);
    expect(createUploadIds(Buffer.alloc(32, 2)).belongsTo(id, own)).toBe(false);
  });

  it('belongsTo() refuses garbage', () => {
    fc.assert(fc.property(fc.string(), (text) => !ids.belongsTo(text, own)));
    for (const id of ['', '..', '../x', 'a-b', `${ids.create(own)}0`, ids.create(own).toUpperCase()])
      expect(ids.belongsTo(id, own)).toBe(false);
  });

  it('belongsTo() refuses an id with any one character changed', () => {
    const id = ids.create(own);
    for (let at = 0; at < id.length; at += 1) {
      const changed = `${id.slice(0, at)}${id[at] === '0' ? '1' : '0'}${id.slice(at + 1)}`;
      expect(ids.belongsTo(changed, own)).toBe(false);
    }
  });
});
