import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRepositoryName, parseRepositoryName } from './repository-name.ts';

const component = fc
  .array(fc.stringMatching(/^[a-z0-9]{1,6}$/), { minLength: 1, maxLength: 3 })
  .chain((words) => fc.constantFrom('.', '_', '__', '-', '---').map((separator) => words.join(separator)));

describe('parseRepositoryName()', () => {
  test('takes what the grammar generates', () => {
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 6 }), (components) => {
        const name = components.join('/');
        expect(parseRepositoryName(name)).toBe(name);
      }),
    );
  });

  test.each(['a', 'a/b/c/d/e/f', 'a__b', 'a---b', '0/1', 'x'.repeat(255)])('takes %j', (name) => {
    expect(parseRepositoryName(name)).toBe(name);
  });

  test.each([
    ['', 'empty'],
    ['A/b', 'lowercase'],
    ['x'.repeat(256), '255'],
    ['a//b', 'components'],
    ['/a', 'components'],
    ['a/', 'components'],
    ['a..b', 'components'],
    ['a___b', 'components'],
    ['a._b', 'components'],
    ['-a', 'components'],
    ['a-', 'components'],
    ['_oci', 'components'],
    ['a/_catalog', 'components'],
    ['a/../b', 'components'],
    ['a\n', 'components'],
    ['a:b', 'components'],
    ['ä', 'components'],
  ])('refuses %j', (name, reason) => {
    expect(isRepositoryName(name)).toBe(false);
    expect(() => parseRepositoryName(name)).toThrow(
      expect.objectContaining({ code: 'NAME_INVALID', message: expect.stringContaining(reason) }),
    );
  });
});
