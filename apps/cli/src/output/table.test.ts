import { describe, expect, it } from 'vitest';
import { renderFields, renderTable } from './table.ts';

describe('renderTable()', () => {
  it('makes columns at least ten wide and three spaces apart', () => {
    expect(
      renderTable(
        ['NAME', 'ROLE', 'X'],
        [
          ['ann', 'administrator', 'y'],
          ['a-long-account-name', 'member', ''],
        ],
      ),
    ).toBe(
      [
        'NAME                  ROLE            X',
        'ann                   administrator   y',
        'a-long-account-name   member          ',
        '',
      ].join('\n'),
    );
    expect(renderTable(['A', 'B'], [['1', '2']])).toBe('A         B\n1         2\n');
  });

  it('prints headings without rows', () => {
    expect(renderTable(['A', 'B'], [])).toBe('A         B\n');
  });

  it('counts code points, not UTF-16 units', () => {
    expect(renderTable(['A', 'B'], [['😀', 'x']])).toBe('A         B\n😀         x\n');
  });

  it('lets no cell steer the terminal', () => {
    expect(renderTable(['A'], [['a\u001b[2Jb\nc\u202e']])).toBe('A\na\ufffd[2Jb\ufffdc\ufffd\n');
  });
});

describe('renderFields()', () => {
  it('puts the values in one column', () => {
    expect(
      renderFields([
        ['Name', 'x'],
        ['Last pushed', 'never'],
      ]),
    ).toBe('Name:         x\nLast pushed:  never\n');
  });
});
