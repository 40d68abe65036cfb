import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readSecretInput } from './read-secret-input.ts';

describe('readSecretInput()', () => {
  it('takes the last line break away', async () => {
    expect(await readSecretInput(new PassThrough().end('a b\n\r\n'), new AbortController().signal)).toBe('a b\n');
  });

  it('ends when the command is interrupted', async () => {
    const controller = new AbortController();
    const secret = readSecretInput(new PassThrough(), controller.signal);
    controller.abort(new Error('Interrupted'));
    await expect(secret).rejects.toMatchObject({ code: 'ABORT_ERR' });
  });
});
