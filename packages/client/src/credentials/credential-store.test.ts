import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTempFolder } from '@slipway/testkit';
import { describe, expect, test } from 'vitest';
import type { Credential } from './credential.ts';
import { type RunProgram, runProgram } from './credential-helper.ts';
import { createCredentialStore } from './credential-store.ts';

const ann: Credential = { kind: 'password', username: 'ann', password: 'secret' };

/** Helpers that keep what they are given, as `program key` to secret. */
function fakeHelpers() {
  const kept = new Map<string, string>();
  const calls: string[] = [];
  const run: RunProgram = async (program, [action = ''], input) => {
    calls.push(`${program} ${action}`);
    if (action === 'store') kept.set(`${program} ${(JSON.parse(input) as { ServerURL: string }).ServerURL}`, input);
    if (action === 'erase') kept.delete(`${program} ${input}`);
    const found = kept.get(`${program} ${input}`);
    if (action !== 'get') return { exitCode: 0, output: '' };
    return found === undefined ? { exitCode: 1, output: 'credentials not found in native keychain\n' } : { exitCode: 0, output: found };
  };
  return { kept, calls, run };
}

describe('createCredentialStore()', () => {
  test('keeps credentials in the file, and finds them for Docker Hub under any of its names', async () => {
    await withTempFolder(async (configFolder) => {
      const store = createCredentialStore({ configFolder });
      expect(await store.find('docker.io')).toBeUndefined();
      await store.store('docker.io', ann);
      expect(await store.find('docker.io')).toEqual(ann);
      expect(await store.find('registry-1.docker.io')).toEqual(ann);
      expect(await store.locate('docker.io')).toEqual({ kind: 'file', where: join(configFolder, 'config.json') });
      expect(await store.erase('docker.io')).toBe(true);
      expect(await store.erase('docker.io')).toBe(false);
      expect(await store.find('docker.io')).toBeUndefined();
    });
  });

  test('asks DOCKER_AUTH_CONFIG, the registry’s helper, the general helper and the file, in that order', async () => {
    await withTempFolder(async (configFolder) => {
      const { kept, calls, run } = fakeHelpers();
      const file = { credsStore: 'all', credHelpers: { 'own.example': 'own' }, auths: { 'filed.example': { auth: 'YTpi' } } };
      await writeFile(join(configFolder, 'config.json'), JSON.stringify(file));
      const authConfig = JSON.stringify({ auths: { 'env.example': { auth: 'ZW52OnB3' } }, credsStore: 'never' });
      const store = createCredentialStore({ configFolder, authConfig, runProgram: run });
      for (const host of ['own.example', 'other.example']) await store.store(host, { ...ann, username: host });
      expect([...kept.keys()]).toEqual(['docker-credential-own own.example', 'docker-credential-all other.example']);
      expect(await store.find('env.example')).toEqual({ kind: 'password', username: 'env', password: 'pw' });
      expect(calls.filter((call) => call.endsWith('get'))).toEqual([]);
      expect(await store.find('own.example')).toEqual({ ...ann, username: 'own.example' });
      expect(await store.find('other.example')).toEqual({ ...ann, username: 'other.example' });
      expect(await store.find('filed.example')).toBeUndefined();
      expect(JSON.parse(await readFile(join(configFolder, 'config.json'), 'utf8'))).toEqual({
        ...file,
        auths: { ...file.auths, 'own.example': {}, 'other.example': {} },
      });
      await store.erase('own.example');
      expect(await store.find('own.example')).toBeUndefined();
    });
  });

  test('erases what old clients kept under URLs, in the file and in the helper', async () => {
    await withTempFolder(async (configFolder) => {
      const path = join(configFolder, 'config.json');
      const auths = { 'https://hub.example/v1/': { auth: 'YTpi' }, 'hub.example': { auth: 'YTpj' }, 'hub.example:5000': { auth: 'YTpk' } };
      await writeFile(path, JSON.stringify({ auths }));
      const store = createCredentialStore({ configFolder });
      expect(await store.erase('hub.example')).toBe(true);
      expect(await store.find('hub.example')).toBeUndefined();
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ auths: { 'hub.example:5000': { auth: 'YTpk' } } });
      const { kept, run } = fakeHelpers();
      kept.set('docker-credential-all https://old.example/v2/', '{"Username":"u","Secret":"s"}');
      await writeFile(path, '{"credsStore":"all","auths":{"https://old.example/v2/":{}}}');
      expect(await createCredentialStore({ configFolder, runProgram: run }).erase('old.example')).toBe(true);
      expect([...kept]).toEqual([]);
    });
  });

  test('gives helpers identity tokens under the name <token>', async () => {
    await withTempFolder(async (configFolder) => {
      const { kept, run } = fakeHelpers();
      await writeFile(join(configFolder, 'config.json'), '{"credsStore":"all"}');
      const store = createCredentialStore({ configFolder, runProgram: run });
      await store.store('hub.example', { kind: 'identity-token', username: 'ann', identityToken: 'long' });
      expect(kept.get('docker-credential-all hub.example')).toBe('{"ServerURL":"hub.example","Username":"<token>","Secret":"long"}');
      expect(await store.find('hub.example')).toEqual({ kind: 'identity-token', username: '', identityToken: 'long' });
    });
  });

  test('speaks to a real program, and says which one failed', async () => {
    await withTempFolder(async (configFolder) => {
      const program = join(configFolder, 'docker-credential-test');
      await writeFile(
        program,
        '#!/bin/sh\nread key\n[ "$key" = good ] && echo \'{"Username":"u","Secret":"s"}\' && exit 0\necho "vault is closed" >&2; exit 1\n',
      );
      await chmod(program, 0o755);
      await writeFile(join(configFolder, 'config.json'), '{"credsStore":"test"}');
      const run: RunProgram = async (name, args, input) => await runProgram(join(configFolder, name), args, `${input}\n`);
      const store = createCredentialStore({ configFolder, runProgram: run });
      expect(await store.find('good')).toEqual({ kind: 'password', username: 'u', password: 's' });
      await expect(store.find('bad')).rejects.toMatchObject({
        code: 'CREDENTIAL_HELPER_FAILED',
        message: 'Cannot get credentials with "docker-credential-test": vault is closed',
      });
      const missing = createCredentialStore({
        configFolder,
        runProgram: async (name, args, input) => await runProgram(`${name}-gone`, args, input),
      });
      await expect(missing.find('good')).rejects.toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED' });
    });
  });
});
