import type { Platform, Reference } from '@slipway/oci';
import { invalidArchive } from './archive-entries.ts';
import { isSameName } from './archive-names.ts';
import type { ArchivedContent } from './archived-content.ts';
import { composeImage, findConfig } from './compose-image.ts';
import { type DockerItem, parseDockerManifest, parseRepositories } from './docker-manifest.ts';
import { planLegacyImages } from './legacy-images.ts';
import { planOciImages } from './plan-oci-images.ts';
import type { PlannedImage } from './planned-image.ts';

/**
 * Decides what an archive's documents say is in it. An OCI layout keeps its manifests, and manifest.json adds names to them; images that only
 * manifest.json or `repositories` knows get a manifest. Errors: ARCHIVE_INVALID, ARCHIVE_INCOMPLETE, MANIFEST_INVALID, IMAGE_CONFIG_INVALID.
 */
export async function planLoad(archive: ArchivedContent, platform: Platform): Promise<PlannedImage[]> {
  const { entries } = archive;
  const indexJson = entries.findDocument('index.json');
  const manifestJson = entries.findDocument('manifest.json');
  const repositories = entries.findDocument('repositories');
  const planned: PlannedImage[] = [];
  if (indexJson !== undefined) planned.push(...(await planOciImages(archive, indexJson, platform)));
  if (manifestJson !== undefined) {
    for (const item of parseDockerManifest(manifestJson)) await addDockerImage(archive, item, planned);
  } else if (repositories !== undefined && indexJson === undefined) {
    planned.push(...(await planLegacyImages(archive, parseRepositories(repositories))));
  }
  if (planned.length === 0) throw noImage(indexJson !== undefined || manifestJson !== undefined || repositories !== undefined);
  return planned;
}

async function addDockerImage(archive: ArchivedContent, item: DockerItem, planned: PlannedImage[]): Promise<void> {
  const config = findConfig(archive, item.config);
  const at = planned.findIndex(({ configs }) => configs.has(config.digest));
  const listed = planned[at];
  // An index and a manifest of one config may both be listed, each with names of its own.
  const listedNames = planned.filter(({ configs }) => configs.has(config.digest)).flatMap(({ names }) => names);
  const newNames = item.names.filter((name) => !listedNames.some((other) => isSameName(name, other)));
  if (listed === undefined) {
    planned.push(await composeImage(archive, { config, layers: item.layers, names: item.names }));
  } else if (item.isInvented && listed.target === undefined) {
    planned[at] = withNames(await composeImage(archive, { config, layers: item.layers, names: listed.names }), newNames);
  } else {
    planned[at] = withNames(listed, newNames);
  }
}

function withNames(image: PlannedImage, more: readonly Reference[]): PlannedImage {
  return { ...image, names: [...image.names, ...more] };
}

function noImage(hasDocuments: boolean): Error {
  if (hasDocuments) return invalidArchive('it holds no image');
  return invalidArchive('it has neither manifest.json nor index.json nor repositories: it is no archive of images');
}
