import { randomUUID } from 'node:crypto';
import { type Clock, LruCache } from '@slipway/base';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { KeyRing } from '../keys/key-ring.ts';
import { CLOCK_SKEW_SECONDS, TOKEN_LIFE_SECONDS } from './token-life.ts';

/** What a token allows at most; what is allowed is decided at each request. */
export interface Grant {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export interface TokenHolder {
  readonly name: string;
  readonly accountId: string;
  /** The token counts only while the account has this generation. */
  readonly generation: number;
}

export interface AccessClaims {
  /** Undefined is anonymous. */
  readonly holder: TokenHolder | undefined;
  readonly access: readonly Grant[];
  readonly audience: string;
  readonly expiresAtMs: number;
}

export interface SignedToken {
  readonly token: string;
  readonly issuedAtMs: number;
  readonly expiresInSeconds: number;
}

export interface SignOptions {
  readonly holder: TokenHolder | undefined;
  readonly access: readonly Grant[];
  /** The service: the registry's host as clients see it. */
  readonly audience: string;
}

/** Signs and verifies access tokens: JSON Web Tokens under EdDSA (RFC 8037). */
export interface AccessTokens {
  sign(options: SignOptions): Promise<SignedToken>;
  /** Undefined when the token is not ours, not for this audience, damaged or expired. Whether its holder still exists is not looked at. */
  verify(token: string, audience: string): Promise<AccessClaims | undefined>;
}

const ISSUER = 'slipway';
const MAX_CACHED_CHARACTERS = 16 * 1024 * 1024;

export function createAccessTokens({ keys, clock }: { readonly keys: KeyRing; readonly clock: Clock }): AccessTokens {
  // Checking an Ed25519 signature costs more than all the rest of a manifest request: each token is checked once.
  const verified = new LruCache<string, { readonly claims: AccessClaims; readonly weight: number }>({
    maxWeight: MAX_CACHED_CHARACTERS,
    weigh: (entry) => entry.weight,
  });

  return {
    async sign({ holder, access, audience }) {
      const issuedAtMs = clock.now();
      const seconds = Math.floor(issuedAtMs / 1000);
      const key = keys.current();
      const token = await new SignJWT({ access, ...(holder === undefined ? {} : { gen: `${holder.accountId}.${holder.generation}` }) })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: key.kid })
        .setIssuer(ISSUER)
        .setSubject(holder?.name ?? '')
        .setAudience(audience)
        .setIssuedAt(seconds)
        .setNotBefore(seconds - CLOCK_SKEW_SECONDS)
        .setExpirationTime(seconds + TOKEN_LIFE_SECONDS)
        .setJti(randomUUID())
        .sign(key.privateKey);
      return { token, issuedAtMs, expiresInSeconds: TOKEN_LIFE_SECONDS };
    },
    async verify(token, audience) {
      let claims = verified.get(token)?.claims;
      if (claims === undefined) {
        claims = await verifySignature(token, keys, new Date(clock.now()));
        if (claims === undefined) return undefined;
        verified.set(token, { claims, weight: token.length * 2 });
      }
      if (claims.expiresAtMs > clock.now()) return claims.audience === audience ? claims : undefined;
      verified.delete(token);
      return undefined;
    },
  };
}

async function verifySignature(token: string, keys: KeyRing, currentDate: Date): Promise<AccessClaims | undefined> {
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = kid === undefined ? undefined : keys.find(kid);
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key.publicKey;
      },
      { algorithms: ['EdDSA'], issuer: ISSUER, currentDate, requiredClaims: ['exp', 'aud', 'sub'] },
    );
    return toClaims(payload);
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** The signature says that we wrote it: what is read here has the shape `sign` gave it, or that of an older version. */
function toClaims(payload: JWTPayload): AccessClaims | undefined {
  if (typeof payload.aud !== 'string' || payload.exp === undefined || !Array.isArray(payload.access)) return undefined;
  const holder = toHolder(payload.sub ?? '', payload.gen);
  if (holder === undefined && payload.sub !== '') return undefined;
  return { holder, access: payload.access.filter(isGrant), audience: payload.aud, expiresAtMs: payload.exp * 1000 };
}

function toHolder(name: string, gen: unknown): TokenHolder | undefined {
  if (name === '' || typeof gen !== 'string') return undefined;
  const [accountId = '', generation = ''] = gen.split('.');
  return { name, accountId, generation: Number(generation) };
}

function isGrant(value: unknown): value is Grant {
  return (
    typeof value === 'object' && value !== null && 'type' in value && 'name' in value && 'actions' in value && Array.isArray(value.actions)
  );
}
