import { resolve } from 'node:path';
import { serverError } from '../errors.ts';
import { parseNetwork } from './network.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export function parsePath(text: string): string {
  return resolve(text);
}

/** Addresses and networks, separated by commas. Throws CONFIG_INVALID. */
export function parseNetworks(text: string): string[] {
  const networks = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  for (const network of networks) parseNetwork(network);
  return networks;
}

/**
 * The embedded way of keeping things, as `scheme:` alone. Others (PostgreSQL, S3) are later work: throws CONFIG_INVALID, with no more than
 * the scheme since URLs hold passwords, rather than use something else in silence.
 */
export function parseEmbedded(scheme: string): (text: string) => undefined {
  return (text) => {
    if (text === scheme || text === `${scheme}:`) return undefined;
    const shown = /^[a-z0-9+.-]+(?=:)/i.exec(text)?.[0] ?? text;
    throw serverError('CONFIG_INVALID', `"${shown}" is not supported by this version; leave it out to use the data folder`);
  };
}

/** `host:port`, `:port` (every address), `[::1]:port` or a port alone (loopback). Throws CONFIG_INVALID. */
export function parseAddress(text: string): ListenAddress {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw invalid(text, 'host:port, as in 127.0.0.1:5000 or :5000');
  const named = match[1] ?? match[2];
  return { host: named === '' ? '::' : (named ?? '127.0.0.1'), port };
}

/** A number with a unit (`30s`, `15m`, `24h`, `7d`), in milliseconds; a bare number is seconds. Throws CONFIG_INVALID. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(text.trim());
  if (match === null) throw invalid(text, 'a duration, as in 30s, 15m, 24h or 7d');
  return Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 1000);
}

export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) throw invalid(text, LOG_LEVELS.join(', '));
  return level;
}

/** Scheme, host and port, without a trailing slash. Throws CONFIG_INVALID. */
export function parsePublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.href !== `${url.origin}/`) {
    throw invalid(text, 'a URL without path, as in https://hub.example');
  }
  return url.origin;
}

function invalid(text: string, expected: string) {
  return serverError('CONFIG_INVALID', `"${text}" is not ${expected}`);
}
