import { type Clock, SingleFlight } from '@slipway/base';
import { basicAuthorization, type Credential, type CredentialSource } from '../credentials/credential.ts';
import type { ClientLimits } from '../http/limits.ts';
import type { Transport } from '../http/transport.ts';
import { untilAborted } from '../http/until-aborted.ts';
import type { Challenge } from './challenge.ts';
import { coversScopes, formatScope, mergeScopes, parseScopes, type Scope } from './scope.ts';
import { requestToken, type Token } from './token-request.ts';

export interface HostAuthOptions {
  /** As credentials know it. */
  readonly registry: string;
  readonly registryUrl: URL;
  readonly credentials: CredentialSource;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly limits: ClientLimits;
}

interface CachedToken {
  readonly scopes: readonly Scope[];
  readonly token: string;
  readonly endsMs: number;
}

/** A token is used for nine tenths of its life: the request it is sent with takes time too. */
const USED_LIFE = 0.9;
const MAX_TOKENS = 256;

/** Answers the challenges of one registry: tokens by scope, fetched once and kept until shortly before their end, or Basic. */
export class HostAuth {
  readonly #options: HostAuthOptions;
  readonly #fetching = new SingleFlight<string>();
  #credential: Promise<Credential | undefined> | undefined;
  #challenge: Challenge | undefined;
  #tokens: CachedToken[] = [];

  constructor(options: HostAuthOptions) {
    this.#options = options;
  }

  /** Remembers how the registry wants to be asked. */
  learn(challenges: readonly Challenge[]): void {
    this.#challenge = challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic');
  }

  /** Whether anything is known that a request could be authorized with. */
  async hasCredential(): Promise<boolean> {
    return (await this.#findCredential()) !== undefined;
  }

  /** The `Authorization` header for a request that needs these scopes; undefined when the registry asked for none, or nobody is logged in. */
  async authorizationFor(scopes: readonly Scope[], signal?: AbortSignal): Promise<string | undefined> {
    if (this.#challenge === undefined) return undefined;
    const credential = await this.#findCredential();
    if (credential?.kind === 'registry-token') return `Bearer ${credential.registryToken}`;
    if (this.#challenge.scheme === 'basic') {
      return credential?.kind === 'password' ? basicAuthorization(credential.username, credential.password) : undefined;
    }
    return `Bearer ${await this.#tokenFor(mergeScopes(scopes), credential, signal)}`;
  }

  /**
   * What to try once more after a 401: a new token with what the challenge asks for on top, or the first authorization at all. Undefined
   * when there is nothing better than what was refused.
   */
  async renewedAuthorization(
    refused: { readonly authorization: string | undefined; readonly challenges: readonly Challenge[]; readonly scopes: readonly Scope[] },
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    if (refused.challenges.length > 0) this.learn(refused.challenges);
    this.#forget(refused.authorization);
    const asked = refused.challenges.flatMap(({ parameters }) => parseScopes(parameters['scope'] ?? ''));
    const authorization = await this.authorizationFor([...refused.scopes, ...asked], signal);
    return authorization === refused.authorization ? undefined : authorization;
  }

  #findCredential(): Promise<Credential | undefined> {
    this.#credential ??= this.#options.credentials.find(this.#options.registry);
    return this.#credential;
  }

  async #tokenFor(scopes: readonly Scope[], credential: Credential | undefined, signal: AbortSignal | undefined): Promise<string> {
    const nowMs = this.#options.clock.monotonicMs();
    this.#tokens = this.#tokens.filter(({ endsMs }) => endsMs > nowMs);
    const held = this.#tokens.find((cached) => coversScopes(cached.scopes, scopes));
    if (held !== undefined) return held.token;
    // The flight is shared, so it does not end with the one request that began it.
    const flight = this.#fetching.run(scopes.map(formatScope).join(' '), async () => await this.#fetch(scopes, credential));
    return await untilAborted(flight, signal);
  }

  async #fetch(scopes: readonly Scope[], credential: Credential | undefined): Promise<string> {
    const { registryUrl, clock } = this.#options;
    const challenge = this.#challenge ?? { scheme: 'bearer', parameters: {} };
    const startedMs = clock.monotonicMs();
    const answer: Token = await requestToken({ challenge, registryUrl, scopes, credential }, this.#options);
    if (credential?.kind === 'identity-token' && answer.refreshToken !== undefined) {
      this.#credential = Promise.resolve({ ...credential, identityToken: answer.refreshToken });
    }
    this.#tokens.push({ scopes, token: answer.token, endsMs: startedMs + answer.lifetimeMs * USED_LIFE });
    if (this.#tokens.length > MAX_TOKENS) this.#tokens.shift();
    return answer.token;
  }

  #forget(authorization: string | undefined): void {
    this.#tokens = this.#tokens.filter(({ token }) => `Bearer ${token}` !== authorization);
  }
}
