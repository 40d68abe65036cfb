import { type Descriptor, formatPlatform, type IndexManifest, type Platform, parseManifest, selectByPlatform } from '@slipway/oci';
import { clientError } from '../errors.ts';
import type { ManifestContent } from '../repository/manifests.ts';
import { checkDepth } from './verify-manifest.ts';

/** The child of an index that runs on a platform. Errors: PLATFORM_UNKNOWN (not-found), in docker's words. */
export function chooseChild(index: IndexManifest, platform: Platform): Descriptor {
  const child = selectByPlatform(platform, index.manifests);
  if (child !== undefined) return child;
  const offered = index.manifests.flatMap((manifest) => (manifest.platform === undefined ? [] : [formatPlatform(manifest.platform)]));
  throw clientError('PLATFORM_UNKNOWN', `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`, {
    hint: offered.length === 0 ? 'It lists no platform at all.' : `It has ${[...new Set(offered)].join(', ')}.`,
    details: { offered },
  });
}

/** The image manifest for a platform below `content`: itself, unless it is an index. */
export async function choosePlatform(
  content: ManifestContent,
  platform: Platform,
  read: (descriptor: Descriptor) => Promise<ManifestContent>,
): Promise<ManifestContent> {
  let chosen = content;
  for (let depth = 0; ; depth++) {
    const manifest = parseManifest(chosen.bytes, chosen.mediaType);
    if (manifest.kind !== 'index') return chosen;
    const child = chooseChild(manifest, platform);
    checkDepth(depth, child);
    chosen = await read(child);
  }
}
