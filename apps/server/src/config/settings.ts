import { parseAddress, parseDuration, parseEmbedded, parseLogLevel, parseNetworks, parsePath, parsePublicUrl } from './values.ts';

export interface Setting<T> {
  /** `--name VALUE`. */
  readonly flag: string;
  readonly environment: string;
  /** Where it stands in the configuration file. */
  readonly key: string;
  readonly help: string;
  /** As help shows it. */
  readonly fallback: string;
  readonly parse: (text: string) => T;
}

function setting<T>(flag: string, rest: Omit<Setting<T>, 'flag' | 'environment'> & { readonly environment?: string }): Setting<T> {
  return { flag, environment: `SLIPWAY_${flag.replaceAll('-', '_').toUpperCase()}`, ...rest };
}

/** Every setting of the server: flags win over the environment, the environment over the configuration file. */
export const SETTINGS = {
  listen: setting('listen', { key: 'listen', help: 'address and port to listen on', fallback: '127.0.0.1:5000', parse: parseAddress }),
  data: setting('data', { key: 'data', help: 'folder for everything that is kept', fallback: './data', parse: parsePath }),
  database: setting('database', {
    environment: 'SLIPWAY_DATABASE_URL',
    key: 'database',
    help: 'database URL',
    fallback: 'SQLite in the data folder',
    parse: parseEmbedded('sqlite'),
  }),
  storage: setting('storage', {
    environment: 'SLIPWAY_STORAGE_URL',
    key: 'storage',
    help: 'where blobs lie',
    fallback: 'the data folder',
    parse: parseEmbedded('file'),
  }),
  publicUrl: setting('public-url', {
    key: 'publicUrl',
    help: 'how clients reach the server, when it cannot tell from the request',
    fallback: 'taken from the request',
    parse: parsePublicUrl,
  }),
  tlsCert: setting('tls-cert', {
    key: 'tls.cert',
    help: 'certificate chain (PEM); reloaded when it changes',
    fallback: 'none',
    parse: parsePath,
  }),
  tlsKey: setting('tls-key', { key: 'tls.key', help: 'private key (PEM)', fallback: 'none', parse: parsePath }),
  trustedProxies: setting('trusted-proxies', {
    key: 'trustedProxies',
    help: 'addresses or networks whose X-Forwarded-* count, separated by commas',
    fallback: 'loopback',
    parse: parseNetworks,
  }),
  drainTimeout: setting('drain-timeout', {
    key: 'drainTimeout',
    help: 'how long SIGTERM waits for requests under way',
    fallback: '30s',
    parse: parseDuration,
  }),
  gcInterval: setting('gc-interval', {
    key: 'gc.interval',
    help: 'time between garbage collections; 0 switches them off',
    fallback: '24h',
    parse: parseDuration,
  }),
  gcGrace: setting('gc-grace', {
    key: 'gc.grace',
    help: 'how long content that nobody needs stays',
    fallback: '24h',
    parse: parseDuration,
  }),
  gcUntaggedAfter: setting('gc-untagged-after', {
    key: 'gc.untaggedAfter',
    help: 'also delete manifests without a tag for this long',
    fallback: 'never',
    parse: parseDuration,
  }),
  uploadExpiry: setting('upload-expiry', {
    key: 'uploadExpiry',
    help: 'how long an upload may stand still',
    fallback: '7d',
    parse: parseDuration,
  }),
  logLevel: setting('log-level', { key: 'logLevel', help: 'debug, info, warn or error', fallback: 'info', parse: parseLogLevel }),
} as const;

export type SettingName = keyof typeof SETTINGS;
