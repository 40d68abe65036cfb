import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTempFolder } from '@slipway/testkit';
import { expect, test } from 'vitest';
import { type ConfigSources, loadConfig } from './config.ts';
import { SETTINGS, type SettingName } from './settings.ts';

const CHECKOUT = '/checkout';

function load(sources: Partial<ConfigSources>) {
  return loadConfig({ flags: {}, environment: {}, checkout: CHECKOUT, ...sources });
}

async function loadFile(text: string, sources: Partial<ConfigSources> = {}) {
  await using folder = await openTempFolder();
  const file = join(folder.path, 'config.yaml');
  await writeFile(file, text);
  return await load({ ...sources, flags: { config: file, ...sources.flags } });
}

const DEFAULTS = {
  listen: { host: '127.0.0.1', port: 5000 },
  data: '/checkout/data',
  publicUrl: undefined,
  tls: undefined,
  trustedProxies: ['127.0.0.0/8', '::1'],
  drainTimeoutMs: 30_000,
  gc: { intervalMs: 86_400_000, graceMs: 86_400_000, untaggedAfterMs: undefined },
  uploadExpiryMs: 604_800_000,
  logLevel: 'info',
  adminPassword: undefined,
};

/** A good value, what becomes of it, and a bad value of each setting. */
const CASES: Readonly<Record<Exclude<SettingName, 'tlsCert' | 'tlsKey'>, { good: string; config: object; bad?: string }>> = {
  listen: { good: '[::1]:6000', config: { listen: { host: '::1', port: 6000 } }, bad: 'nowhere' },
  data: { good: '/srv/slipway', config: { data: '/srv/slipway' } },
  database: { good: 'sqlite:', config: {}, bad: 'postgres://ann:hunter2@db/slipway' },
  storage: { good: 'file:', config: {}, bad: 's3://bucket/prefix?secret=hunter2' },
  publicUrl: { good: 'https://hub.example', config: { publicUrl: 'https://hub.example' }, bad: 'hub.example' },
  trustedProxies: { good: '10.0.0.0/8, fd00::/8', config: { trustedProxies: ['10.0.0.0/8', 'fd00::/8'] }, bad: 'proxy.example' },
  drainTimeout: { good: '5s', config: { drainTimeoutMs: 5000 }, bad: 'soon' },
  gcInterval: { good: '0', config: { gc: { ...DEFAULTS.gc, intervalMs: 0 } }, bad: 'never' },
  gcGrace: { good: '1h', config: { gc: { ...DEFAULTS.gc, graceMs: 3_600_000 } }, bad: '-1h' },
  gcUntaggedAfter: { good: '30d', config: { gc: { ...DEFAULTS.gc, untaggedAfterMs: 2_592_000_000 } }, bad: '1w' },
  uploadExpiry: { good: '2h', config: { uploadExpiryMs: 7_200_000 }, bad: 'x' },
  logLevel: { good: 'debug', config: { logLevel: 'debug' }, bad: 'loud' },
};

function yamlOf(key: string, value: string): string {
  const [outer = '', inner] = key.split('.');
  return inner === undefined ? `${outer}: "${value}"\n` : `${outer}:\n  ${inner}: "${value}"\n`;
}

test('loadConfig() has a default for everything', async () => {
  expect(await load({})).toEqual(DEFAULTS);
});

test.each(Object.entries(CASES))('loadConfig() reads %s from flag, variable and file', async (name, { good, config }) => {
  const { flag, environment, key } = SETTINGS[name as SettingName];
  const expected = { ...DEFAULTS, ...config };
  expect(await load({ flags: { [flag]: good } })).toEqual(expected);
  expect(await load({ environment: { [environment]: good } })).toEqual(expected);
  expect(await loadFile(yamlOf(key, good))).toEqual(expected);
});

const BAD_VALUES = Object.entries(CASES).flatMap(([name, { bad }]) => (bad === undefined ? [] : [{ name, bad }]));

test.each(BAD_VALUES)('loadConfig() names the place of a bad value of $name', async ({ name, bad }) => {
  const { flag, environment, key } = SETTINGS[name as SettingName];
  const places = [
    { loading: load({ flags: { [flag]: bad } }), where: `--${flag}` },
    { loading: load({ environment: { [environment]: bad } }), where: environment },
    { loading: loadFile(yamlOf(key, bad)), where: `"${key}" in the configuration file` },
  ];
  for (const { loading, where } of places) {
    const error: unknown = await loading.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(`Cannot use ${where}: `) });
    expect(String(error)).not.toContain('hunter2');
  }
});

test('loadConfig() prefers flags to the environment, the environment to the file, and takes empty values for none', async () => {
  const file = 'logLevel: error\ndrainTimeout: 3\nuploadExpiry: 4h\n';
  const config = await loadFile(file, {
    flags: { 'log-level': 'debug', 'upload-expiry': '' },
    environment: { SLIPWAY_LOG_LEVEL: 'warn', SLIPWAY_DRAIN_TIMEOUT: '2s', SLIPWAY_UPLOAD_EXPIRY: '' },
  });
  expect(config).toMatchObject({ logLevel: 'debug', drainTimeoutMs: 2000, uploadExpiryMs: 14_400_000 });
});

test('loadConfig() finds the file by flag or variable, and reads numbers, lists and empty files', async () => {
  await using folder = await openTempFolder();
  const file = join(folder.path, 'config.yaml');
  await writeFile(file, 'listen: 6000\ndrainTimeout: 7\ntrustedProxies: [10.0.0.1, "fd00::1"]\ngc:\n  interval: 90m\n  grace: ~\n');
  expect(await load({ environment: { SLIPWAY_CONFIG: file } })).toMatchObject({
    listen: { host: '127.0.0.1', port: 6000 },
    drainTimeoutMs: 7000,
    trustedProxies: ['10.0.0.1', 'fd00::1'],
    gc: { intervalMs: 5_400_000, graceMs: 86_400_000 },
  });
  expect(await loadFile('')).toEqual(DEFAULTS);
  expect(await loadFile('# nothing yet\n')).toEqual(DEFAULTS);
  expect(await loadFile('gc:\nlisten:\n')).toEqual(DEFAULTS);
});

test.each([
  ['a misspelt key', 'lisen: 6000\n', 'Cannot use "lisen" in'],
  ['a misspelt key of a section', 'gc:\n  intervall: 1h\n', 'Cannot use "gc.intervall" in'],
  ['a misspelt key without a value', 'lisen:\n', 'Cannot use "lisen" in'],
  ['a section where a value belongs', 'listen:\n  port: 5000\n', 'Cannot use "listen.port" in'],
  ['a value where a section belongs', 'gc: 1h\n', 'Cannot use "gc" in'],
  ['a list', '- listen\n', 'it must hold lines of "key: value"'],
  ['text', 'listen 6000\n', 'it must hold lines of "key: value"'],
  ['broken YAML', 'listen: [\n', 'Cannot read the configuration file'],
])('loadConfig() refuses a file with %s', async (_what, text, message) => {
  await expect(loadFile(text)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) });
});

test('loadConfig() refuses a file that is not there', async () => {
  await expect(load({ flags: { config: '/nowhere/config.yaml' } })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^Cannot read the configuration file "\/nowhere\/config.yaml": ENOENT/),
  });
});

test('loadConfig() wants certificate and key together', async () => {
  expect(await load({ flags: { 'tls-cert': '/c.pem', 'tls-key': '/k.pem' } })).toMatchObject({ tls: { cert: '/c.pem', key: '/k.pem' } });
  expect(await loadFile('tls:\n  cert: /c.pem\n  key: /k.pem\n')).toMatchObject({ tls: { cert: '/c.pem', key: '/k.pem' } });
  for (const flags of [{ 'tls-cert': '/c.pem' }, { 'tls-key': '/k.pem' }]) {
    await expect(load({ flags })).rejects.toThrow('TLS needs both a certificate (--tls-cert) and a key (--tls-key)');
  }
});

test('loadConfig() takes the first password from the environment alone', async () => {
  expect(await load({ environment: { SLIPWAY_ADMIN_PASSWORD: 'made-up-1' } })).toMatchObject({ adminPassword: 'made-up-1' });
  await expect(loadFile('adminPassword: made-up-1\n')).rejects.toThrow('Cannot use "adminPassword"');
});
