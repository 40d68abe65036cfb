import type { AppError } from '@slipway/base';
import { requestToken } from '../auth/token-request.ts';
import { clientError } from '../errors.ts';
import { answerError } from '../http/answer-error.ts';
import { discardBody } from '../http/body.ts';
import type { RegistryHost } from '../http/registry-host.ts';
import { basicAuthorization, type Credential } from './credential.ts';

/** What is verified: a user name and a password, or what an earlier login gave. */
export type LoginOptions = { readonly signal?: AbortSignal } & (
  | { readonly username: string; readonly password: string }
  | { readonly credential: UserCredential }
);

type UserCredential = Exclude<Credential, { readonly kind: 'registry-token' }>;

/**
 * Verifies a login with the registry and returns what to keep: an identity token where the registry gives one, else what was given. Stores
 * nothing. Errors: UNAUTHORIZED in docker's words, REALM_REFUSED, and those of the network.
 */
export async function verifyLogin(host: RegistryHost, options: LoginOptions): Promise<Credential> {
  const { signal } = options;
  const { url, challenges } = await host.connect();
  const credential = credentialOf(options);
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  const aborting = signal === undefined ? {} : { signal };
  const answer =
    bearer === undefined
      ? undefined
      : await requestToken({ challenge: bearer, registryUrl: url, scopes: [], credential, offline: true, ...aborting }, host.options);
  const authorization = authorizationOf(credential, answer?.token);
  if (authorization === undefined) throw refused(host);
  const response = await host.options.transport({ method: 'GET', url: new URL('/v2/', url), headers: { authorization }, ...aborting });
  if (response.status === 401) {
    await discardBody(response, host.reading(signal));
    throw refused(host);
  }
  if (response.status !== 200) throw await answerError(response, { doing: `Cannot log in to "${host.host}"`, ...host.reading(signal) });
  await discardBody(response, host.reading(signal));
  const { username } = credential;
  return answer?.refreshToken === undefined ? credential : { kind: 'identity-token', username, identityToken: answer.refreshToken };
}

function credentialOf(options: LoginOptions): UserCredential {
  return 'credential' in options ? options.credential : { kind: 'password', username: options.username, password: options.password };
}

/** Undefined where an identity token is no use, because the registry speaks Basic. */
function authorizationOf(credential: UserCredential, token: string | undefined): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  return credential.kind === 'password' ? basicAuthorization(credential.username, credential.password) : undefined;
}

function refused(host: RegistryHost): AppError {
  return clientError('UNAUTHORIZED', 'unauthorized: incorrect username or password', { details: { registry: host.host } });
}
