import { describe, expect, it } from 'vitest';
import { checkPasswordRules, createPasswordHasher } from './password-hasher.ts';

describe('checkPasswordRules()', () => {
  it.each(['12345678', 'pässwörd', 'x'.repeat(1024)])('accepts %j', (password) => {
    expect(() => checkPasswordRules(password)).not.toThrow();
  });

  it.each(['', '1234567', '😀😀😀😀', 'x'.repeat(1025)])('rejects %j', (password) => {
    expect(() => checkPasswordRules(password)).toThrowError(expect.objectContaining({ code: 'PASSWORD_INVALID', kind: 'invalid' }));
  });

  it('does not repeat the password in its message', () => {
    expect(() => checkPasswordRules('sesame')).toThrowError(expect.not.objectContaining({ message: expect.stringContaining('sesame') }));
  });
});

describe('createPasswordHasher()', () => {
  it('verifies what it hashed and nothing else', async () => {
    const hasher = await createPasswordHasher();
    const hashed = await hasher.hash('correct horse');
    expect(hashed).toMatch(/^\$argon2id\$/);
    expect(await hasher.verify(hashed, 'correct horse')).toBe(true);
    expect(await hasher.verify(hashed, 'correct horsf')).toBe(false);
    expect(await hasher.verify(undefined, 'correct horse')).toBe(false);
  });
});
