import { requestToken } from '../auth/token-request.ts';
import { clientError } from '../errors.ts';
import { answerError } from '../http/answer-error.ts';
import { discardBody } from '../http/body.ts';
import type { RegistryHost } from '../http/registry-host.ts';
import { basicAuthorization, type Credential } from './credential.ts';

export interface LoginOptions {
  readonly username: string;
  readonly password: string;
  readonly signal?: AbortSignal;
}

/**
 * Verifies a user name and a password with the registry and returns what to keep: an identity token where the registry gives one, else the
 * password. Stores nothing. Errors: UNAUTHORIZED in docker's words, REALM_REFUSED, and those of the network.
 */
export async function verifyLogin(host: RegistryHost, options: LoginOptions): Promise<Credential> {
  const { username, password, signal } = options;
  const { url, challenges } = await host.connect();
  const credential: Credential = { kind: 'password', username, password };
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  const aborting = signal === undefined ? {} : { signal };
  const answer =
    bearer === undefined
      ? undefined
      : await requestToken({ challenge: bearer, registryUrl: url, scopes: [], credential, offline: true, ...aborting }, host.options);
  const authorization = answer === undefined ? basicAuthorization(username, password) : `Bearer ${answer.token}`;
  const response = await host.options.transport({ method: 'GET', url: new URL('/v2/', url), headers: { authorization }, ...aborting });
  if (response.status === 401) {
    await discardBody(response, host.reading(signal));
    throw clientError('UNAUTHORIZED', 'unauthorized: incorrect username or password', { details: { registry: host.host } });
  }
  if (response.status !== 200) throw await answerError(response, { doing: `Cannot log in to "${host.host}"`, ...host.reading(signal) });
  await discardBody(response, host.reading(signal));
  return answer?.refreshToken === undefined ? credential : { kind: 'identity-token', username, identityToken: answer.refreshToken };
}
