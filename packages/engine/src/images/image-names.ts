import {
  type Digest,
  familiarReference,
  formatReference,
  type Reference,
  type RepositoryName,
  type TagName,
  withDefaultTag,
} from '@slipway/oci';
import { engineError } from '../errors.ts';
import type { ImageDigest, ImageName } from './image-record.ts';

/** The whole name of a repository, as the state keeps it: `docker.io/library/app`. */
export function repositoryOf(reference: Reference): string {
  return `${reference.registry}/${reference.repository}`;
}

/** Reads what `repositoryOf` wrote: the text was checked when it came in. */
export function referenceTo(name: ImageName | ImageDigest): Reference {
  const slash = name.repository.indexOf('/');
  return {
    registry: name.repository.slice(0, slash),
    repository: name.repository.slice(slash + 1) as RepositoryName,
    ...('tag' in name ? { tag: name.tag as TagName } : { digest: name.digest }),
  };
}

/** As docker shows it: `app:latest`, `ghcr.io/ann/app@sha256:…`. */
export function familiarName(name: ImageName | ImageDigest): string {
  return familiarReference(referenceTo(name));
}

/** Repository and tag that an image is to have; `latest` when the reference names none. Errors: TAG_REFUSED. */
export function nameFrom(reference: Reference): { readonly repository: string; readonly tag: string } {
  const { tag, digest } = withDefaultTag(reference);
  if (digest !== undefined || tag === undefined) {
    throw engineError('TAG_REFUSED', `refusing to create a tag with a digest reference: ${JSON.stringify(formatReference(reference))}`);
  }
  return { repository: repositoryOf(reference), tag };
}

/** The first twelve digits, as docker's tables and messages show an id. */
export function shortId(id: Digest | string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12);
}
