import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClientViewReader } from './proxies.ts';

interface Peer {
  readonly from?: string;
  readonly encrypted?: boolean;
}

const LOOPBACK = ['127.0.0.0/8', '::1'];

function view(headers: IncomingHttpHeaders, peer: Peer = {}, options: { trusted?: readonly string[]; publicUrl?: string } = {}) {
  const read = createClientViewReader({ trusted: options.trusted ?? LOOPBACK, publicUrl: options.publicUrl });
  const socket = { remoteAddress: peer.from ?? '127.0.0.1', encrypted: peer.encrypted ?? false };
  return read({ headers, socket } as unknown as IncomingMessage);
}

describe('createClientViewReader() address', () => {
  test.each([
    ['no header', undefined, '127.0.0.1'],
    ['an empty header', '', '127.0.0.1'],
    ['one proxy', '203.0.113.9', '203.0.113.9'],
    ['what the client claims before the proxy adds', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['a chain of trusted proxies', '203.0.113.9, 127.0.0.3,127.0.0.2', '203.0.113.9'],
    ['nothing but trusted proxies', '127.0.0.3, 127.0.0.2', '127.0.0.1'],
    ['IPv6', '2001:db8::7', '2001:db8::7'],
    ['IPv4 as IPv6', '::ffff:203.0.113.9', '203.0.113.9'],
    ['garbage from the proxy', '203.0.113.9, unknown', '127.0.0.1'],
    ['garbage from the client', '<script>, 203.0.113.9', '203.0.113.9'],
  ])('of %s', (_what, header, address) => {
    expect(view({ 'x-forwarded-for': header }).address).toBe(address);
  });

  test('of untrusted peers is their own', () => {
    expect(view({ 'x-forwarded-for': '127.0.0.1' }, { from: '203.0.113.9' }).address).toBe('203.0.113.9');
    expect(view({ 'x-forwarded-for': '127.0.0.1' }, { from: '::ffff:203.0.113.9' }).address).toBe('203.0.113.9');
    expect(view({ 'x-forwarded-for': '203.0.113.9' }, {}, { trusted: [] }).address).toBe('127.0.0.1');
  });

  test('trusts networks of both families', () => {
    const trusted = ['10.0.0.0/8', 'fd00::/8'];
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    expect(view(headers, { from: '10.9.8.7' }, { trusted }).address).toBe('203.0.113.9');
    expect(view(headers, { from: '::ffff:10.9.8.7' }, { trusted }).address).toBe('203.0.113.9');
    expect(view(headers, { from: 'fd12::1' }, { trusted }).address).toBe('203.0.113.9');
    expect(view(headers, { from: '11.0.0.1' }, { trusted }).address).toBe('11.0.0.1');
    expect(() => view({}, {}, { trusted: ['proxy.example'] })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('createClientViewReader() origin', () => {
  const host = 'inner:5000';

  test.each<[string, IncomingHttpHeaders, string]>([
    ['the Host header alone', {}, 'http://inner:5000'],
    ['the protocol', { 'x-forwarded-proto': 'https' }, 'https://inner:5000'],
    ['the host', { 'x-forwarded-host': 'hub.example' }, 'http://hub.example'],
    ['both', { 'x-forwarded-proto': 'HTTPS', 'x-forwarded-host': 'hub.example:8443' }, 'https://hub.example:8443'],
    ['host and port apart', { 'x-forwarded-host': 'hub.example', 'x-forwarded-port': '8443' }, 'http://hub.example:8443'],
    ['a port that belongs to the protocol', { 'x-forwarded-host': 'hub.example', 'x-forwarded-port': '443' }, 'http://hub.example'],
    ['a port that the host has too', { 'x-forwarded-host': 'hub.example:1', 'x-forwarded-port': '8443' }, 'http://hub.example:1'],
    ['an IPv6 host and its port', { 'x-forwarded-host': '[2001:db8::1]', 'x-forwarded-port': '8443' }, 'http://[2001:db8::1]:8443'],
    ['a port for a Host without one', { host: 'hub.example', 'x-forwarded-port': '8443' }, 'http://hub.example:8443'],
    ['a port that is none', { 'x-forwarded-host': 'hub.example', 'x-forwarded-port': 'https' }, 'http://hub.example'],
    [
      'the first of several proxies',
      { 'x-forwarded-host': 'hub.example, inner', 'x-forwarded-proto': 'https,http' },
      'https://hub.example',
    ],
    ['an unknown protocol', { 'x-forwarded-proto': 'gopher' }, 'http://inner:5000'],
  ])('from %s', (_what, headers, origin) => {
    expect(view({ host, ...headers }).origin).toBe(origin);
  });

  test('is what untrusted peers asked for themselves', () => {
    const forged = { host, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'x-forwarded-port': '1' };
    expect(view(forged, { from: '203.0.113.9' }).origin).toBe('http://inner:5000');
    expect(view(forged, { from: '203.0.113.9', encrypted: true }).origin).toBe('https://inner:5000');
  });

  test('is https where the connection is, unless the proxy says otherwise', () => {
    expect(view({ host }, { encrypted: true }).origin).toBe('https://inner:5000');
    expect(view({ host, 'x-forwarded-proto': 'http' }, { encrypted: true }).origin).toBe('http://inner:5000');
  });

  test('is the public URL, whatever requests say', () => {
    const headers = { host, 'x-forwarded-host': 'other.example', 'x-forwarded-for': '203.0.113.9' };
    expect(view(headers, {}, { publicUrl: 'https://hub.example' })).toEqual({ address: '203.0.113.9', origin: 'https://hub.example' });
  });

  test.each(['', 'a b', '"><script>', 'a/b', 'a@b', 'a:70000', 'a:x', '1.2.3.4.5', '[::1', '[:::]', 'a:1:2', 'a\r\nb', 'ä'])(
    'does not take "%s" for a host',
    (garbage) => {
      expect(view({ host: garbage }).origin).toBe('http://localhost');
      expect(view({ host, 'x-forwarded-host': garbage }).origin).toBe(garbage === '' ? 'http://inner:5000' : 'http://localhost');
    },
  );

  test('is a URL that needs no escaping, whatever the headers', () => {
    const header = fc.oneof(fc.string(), fc.webAuthority({ withPort: true }), fc.ipV6(), fc.stringMatching(/^[A-Za-z0-9.:[\]_-]{0,20}$/));
    fc.assert(
      fc.property(header, header, header, (text, forwarded, port) => {
        const { origin } = view({ host: text, 'x-forwarded-host': forwarded, 'x-forwarded-port': port });
        expect(URL.canParse(origin)).toBe(true);
        expect(origin).toMatch(/^https?:\/\/[\w.:[\]-]+$/);
      }),
    );
  });
});
