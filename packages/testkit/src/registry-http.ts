import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { testkitError } from './errors.ts';

export interface RegistryRequest {
  readonly method: string;
  /** Path and query, or an absolute URL as `Location` may give it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A stream is sent chunked unless the headers give Content-Length; it is not sent again after a 401. */
  readonly body?: string | Uint8Array | Readable;
  /** How to authenticate: `token` follows the challenge as docker does (default), `basic` sends the password, `none` nothing. */
  readonly auth?: 'token' | 'basic' | 'none';
  /** Token scopes to ask for besides those of the challenge, as docker does for the source of a mount. */
  readonly scopes?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface RegistryResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface DownloadedBlob {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly digest: string;
  readonly sizeBytes: number;
}

export interface RegistryHttpOptions {
  readonly origin: string;
  readonly username?: string;
  readonly password?: string;
}

/** Talks HTTP to one registry as one account (or anonymously), with the distribution token flow. Close it to drop its connections. */
export class RegistryHttp {
  readonly origin: string;
  readonly #options: RegistryHttpOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #authorizations = new Map<string, string>();

  constructor(options: RegistryHttpOptions) {
    this.origin = options.origin;
    this.#options = options;
  }

  /** Sends and reads the whole answer, whatever its status. */
  async send(request: RegistryRequest): Promise<RegistryResponse> {
    const response = await this.#open(request);
    const body = Buffer.concat(await response.toArray());
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  }

  /** Sends and digests the answer's body without keeping it. */
  async download(request: RegistryRequest): Promise<DownloadedBlob> {
    const response = await this.#open(request);
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        sizeBytes += chunk.length;
        hash.update(chunk);
        done();
      },
    });
    await pipeline(response, sink);
    return { status: response.statusCode ?? 0, headers: response.headers, digest: `sha256:${hash.digest('hex')}`, sizeBytes };
  }

  /** A bearer token for the scopes, from the given realm. Rejects with TOKEN_REFUSED when the realm does not answer 200. */
  async token(scopes: readonly string[], realm = `${this.origin}/token`, service?: string): Promise<string> {
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set('service', service);
    for (const scope of scopes) url.searchParams.append('scope', scope);
    const response = await this.send({ method: 'GET', path: url.href, auth: this.#options.username === undefined ? 'none' : 'basic' });
    const text = response.body.toString();
    if (response.status !== 200)
      throw testkitError('TOKEN_REFUSED', `Cannot get a token: ${response.status} ${text}`, { details: response });
    const answer: { token?: string; access_token?: string } = JSON.parse(text);
    return answer.token ?? answer.access_token ?? '';
  }

  close(): void {
    this.#agent.destroy();
  }

  async #open(request: RegistryRequest): Promise<IncomingMessage> {
    const auth = request.auth ?? 'token';
    if (auth === 'none') return await this.#exchange(request, undefined);
    if (auth === 'basic') return await this.#exchange(request, this.#basic());
    const key = scopeKeyOf(request);
    const first = await this.#exchange(request, this.#authorizations.get(key));
    const challenge = first.headers['www-authenticate'];
    if (first.statusCode !== 401 || challenge === undefined || isStream(request.body)) return first;
    const authorization = await this.#answer(challenge, request.scopes ?? []);
    if (authorization === undefined) return first;
    this.#authorizations.set(key, authorization);
    await first.toArray();
    return await this.#exchange(request, authorization);
  }

  async #answer(challenge: string, extraScopes: readonly string[]): Promise<string | undefined> {
    if (/^basic/i.test(challenge)) return this.#basic();
    const parameters = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1] ?? '', match[2] ?? '']));
    const scope = parameters.get('scope');
    const scopes = [...(scope === undefined ? [] : scope.split(' ')), ...extraScopes];
    const token = await this.token(scopes, parameters.get('realm'), parameters.get('service'));
    return `Bearer ${token}`;
  }

  #basic(): string | undefined {
    const { username, password } = this.#options;
    return username === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
  }

  async #exchange(request: RegistryRequest, authorization: string | undefined): Promise<IncomingMessage> {
    const headers = { ...(authorization === undefined ? {} : { authorization }), ...request.headers };
    const options = {
      method: request.method,
      headers,
      agent: this.#agent,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    };
    const outgoing = httpRequest(new URL(request.path, this.origin), options);
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    if (isStream(request.body)) await Promise.race([pipeline(request.body, outgoing), answered]);
    else outgoing.end(request.body);
    const [response] = await answered;
    return response;
  }
}

const KINDS: Readonly<Record<string, string>> = { GET: 'pull', HEAD: 'pull', DELETE: 'delete' };

function isStream(body: RegistryRequest['body']): body is Readable {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

// Tokens are kept per repository and kind of access, as clients do, so that a read does not pay for a write's challenge.
function scopeKeyOf(request: RegistryRequest): string {
  const path = new URL(request.path, 'http://registry').pathname;
  const repository = /^\/v2\/(.+)\/(?:blobs|manifests|tags|referrers)\//.exec(path)?.[1] ?? '';
  return [repository, KINDS[request.method] ?? 'push', ...(request.scopes ?? [])].join(' ');
}
