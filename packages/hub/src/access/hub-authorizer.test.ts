import { parseRepositoryName } from '@slipway/oci';
import type { Access, RepositoryAction, Verdict } from '@slipway/registry/authorizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, openTestHub, type TestHub } from '../testing/open-test-hub.ts';
import { requestToken } from '../testing/request-token.ts';

const ORIGIN = 'https://hub.example:5000';
const REALM = 'realm="https://hub.example:5000/token",service="hub.example:5000"';
const PING: Access = { kind: 'ping' };
const CATALOG: Access = { kind: 'catalog' };

function to(action: RepositoryAction, name: string): Access {
  return { kind: 'repository', name: parseRepositoryName(name), action };
}

describe('createHubAuthorizer()', () => {
  let test: TestHub;
  const ann = basic('ann', 'ann-secret-1');
  const admin = basic('admin', 'admin-secret-1');

  beforeAll(async () => {
    test = await openTestHub();
    await test.hub.accounts.ensureAdministrator({ password: 'admin-secret-1' });
    await test.hub.accounts.add({ name: 'ann', password: 'ann-secret-1' });
    const shared = test.directory.add('bob/shared');
    test.directory.add('bob/secret');
    await test.hub.repositories.setVisibility({ name: 'admin', administrator: true }, shared.name, 'public');
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const ask = (authorization: string | undefined, access: Access): Promise<Verdict> =>
    test.hub.authorizer.authorize({ authorization, address: '10.0.0.1', origin: ORIGIN }, access);
  const bearer = async (authorization: string | undefined, ...scopes: string[]): Promise<string> =>
    `Bearer ${await requestToken(test.hub, { authorization, origin: ORIGIN, scopes })}`;

  describe('without credentials', () => {
    it.each([undefined, 'Basic Og=='])('challenges the ping always (%s)', async (authorization) => {
      expect(await ask(authorization, PING)).toEqual({
        kind: 'challenge',
        challenge: `Bearer ${REALM}`,
        message: 'authentication required',
      });
    });

    it.each([undefined, 'Basic Og=='])('names the scope that the catalog takes, as podman needs it (%s)', async (authorization) => {
      expect(await ask(authorization, CATALOG)).toMatchObject({
        challenge: `Bearer ${REALM},scope="registry:catalog:*",error="insufficient_scope"`,
      });
    });

    it('allows pulling what is public, and nothing else', async () => {
      expect(await ask(undefined, to('pull', 'bob/shared'))).toMatchObject({
        kind: 'allowed',
        caller: { account: undefined, administrator: false },
      });
      expect(await ask('Basic Og==', to('pull', 'bob/shared'))).toMatchObject({ kind: 'allowed' });
      expect(await ask(undefined, to('push', 'bob/shared'))).toMatchObject({
        kind: 'challenge',
        challenge: `Bearer ${REALM},scope="repository:bob/shared:pull,push"`,
      });
      expect(await ask(undefined, to('delete', 'bob/shared'))).toMatchObject({
        challenge: `Bearer ${REALM},scope="repository:bob/shared:delete"`,
      });
    });

    it('names the source of a mount, so that clients which ask for no more than that can mount', async () => {
      const push = to('push', 'bob/shared');
      expect(await ask(undefined, { ...push, mountFrom: 'bob/other' } as Access)).toMatchObject({
        challenge: `Bearer ${REALM},scope="repository:bob/shared:pull,push repository:bob/other:pull"`,
      });
    });

    it('answers the same for what is private and what is missing', async () => {
      const secret = await ask(undefined, to('pull', 'bob/secret'));
      const missing = await ask(undefined, to('pull', 'bob/nowhere'));
      expect(secret.kind).toBe('challenge');
      expect(JSON.stringify(missing)).toBe(JSON.stringify(secret).replace('bob/secret', 'bob/nowhere'));
    });
  });

  describe('with Basic', () => {
    it('challenges a wrong password in the words that Docker prints', async () => {
      expect(await ask(basic('ann', 'nope'), PING)).toEqual({
        kind: 'challenge',
        challenge: `Bearer ${REALM}`,
        message: 'incorrect username or password',
      });
    });

    it('lets an account do all in its namespace, pull what is public, and ping', async () => {
      expect(await ask(ann, PING)).toMatchObject({ kind: 'allowed', caller: { account: 'ann', administrator: false } });
      expect(await ask(ann, CATALOG)).toMatchObject({ kind: 'allowed' });
      for (const action of ['pull', 'push', 'delete'] as const) expect((await ask(ann, to(action, 'ann/a/b'))).kind).toBe('allowed');
      expect((await ask(ann, to('pull', 'bob/shared'))).kind).toBe('allowed');
    });

    it.each(['ann', 'library/app', 'annette/app', 'bob/shared', 'admin/app', 'nobody/app'])(
      'denies an account to push to %s',
      async (name) => {
        expect(await ask(ann, to('push', name))).toEqual({ kind: 'denied', message: 'requested access to the resource is denied' });
      },
    );

    it('denies in the same words what is private and what is missing', async () => {
      expect(await ask(ann, to('pull', 'bob/secret'))).toEqual(await ask(ann, to('pull', 'bob/nowhere')));
    });

    it.each(['app', 'library/app', 'ann/app', 'nobody/app'])('lets the administrator push to %s', async (name) => {
      expect(await ask(admin, to('push', name))).toMatchObject({ kind: 'allowed', caller: { administrator: true } });
    });

    it('throttles an address that guesses', async () => {
      let verdict = await ask(basic('mallory', 'guess'), PING);
      for (let count = 0; count < 40 && verdict.kind === 'challenge'; count += 1) {
        verdict = await test.hub.authorizer.authorize(
          { authorization: basic('mallory', `guess${count}`), address: '10.9.9.9', origin: ORIGIN },
          PING,
        );
      }
      expect(verdict).toMatchObject({ kind: 'throttled', retryAfterSeconds: expect.any(Number) });
    });
  });

  describe('with a token', () => {
    it('allows the ping to everyone who has one', async () => {
      expect((await ask(await bearer(undefined), PING)).kind).toBe('allowed');
      expect(await ask(await bearer(ann), PING)).toMatchObject({ kind: 'allowed', caller: { account: 'ann' } });
    });

    it('allows what it grants and asks for more scope otherwise', async () => {
      const token = await bearer(ann, 'repository:ann/app:pull');
      expect((await ask(token, to('pull', 'ann/app'))).kind).toBe('allowed');
      expect(await ask(token, to('push', 'ann/app'))).toEqual({
        kind: 'challenge',
        challenge: `Bearer ${REALM},scope="repository:ann/app:pull,push",error="insufficient_scope"`,
        message: 'authorization failed',
      });
      expect((await ask(token, to('pull', 'ann/other'))).kind).toBe('challenge');
      expect((await ask(token, to('pull', 'bob/shared'))).kind).toBe('challenge');
    });

    it('takes "*" for every action', async () => {
      const token = await bearer(ann, 'repository:ann/app:*');
      for (const action of ['pull', 'push', 'delete'] as const) expect((await ask(token, to(action, 'ann/app'))).kind).toBe('allowed');
    });

    it('opens the catalog to tokens with its scope, also to those of nobody', async () => {
      expect((await ask(await bearer(undefined, 'registry:catalog:*'), CATALOG)).kind).toBe('allowed');
      expect(await ask(await bearer(ann, 'repository:ann/app:pull'), CATALOG)).toMatchObject({ kind: 'challenge' });
    });

    it('refuses tokens that are damaged, or for another host', async () => {
      const token = await bearer(ann, 'repository:ann/app:pull');
      const other = await test.hub.authorizer.authorize(
        { authorization: token, address: '10.0.0.1', origin: 'https://other.example' },
        PING,
      );
      for (const verdict of [await ask(`${token}x`, PING), other]) {
        expect(verdict).toMatchObject({ kind: 'challenge', challenge: expect.stringContaining('error="invalid_token"') });
      }
    });

    it('stops counting the moment the password changes or the account goes', async () => {
      const { accounts } = test.hub;
      await accounts.add({ name: 'eve', password: 'eve-secret-1' });
      const first = await bearer(basic('eve', 'eve-secret-1'), 'repository:eve/app:push');
      expect((await ask(first, to('push', 'eve/app'))).kind).toBe('allowed');
      await accounts.changePassword('eve', 'eve-secret-2');
      expect(await ask(first, to('push', 'eve/app'))).toMatchObject({ challenge: expect.stringContaining('error="invalid_token"') });
      const second = await bearer(basic('eve', 'eve-secret-2'), 'repository:eve/app:push');
      await accounts.remove('eve');
      await accounts.add({ name: 'eve', password: 'eve-secret-2' });
      expect(await ask(second, to('push', 'eve/app'))).toMatchObject({ challenge: expect.stringContaining('error="invalid_token"') });
    });

    it('gives no right that was taken since: visibility is read at each request', async () => {
      const name = test.directory.add('bob/fleeting').name;
      const owner = { name: 'admin', administrator: true };
      await test.hub.repositories.setVisibility(owner, name, 'public');
      const token = await bearer(undefined, 'repository:bob/fleeting:pull');
      expect((await ask(token, to('pull', 'bob/fleeting'))).kind).toBe('allowed');
      await test.hub.repositories.setVisibility(owner, name, 'private');
      expect(await ask(token, to('pull', 'bob/fleeting'))).toMatchObject({
        challenge: expect.stringContaining('error="insufficient_scope"'),
      });
    });
  });

  describe('Caller', () => {
    it('can() is bound by the token, mayList() is not', async () => {
      const verdict = await ask(await bearer(ann, 'repository:ann/app:pull'), to('pull', 'ann/app'));
      if (verdict.kind !== 'allowed') throw new Error(verdict.kind);
      const { caller } = verdict;
      expect(await caller.can(parseRepositoryName('ann/app'), 'pull')).toBe(true);
      expect(await caller.can(parseRepositoryName('ann/other'), 'pull')).toBe(false);
      expect(await caller.can(parseRepositoryName('bob/shared'), 'pull')).toBe(false);
      expect(await caller.mayList(parseRepositoryName('ann/other'))).toBe(true);
      expect(await caller.mayList(parseRepositoryName('bob/shared'))).toBe(true);
      expect(await caller.mayList(parseRepositoryName('bob/secret'))).toBe(false);
    });
  });

  it('never lets a Host header end the quoted realm', async () => {
    const verdict = await test.hub.authorizer.authorize({ authorization: undefined, address: '', origin: 'http://a",error="x' }, PING);
    expect(verdict).toMatchObject({ challenge: 'Bearer realm="http://a,error=x/token",service="a,error=x"' });
  });
});
