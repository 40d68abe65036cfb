import type { Clock } from '@slipway/base';
import { basicAuthorization, type Credential } from '../credentials/credential.ts';
import { clientError } from '../errors.ts';
import { answerError } from '../http/answer-error.ts';
import { discardBody, readBody } from '../http/body.ts';
import type { HttpRequest, HttpResponse } from '../http/exchange.ts';
import type { ClientLimits } from '../http/limits.ts';
import type { Transport } from '../http/transport.ts';
import type { Challenge } from './challenge.ts';
import { formatScope, type Scope } from './scope.ts';

export interface TokenRequest {
  readonly challenge: Challenge;
  /** Of the registry that sent the challenge. */
  readonly registryUrl: URL;
  readonly scopes: readonly Scope[];
  readonly credential: Credential | undefined;
  /** Ask for an identity token too, as `docker login` does. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
}

export interface Token {
  readonly token: string;
  readonly lifetimeMs: number;
  readonly refreshToken?: string;
}

export interface TokenRequestOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly limits: ClientLimits;
}

const CLIENT_ID = 'slipway';
const MAX_ANSWER_BYTES = 1024 * 1024;
/** What the token specification says when the service does not. */
const DEFAULT_LIFETIME_SECONDS = 60;

/**
 * Asks the challenge's realm for a token: with a GET, or with a POST for an identity token and where GET is not offered (distribution
 * token specification, "oauth"). Errors: UNAUTHORIZED, REALM_REFUSED, and those of the network.
 */
export async function requestToken(request: TokenRequest, options: TokenRequestOptions): Promise<Token> {
  const realm = realmOf(request);
  const { signal, credential } = request;
  const aborting = signal === undefined ? {} : { signal };
  const get: HttpRequest = { method: 'GET', url: tokenUrl(realm, request), headers: tokenHeaders(credential), ...aborting };
  let response: HttpResponse;
  if (credential?.kind === 'identity-token') response = await options.transport(tokenPost(realm, request), { redirect: 'none' });
  else {
    response = await options.transport(get);
    if (credential !== undefined && (response.status === 404 || response.status === 405)) {
      await discardBody(response, { clock: options.clock, stallTimeoutMs: options.limits.stallTimeoutMs });
      response = await options.transport(tokenPost(realm, request), { redirect: 'none' });
    }
  }
  return await readToken(response, request, options);
}

function realmOf({ challenge, registryUrl, credential }: TokenRequest): URL {
  const realm = URL.parse(challenge.parameters['realm'] ?? '');
  const host = registryUrl.host;
  if (realm === null || (realm.protocol !== 'https:' && realm.protocol !== 'http:')) {
    throw clientError('ANSWER_INVALID', `Cannot log in to "${host}": its challenge names no token service`);
  }
  if (realm.username !== '' || realm.password !== '') {
    throw clientError('REALM_REFUSED', `Cannot log in to "${host}": its token service's address holds credentials`);
  }
  if (credential !== undefined && registryUrl.protocol === 'https:' && realm.protocol === 'http:') {
    throw clientError(
      'REALM_REFUSED',
      `Cannot log in to "${host}": its token service "${realm.origin}" would get the credentials in the clear`,
    );
  }
  return realm;
}

function tokenUrl(realm: URL, { challenge, scopes, credential, offline }: TokenRequest): URL {
  const url = new URL(realm);
  const service = challenge.parameters['service'];
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', formatScope(scope));
  if (credential?.kind === 'password') url.searchParams.set('account', credential.username);
  if (offline === true) url.searchParams.set('offline_token', 'true');
  url.searchParams.set('client_id', CLIENT_ID);
  return url;
}

function tokenHeaders(credential: Credential | undefined): Record<string, string> {
  return credential?.kind === 'password' ? { authorization: basicAuthorization(credential.username, credential.password) } : {};
}

function tokenPost(realm: URL, { challenge, scopes, credential, offline, signal }: TokenRequest): HttpRequest {
  const form = new URLSearchParams({ client_id: CLIENT_ID, service: challenge.parameters['service'] ?? '' });
  if (scopes.length > 0) form.set('scope', scopes.map(formatScope).join(' '));
  if (credential?.kind === 'identity-token') {
    form.set('grant_type', 'refresh_token');
    form.set('refresh_token', credential.identityToken);
  }
  if (credential?.kind === 'password') {
    form.set('grant_type', 'password');
    form.set('username', credential.username);
    form.set('password', credential.password);
  }
  if (offline === true) form.set('access_type', 'offline');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', url: realm, headers, body: Buffer.from(form.toString()), ...(signal === undefined ? {} : { signal }) };
}

async function readToken(response: HttpResponse, request: TokenRequest, { clock, limits }: TokenRequestOptions): Promise<Token> {
  const reading = { clock, stallTimeoutMs: limits.stallTimeoutMs, ...(request.signal === undefined ? {} : { signal: request.signal }) };
  const host = request.registryUrl.host;
  if (response.status === 401 || (response.status === 400 && request.credential !== undefined)) {
    await discardBody(response, reading);
    if (request.credential === undefined) throw clientError('UNAUTHORIZED', `unauthorized: authentication required by "${host}"`);
    throw clientError('UNAUTHORIZED', 'unauthorized: incorrect username or password', { details: { registry: host } });
  }
  if (response.status !== 200) throw await answerError(response, { doing: `Cannot get a token for "${host}"`, ...reading });
  const body = await readBody(response, MAX_ANSWER_BYTES, reading);
  const answer = parseAnswer(body);
  const token = answer['token'] || answer['access_token'];
  if (typeof token !== 'string' || token === '' || /[^\x21-\x7e]/.test(token)) {
    throw clientError('ANSWER_INVALID', `Cannot get a token for "${host}": the token service's answer holds none`);
  }
  const seconds = answer['expires_in'];
  const refreshToken = answer['refresh_token'];
  return {
    token,
    lifetimeMs: (typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_LIFETIME_SECONDS) * 1000,
    ...(typeof refreshToken === 'string' && refreshToken !== '' ? { refreshToken } : {}),
  };
}

function parseAnswer(body: Buffer | undefined): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(body?.toString() ?? '');
    return typeof answer === 'object' && answer !== null ? { ...answer } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
