import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseNetwork } from './network.ts';
import { parseAddress, parseDuration, parseEmbedded, parseLogLevel, parseNetworks, parsePublicUrl } from './values.ts';

test.each([
  ['127.0.0.1:5000', '127.0.0.1', 5000],
  ['hub.example:443', 'hub.example', 443],
  [':8080', '::', 8080],
  ['[::1]:5000', '::1', 5000],
  ['[fe80::1:2]:1', 'fe80::1:2', 1],
  ['0.0.0.0:0', '0.0.0.0', 0],
  ['65535', '127.0.0.1', 65_535],
  [' :5000 ', '::', 5000],
])('parseAddress() reads %s', (text, host, port) => {
  expect(parseAddress(text)).toEqual({ host, port });
});

test.each(['', 'localhost', 'localhost:', 'a:65536', 'a:123456', '::1:5000', '[::1]', '[::1', '[x]:1', 'http://a:1', 'a:-1', 'a:1.5'])(
  'parseAddress() refuses "%s"',
  (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`"${text}"`) }),
    );
  },
);

test.each([
  ['0', 0],
  ['250ms', 250],
  ['30', 30_000],
  ['30s', 30_000],
  ['1.5m', 90_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
  [' 2 h ', 7_200_000],
])('parseDuration() reads "%s"', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(['', '-1s', '1w', 's', '1h30m', '1e3', 'Infinity', '1,5s', '0x10'])('parseDuration() refuses "%s"', (text) => {
  expect(() => parseDuration(text)).toThrow('is not a duration, as in 30s');
});

test('parseLogLevel() knows four levels', () => {
  expect(['debug', 'info', 'warn', 'error'].map(parseLogLevel)).toEqual(['debug', 'info', 'warn', 'error']);
  expect(() => parseLogLevel('trace')).toThrow('"trace" is not debug, info, warn, error');
});

test.each([
  ['https://hub.example', 'https://hub.example'],
  ['https://hub.example/', 'https://hub.example'],
  ['https://HUB.example:443', 'https://hub.example'],
  ['http://localhost:5000', 'http://localhost:5000'],
  ['https://[::1]:8443', 'https://[::1]:8443'],
])('parsePublicUrl() reads %s', (text, origin) => {
  expect(parsePublicUrl(text)).toBe(origin);
});

test.each([
  '',
  'hub.example',
  'hub.example:5000',
  'ftp://hub.example',
  'https://hub.example/path',
  'https://ann@hub.example',
  'https://hub.example/?q',
  'https://hub.example/#x',
])('parsePublicUrl() refuses "%s"', (text) => {
  expect(() => parsePublicUrl(text)).toThrow('is not a URL without path');
});

test.each([
  ['10.0.0.0/8', { address: '10.0.0.0', family: 'ipv4', bits: 8 }],
  ['10.1.2.3', { address: '10.1.2.3', family: 'ipv4', bits: 32 }],
  ['0.0.0.0/0', { address: '0.0.0.0', family: 'ipv4', bits: 0 }],
  ['fd00::/8', { address: 'fd00::', family: 'ipv6', bits: 8 }],
  ['::1', { address: '::1', family: 'ipv6', bits: 128 }],
])('parseNetwork() reads %s', (text, network) => {
  expect(parseNetwork(text)).toEqual(network);
});

test.each(['', '10.0.0.0/', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', '10.0.0.0/-1', '10.0.0.0/x', 'proxy.example', '10.0.0/8', '*'])(
  'parseNetwork() refuses "%s"',
  (text) => {
    expect(() => parseNetwork(text)).toThrow(`"${text}" is neither an address nor a network`);
  },
);

test('parseNetworks() reads a list and forgives blanks', () => {
  expect(parseNetworks(' 10.0.0.0/8 , ,::1,')).toEqual(['10.0.0.0/8', '::1']);
  expect(() => parseNetworks('10.0.0.0/8,nope')).toThrow('"nope"');
});

test('parseEmbedded() takes its own scheme alone and shows no more than the scheme of others', () => {
  const parse = parseEmbedded('sqlite');
  expect(parse('sqlite')).toBeUndefined();
  expect(parse('sqlite:')).toBeUndefined();
  expect(() => parse('sqlite:/elsewhere.db')).toThrow('"sqlite" is not supported by this version');
  expect(() => parse('postgres://ann:hunter2@db/slipway')).toThrow(
    expect.objectContaining({ message: '"postgres" is not supported by this version; leave it out to use the data folder' }),
  );
});

test('the parsers of settings return a value or throw CONFIG_INVALID, whatever they are given', () => {
  const parsers = [parseAddress, parseDuration, parseLogLevel, parsePublicUrl, parseNetworks, parseEmbedded('file')];
  fc.assert(
    fc.property(fc.constantFrom(...parsers), fc.string(), (parse: (text: string) => unknown, text) => {
      try {
        parse(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
      }
    }),
  );
});
