import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatScope, parseScope, parseScopes } from './scope.ts';

const word = fc.stringMatching(/^[a-z0-9]{1,12}$/);
const scopes = fc.record(
  {
    type: word,
    resourceClass: word,
    name: fc.stringMatching(/^[A-Za-z0-9._:/-]{1,40}$/),
    actions: fc.uniqueArray(fc.oneof(fc.constantFrom('*', 'pull', 'push', 'delete'), fc.stringMatching(/^[a-z]{1,8}$/)), {
      minLength: 1,
      maxLength: 5,
    }),
  },
  { requiredKeys: ['type', 'name', 'actions'] },
);

describe('parseScope()', () => {
  it('reads back what formatScope() wrote', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        expect(parseScope(formatScope(scope))).toEqual(scope);
      }),
    );
  });

  it('never throws, and answers with something that means the same when written again', () => {
    const fragments = fc.constantFrom('repository', ':', ',', '(', ')', 'pull', '*', ' ', '/', 'a', '\u0000', 'é', '"', '[::1]');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fragments).map((parts) => parts.join('')),
        ),
        (text) => {
          const scope = parseScope(text);
          if (scope !== undefined) expect(parseScope(formatScope(scope))).toEqual(scope);
        },
      ),
    );
  });

  it.each([
    ['repository:ann/app:pull,push', { type: 'repository', name: 'ann/app', actions: ['pull', 'push'] }],
    ['repository:ann/app:push,pull,push', { type: 'repository', name: 'ann/app', actions: ['push', 'pull'] }],
    ['repository:localhost:5000/ann/app:*', { type: 'repository', name: 'localhost:5000/ann/app', actions: ['*'] }],
    ['repository(plugin):ann/app:pull', { type: 'repository', resourceClass: 'plugin', name: 'ann/app', actions: ['pull'] }],
    ['registry:catalog:*', { type: 'registry', name: 'catalog', actions: ['*'] }],
  ])('reads %s', (text, scope) => {
    expect(parseScope(text)).toEqual(scope);
  });

  it.each([
    '',
    ':',
    '::',
    'repository',
    'repository:a',
    'repository::pull',
    'repository:a:',
    'repository:a b:pull',
    'repository(:a:pull',
    'Repository:a:pull',
  ])('knows nothing of %j', (text) => {
    expect(parseScope(text)).toBeUndefined();
  });

  it('refuses what is longer than any scope', () => {
    expect(parseScope(`repository:${'a'.repeat(2000)}:pull`)).toBeUndefined();
  });
});

describe('parseScopes()', () => {
  it('reads repeated and joined parameters alike, and skips garbage', () => {
    const apart = parseScopes(['repository:a/b:pull', 'nonsense', 'repository:c/d:push']);
    expect(parseScopes(['repository:a/b:pull  nonsense repository:c/d:push'])).toEqual(apart);
    expect(apart.map(formatScope)).toEqual(['repository:a/b:pull', 'repository:c/d:push']);
  });

  it('reads at most a hundred', () => {
    expect(parseScopes(Array.from({ length: 500 }, (_, index) => `repository:a/r${index}:pull`))).toHaveLength(100);
  });
});
