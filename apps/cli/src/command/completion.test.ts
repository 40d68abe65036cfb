import { describe, expect, it } from 'vitest';
import { renderBashCompletion, renderCompletion } from './completion.ts';

describe('renderCompletion()', () => {
  it('prints a word a line, then what the shell does', () => {
    const candidates = [{ word: 'rmi', help: 'Remove\nimages' }, { word: 'app:latest' }];
    expect(renderCompletion({ kind: 'words', candidates })).toBe('rmi\tRemove\ufffdimages\napp:latest\n:4\n');
    expect(renderCompletion({ kind: 'words', candidates: [] })).toBe(':4\n');
    expect(renderCompletion({ kind: 'files' })).toBe(':0\n');
  });

  it('leaves words out that a shell would take for more than one', () => {
    expect(renderCompletion({ kind: 'words', candidates: [{ word: 'a b' }, { word: 'a\u001b' }, { word: '' }, { word: 'ok' }] })).toBe(
      'ok\n:4\n',
    );
  });
});

describe('renderBashCompletion()', () => {
  it('asks __complete, and needs nothing but bash', () => {
    expect(renderBashCompletion()).toContain('__complete -- "${words[@]:1}"');
    expect(renderBashCompletion()).toMatch(/complete -F _slipway slipway\n$/);
    expect(renderBashCompletion()).not.toContain('_get_comp_words');
  });
});
