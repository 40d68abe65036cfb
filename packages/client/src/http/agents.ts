import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { SingleFlight } from '@slipway/base';
import { isInsecure } from '../names/schemes.ts';
import { type Environment, proxyFor } from './proxy.ts';
import { openTrust } from './trust.ts';

export interface AgentsOptions {
  /** Read for HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR. */
  readonly env: Environment;
  readonly certificateFolders: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly maxConnectionsPerHost: number;
}

/** Kept connections, one pool for each scheme and host. */
export class Agents {
  readonly #options: AgentsOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #opening = new SingleFlight<Agent>();

  constructor(options: AgentsOptions) {
    this.#options = options;
  }

  async agentFor(url: URL): Promise<Agent> {
    const key = `${url.protocol}//${url.host}`;
    return this.#agents.get(key) ?? (await this.#opening.run(key, async () => await this.#open(key, url)));
  }

  /** Closes every connection, those in use included. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  async #open(key: string, url: URL): Promise<Agent> {
    const proxy = proxyFor(url, this.#options.env);
    const common = {
      keepAlive: true,
      maxSockets: this.#options.maxConnectionsPerHost,
      // Whether a proxy applies was decided above, networks in NO_PROXY included; Node only has to speak to it.
      ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href } }),
    };
    const agent = url.protocol === 'https:' ? new HttpsAgent({ ...common, ...(await this.#tls(url)) }) : new Agent(common);
    this.#agents.set(key, agent);
    return agent;
  }

  async #tls(url: URL) {
    const rejectUnauthorized = !isInsecure(url.host, this.#options.insecureRegistries);
    return { secureContext: await openTrust(url.host, this.#options), rejectUnauthorized };
  }
}
