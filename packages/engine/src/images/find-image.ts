import { type Digest, familiarReference, isDigest, parseReference, type Reference, withDefaultTag } from '@slipway/oci';
import { engineError } from '../errors.ts';
import type { StateReader } from '../state/state-database.ts';
import { repositoryOf } from './image-names.ts';
import type { ImageRecord } from './image-record.ts';

const WHOLE_ID = /^[0-9a-f]{64}$/;
const FIRST_DIGITS = /^(?:(sha256|sha512):)?([0-9a-f]{1,128})$/;
const ALGORITHMS = ['sha256', 'sha512'] as const;

/** The id of the image that a person means; docker's order. Errors: REFERENCE_INVALID, IMAGE_AMBIGUOUS. */
export function findImageId(reader: StateReader, text: string): Digest | undefined {
  const whole = wholeIdIn(text);
  if (whole !== undefined) return imageWithId(reader, whole);
  return imageNamed(reader, parseReference(text)) ?? imageWithDigits(reader, text);
}

/** The manifest or index that the text names, where it is a name or digest of the image that was found by it; undefined for an id. */
export function targetNamed({ names, digests }: Pick<ImageRecord, 'names' | 'digests'>, text: string): Digest | undefined {
  if (wholeIdIn(text) !== undefined) return undefined;
  const reference = withDefaultTag(parseReference(text));
  const repository = repositoryOf(reference);
  const { tag, digest } = reference;
  if (digest === undefined) return names.find((name) => name.repository === repository && name.tag === tag)?.target;
  return digests.find((known) => known.repository === repository && known.digest === digest)?.digest;
}

/** In docker's words. */
export function imageUnknown(text: string): Error {
  const shown = wholeIdIn(text) ?? familiarReference(withDefaultTag(parseReference(text)));
  return engineError('IMAGE_UNKNOWN', `No such image: ${shown}`);
}

function wholeIdIn(text: string): Digest | undefined {
  const id = WHOLE_ID.test(text) ? `sha256:${text}` : text;
  return isDigest(id) ? id : undefined;
}

function imageWithId(reader: StateReader, id: Digest): Digest | undefined {
  return reader.get<{ id: Digest }>('SELECT id FROM image WHERE id = ?', id)?.id;
}

/** With both tag and digest, the digest decides: it can't change. */
function imageNamed(reader: StateReader, reference: Reference): Digest | undefined {
  const repository = repositoryOf(reference);
  const { tag, digest } = withDefaultTag(reference);
  const row =
    digest === undefined
      ? reader.get<{ id: Digest }>('SELECT image_id AS id FROM image_name WHERE repository = ? AND tag = ?', repository, tag ?? '')
      : reader.get<{ id: Digest }>('SELECT image_id AS id FROM image_digest WHERE repository = ? AND digest = ?', repository, digest);
  return row?.id;
}

function imageWithDigits(reader: StateReader, text: string): Digest | undefined {
  const [, algorithm, digits] = FIRST_DIGITS.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const prefixes = ALGORITHMS.filter((name) => algorithm === undefined || algorithm === name).map((name) => `${name}:${digits}`);
  // "g" is what comes after the last hexadecimal digit.
  const found = prefixes.flatMap((prefix) =>
    reader.all<{ id: Digest }>('SELECT id FROM image WHERE id >= ? AND id < ? LIMIT 2', prefix, `${prefix}g`),
  );
  if (found.length > 1) throw engineError('IMAGE_AMBIGUOUS', `More than one image has an id that begins with ${JSON.stringify(text)}`);
  return found[0]?.id;
}
