import { isIP } from 'node:net';
import { serverError } from '../errors.ts';

/** Addresses that share their first `bits` bits. */
export interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly bits: number;
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. Throws CONFIG_INVALID. */
export function parseNetwork(text: string): Network {
  const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const maxBits = version === 6 ? 128 : 32;
  const bits = prefix === undefined ? maxBits : Number(prefix);
  if (version === 0 || bits > maxBits) {
    throw serverError('CONFIG_INVALID', `"${text}" is neither an address nor a network such as 10.0.0.0/8`);
  }
  return { address, family: version === 6 ? 'ipv6' : 'ipv4', bits };
}
