import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { messageOf } from '@slipway/base';
import { calculateJwkThumbprint } from 'jose';
import { hubError } from '../errors.ts';

/** An Ed25519 key that signs access tokens. */
export interface SigningKey {
  /** The key's RFC 7638 thumbprint. */
  readonly kid: string;
  readonly createdAtMs: number;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export async function createSigningKey(createdAtMs: number): Promise<SigningKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { kid: await thumbprintOf(publicKey), createdAtMs, privateKey, publicKey };
}

/** A private JSON Web Key (RFC 8037) with the time it was made. */
export function formatSigningKey(key: SigningKey): string {
  const jwk = key.privateKey.export({ format: 'jwk' });
  return `${JSON.stringify({ ...jwk, kid: key.kid, use: 'sig', alg: 'EdDSA', created_at: new Date(key.createdAtMs).toISOString() })}\n`;
}

/** Throws KEY_INVALID, naming `path` and nothing of the content. */
export async function parseSigningKey(text: string, path: string): Promise<SigningKey> {
  try {
    const jwk: unknown = JSON.parse(text);
    if (typeof jwk !== 'object' || jwk === null || !('created_at' in jwk)) throw new TypeError('it is no key made by Slipway');
    const createdAtMs = Date.parse(String(jwk.created_at));
    if (Number.isNaN(createdAtMs)) throw new TypeError('its time of creation cannot be read');
    const privateKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('it is no Ed25519 key');
    const publicKey = createPublicKey(privateKey);
    return { kid: await thumbprintOf(publicKey), createdAtMs, privateKey, publicKey };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is no JSON' : messageOf(error);
    throw hubError('KEY_INVALID', `Cannot read the signing key "${path}": ${why}`);
  }
}

async function thumbprintOf(publicKey: KeyObject): Promise<string> {
  return await calculateJwkThumbprint(publicKey);
}
