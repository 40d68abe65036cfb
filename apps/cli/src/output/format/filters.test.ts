import { describe, expect, it } from 'vitest';
import { parseFilters } from './filters.ts';

const KNOWN = ['dangling', 'label', 'before'];

describe('parseFilters()', () => {
  it('collects values by name', () => {
    const filters = parseFilters(['label=a=b', ' Label = c ', 'dangling=true', 'label=c'], KNOWN);
    expect([...filters]).toEqual([
      ['label', ['a=b', 'c']],
      ['dangling', ['true']],
    ]);
    expect(parseFilters([], KNOWN).size).toBe(0);
  });

  it('keeps an empty value', () => {
    expect(parseFilters(['label='], KNOWN).get('label')).toEqual(['']);
  });

  it('knows a negation where there is one', () => {
    expect([...parseFilters(['label!=x', 'label=y'], KNOWN, { negatable: ['label'] })]).toEqual([
      ['label!', ['x']],
      ['label', ['y']],
    ]);
    expect(() => parseFilters(['dangling!=x'], KNOWN, { negatable: ['label'] })).toThrowError("invalid filter 'dangling!'");
  });

  it.each<[string, string]>([
    ['label', 'invalid argument "label" for "-f, --filter" flag: bad format of filter (expected name=value)'],
    ['', 'invalid argument "" for "-f, --filter" flag: bad format of filter (expected name=value)'],
    ['dnagling=true', "invalid filter 'dnagling'"],
    ['=x', "invalid filter ''"],
    ['x\u001b=1', "invalid filter 'x\u001b'"],
  ])('refuses %j', (text, message) => {
    expect(() => parseFilters([text], KNOWN)).toThrowError(expect.objectContaining({ code: 'FILTER_INVALID', message }));
  });

  it('names the known ones, and the near one', () => {
    expect(() => parseFilters(['dnagling=true'], KNOWN)).toThrowError(
      expect.objectContaining({ hint: 'Did you mean "dangling"? Known filters: before, dangling, label.' }),
    );
  });
});
