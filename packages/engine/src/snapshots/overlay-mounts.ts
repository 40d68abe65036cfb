import { engineError } from '../errors.ts';
import type { Mount, OverlayXattrs } from './mount.ts';

export interface OverlayLayers {
  /** The top one first. */
  readonly lowers: readonly string[];
  readonly upper?: string;
  readonly work?: string;
  readonly xattrs: OverlayXattrs;
}

/** As many as one page of options holds, with short names and room for the upper folder: docker stops at 125. */
const MAX_LOWERS = 340;

/** Overlay refuses to mount a single folder: that one is bound. Errors: LAYERS_TOO_MANY. */
export function mountsOfOverlay(layers: OverlayLayers): readonly Mount[] {
  const { lowers, upper, work, xattrs } = layers;
  if (lowers.length > MAX_LOWERS) {
    throw engineError('LAYERS_TOO_MANY', `Cannot mount ${lowers.length} layers: ${MAX_LOWERS} are the most that overlay takes`);
  }
  if (upper !== undefined && lowers.length === 0) return [{ type: 'bind', folder: upper, isReadOnly: false }];
  const [single] = lowers;
  if (upper === undefined && lowers.length === 1 && single !== undefined) return [{ type: 'bind', folder: single, isReadOnly: true }];
  return [{ type: 'overlay', lowers, xattrs, ...(upper === undefined ? {} : { upper }), ...(work === undefined ? {} : { work }) }];
}

/**
 * Folders in overlay's order from the order of layers. A layer that an image has twice is there once, at its upper place: whatever the lower one
 * shows, the upper one shows too, and the kernel refuses a folder twice.
 */
export function topFirst(folders: readonly string[]): string[] {
  return [...new Set([...folders].reverse())];
}
