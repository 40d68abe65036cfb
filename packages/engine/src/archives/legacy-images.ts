import { type Descriptor, MEDIA_TYPES, type Reference } from '@slipway/oci';
import { invalidArchive } from './archive-entries.ts';
import { type ArchivedContent, incomplete } from './archived-content.ts';
import { composeImage } from './compose-image.ts';
import { fieldsOf, parseJson } from './docker-manifest.ts';
import { goJson } from './go-json.ts';
import type { PlannedImage } from './planned-image.ts';

/*
 * Archives of docker before 1.10:
 *   repositories         {"app": {"latest": "<id>"}}
 *   <id>/VERSION         1.0
 *   <id>/json            the layer's own image config, with the id of the one below as `parent`
 *   <id>/layer.tar       or a link to another layer's
 */
type V1Config = Readonly<Record<string, unknown>>;

interface V1Layer {
  readonly path: string;
  readonly config: V1Config;
}

const MAX_LAYERS = 500;
/** Of the old format alone. */
const DROPPED: ReadonlySet<string> = new Set(['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway', 'rootfs', 'history']);

/** The images that `repositories` names, with configs as docker makes them of the old ones. Errors: ARCHIVE_INVALID, ARCHIVE_INCOMPLETE. */
export async function planLegacyImages(
  archive: ArchivedContent,
  named: ReadonlyMap<string, readonly Reference[]>,
): Promise<PlannedImage[]> {
  const planned: PlannedImage[] = [];
  for (const [id, names] of named) {
    const layers = await readChain(archive, id);
    const config = await putConfig(archive, layers);
    planned.push(await composeImage(archive, { config, layers: layers.map(({ path }) => path), names }));
  }
  return planned;
}

/** The lowest layer first. */
async function readChain(archive: ArchivedContent, top: string): Promise<V1Layer[]> {
  const layers: V1Layer[] = [];
  const seen = new Set<string>();
  for (let id: string | undefined = top; id !== undefined; ) {
    if (seen.has(id) || seen.size >= MAX_LAYERS) throw invalidArchive(`the parents of image ${top} have no end`);
    seen.add(id);
    const config = await readConfig(archive, id);
    layers.unshift({ path: `${id}/layer.tar`, config });
    id = parentOf(config);
  }
  return layers;
}

async function readConfig(archive: ArchivedContent, id: string): Promise<V1Config> {
  const file = archive.entries.find(`${id}/json`);
  if (file?.kind !== 'content') throw incomplete(`the config of layer ${id}`);
  const descriptor: Descriptor = { mediaType: MEDIA_TYPES.dockerConfig, digest: file.digest, size: file.sizeBytes };
  return fieldsOf(parseJson(await archive.read(descriptor, 'config'), `${id}/json`));
}

function parentOf(config: V1Config): string | undefined {
  const parent = config['parent'];
  if (parent === undefined || parent === null || parent === '') return undefined;
  if (typeof parent === 'string' && /^[a-f0-9]{64}$/.test(parent)) return parent;
  throw invalidArchive('a layer has an invalid parent');
}

async function putConfig(archive: ArchivedContent, layers: readonly V1Layer[]): Promise<Descriptor> {
  const top = layers.at(-1)?.config ?? {};
  const kept = Object.entries(top).filter(([key]) => !DROPPED.has(key));
  const config = {
    ...Object.fromEntries(kept),
    rootfs: { type: 'layers', diff_ids: diffIdsOf(archive, layers) },
    history: layers.map(historyOf),
  };
  const sorted = Object.fromEntries(Object.entries(config).sort(([one], [other]) => (one < other ? -1 : 1)));
  return await archive.put(Buffer.from(goJson(sorted)), MEDIA_TYPES.dockerConfig);
}

function diffIdsOf(archive: ArchivedContent, layers: readonly V1Layer[]): string[] {
  return layers.map(({ path }) => {
    const file = archive.entries.find(path);
    if (file === undefined) throw incomplete(`the layer ${JSON.stringify(path)}`);
    // Those old archives have plain layers only.
    if (file.kind === 'packed') return file.layer.diffId;
    if (file.kind === 'content') return file.digest;
    throw invalidArchive(`${JSON.stringify(path)} is no layer`);
  });
}

/** Fields in docker's order, empty ones left out: the config's digest depends on it. */
function historyOf({ config }: V1Layer): Record<string, string> {
  const command = containerCommandOf(config).join(' ');
  const entry: Record<string, string> = {};
  if (typeof config['created'] === 'string') entry['created'] = config['created'];
  if (typeof config['author'] === 'string' && config['author'] !== '') entry['author'] = config['author'];
  if (command !== '') entry['created_by'] = command;
  if (typeof config['comment'] === 'string' && config['comment'] !== '') entry['comment'] = config['comment'];
  return entry;
}

function containerCommandOf(config: V1Config): string[] {
  const container = config['container_config'];
  const command = typeof container === 'object' && container !== null && 'Cmd' in container ? container.Cmd : undefined;
  return Array.isArray(command) ? command.filter((word): word is string => typeof word === 'string') : [];
}
