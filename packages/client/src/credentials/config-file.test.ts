import { lstat, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTempFolder } from '@slipway/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findInAuths, parseConfig, readConfigFile, withCredential, withoutCredential, writeConfigFile } from './config-file.ts';
import type { Credential } from './credential.ts';

const username = fc.string({ minLength: 1 }).filter((text) => !text.includes(':'));
const password = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('\0'));
const credential: fc.Arbitrary<Credential> = fc.oneof(
  fc.record({ kind: fc.constant('password' as const), username, password }),
  fc.record({ kind: fc.constant('identity-token' as const), username, identityToken: password }),
  fc.record({ kind: fc.constant('registry-token' as const), registryToken: password }),
);
const registry = fc.constantFrom('docker.io', 'localhost:5000', 'hub.example', '[::1]:5000');

describe('withCredential()', () => {
  test('is read back, and leaves all else as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), registry, credential, (rest, host, given) => {
        const document = { ...rest, auths: { 'other.example': { auth: 'YTpi', email: 'kept' } } };
        const changed = parseConfig(JSON.stringify(withCredential(document, host, given)), 'test');
        expect(findInAuths(changed, host)).toEqual(given);
        expect(withoutCredential(changed, host)).toEqual(JSON.parse(JSON.stringify(document)));
      }),
    );
  });

  test('writes what docker writes', () => {
    const written = withCredential({}, 'docker.io', { kind: 'password', username: 'ann', password: 'p:w' });
    expect(written).toEqual({ auths: { 'https://index.docker.io/v1/': { auth: Buffer.from('ann:p:w').toString('base64') } } });
    expect(withCredential({}, 'hub.example', { kind: 'identity-token', username: 'ann', identityToken: 't' })).toEqual({
      auths: { 'hub.example': { auth: Buffer.from('ann:').toString('base64'), identitytoken: 't' } },
    });
  });
});

describe('findInAuths()', () => {
  test('finds hosts that old clients wrote as URLs', () => {
    const auths = { 'https://hub.example/v1/': { auth: 'YTpi' }, 'https://index.docker.io/v1/': { auth: 'YTpj' } };
    expect(findInAuths({ auths }, 'hub.example')).toEqual({ kind: 'password', username: 'a', password: 'b' });
    expect(findInAuths({ auths }, 'docker.io')).toEqual({ kind: 'password', username: 'a', password: 'c' });
    expect(findInAuths({ auths }, 'hub.example:5000')).toBeUndefined();
  });

  test('reads plain fields, and passes over empty and broken entries', () => {
    const auths = { a: { username: 'x', password: 'y' }, b: {}, c: { auth: '####' }, d: 5 };
    expect(findInAuths({ auths }, 'a')).toEqual({ kind: 'password', username: 'x', password: 'y' });
    for (const host of ['b', 'c', 'd', 'constructor']) expect(findInAuths({ auths }, host)).toBeUndefined();
  });
});

describe('parseConfig()', () => {
  test('says where, and not what', () => {
    expect(() => parseConfig('{"auths":{"a":{"auth":"c2VjcmV0', '/home/ann/.docker/config.json')).toThrow(
      /^Cannot read "\/home\/ann\/.docker\/config.json": it is not JSON$/,
    );
    expect(() => parseConfig('[]', 'x')).toThrow('no JSON object');
    expect(parseConfig(' \n', 'x')).toEqual({});
  });
});

describe('writeConfigFile()', () => {
  test('makes a file that only its owner reads, indented by tabs', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'new', 'config.json');
      await writeConfigFile(path, { auths: {} });
      expect(await readFile(path, 'utf8')).toBe('{\n\t"auths": {}\n}');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    });
  });

  test('writes through a symbolic link and takes others’ rights away', async () => {
    await withTempFolder(async (folder) => {
      const [link, target] = [join(folder, 'config.json'), join(folder, 'real.json')];
      await writeFile(target, '{"psFormat":"x"}', { mode: 0o644 });
      await symlink(target, link);
      await writeConfigFile(link, { ...(await readConfigFile(link)), auths: {} });
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
      expect(JSON.parse(await readFile(target, 'utf8'))).toEqual({ psFormat: 'x', auths: {} });
      expect((await stat(target)).mode & 0o777).toBe(0o600);
    });
  });
});
