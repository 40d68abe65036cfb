import type { RepositoryName } from '@slipway/oci';
import type { Access, Authorizer, Caller, Credentials, RepositoryAction, Verdict } from '@slipway/registry/authorizer';
import type { Account } from '../db/reads.ts';
import type { HubDatabase } from '../ports.ts';
import type { Grant } from '../tokens/access-token.ts';
import type { Authenticate, Authentication } from './authenticate.ts';
import { type ChallengeOptions, formatChallenge } from './challenge.ts';
import { mayAct } from './rights.ts';

export interface HubAuthorizerOptions {
  readonly database: HubDatabase;
  readonly authenticate: Authenticate;
}

/** Docker prints these words after "unauthorized: ". */
export const WRONG_PASSWORD = 'incorrect username or password';
const AUTHENTICATION_REQUIRED = 'authentication required';
const AUTHORIZATION_FAILED = 'authorization failed';

/**
 * Rights come from the account's state and the repository's visibility at the request's start; a token only narrows them. A request costs at
 * most two point reads, and a token that was seen before no cryptography.
 */
export function createHubAuthorizer({ database, authenticate }: HubAuthorizerOptions): Authorizer {
  function callerOf(account: Account | undefined, grants: readonly Grant[] | undefined): Caller {
    return {
      account: account?.name,
      administrator: account?.administrator ?? false,
      async can(name, action) {
        if (grants !== undefined && !isGranted(grants, name, action)) return false;
        return await mayAct(database.reader, account, { name, action });
      },
      mayList: (name) => mayAct(database.reader, account, { name, action: 'pull' }),
    };
  }

  async function judgeToken(
    authentication: Extract<Authentication, { kind: 'token' }>,
    challenge: Omit<ChallengeOptions, 'error'>,
  ): Promise<Verdict> {
    const caller = callerOf(authentication.account, authentication.access);
    const { access } = challenge;
    if (access.kind === 'ping') return { kind: 'allowed', caller };
    const allowed = access.kind === 'catalog' ? isCatalogGranted(authentication.access) : await caller.can(access.name, access.action);
    return allowed ? { kind: 'allowed', caller } : refuse({ ...challenge, error: 'insufficient_scope' }, AUTHORIZATION_FAILED);
  }

  async function judgeNobody(challenge: Omit<ChallengeOptions, 'error'>): Promise<Verdict> {
    const { access } = challenge;
    // Docker never sends credentials to a registry whose ping needs none; podman's search asks for a token only when told which scope lacks.
    if (access.kind === 'ping') return refuse(challenge, AUTHENTICATION_REQUIRED);
    if (access.kind === 'catalog') return refuse({ ...challenge, error: 'insufficient_scope' }, AUTHENTICATION_REQUIRED);
    const caller = callerOf(undefined, undefined);
    return (await caller.can(access.name, access.action)) ? { kind: 'allowed', caller } : refuse(challenge, AUTHENTICATION_REQUIRED);
  }

  async function judgeAccount(account: Account, access: Access): Promise<Verdict> {
    const caller = callerOf(account, undefined);
    if (access.kind !== 'repository' || (await caller.can(access.name, access.action))) return { kind: 'allowed', caller };
    return { kind: 'denied', message: 'requested access to the resource is denied' };
  }

  return {
    async authorize(credentials: Credentials, access: Access): Promise<Verdict> {
      const authentication = await authenticate(credentials);
      const challenge = { origin: credentials.origin, access };
      switch (authentication.kind) {
        case 'token':
          return await judgeToken(authentication, challenge);
        case 'account':
          return await judgeAccount(authentication.account, access);
        case 'nobody':
          return await judgeNobody(challenge);
        case 'wrong-password':
          return refuse(challenge, WRONG_PASSWORD);
        case 'unreadable':
          return refuse(challenge, AUTHENTICATION_REQUIRED);
        case 'invalid-token':
          return refuse({ ...challenge, error: 'invalid_token' }, 'invalid or expired token');
        case 'throttled':
          return {
            kind: 'throttled',
            retryAfterSeconds: authentication.retryAfterSeconds,
            message: 'too many failed login attempts: try again later',
          };
      }
    },
  };
}

function refuse(challenge: ChallengeOptions, message: string): Verdict {
  return { kind: 'challenge', challenge: formatChallenge(challenge), message };
}

function isGranted(grants: readonly Grant[], name: RepositoryName, action: RepositoryAction): boolean {
  return grants.some(
    (grant) => grant.name === name && grant.type === 'repository' && (grant.actions.includes(action) || grant.actions.includes('*')),
  );
}

function isCatalogGranted(grants: readonly Grant[]): boolean {
  return grants.some((grant) => grant.type === 'registry' && grant.name === 'catalog' && grant.actions.includes('*'));
}
