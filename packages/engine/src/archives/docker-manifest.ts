import type { Reference } from '@slipway/oci';
import { entryPathOf, invalidArchive } from './archive-entries.ts';
import { parseArchivedName } from './archive-names.ts';

/** An image of an archive's manifest.json. */
export interface DockerItem {
  /** Paths of files in the archive. */
  readonly config: string;
  readonly layers: readonly string[];
  readonly names: readonly Reference[];
  /** Docker 25 and later without containerd's store: the layout beside manifest.json was made up for the archive, with plain layers. */
  readonly isInvented: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Errors: ARCHIVE_INVALID. */
export function parseDockerManifest(bytes: Buffer): DockerItem[] {
  const items = parseJson(bytes, 'manifest.json');
  if (!Array.isArray(items)) throw invalidArchive('its manifest.json is no list');
  return items.map((item: unknown) => readItem(item));
}

/** `repositories`, the only document of archives before docker 1.10: name to tag to the id of an image. Errors: ARCHIVE_INVALID. */
export function parseRepositories(bytes: Buffer): Map<string, Reference[]> {
  const named = new Map<string, Reference[]>();
  for (const [repository, tags] of Object.entries(fieldsOf(parseJson(bytes, 'repositories')))) {
    for (const [tag, id] of Object.entries(fieldsOf(tags))) {
      // It is a folder's name in the archive.
      if (typeof id !== 'string' || !/^[a-f0-9]{64}$/.test(id))
        throw invalidArchive(`its repositories has an invalid id for ${JSON.stringify(tag)}`);
      named.set(id, [...(named.get(id) ?? []), parseArchivedName(`${repository}:${tag}`)]);
    }
  }
  return named;
}

export function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw invalidArchive(`its ${what} is no JSON`, cause);
  }
}

export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArchive('it has a list or a value where an object belongs');
  return value as Fields;
}

function readItem(value: unknown): DockerItem {
  const item = fieldsOf(value);
  const config = item['Config'];
  if (typeof config !== 'string') throw invalidArchive('an image in its manifest.json has no config');
  return {
    config: entryPathOf(config),
    layers: readList(item['Layers'], 'Layers').map((path) => {
      if (typeof path !== 'string') throw invalidArchive('its manifest.json has a layer that is no path');
      return entryPathOf(path);
    }),
    names: readList(item['RepoTags'], 'RepoTags').map(parseArchivedName),
    isInvented: item['LayerSources'] !== undefined && item['LayerSources'] !== null,
  };
}

function readList(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw invalidArchive(`its manifest.json has ${name} that are no list`);
}
