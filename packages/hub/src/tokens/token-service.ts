import { serviceOf } from '../access/challenge.ts';
import { WRONG_PASSWORD } from '../access/hub-authorizer.ts';
import type { Login } from '../accounts/login.ts';
import type { Account } from '../db/reads.ts';
import type { HubDatabase } from '../ports.ts';
import type { AccessTokens } from './access-token.ts';
import { grantScopes } from './grant-scopes.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import { formatScope } from './scope.ts';
import { refuseToken, type TokenReply, tokenReply } from './token-reply.ts';
import { type ParsedTokenRequest, parseTokenForm, parseTokenQuery, type TokenProof, type TokenRequest } from './token-request.ts';

export interface TokenContext {
  /** The client's address, proxies already resolved. */
  readonly address: string;
  /** Scheme and host as the client sees them: the host is the audience. */
  readonly origin: string;
}

/** The token service of the distribution specification, without HTTP. */
export interface TokenService {
  answerGet(query: URLSearchParams, authorization: string | undefined, context: TokenContext): Promise<TokenReply>;
  answerPost(form: URLSearchParams, context: TokenContext): Promise<TokenReply>;
}

export interface TokenServiceOptions {
  readonly database: HubDatabase;
  readonly login: Login;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
}

type Proven =
  | { readonly kind: 'account'; readonly account: Account | undefined }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export function createTokenService({ database, login, accessTokens, refreshTokens }: TokenServiceOptions): TokenService {
  async function prove(proof: TokenProof, address: string): Promise<Proven> {
    if (proof.kind === 'nobody') return { kind: 'account', account: undefined };
    if (proof.kind === 'password') return await login.check({ name: proof.name, password: proof.password, address });
    const account = await refreshTokens.redeem(proof.token);
    return account === undefined ? { kind: 'wrong' } : { kind: 'account', account };
  }

  async function refreshTokenFor(request: TokenRequest, account: Account | undefined): Promise<string | undefined> {
    if (!request.offline || account === undefined) return undefined;
    // Who already has one keeps it.
    return request.proof.kind === 'refresh-token' ? request.proof.token : await refreshTokens.issue(account, request.clientId);
  }

  async function answer(parsed: ParsedTokenRequest, context: TokenContext): Promise<TokenReply> {
    if (parsed.kind === 'unauthorized') return unauthorized(context);
    if (parsed.kind === 'malformed') return refuseToken({ status: 400, error: parsed.error, code: 'UNSUPPORTED', message: parsed.why });
    const { request } = parsed;
    const proven = await prove(request.proof, context.address);
    if (proven.kind === 'throttled') return tooMany(proven.retryAfterSeconds);
    if (proven.kind === 'wrong') return unauthorized(context);
    const { account } = proven;
    const access = await grantScopes(database.reader, account, request.scopes);
    const holder = account === undefined ? undefined : { name: account.name, accountId: account.id, generation: account.generation };
    const signed = await accessTokens.sign({ holder, access, audience: serviceOf(context.origin) });
    const refreshToken = await refreshTokenFor(request, account);
    return tokenReply({
      token: signed.token,
      access_token: signed.token,
      expires_in: signed.expiresInSeconds,
      issued_at: new Date(signed.issuedAtMs).toISOString(),
      scope: access.map(formatScope).join(' '),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    });
  }

  return {
    answerGet: (query, authorization, context) => answer(parseTokenQuery(query, authorization), context),
    answerPost: (form, context) => answer(parseTokenForm(form), context),
  };
}

function unauthorized({ origin }: TokenContext): TokenReply {
  return refuseToken({
    status: 401,
    error: 'invalid_grant',
    code: 'UNAUTHORIZED',
    message: WRONG_PASSWORD,
    headers: { 'WWW-Authenticate': `Basic realm="${serviceOf(origin).replace(/["\\\p{Cc}]/gu, '')}"` },
  });
}

function tooMany(retryAfterSeconds: number): TokenReply {
  return refuseToken({
    status: 429,
    error: 'temporarily_unavailable',
    code: 'TOOMANYREQUESTS',
    message: 'too many failed login attempts: try again later',
    headers: { 'Retry-After': String(retryAfterSeconds) },
  });
}
