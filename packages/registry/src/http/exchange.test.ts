import { describe, expect, it } from 'vitest';
import { matchesEtag, parseTarget, requireRepositoryName } from './exchange.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseTarget()', () => {
  it('parseTarget() splits path and query', () => {
    const { path, query } = parseTarget('/v2/a/tags/list?n=1&last=b%20c+d');
    expect(path).toBe('/v2/a/tags/list');
    expect(Object.fromEntries(query)).toEqual({ n: '1', last: 'b c d' });
  });

  it('parseTarget() decodes the path (clients that escape the colon of a digest)', () => {
    expect(parseTarget(`/v2/a/blobs/${DIGEST.replace(':', '%3A')}`).path).toBe(`/v2/a/blobs/${DIGEST}`);
  });

  it('parseTarget() keeps every value of a repeated parameter', () => {
    expect(parseTarget('/v2/a/manifests/x?tag=1&tag=2').query.getAll('tag')).toEqual(['1', '2']);
  });

  it('parseTarget() gives an empty query when there is none', () => {
    expect([...parseTarget('/v2/').query]).toEqual([]);
    expect([...parseTarget('/v2/?').query]).toEqual([]);
  });

  it.each(['/v2/%', '/v2/%zz/tags/list', '/v2/%ff/tags/list'])('parseTarget() refuses %s', (target) => {
    expect(() => parseTarget(target)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }));
  });
});

describe('matchesEtag()', () => {
  it.each([`"${DIGEST}"`, `W/"${DIGEST}"`, `"x", "${DIGEST}"`, DIGEST, '*', ' * '])('matchesEtag() finds the digest in %s', (header) => {
    expect(matchesEtag(header, DIGEST)).toBe(true);
  });

  it.each([undefined, '', '"x"', `"${DIGEST}0"`])('matchesEtag() does not find it in %s', (header) => {
    expect(matchesEtag(header, DIGEST)).toBe(false);
  });
});

describe('requireRepositoryName()', () => {
  it.each(['a', 'a__b', 'a--b', 'a/b/c/d/e', 'admin/tags', 'x/blobs/uploads'])('requireRepositoryName() takes %s', (name) => {
    expect(requireRepositoryName(name)).toBe(name);
  });

  it.each(['', 'A', 'a//b', '/a', 'a/', '../a', 'a..b', 'a b', 'a'.repeat(256)])('requireRepositoryName() refuses "%s"', (name) => {
    expect(() => requireRepositoryName(name)).toThrow(expect.objectContaining({ code: 'NAME_INVALID', kind: 'invalid' }));
  });
});
