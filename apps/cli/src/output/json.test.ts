import { describe, expect, it } from 'vitest';
import { renderJson, renderJsonLines } from './json.ts';

describe('renderJson()', () => {
  it('is one indented document', () => {
    expect(renderJson({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}\n');
  });

  it('escapes what a terminal obeys, and reads back the same', () => {
    const value = { text: '\u001b[2J \u009b2J \u202e' };
    for (const character of ['\u001b', '\u009b', '\u202e']) expect(renderJson(value)).not.toContain(character);
    expect(JSON.parse(renderJson(value))).toEqual(value);
  });
});

describe('renderJsonLines()', () => {
  it('is a document a line', () => {
    expect(renderJsonLines([{ a: 1 }, { a: '\n' }])).toBe('{"a":1}\n{"a":"\\n"}\n');
    expect(renderJsonLines([])).toBe('');
  });
});
