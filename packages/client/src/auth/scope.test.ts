import { describe, expect, test } from 'vitest';
import { coversScopes, formatScope, mergeScopes, parseScopes, repositoryScope } from './scope.ts';

describe('parseScopes()', () => {
  test('reads names with ports and types with classes', () => {
    expect(parseScopes('repository:host:5000/a:pull,push  repository(plugin):b:pull nonsense registry:catalog:*')).toEqual([
      { type: 'repository', name: 'host:5000/a', actions: ['pull', 'push'] },
      { type: 'repository(plugin)', name: 'b', actions: ['pull'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ]);
  });
});

describe('mergeScopes()', () => {
  test('joins the actions of each repository in a fixed order', () => {
    const merged = mergeScopes([repositoryScope('b', 'pull'), repositoryScope('a', 'push'), repositoryScope('a', 'pull', 'push')]);
    expect(merged.map(formatScope)).toEqual(['repository:a:pull,push', 'repository:b:pull']);
  });
});

describe('coversScopes()', () => {
  test('wants each action of each repository', () => {
    const held = [repositoryScope('a', 'pull', 'push')];
    expect(coversScopes(held, [repositoryScope('a', 'pull')])).toBe(true);
    expect(coversScopes(held, [repositoryScope('a', 'delete')])).toBe(false);
    expect(coversScopes(held, [repositoryScope('b', 'pull')])).toBe(false);
    expect(coversScopes(held, [])).toBe(true);
  });
});
