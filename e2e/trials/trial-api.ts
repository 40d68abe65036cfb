import { RegistryApi, type RegistryHttpOptions, type RegistryRequest, type RegistryResponse } from '@slipway/testkit';

/** A connection that broke because the server was killed. */
export class ServerGoneError extends Error {}

export interface TrialApiOptions extends RegistryHttpOptions {
  /** True from the moment at which the trial kills the server. */
  readonly isKilled: () => boolean;
  /** Hears of every answer 500 and above. */
  readonly onFailure: (line: string) => void;
}

/** A client that notes server errors, and tells a killed server from one that hangs up by itself. */
export class TrialApi extends RegistryApi {
  readonly #options: TrialApiOptions;

  constructor(options: TrialApiOptions) {
    super(options);
    this.#options = options;
  }

  /** Basic by default: a storm lasts longer than a token, and a stream can't be sent again. */
  override async send(request: RegistryRequest): Promise<RegistryResponse> {
    try {
      const response = await super.send({ auth: 'basic', ...request });
      if (response.status >= 500) {
        this.#options.onFailure(`${request.method} ${request.path}: ${response.status} ${response.body.toString().slice(0, 500)}`);
      }
      return response;
    } catch (error) {
      if (this.#options.isKilled()) throw new ServerGoneError('The server was killed', { cause: error });
      throw new Error(`Cannot ${request.method} ${request.path}: ${String(error)}`, { cause: error });
    }
  }

  /** A call of the hub's API: its JSON. Throws unless it answers 200. */
  async call<Reply>(method: string, path: string, body?: object): Promise<Reply> {
    const headers = { 'content-type': 'application/json' };
    const response = await this.send({
      method,
      path: `/api/v1${path}`,
      ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
    });
    if (response.status !== 200) throw new Error(`Cannot ${method} ${path}: ${response.status} ${response.body.toString()}`);
    return JSON.parse(response.body.toString()) as Reply;
  }
}
