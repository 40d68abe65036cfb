import type { Digest, RepositoryName } from '@slipway/oci';
import { repositoryScope } from '../auth/scope.ts';
import { answerError } from '../http/answer-error.ts';
import { discardBody } from '../http/body.ts';
import type { CallOptions } from './manifests.ts';
import { type Remote, sendTo } from './remote.ts';

/** The size of a blob, or undefined when the repository has none of this digest. Errors: DENIED. */
export async function statBlob(
  remote: Remote,
  digest: Digest,
  options: CallOptions & { readonly access?: 'pull' | 'push' } = {},
): Promise<{ readonly sizeBytes: number } | undefined> {
  const { access = 'pull', ...rest } = options;
  const doing = `Cannot look for ${digest} in "${remote.label}"`;
  const response = await sendTo(remote, { method: 'HEAD', path: `blobs/${digest}`, access, doing, ...rest });
  const reading = remote.host.reading(options.signal);
  if (response.status !== 200 && response.status !== 404) throw await answerError(response, { doing, ...reading });
  await discardBody(response, reading);
  if (response.status === 404) return undefined;
  const sizeBytes = Number(response.headers['content-length'] ?? '');
  return { sizeBytes: Number.isSafeInteger(sizeBytes) ? sizeBytes : 0 };
}

export type MountOutcome =
  | { readonly kind: 'mounted' }
  /** Not there, or not allowed: an upload session was opened instead. */
  | { readonly kind: 'session'; readonly location: string; readonly minChunkBytes: number };

/** Opens an upload session, or mounts the blob from another repository of the same registry. */
export async function openUpload(
  remote: Remote,
  mount: { readonly digest: Digest; readonly from: RepositoryName } | undefined,
  options: CallOptions = {},
): Promise<MountOutcome> {
  const doing = `Cannot push to "${remote.label}"`;
  const query = mount === undefined ? '' : `?mount=${encodeURIComponent(mount.digest)}&from=${encodeURIComponent(mount.from)}`;
  const scopes = mount === undefined ? [] : [repositoryScope(mount.from, 'pull')];
  const response = await sendTo(remote, { method: 'POST', path: `blobs/uploads/${query}`, access: 'push', doing, scopes, ...options });
  const reading = remote.host.reading(options.signal);
  const location = locationOf(response.headers.location, response.url);
  if (response.status === 201 && mount !== undefined) {
    await discardBody(response, reading);
    return { kind: 'mounted' };
  }
  if (response.status !== 202 || location === undefined) throw await answerError(response, { doing, ...reading });
  await discardBody(response, reading);
  return { kind: 'session', location, minChunkBytes: Number(response.headers['oci-chunk-min-length'] ?? 0) || 0 };
}

/** A `Location`, relative or not, as an absolute URL; its query is kept byte by byte, since registries sign it. */
export function locationOf(header: string | undefined, base: URL): string | undefined {
  const url = header === undefined ? null : URL.parse(header, base.href);
  return url === null || !/^https?:$/.test(url.protocol) ? undefined : url.href;
}
