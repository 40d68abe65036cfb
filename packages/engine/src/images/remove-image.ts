import type { Digest } from '@slipway/oci';
import { parseReference } from '@slipway/oci';
import type { StateReader, StateTransaction } from '../state/state-database.ts';
import { findImageId, imageUnknown } from './find-image.ts';
import { familiarName, repositoryOf } from './image-names.ts';
import type { ImageDigest, ImageName, ImageRecord } from './image-record.ts';
import type { RemovalEvent } from './image-store.ts';
import { readImages } from './read-images.ts';
import { conflictOf, deletionRefused, type ImageUses, untaggingRefused, usesOf } from './removal-conflict.ts';

export interface Removal {
  readonly events: readonly RemovalEvent[];
  /** Sizes of the layers that no image has any more. */
  readonly freedBytes: number;
}

export interface RemovalRequest {
  readonly text: string;
  readonly force: boolean;
}

type Name = ImageName | ImageDigest;

/** Docker's `rmi` of one name or id. Errors: IMAGE_UNKNOWN, IMAGE_CONFLICT, and those of finding it. */
export function removeImage(tx: StateTransaction, { text, force }: RemovalRequest): Removal {
  const id = findImageId(tx, text);
  const image = id === undefined ? undefined : readImages(tx, id)[0];
  if (image === undefined) throw imageUnknown(text);
  const uses = usesOf(tx, image.id);
  return isIdOf(image.id, text) ? removeById(tx, { image, uses, force }) : removeByName(tx, { image, uses, force, text });
}

interface Target {
  readonly image: ImageRecord;
  readonly uses: ImageUses;
  readonly force: boolean;
}

/** With one name at most, the names go with the image; names in several repositories need force. */
function removeById(tx: StateTransaction, { image, uses, force }: Target): Removal {
  const isNamedOnce = isSingleName(namesOf(image));
  const conflict = conflictOf(uses, { force, hasNames: !isNamedOnce && namesOf(image).length > 0 });
  if (conflict !== undefined) throw deletionRefused(image.id, conflict);
  return deleteImage(tx, image);
}

/** Takes the name away, and the image with its last name. */
function removeByName(tx: StateTransaction, { image, uses, force, text }: Target & { readonly text: string }): Removal {
  const user = uses.running ?? uses.stopped;
  if (!force && isSingleName(namesOf(image)) && user !== undefined) throw untaggingRefused(text, image.id, user);
  const named = nameMeant(text);
  const events = [untag(tx, named)];
  let left = namesOf(image).filter((name) => !isSame(name, named));
  if (!('digest' in named) && !left.some((name) => 'tag' in name && name.repository === named.repository)) {
    // Digests of a repository mean nothing to a person once its last tag is gone.
    events.push(...left.filter((name) => name.repository === named.repository).map((name) => untag(tx, name)));
    left = left.filter((name) => name.repository !== named.repository);
  }
  // Docker says nothing when a container keeps the image from following its last name.
  if (left.length > 0 || conflictOf(uses, { force, hasNames: false }) !== undefined) return { events, freedBytes: 0 };
  const removal = deleteImage(tx, { ...image, names: [], digests: [] });
  return { ...removal, events: [...events, ...removal.events] };
}

function deleteImage(tx: StateTransaction, image: ImageRecord): Removal {
  const events = namesOf(image).map((name) => untag(tx, name));
  tx.run('DELETE FROM image WHERE id = ?', image.id);
  events.push({ kind: 'deleted', digest: image.id });
  let freedBytes = 0;
  for (const { chainId, diffId } of [...image.layers].reverse()) {
    if (tx.get('SELECT 1 FROM image_layer WHERE chain_id = ? LIMIT 1', chainId) !== undefined) continue;
    events.push({ kind: 'deleted', digest: chainId });
    freedBytes += tx.get<{ size_bytes: number }>('SELECT size_bytes FROM layer_size WHERE diff_id = ?', diffId)?.size_bytes ?? 0;
  }
  return { events, freedBytes };
}

function untag(tx: StateTransaction, name: Name): RemovalEvent {
  if ('tag' in name) tx.run('DELETE FROM image_name WHERE repository = ? AND tag = ?', name.repository, name.tag);
  else tx.run('DELETE FROM image_digest WHERE repository = ? AND digest = ?', name.repository, name.digest);
  return { kind: 'untagged', name: familiarName(name) };
}

/** In docker's order: as the whole references sort, so that a repository's tags come before its digests. */
export function namesOf(image: Pick<ImageRecord, 'names' | 'digests'>): Name[] {
  return [...image.names, ...image.digests].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function sortKey(name: Name): string {
  return 'tag' in name ? `${name.repository}:${name.tag}` : `${name.repository}@${name.digest}`;
}

/** At most one tag, and all names in one repository. */
function isSingleName(names: readonly Name[]): boolean {
  return names.length > 0 && names.filter((name) => 'tag' in name).length <= 1 && new Set(names.map((name) => name.repository)).size === 1;
}

function nameMeant(text: string): Name {
  const reference = parseReference(text);
  const repository = repositoryOf(reference);
  if (reference.digest !== undefined) return { repository, digest: reference.digest };
  return { repository, tag: reference.tag ?? 'latest' };
}

function isSame(a: Name, b: Name): boolean {
  return sortKey(a) === sortKey(b);
}

function isIdOf(id: Digest, text: string): boolean {
  return id.startsWith(text) || id.slice(id.indexOf(':') + 1).startsWith(text);
}

/** The names by which prune asks for an image's removal. */
export function removalTexts(reader: StateReader, id: Digest): string[] {
  const image = readImages(reader, id)[0];
  if (image === undefined) return [];
  const names = namesOf(image);
  return names.length === 0 ? [id] : names.map(sortKey);
}
