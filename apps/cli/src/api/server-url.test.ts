import { describe, expect, it } from 'vitest';
import { parseServerUrl } from './server-url.ts';

describe('parseServerUrl()', () => {
  it.each([
    ['https://hub.example', 'https://hub.example'],
    ['https://hub.example:8443/', 'https://hub.example:8443'],
    ['hub.example', 'https://hub.example'],
    ['hub.example:5000', 'https://hub.example:5000'],
    ['localhost:5000', 'http://localhost:5000'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000'],
    ['http://[::1]:5000', 'http://[::1]:5000'],
  ])('reads %s as %s', (text, origin) => {
    expect(parseServerUrl(text, { insecure: false }).origin).toBe(origin);
  });

  it.each(['', 'ftp://hub.example', 'https://', 'https://hub.example/v2', 'https://hub.example?x', 'not a host', 'unix:/x'])(
    'rejects %j',
    (text) => {
      expect(() => parseServerUrl(text, { insecure: true })).toThrowError(expect.objectContaining({ code: 'USAGE' }));
    },
  );

  it('refuses plain HTTP to another machine unless told otherwise', () => {
    expect(() => parseServerUrl('http://hub.example', { insecure: false })).toThrowError('plain HTTP');
    expect(() => parseServerUrl('http://127.0.0.1.evil.example', { insecure: false })).toThrowError('plain HTTP');
    expect(parseServerUrl('http://hub.example', { insecure: true }).origin).toBe('http://hub.example');
  });

  it('refuses a login in the address without repeating the password', () => {
    const parse = () => parseServerUrl('https://ann:hunter2@hub.example', { insecure: false });
    expect(parse).toThrowError(expect.objectContaining({ code: 'USAGE', message: expect.not.stringContaining('hunter2') }));
  });
});
