import { layerError } from '../layer-errors.ts';

/**
 * Where an entry belongs below the folder an archive is unpacked into, or why it belongs nowhere. `path` is relative, without empty, `.`
 * and `..` components and without a closing slash; empty for that folder itself.
 */
export type CleanedPath =
  | { readonly kind: 'inside'; readonly path: Buffer }
  | { readonly kind: 'refused'; readonly reason: PathRefusal; readonly message: string };

export type PathRefusal = 'escapes' | 'holds-nul' | 'component-too-long' | 'path-too-long';

const SLASH = 0x2f;
const DOT = 0x2e;
const MAX_COMPONENT_BYTES = 255;
const MAX_PATH_BYTES = 4095;

/**
 * Reads an entry's name, or a hardlink's target, as docker and containerd do: leading slashes fall away, `..` is resolved by its text, and
 * what would still leave the folder is refused. Symbolic links already unpacked are the unpacker's business: every component of the path
 * but the last may be one, so it must be opened below the folder without following them out (openat2 with RESOLVE_IN_ROOT).
 */
export function cleanEntryPath(name: Buffer): CleanedPath {
  const open = name.length > 1 && name[name.length - 1] === SLASH ? name.subarray(0, name.length - 1) : name;
  const path = isClean(open) ? open : cleanSlowly(name);
  if (path === undefined) return refuse('escapes', name, 'it leads out of the folder it is unpacked into');
  if (path.includes(0)) return refuse('holds-nul', name, 'it holds a NUL byte');
  if (path.length > MAX_PATH_BYTES) return refuse('path-too-long', name, `it has more than ${MAX_PATH_BYTES} bytes`);
  if (path.length > MAX_COMPONENT_BYTES && splitEntryPath(path).some((component) => component.length > MAX_COMPONENT_BYTES)) {
    return refuse('component-too-long', name, `a part of it has more than ${MAX_COMPONENT_BYTES} bytes`);
  }
  return { kind: 'inside', path };
}

/** `cleanEntryPath` for callers that can only give up. Errors: TAR_PATH_REFUSED. */
export function requireEntryPath(name: Buffer): Buffer {
  const cleaned = cleanEntryPath(name);
  if (cleaned.kind === 'inside') return cleaned.path;
  throw layerError('TAR_PATH_REFUSED', cleaned.message, { details: { reason: cleaned.reason } });
}

/** The components of a cleaned path, none for the folder itself. */
export function splitEntryPath(path: Buffer): Buffer[] {
  const components: Buffer[] = [];
  for (let start = 0; start < path.length; ) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.length : slash;
    components.push(path.subarray(start, end));
    start = end + 1;
  }
  return components;
}

/** Nearly every name in a layer is clean but for the closing slash of folders, and cheap to recognize. */
function isClean(name: Buffer): boolean {
  let isStart = true;
  for (let at = 0; at < name.length; at++) {
    const byte = name[at];
    if (isStart && (byte === SLASH || byte === DOT)) return false;
    isStart = byte === SLASH;
  }
  return !isStart;
}

function cleanSlowly(name: Buffer): Buffer | undefined {
  const kept: Buffer[] = [];
  for (const component of splitEntryPath(name)) {
    if (component.length === 0 || (component.length === 1 && component[0] === DOT)) continue;
    if (component.length !== 2 || component[0] !== DOT || component[1] !== DOT) {
      kept.push(component);
    } else if (kept.pop() === undefined) {
      return undefined;
    }
  }
  return joinComponents(kept);
}

function joinComponents(components: readonly Buffer[]): Buffer {
  const joined = Buffer.alloc(
    components.reduce((sum, component) => sum + component.length + 1, 0),
    SLASH,
  );
  let at = 0;
  for (const component of components) at += component.copy(joined, at) + 1;
  return joined.subarray(0, Math.max(0, joined.length - 1));
}

function refuse(reason: PathRefusal, name: Buffer, why: string): CleanedPath {
  const shown = name.length > 300 ? `${name.toString('utf8', 0, 300)}…` : name.toString();
  return { kind: 'refused', reason, message: `Cannot unpack ${JSON.stringify(shown)}: ${why}` };
}
