import type { Credentials } from '@slipway/registry/authorizer';
import type { Login } from '../accounts/login.ts';
import { type Account, findAccountById } from '../db/reads.ts';
import type { HubDatabase } from '../ports.ts';
import type { AccessTokens, Grant } from '../tokens/access-token.ts';
import { parseAuthorization } from './authorization-header.ts';
import { serviceOf } from './challenge.ts';

/** Who a request is from. */
export type Authentication =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'account'; readonly account: Account }
  /** `account` is undefined for a token that was given to nobody in particular. */
  | { readonly kind: 'token'; readonly account: Account | undefined; readonly access: readonly Grant[] }
  | { readonly kind: 'wrong-password' }
  | { readonly kind: 'invalid-token' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Reads the account's present state at each call. Never throws for bad credentials. */
export type Authenticate = (credentials: Credentials) => Promise<Authentication>;

export interface AuthenticateOptions {
  readonly database: HubDatabase;
  readonly login: Login;
  readonly accessTokens: AccessTokens;
}

const NOBODY: Authentication = { kind: 'nobody' };
const INVALID_TOKEN: Authentication = { kind: 'invalid-token' };

export function createAuthenticate({ database, login, accessTokens }: AuthenticateOptions): Authenticate {
  async function readToken(token: string, origin: string): Promise<Authentication> {
    const claims = await accessTokens.verify(token, serviceOf(origin));
    if (claims === undefined) return INVALID_TOKEN;
    const { holder, access } = claims;
    if (holder === undefined) return { kind: 'token', account: undefined, access };
    const account = await findAccountById(database.reader, holder.accountId);
    if (account === undefined || account.disabled || account.generation !== holder.generation) return INVALID_TOKEN;
    return { kind: 'token', account, access };
  }

  return async ({ authorization, address, origin }) => {
    const presented = parseAuthorization(authorization);
    if (presented.kind === 'none') return NOBODY;
    if (presented.kind === 'bearer') return await readToken(presented.token, origin);
    if (presented.kind === 'unknown') return { kind: 'unreadable' };
    const outcome = await login.check({ name: presented.name, password: presented.password, address });
    return outcome.kind === 'wrong' ? { kind: 'wrong-password' } : outcome;
  };
}
