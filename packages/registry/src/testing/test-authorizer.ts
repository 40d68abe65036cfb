import type { RepositoryName } from '@slipway/oci';
import type { Access, Authorizer, Caller, RepositoryAction, Verdict } from '../authorizer.ts';

export interface TestAuthorizer extends Authorizer {
  /** Whether an account (undefined: anonymous) may do this. At first everyone who gives a name may do everything. */
  may: (account: string | undefined, name: string, action: RepositoryAction) => boolean;
  /** When set, what every request hears. */
  verdict: Verdict | undefined;
  /** What was asked so far. */
  readonly asked: Access[];
}

/** Accounts are the names in Basic headers; passwords do not matter. */
export function createTestAuthorizer(): TestAuthorizer {
  const asked: Access[] = [];
  return {
    may: (account) => account !== undefined,
    verdict: undefined,
    asked,
    async authorize(credentials, access) {
      asked.push(access);
      if (this.verdict !== undefined) return this.verdict;
      const account = accountOf(credentials.authorization);
      const caller = callerOf(this, account);
      const isAllowed = access.kind === 'repository' ? await caller.can(access.name, access.action) : account !== undefined;
      if (isAllowed) return { kind: 'allowed', caller };
      if (account === undefined) return { kind: 'challenge', challenge: 'Basic realm="test"', message: 'Log in first' };
      return { kind: 'denied', message: `"${account}" may not do this` };
    },
  };
}

function callerOf(authorizer: TestAuthorizer, account: string | undefined): Caller {
  return {
    account,
    administrator: account === 'admin',
    can: async (name: RepositoryName, action) => authorizer.may(account, name, action),
    mayList: async (name: RepositoryName) => authorizer.may(account, name, 'pull'),
  };
}

function accountOf(authorization: string | undefined): string | undefined {
  const encoded = /^basic (.+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const name = Buffer.from(encoded, 'base64').toString().split(':', 1)[0];
  return name === '' ? undefined : name;
}
