import { isAppError } from '@slipway/base';
import type { Descriptor, RepositoryName } from '@slipway/oci';
import { type BlobContent, BlobUpload, type UploadOptions, type UploadSession } from './blob-upload.ts';
import { openUpload, statBlob } from './blobs.ts';
import type { CallOptions } from './manifests.ts';
import type { Remote } from './remote.ts';

export interface PushBlobOptions extends UploadOptions {
  /** Repositories of the same registry that may have the blob. */
  readonly mountFrom?: readonly RepositoryName[];
}

export type PushBlobOutcome =
  | { readonly kind: 'exists' }
  | { readonly kind: 'mounted'; readonly from: RepositoryName }
  | { readonly kind: 'uploaded' };

/**
 * Brings a blob into a repository: not at all when it is there, by a mount, or by an upload. An upload that breaks asks the registry how far
 * it came and goes on there; where the registry forgot, it begins anew. The registry verifies the digest at the end.
 * Errors: DENIED, REQUEST_REFUSED, TOO_LARGE, those of the network, and what `open` throws.
 */
export async function pushBlob(remote: Remote, content: BlobContent, options: PushBlobOptions = {}): Promise<PushBlobOutcome> {
  const { digest } = content.descriptor;
  const call = options.signal === undefined ? {} : { signal: options.signal };
  if ((await statBlob(remote, digest, { access: 'push', ...call })) !== undefined) return { kind: 'exists' };
  let session: UploadSession | undefined;
  for (const from of options.mountFrom ?? []) {
    const outcome = await tryMount(remote, { digest, from }, call);
    if (outcome === 'mounted') return { kind: 'mounted', from };
    session = outcome ?? session;
  }
  await new BlobUpload(remote, content, options).run(session);
  return { kind: 'uploaded' };
}

async function tryMount(
  remote: Remote,
  mount: { readonly digest: Descriptor['digest']; readonly from: RepositoryName },
  call: CallOptions,
): Promise<'mounted' | UploadSession | undefined> {
  try {
    const outcome = await openUpload(remote, mount, call);
    return outcome.kind === 'mounted' ? 'mounted' : { ...outcome, offset: 0 };
  } catch (error) {
    // Some registries refuse the whole request when the source may not be read, instead of opening a session.
    if (isAppError(error) && ['DENIED', 'REQUEST_REFUSED', 'NAME_UNKNOWN', 'UNSUPPORTED'].includes(error.code)) return undefined;
    throw error;
  }
}
