import { BlockList, isIP } from 'node:net';
import { clientError } from '../errors.ts';
import { isLoopback } from '../names/loopback.ts';

/** Environment variables, lower case winning over upper case, as in curl and Go. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for requests to `url`, or undefined: HTTPS_PROXY for https, HTTP_PROXY for http, unless NO_PROXY names the host: `*`, a domain
 * (`example.com` and `.example.com` hold for what is below), an address, a network in CIDR form, each with or without a port. Loopback is
 * never asked for through a proxy. Errors: PROXY_INVALID (invalid).
 */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const text = variable(env, name);
  if (text === '' || isLoopback(url.hostname) || isExempt(url, variable(env, 'no_proxy'))) return undefined;
  const proxy = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (proxy === null || (proxy.protocol !== 'http:' && proxy.protocol !== 'https:')) {
    throw clientError('PROXY_INVALID', `Cannot use ${name.toUpperCase()} "${text}": it is no http or https URL`);
  }
  return proxy;
}

function variable(env: Environment, name: string): string {
  return env[name] || env[name.toUpperCase()] || '';
}

function isExempt(url: URL, list: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInNetwork(host, entry);
  const bare = entry.replace(/^\[|\]$/g, '');
  if (isIP(bare) > 0) return bare === host;
  const [, name = '', wantedPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const domain = name.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
  if (domain === host) return !name.startsWith('.');
  return isIP(host) === 0 && host.endsWith(`.${domain}`);
}

/** Whether an address lies in a network such as `10.0.0.0/8`; false for names and for what is no network. */
export function isInNetwork(host: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/');
  const family = isIP(base);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(base, Number(bits), type);
  return list.check(host, type);
}
