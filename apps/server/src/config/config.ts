import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@slipway/base';
import { parse as parseYaml } from 'yaml';
import { serverError } from '../errors.ts';
import { SETTINGS, type SettingName } from './settings.ts';
import type { ListenAddress, LogLevel } from './values.ts';

export interface ServerConfig {
  readonly listen: ListenAddress;
  readonly data: string;
  readonly publicUrl: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly trustedProxies: readonly string[];
  readonly drainTimeoutMs: number;
  readonly gc: { readonly intervalMs: number; readonly graceMs: number; readonly untaggedAfterMs: number | undefined };
  readonly uploadExpiryMs: number;
  readonly logLevel: LogLevel;
  /** For the first start alone. */
  readonly adminPassword: string | undefined;
}

export interface ConfigSources {
  /** Values of flags by flag name; `config` names the file. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where `./data` lies when nothing else is said. */
  readonly checkout: string;
}

/** Throws CONFIG_INVALID, naming the flag, variable or key that is wrong. */
export async function loadConfig(sources: ConfigSources): Promise<ServerConfig> {
  const file = sources.flags['config'] ?? sources.environment['SLIPWAY_CONFIG'];
  const fromFile = file === undefined ? new Map<string, string>() : await readConfigFile(file);
  const read = <Name extends SettingName>(name: Name) => readSetting(name, sources, fromFile);
  // Nothing to choose from yet: reading them refuses what is not supported.
  read('database');
  read('storage');
  const cert = read('tlsCert');
  const key = read('tlsKey');
  if ((cert === undefined) !== (key === undefined)) {
    throw serverError('CONFIG_INVALID', 'TLS needs both a certificate (--tls-cert) and a key (--tls-key)');
  }
  return {
    listen: read('listen') ?? { host: '127.0.0.1', port: 5000 },
    data: read('data') ?? join(sources.checkout, 'data'),
    publicUrl: read('publicUrl'),
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
    trustedProxies: read('trustedProxies') ?? ['127.0.0.0/8', '::1'],
    drainTimeoutMs: read('drainTimeout') ?? 30_000,
    gc: {
      intervalMs: read('gcInterval') ?? 86_400_000,
      graceMs: read('gcGrace') ?? 86_400_000,
      untaggedAfterMs: read('gcUntaggedAfter'),
    },
    uploadExpiryMs: read('uploadExpiry') ?? 7 * 86_400_000,
    logLevel: read('logLevel') ?? 'info',
    adminPassword: sources.environment['SLIPWAY_ADMIN_PASSWORD'],
  };
}

type ValueOf<Name extends SettingName> = ReturnType<(typeof SETTINGS)[Name]['parse']>;

function readSetting<Name extends SettingName>(
  name: Name,
  sources: ConfigSources,
  fromFile: ReadonlyMap<string, string>,
): ValueOf<Name> | undefined {
  const { flag, environment, key, parse } = SETTINGS[name];
  const candidates = [
    { text: sources.flags[flag], where: `--${flag}` },
    { text: sources.environment[environment], where: environment },
    { text: fromFile.get(key), where: `"${key}" in the configuration file` },
  ];
  const chosen = candidates.find(({ text }) => text !== undefined && text !== '');
  if (chosen?.text === undefined) return undefined;
  try {
    return parse(chosen.text) as ValueOf<Name>;
  } catch (error) {
    throw serverError('CONFIG_INVALID', `Cannot use ${chosen.where}: ${messageOf(error)}`, { cause: error });
  }
}

/** The file's values as text, by their dotted keys. */
async function readConfigFile(path: string): Promise<Map<string, string>> {
  let document: unknown;
  try {
    document = parseYaml(await readFile(path, 'utf8'));
  } catch (error) {
    throw serverError('CONFIG_INVALID', `Cannot read the configuration file "${path}": ${messageOf(error)}`, { cause: error });
  }
  const values = new Map<string, string>();
  if (document === null || document === undefined) return values;
  if (typeof document !== 'object' || Array.isArray(document)) {
    throw serverError('CONFIG_INVALID', `Cannot read the configuration file "${path}": it must hold lines of "key: value"`);
  }
  flatten(document, '', values);
  const known = new Set<string>(Object.values(SETTINGS).map((setting) => setting.key));
  const sections = new Set([...known].filter((key) => key.includes('.')).map((key) => key.slice(0, key.indexOf('.'))));
  const unknown = [...values].find(([key, value]) => !known.has(key) && !(value === '' && sections.has(key)))?.[0];
  if (unknown !== undefined) {
    throw serverError('CONFIG_INVALID', `Cannot use "${unknown}" in "${path}": the settings are ${[...known].join(', ')}`);
  }
  return values;
}

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (Array.isArray(value)) into.set(path, value.map(String).join(','));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) flatten(child, path === '' ? key : `${path}.${key}`, into);
  } else into.set(path, typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '');
}
