import { familiarReference, formatReference, parseReference, type Reference, withDefaultTag } from '@slipway/oci';
import { invalidArchive } from './archive-entries.ts';

/** containerd's, docker's and BuildKit's: the whole name. */
export const CONTAINERD_NAME = 'io.containerd.image.name';
/** The image specification's: a tag, or whatever the writer pleased. */
export const REFERENCE_NAME = 'org.opencontainers.image.ref.name';

/** A name out of manifest.json or `repositories`: one that can be given, so without a digest. Errors: ARCHIVE_INVALID. */
export function parseArchivedName(text: unknown): Reference {
  if (typeof text !== 'string') throw invalidArchive('an image has a name that is no text');
  const name = readName(text);
  if (name?.tag === undefined || name.digest !== undefined)
    throw invalidArchive(`${JSON.stringify(text.slice(0, 300))} is no name of an image`);
  return name;
}

/**
 * The name that an image of an index has, if it is one: a bare tag names no repository, and the image then goes by its id, as with docker.
 * With a digest, the tag is none of the name's.
 */
export function nameOfAnnotations(annotations: Readonly<Record<string, string>> | undefined): Reference | undefined {
  const whole = annotations?.[CONTAINERD_NAME];
  const name = whole === undefined ? undefined : readName(whole);
  if (name !== undefined) return name;
  const reference = annotations?.[REFERENCE_NAME];
  return reference !== undefined && /[/:]/.test(reference) ? readName(reference) : undefined;
}

/** What the names of an image have in an index. */
export function annotationsOf(name: Reference): Record<string, string> {
  return { [CONTAINERD_NAME]: formatReference(name), [REFERENCE_NAME]: name.tag ?? 'latest' };
}

export function isSameName(one: Reference, other: Reference): boolean {
  return formatReference(one) === formatReference(other);
}

/** As docker prints it and writes it into manifest.json. */
export function shortName(name: Reference): string {
  return familiarReference(name);
}

/** Undefined for what is no name. */
export function readName(text: string): Reference | undefined {
  try {
    return withDefaultTag(parseReference(text));
  } catch {
    // Free text is allowed there: it names nothing then.
    return undefined;
  }
}
