import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeyRing, openKeyRing } from '../keys/key-ring.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { type AccessTokens, createAccessTokens } from './access-token.ts';

const ACCESS = [{ type: 'repository', name: 'ann/app', actions: ['pull', 'push'] }];
const HOLDER = { name: 'ann', accountId: 'a1b2', generation: 3 };
const AUDIENCE = 'hub.example:5000';

describe('createAccessTokens()', () => {
  const clock = createFakeClock();
  let folder: string;
  let keys: KeyRing;
  let tokens: AccessTokens;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-tokens-'));
    keys = await openKeyRing({ folder, clock });
    tokens = createAccessTokens({ keys, clock });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const sign = () => tokens.sign({ holder: HOLDER, access: ACCESS, audience: AUDIENCE });

  it('sign() writes the claims of the token specification', async () => {
    const { token, expiresInSeconds, issuedAtMs } = await sign();
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: keys.current().kid });
    const seconds = Math.floor(issuedAtMs / 1000);
    expect(decodeJwt(token)).toEqual({
      iss: 'slipway',
      sub: 'ann',
      aud: AUDIENCE,
      iat: seconds,
      nbf: seconds - 60,
      exp: seconds + expiresInSeconds,
      jti: expect.any(String),
      access: ACCESS,
      gen: 'a1b2.3',
    });
  });

  it('verify() reads back what sign() wrote, also from memory', async () => {
    const { token } = await sign();
    for (let round = 0; round < 2; round += 1) {
      expect(await tokens.verify(token, AUDIENCE)).toMatchObject({ holder: HOLDER, access: ACCESS });
    }
  });

  it('verify() knows tokens of nobody', async () => {
    const { token } = await tokens.sign({ holder: undefined, access: [], audience: AUDIENCE });
    expect(await tokens.verify(token, AUDIENCE)).toMatchObject({ holder: undefined, access: [] });
  });

  it('verify() refuses another audience, whether or not the token was seen before', async () => {
    const { token } = await sign();
    expect(await tokens.verify(token, 'other.example')).toBeUndefined();
    expect(await tokens.verify(token, AUDIENCE)).toBeDefined();
    expect(await tokens.verify(token, 'other.example')).toBeUndefined();
  });

  it('verify() refuses what was changed, is no token, or was signed by another key', async () => {
    const { token } = await sign();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...decodeJwt(token), sub: 'admin' })).toString('base64url');
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none', kid: keys.current().kid })).toString('base64url');
    for (const bad of [`${header}.${forged}.${signature}`, `${unsigned}.${payload}.`, 'x', '', 'a.b.c', `${token}x`]) {
      expect(await tokens.verify(bad, AUDIENCE)).toBeUndefined();
    }
    const strangers = await openKeyRing({ folder: join(folder, 'other'), clock });
    const stranger = await createAccessTokens({ keys: strangers, clock }).sign({ holder: HOLDER, access: ACCESS, audience: AUDIENCE });
    expect(await tokens.verify(stranger.token, AUDIENCE)).toBeUndefined();
  });

  it('verify() refuses expired tokens, whether or not they were seen before', async () => {
    const seen = await sign();
    const unseen = await sign();
    expect(await tokens.verify(seen.token, AUDIENCE)).toBeDefined();
    clock.advance(900_000);
    expect(await tokens.verify(seen.token, AUDIENCE)).toBeUndefined();
    expect(await tokens.verify(unseen.token, AUDIENCE)).toBeUndefined();
  });

  it('verify() takes tokens from before a rotation, without memory of them', async () => {
    const { token } = await sign();
    await keys.rotate();
    expect(await createAccessTokens({ keys, clock }).verify(token, AUDIENCE)).toBeDefined();
  });
});
