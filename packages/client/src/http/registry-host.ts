import { type AppError, type Clock, isAppError, type Logger, SingleFlight } from '@slipway/base';
import { type Challenge, parseChallenges } from '../auth/challenge.ts';
import { HostAuth } from '../auth/host-auth.ts';
import type { Scope } from '../auth/scope.ts';
import type { CredentialSource } from '../credentials/credential.ts';
import { clientError } from '../errors.ts';
import { schemesFor } from '../names/schemes.ts';
import { answerError } from './answer-error.ts';
import { discardBody, type ReadBodyOptions } from './body.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';
import type { ClientLimits } from './limits.ts';
import { asFinal, withRetry } from './retry.ts';
import type { Transport } from './transport.ts';
import { untilAborted } from './until-aborted.ts';

export interface RegistryHostOptions {
  /** `host[:port]` as it is connected to. */
  readonly host: string;
  /** The name under which credentials are kept. */
  readonly credentialName: string;
  readonly insecureRegistries: readonly string[];
  readonly credentials: CredentialSource;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: ClientLimits;
  readonly random: () => number;
}

export interface HostRequest extends Omit<HttpRequest, 'url'> {
  /** A path under the registry's origin, or the `Location` of an answer. */
  readonly path: string;
  readonly scopes: readonly Scope[];
  /** `Cannot pull "nginx:1"`. */
  readonly doing: string;
  /** Whose access is refused when the registry refuses: `nginx`, and whether it was to be read or written. */
  readonly access?: { readonly name: string; readonly kind: 'pull' | 'push' };
}

const MAX_WARNINGS = 20;

/** One registry as this client talks to it: the scheme it speaks, its challenges, repeated attempts. */
export class RegistryHost {
  readonly host: string;
  readonly options: RegistryHostOptions;
  readonly #pinging = new SingleFlight<HostConnection>();
  readonly #warnings = new Set<string>();
  #connection: HostConnection | undefined;

  constructor(options: RegistryHostOptions) {
    this.options = options;
    this.host = options.host;
  }

  /** How bodies of this host's answers are read. */
  reading(signal?: AbortSignal): ReadBodyOptions {
    const { clock, limits } = this.options;
    return { clock, stallTimeoutMs: limits.stallTimeoutMs, ...(signal === undefined ? {} : { signal }) };
  }

  /** Finds out, once, which scheme the registry speaks and how it wants to be asked (`GET /v2/`). */
  async connect(): Promise<HostConnection> {
    this.#connection ??= await this.#pinging.run('ping', async () => await this.#ping());
    return this.#connection;
  }

  /** As `sendOnce`, again after what may pass: 408, 429, 5xx, a broken connection. */
  async send(request: HostRequest): Promise<HttpResponse> {
    return await withRetry(this.options, async () => await this.sendOnce(request), request.signal);
  }

  /**
   * Sends with authorization, once more after a 401. Returns any answer but 401, 403, 408, 429 and 5xx, which become errors
   * (UNAUTHORIZED, DENIED, TOO_MANY_REQUESTS, REGISTRY_FAILED); the caller reads or discards its body.
   */
  async sendOnce(request: HostRequest): Promise<HttpResponse> {
    const { url, auth } = await untilAborted(this.connect(), request.signal);
    const { path, scopes, doing: _doing, access: _access, ...rest } = request;
    const target = homeUrl(path, url);
    // An upload may continue on another host, such as a storage service: it is not the one that gets the token.
    const isHome = target.origin === url.origin;
    const authorization = isHome ? await auth.authorizationFor(scopes, request.signal) : undefined;
    const send = async (header: string | undefined) =>
      await this.options.transport({
        ...rest,
        url: target,
        headers: { ...rest.headers, ...(header === undefined ? {} : { authorization: header }) },
      });
    let response = await send(authorization);
    if (response.status === 401 && isHome) {
      const challenges = parseChallenges(response.headers['www-authenticate']);
      const renewed = await auth.renewedAuthorization({ authorization, challenges, scopes }, request.signal);
      if (renewed !== undefined) {
        await discardBody(response, this.reading(request.signal));
        response = await send(renewed);
      }
    }
    this.#passOnWarnings(response);
    if (isAnswer(response.status)) return response;
    throw await this.#refusal(response, request);
  }

  /** `Warning: 299 - "text"` (distribution-spec "Warnings"), each text once. */
  #passOnWarnings({ headers }: HttpResponse): void {
    const [, text] = /^299 - "((?:[^"\\]|\\.)*)"/.exec(headers['warning'] ?? '') ?? [];
    if (text === undefined || this.#warnings.has(text) || this.#warnings.size >= MAX_WARNINGS) return;
    this.#warnings.add(text);
    this.options.logger.warn('The registry warns', { registry: this.host, text: text.replace(/\\(.)/g, '$1') });
  }

  async #refusal(response: HttpResponse, request: HostRequest): Promise<AppError> {
    const { doing, access, signal } = request;
    const error = await answerError(response, { doing, ...this.reading(signal) });
    if (response.status !== 401 && response.status !== 403) return error;
    const challenges = parseChallenges(response.headers['www-authenticate']);
    const isBasic = challenges.some(({ scheme }) => scheme === 'basic') && !challenges.some(({ scheme }) => scheme === 'bearer');
    if (response.status === 401 && isBasic && (await (await this.connect()).auth.hasCredential())) {
      return clientError('UNAUTHORIZED', 'unauthorized: incorrect username or password', { details: error.details, cause: error });
    }
    if (access === undefined) return error;
    const why = `${access.kind} access denied for ${access.name}, repository does not exist or may require 'docker login'`;
    const said = /insufficient_scope/.test(String(response.headers['www-authenticate']))
      ? 'denied: requested access to the resource is denied'
      : error.message.slice(`${doing}: `.length);
    return clientError('DENIED', `${why}: ${said}`, { details: error.details, cause: error });
  }

  async #ping(): Promise<HostConnection> {
    const { host, insecureRegistries } = this.options;
    let failure: AppError | undefined;
    for (const scheme of schemesFor(host, insecureRegistries)) {
      const url = new URL(`${scheme}//${host}`);
      try {
        const connection = await this.#tryScheme(url);
        if (connection !== undefined) return connection;
      } catch (error) {
        if (!isAppError(error)) throw error;
        // Someone who mistyped the port wants to know now; a registry that was there before may come back.
        failure ??= error.code === 'HOST_UNREACHABLE' ? asFinal(error) : error;
      }
    }
    throw failure ?? clientError('ANSWER_INVALID', `Cannot use "${host}": what answers there is no registry`);
  }

  /** Undefined when another scheme should be tried: a TLS server answers plain requests with 400. */
  async #tryScheme(url: URL): Promise<HostConnection | undefined> {
    const response = await this.options.transport({ method: 'GET', url: new URL('/v2/', url) });
    const { status } = response;
    if (status === 408 || status === 429 || status >= 500) {
      throw await answerError(response, { doing: `Cannot ask "${this.host}"`, ...this.reading() });
    }
    await discardBody(response, this.reading());
    if (status === 400) return undefined;
    const challenges = status === 401 ? parseChallenges(response.headers['www-authenticate']) : [];
    // A host that sends all from http to https is spoken to there: what is written is not redirected.
    const registryUrl = response.url.hostname === url.hostname ? new URL(response.url.origin) : url;
    const auth = new HostAuth({ ...this.options, registry: this.options.credentialName, registryUrl });
    auth.learn(challenges);
    return { url: registryUrl, auth, challenges };
  }
}

export interface HostConnection {
  readonly url: URL;
  readonly auth: HostAuth;
  readonly challenges: readonly Challenge[];
}

/** Behind a proxy that ends TLS, registries name themselves with http in `Location`; following that would send content in the clear. */
function homeUrl(path: string, base: URL): URL {
  const target = new URL(path, base);
  if (target.hostname === base.hostname && target.protocol === 'http:' && base.protocol === 'https:') {
    return new URL(`${target.pathname}${target.search}`, base);
  }
  return target;
}

function isAnswer(status: number): boolean {
  return status < 500 && status !== 401 && status !== 403 && status !== 408 && status !== 429;
}
