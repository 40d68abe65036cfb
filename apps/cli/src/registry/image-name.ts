import { familiarReference, parseReference, type Reference, type TagName, withDefaultTag } from '@slipway/oci';
import { cliError } from '../errors.ts';

/** What a pull or push is about: one tag or digest, or every tag of a repository. */
export interface RequestedImage {
  readonly reference: Reference;
  /** Set when nobody named it: docker says so. */
  readonly defaultTag?: TagName;
}

/** Reads NAME[:TAG|@DIGEST]; with `allTags` a bare NAME. Errors: REFERENCE_INVALID, USAGE in docker's words. */
export function parseImageName(text: string, options: { readonly allTags: boolean }): RequestedImage {
  const reference = parseReference(text);
  const isBare = reference.tag === undefined && reference.digest === undefined;
  if (options.allTags) {
    if (isBare) return { reference };
    throw cliError('USAGE', "tag can't be used with --all-tags/-a", { hint: `Name the repository alone: ${shortName(reference)}` });
  }
  const complete = withDefaultTag(reference);
  return isBare && complete.tag !== undefined ? { reference: complete, defaultTag: complete.tag } : { reference: complete };
}

/** `app`, without tag and digest. */
export function shortName({ registry, repository }: Reference): string {
  return familiarReference({ registry, repository });
}

/** `docker.io/library/app`, under which images are kept here. */
export function wholeName({ registry, repository }: Reference): string {
  return `${registry}/${repository}`;
}
