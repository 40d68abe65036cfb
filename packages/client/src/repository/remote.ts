import type { RepositoryName } from '@slipway/oci';
import { repositoryScope, type Scope } from '../auth/scope.ts';
import type { HttpResponse } from '../http/exchange.ts';
import type { HostRequest, RegistryHost } from '../http/registry-host.ts';
import { withRetry } from '../http/retry.ts';

/** A repository on one host: the host itself or a mirror. */
export interface Remote {
  readonly host: RegistryHost;
  /** As the host knows it, a mirror's prefix included. */
  readonly name: string;
  /** The registry that a mirror stands for. */
  readonly namespace?: string;
  /** As people write it: `nginx`. */
  readonly label: string;
}

export type RemoteRequest = Pick<HostRequest, 'method' | 'headers' | 'body' | 'responseTimeoutMs' | 'signal' | 'doing'> & {
  /** Below `/v2/<name>/`, or an absolute URL or path that the registry gave. */
  readonly path: string;
  readonly access: 'pull' | 'push' | 'delete';
  readonly scopes?: readonly Scope[];
};

/** Sends, again after what may pass. */
export async function sendTo(remote: Remote, request: RemoteRequest): Promise<HttpResponse> {
  return await withRetry(remote.host.options, async () => await sendOnceTo(remote, request), request.signal);
}

/** Sends once, for work that has its own way to go on after a failure. */
export async function sendOnceTo(remote: Remote, request: RemoteRequest): Promise<HttpResponse> {
  const { path, access, scopes = [], ...rest } = request;
  return await remote.host.sendOnce({
    ...rest,
    path: isAbsolute(path) ? path : withNamespace(`/v2/${remote.name}/${path}`, remote.namespace),
    scopes: [repositoryScope(remote.name, ...ACTIONS[access]), ...scopes],
    access: { name: remote.label, kind: access === 'pull' ? 'pull' : 'push' },
  });
}

const ACTIONS = { pull: ['pull'], push: ['pull', 'push'], delete: ['pull', 'push', 'delete'] } as const;

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^https?:\/\//.test(path);
}

function withNamespace(path: string, namespace: string | undefined): string {
  if (namespace === undefined) return path;
  return `${path}${path.includes('?') ? '&' : '?'}ns=${encodeURIComponent(namespace)}`;
}

/** The name of a repository under an endpoint's prefix. */
export function prefixedName(prefix: string, repository: RepositoryName): string {
  return `${prefix}${repository}`;
}
