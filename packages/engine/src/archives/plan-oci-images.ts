import {
  type Descriptor,
  descriptorsOf,
  formatReference,
  type Platform,
  parseManifest,
  type Reference,
  selectByPlatform,
} from '@slipway/oci';
import { invalidArchive } from './archive-entries.ts';
import { nameOfAnnotations } from './archive-names.ts';
import { type ArchivedContent, incomplete } from './archived-content.ts';
import { type ListedImage, type ListedTree, listImages, platformOf } from './oci-images.ts';
import type { PlannedImage } from './planned-image.ts';

/** Entries of index.json that stand for one image. */
interface Group {
  readonly name: Reference | undefined;
  readonly entries: readonly Descriptor[];
}

interface Choice {
  readonly entry: Descriptor;
  readonly tree: ListedTree;
  readonly image: ListedImage;
}

/** What an OCI layout's index.json lists, one image for each name or unnamed entry. Artifacts are left out. Errors: ARCHIVE_INVALID, ARCHIVE_INCOMPLETE, MANIFEST_INVALID. */
export async function planOciImages(archive: ArchivedContent, indexJson: Buffer, platform: Platform): Promise<PlannedImage[]> {
  const index = parseManifest(indexJson, undefined);
  if (index.kind !== 'index') throw invalidArchive('its index.json is no index');
  const planned: PlannedImage[] = [];
  for (const group of groupEntries(index.manifests)) {
    const choice = await choose(archive, group.entries, platform);
    if (choice !== undefined) addPlanned(planned, planImage(choice, group.name));
  }
  return planned;
}

function groupEntries(entries: readonly Descriptor[]): Group[] {
  const named = new Map<string, { readonly name: Reference; readonly entries: Descriptor[] }>();
  const unnamed: Descriptor[] = [];
  for (const entry of entries) {
    const name = nameOfAnnotations(entry.annotations);
    if (name === undefined) {
      unnamed.push(entry);
      continue;
    }
    const key = formatReference(name);
    const group = named.get(key) ?? { name, entries: [] };
    named.set(key, group);
    group.entries.push(entry);
  }
  return [...named.values(), ...groupUnnamed(unnamed, named.size > 0)];
}

/** An index.json that is a multi-platform image itself lists the platforms, without a name for any. */
function groupUnnamed(entries: readonly Descriptor[], hasNamed: boolean): Group[] {
  if (!hasNamed && entries.length > 1 && entries.every(({ platform }) => platform !== undefined)) return [{ name: undefined, entries }];
  return entries.map((entry) => ({ name: undefined, entries: [entry] }));
}

async function choose(archive: ArchivedContent, entries: readonly Descriptor[], platform: Platform): Promise<Choice | undefined> {
  const choices: Choice[] = [];
  for (const entry of entries) {
    const tree = await listImages(archive, entry);
    choices.push(...tree.images.filter(({ isImage }) => isImage).map((image) => ({ entry, tree, image })));
  }
  if (choices.length === 0) return undefined;
  const whole = choices.filter(({ image }) => image.missing === undefined);
  if (whole.length === 0) throw incomplete(`blob ${choices[0]?.image.missing}`);
  if (whole.length === 1) return whole[0];
  const offered = await Promise.all(whole.map(async (choice) => ({ choice, platform: await platformOf(archive, choice.image) })));
  return selectByPlatform(platform, offered)?.choice ?? whole[0];
}

function planImage({ entry, tree, image }: Choice, name: Reference | undefined): PlannedImage {
  const isIndex = entry.digest !== image.descriptor.digest;
  const whole = tree.images.filter(({ missing }) => missing === undefined);
  return {
    manifest: image.descriptor,
    ...(isIndex ? { target: plain(entry) } : {}),
    config: image.manifest.config,
    layers: image.manifest.layers,
    ...namesOf(name, entry),
    content: [...whole.flatMap(({ manifest, descriptor }) => [...descriptorsOf(manifest), descriptor]), ...tree.indexes],
    configs: new Set(tree.images.map(({ manifest }) => manifest.config.digest)),
  };
}

function namesOf(name: Reference | undefined, entry: Descriptor): Pick<PlannedImage, 'names' | 'digests'> {
  if (name === undefined) return { names: [], digests: [] };
  const { registry, repository, tag, digest } = name;
  const digests = digest === entry.digest ? [{ repository: `${registry}/${repository}`, digest }] : [];
  return { names: tag === undefined ? [] : [{ registry, repository, tag }], digests };
}

/** The same manifest listed under several names is one image. */
function addPlanned(planned: PlannedImage[], image: PlannedImage): void {
  const same = planned.findIndex(
    ({ manifest, target }) => manifest.digest === image.manifest.digest && target?.digest === image.target?.digest,
  );
  const other = planned[same];
  if (other === undefined) planned.push(image);
  else planned[same] = { ...other, names: [...other.names, ...image.names], digests: [...other.digests, ...image.digests] };
}

/** Annotations of index.json speak of names, not of the image. */
function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
