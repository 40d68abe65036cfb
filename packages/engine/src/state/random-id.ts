import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const LENGTH = 26;
/** The largest multiple of 36 that a byte holds: what is above would favour the first characters. */
const FAIR = 252;

/** 26 characters of [0-9a-z] that were never used before: the name of a lease or a snapshot. */
export function randomId(): string {
  let id = '';
  while (id.length < LENGTH) {
    for (const byte of randomBytes(LENGTH + 6)) {
      if (byte < FAIR && id.length < LENGTH) id += ALPHABET[byte % ALPHABET.length];
    }
  }
  return id;
}
