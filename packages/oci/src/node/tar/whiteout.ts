import { splitEntryPath } from './entry-path.ts';

/**
 * What an entry's name says about the layers below (OCI image-spec, "Whiteouts"). Paths are cleaned paths.
 * - `none`: an ordinary entry.
 * - `whiteout`: `path` of the layers below is hidden.
 * - `opaque`: all that the layers below have in the folder `path` is hidden, whatever the order of entries.
 * - `metadata`: AUFS' own bookkeeping, which docker and containerd skip.
 * - `refused`: a whiteout of nothing, of its own folder or of the one above.
 */
export type Whiteout =
  | { readonly kind: 'none' }
  | { readonly kind: 'whiteout'; readonly path: Buffer }
  | { readonly kind: 'opaque'; readonly path: Buffer }
  | { readonly kind: 'metadata' }
  | { readonly kind: 'refused'; readonly message: string };

const PREFIX = Buffer.from('.wh.');
const META_PREFIX = Buffer.from('.wh..wh.');
const OPAQUE = Buffer.from('.wh..wh..opq');
const SLASH = 0x2f;
const NONE: Whiteout = { kind: 'none' };
const METADATA: Whiteout = { kind: 'metadata' };

/** Reads a path from `cleanEntryPath`. */
export function parseWhiteout(path: Buffer): Whiteout {
  // Most names hold no whiteout at all, and this is asked for each entry.
  if (!path.includes(PREFIX)) return NONE;
  const baseAt = path.lastIndexOf(SLASH) + 1;
  const base = path.subarray(baseAt);
  const folder = path.subarray(0, Math.max(0, baseAt - 1));
  if (base.equals(OPAQUE)) return { kind: 'opaque', path: folder };
  if (startsWith(base, META_PREFIX) || splitEntryPath(folder).some((component) => startsWith(component, META_PREFIX))) return METADATA;
  if (!startsWith(base, PREFIX)) return NONE;
  const target = base.subarray(PREFIX.length);
  if (target.length === 0 || target.equals(Buffer.from('.')) || target.equals(Buffer.from('..'))) {
    return { kind: 'refused', message: `Cannot unpack ${JSON.stringify(path.toString())}: it is a whiteout without a name to hide` };
  }
  return { kind: 'whiteout', path: Buffer.concat([path.subarray(0, baseAt), target]) };
}

/** The name that hides `path` in a layer. */
export function whiteoutNameOf(path: Buffer): Buffer {
  const baseAt = path.lastIndexOf(SLASH) + 1;
  return Buffer.concat([path.subarray(0, baseAt), PREFIX, path.subarray(baseAt)]);
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
