import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CollectingStream, TestTerminal } from '../testing/test-terminal.ts';
import { createPrompts } from './prompts.ts';

function openPrompts(stdin: TestTerminal | PassThrough, controller = new AbortController()) {
  const stderr = new CollectingStream();
  return { stderr, prompts: createPrompts({ stdin, stderr, signal: controller.signal }) };
}

describe('readSecret()', () => {
  it('returns what was typed and shows none of it', async () => {
    const terminal = new TestTerminal();
    const { prompts, stderr } = openPrompts(terminal);
    const answer = prompts.readSecret('Password', '');
    terminal.write('huntt\u007fr2 é\r');
    expect(await answer).toBe('huntr2 é');
    expect(stderr.text).toBe('Password: \n');
    expect(terminal.rawModes).toEqual([true, false]);
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('ends at %s', async (_key, typed) => {
    const terminal = new TestTerminal();
    const { prompts } = openPrompts(terminal);
    const answer = prompts.readSecret('Password', '');
    terminal.write(typed);
    await expect(answer).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(terminal.rawModes.at(-1)).toBe(false);
  });

  it('ends when the command is interrupted', async () => {
    const controller = new AbortController();
    const answer = openPrompts(new TestTerminal(), controller).prompts.readSecret('Password', '');
    controller.abort();
    await expect(answer).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('needs a terminal, and says what to do without', async () => {
    const { prompts } = openPrompts(new PassThrough());
    await expect(prompts.readSecret('Password', 'Pipe it in.')).rejects.toMatchObject({ code: 'TERMINAL_NEEDED', hint: 'Pipe it in.' });
  });
});

describe('confirm()', () => {
  it.each([
    ['y', true],
    ['Yes', true],
    ['n', false],
    ['', false],
    ['yep', false],
  ])('takes %j for %s', async (typed, expected) => {
    const terminal = new TestTerminal();
    const { prompts, stderr } = openPrompts(terminal);
    const answer = prompts.confirm('Sure?', '');
    terminal.write(`${typed}\r`);
    expect(await answer).toBe(expected);
    expect(stderr.text).toContain('Sure? [y/N]: ');
  });
});
