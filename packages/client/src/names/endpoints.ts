import { type Mirrors, mirrorsOf } from './mirrors.ts';

/** Where the repositories of a registry name are asked for. */
export interface Endpoint {
  /** `host[:port]` to connect to. */
  readonly host: string;
  /** Stands before the repository's name there; empty, or ends with a slash. */
  readonly prefix: string;
  /** The registry that a mirror stands for, sent as `ns`. */
  readonly namespace?: string;
  /** The name under which credentials are kept. */
  readonly credentialName: string;
}

export interface EndpointOptions {
  /** `$SLIPWAY_REGISTRY`: the host that serves the names of docker.io. */
  readonly dockerHubHost?: string | undefined;
  readonly mirrors?: Mirrors;
}

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOST = 'registry-1.docker.io';

/**
 * The endpoints that serve a registry's names, to be asked in order. `docker.io` is registry-1.docker.io unless another host serves its
 * names; a registry with mirrors is only asked itself where its list of mirrors names it, so that a machine without the internet never waits.
 */
export function resolveEndpoints(registry: string, options: EndpointOptions = {}): readonly Endpoint[] {
  const mirrors = mirrorsOf(options.mirrors, registry);
  if (mirrors.length === 0) return [ownEndpoint(registry, options.dockerHubHost)];
  return mirrors.map((mirror) => {
    const [host = '', ...path] = mirror.split('/');
    if (host === registry && path.length === 0) return ownEndpoint(registry, options.dockerHubHost);
    return { host, prefix: path.length === 0 ? '' : `${path.join('/')}/`, namespace: registry, credentialName: host };
  });
}

function ownEndpoint(registry: string, dockerHubHost: string | undefined): Endpoint {
  if (registry !== DOCKER_HUB) return { host: registry, prefix: '', credentialName: registry };
  const host = dockerHubHost === undefined || dockerHubHost === '' ? DOCKER_HUB : dockerHubHost;
  return host === DOCKER_HUB
    ? { host: DOCKER_HUB_HOST, prefix: '', credentialName: DOCKER_HUB }
    : { host, prefix: '', credentialName: host };
}
