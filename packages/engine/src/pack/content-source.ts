import type { Readable } from 'node:stream';
import { type Descriptor, type Digest, parseManifest } from '@slipway/oci';
import type { ContentStore } from '../content/content-store.ts';
import { engineError } from '../errors.ts';
import type { StateDatabase } from '../state/state-database.ts';

interface SignalOptions {
  readonly signal?: AbortSignal;
}

/** The exact bytes of a manifest or index. */
export interface LocalManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: Digest;
}

/** Content on this machine in the shape that pushes read from (`ContentSource` of packages/client). */
export interface LocalContentSource {
  /** Verified. Errors: CONTENT_MISSING (not-found), CONTENT_CORRUPT, CONTENT_TOO_LARGE, MANIFEST_INVALID for what is no manifest. */
  readManifest(digest: Digest, options?: SignalOptions): Promise<LocalManifest>;
  /** The bytes from `offset` to the end. The caller owns the stream. Errors: CONTENT_MISSING, CONTENT_CORRUPT. */
  openBlob(descriptor: Descriptor, options?: SignalOptions & { readonly offset?: number }): Promise<Readable>;
}

export interface ContentSourceOptions {
  readonly content: Pick<ContentStore, 'stat' | 'read' | 'openBlob'>;
  readonly state: Pick<StateDatabase, 'get'>;
}

/** Reads only: whoever pushes holds what the image needs in a lease, or the image itself does. */
export function createContentSource({ content, state }: ContentSourceOptions): LocalContentSource {
  return {
    async readManifest(digest, options = {}) {
      options.signal?.throwIfAborted();
      const stat = await content.stat(digest);
      if (stat === undefined) throw engineError('CONTENT_MISSING', `Cannot read the manifest ${digest}: it is not on this machine`);
      const bytes = await content.read({ digest, size: stat.sizeBytes });
      return { bytes, digest, mediaType: mediaTypeAsKept(state, digest) ?? parseManifest(bytes, undefined).mediaType };
    },
    async openBlob(descriptor, options = {}) {
      return await content.openBlob(descriptor, options);
    },
  };
}

/** What the manifest came as. An index has no row: it says itself what it is, or its shape does. */
function mediaTypeAsKept(state: Pick<StateDatabase, 'get'>, digest: Digest): string | undefined {
  const row = state.get<{ readonly media_type: string }>('SELECT media_type FROM image_manifest WHERE manifest_digest = ? LIMIT 1', digest);
  return row?.media_type;
}
