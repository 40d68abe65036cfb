import { type Clock, type Logger, silentLogger } from '@slipway/base';
import { familiarReference, type Reference, type RepositoryName } from '@slipway/oci';
import { anonymous, type Credential, type CredentialSource } from './credentials/credential.ts';
import { type LoginOptions, verifyLogin } from './credentials/login.ts';
import { Agents } from './http/agents.ts';
import { type ClientLimits, DEFAULT_LIMITS } from './http/limits.ts';
import type { Environment } from './http/proxy.ts';
import { RegistryHost } from './http/registry-host.ts';
import { createTransport, type Transport } from './http/transport.ts';
import { type Endpoint, type EndpointOptions, resolveEndpoints } from './names/endpoints.ts';
import { walkCatalog } from './repository/catalog.ts';
import type { CallOptions } from './repository/manifests.ts';
import { prefixedName, type Remote } from './repository/remote.ts';
import { Repository } from './repository/repository.ts';

export interface RegistryClientOptions {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Anonymous when absent. */
  readonly credentials?: CredentialSource;
  /** Which host serves docker.io's names, and mirrors. */
  readonly endpoints?: EndpointOptions;
  /** Hosts, `host:port` or networks whose certificate need not be trusted, and that may speak plain HTTP. Loopback is always among them. */
  readonly insecureRegistries?: readonly string[];
  /** Read for HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR. */
  readonly env?: Environment;
  /** `/etc/docker/certs.d` when absent. */
  readonly certificateFolders?: readonly string[];
  readonly userAgent?: string;
  readonly limits?: Partial<ClientLimits>;
  /** From 0 to 1, spreads repeated attempts; `Math.random` when absent. */
  readonly random?: () => number;
}

const CERTIFICATE_FOLDERS = ['/etc/docker/certs.d'] as const;

/** Talks to any registry. Connections, tokens and what is known of each host are shared by all that is done with one client. */
export class RegistryClient implements Disposable {
  readonly limits: ClientLimits;
  readonly #options: RegistryClientOptions;
  readonly #agents: Agents;
  readonly #transport: Transport;
  readonly #hosts = new Map<string, RegistryHost>();

  constructor(options: RegistryClientOptions) {
    this.#options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#agents = new Agents({
      env: options.env ?? {},
      certificateFolders: options.certificateFolders ?? CERTIFICATE_FOLDERS,
      insecureRegistries: options.insecureRegistries ?? [],
      maxConnectionsPerHost: this.limits.maxConnectionsPerHost,
    });
    const { clock, userAgent = 'slipway' } = options;
    this.#transport = createTransport({ agents: this.#agents, clock, limits: this.limits, userAgent });
  }

  /** The repository that a reference is about; its tag and digest do not matter. Talks to nobody yet. */
  repository({ registry, repository }: Pick<Reference, 'registry' | 'repository'>): Repository {
    const label = familiarReference({ registry, repository });
    const [first, ...others] = resolveEndpoints(registry, this.#options.endpoints).map((endpoint): Remote => {
      const name = prefixedName(endpoint.prefix, repository);
      return { host: this.#hostOf(endpoint), name, label, ...(endpoint.namespace === undefined ? {} : { namespace: endpoint.namespace }) };
    });
    // resolveEndpoints returns at least one.
    return new Repository([first as Remote, ...others]);
  }

  /** Every repository that a registry lists for the caller. */
  listRepositories(registry: string, options: CallOptions = {}): AsyncIterable<RepositoryName> {
    return walkCatalog(this.#firstHostOf(registry), options);
  }

  /** Verifies a user name and a password; returns what to keep for the registry, and stores nothing. Errors: UNAUTHORIZED in docker's words. */
  async login(registry: string, options: LoginOptions): Promise<Credential> {
    const credential = await verifyLogin(this.#firstHostOf(registry), options);
    // Later requests must ask with the new credential.
    this.#hosts.clear();
    return credential;
  }

  /** The name under which credentials for a registry are kept: with `$SLIPWAY_REGISTRY`, those for docker.io are that host's. */
  credentialNameOf(registry: string): string {
    return this.#firstHostOf(registry).options.credentialName;
  }

  /** Closes every connection, those in use included. */
  close(): void {
    this.#agents.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #firstHostOf(registry: string): RegistryHost {
    const [first] = resolveEndpoints(registry, this.#options.endpoints);
    return this.#hostOf(first ?? { host: registry, prefix: '', credentialName: registry });
  }

  #hostOf({ host, credentialName }: Endpoint): RegistryHost {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const { clock, logger = silentLogger, credentials = anonymous, insecureRegistries = [], random = Math.random } = this.#options;
    const options = { host, credentialName, insecureRegistries, credentials, transport: this.#transport, clock, logger, random };
    const created = new RegistryHost({ ...options, limits: this.limits });
    this.#hosts.set(host, created);
    return created;
  }
}

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  return new RegistryClient(options);
}
