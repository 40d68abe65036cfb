import { ociError } from './errors.ts';
import { quote } from './internal/quote.ts';

declare const repositoryNameBrand: unique symbol;

/** A repository's name without its registry, of any number of components, as distribution-spec 1.1 "Pulling manifests" defines it. */
export type RepositoryName = string & { readonly [repositoryNameBrand]: true };

export const REPOSITORY_NAME_MAX_LENGTH = 255;

// No component starts with "_", so the names that the 1.2 draft reserves (_oci, _catalog, _docker…) can't be repositories.
const REPOSITORY_NAME = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;

/** Errors: NAME_INVALID (invalid). */
export function parseRepositoryName(text: string): RepositoryName {
  if (isRepositoryName(text)) return text;
  throw ociError('NAME_INVALID', `Cannot read repository name ${quote(text)}: ${whyNot(text)}`);
}

export function isRepositoryName(text: string): text is RepositoryName {
  return text.length <= REPOSITORY_NAME_MAX_LENGTH && REPOSITORY_NAME.test(text);
}

function whyNot(text: string): string {
  if (text === '') return 'it is empty';
  if (text.length > REPOSITORY_NAME_MAX_LENGTH) return `it has more than ${REPOSITORY_NAME_MAX_LENGTH} characters`;
  if (text !== text.toLowerCase()) return 'it must be lowercase';
  return 'its components must be lowercase letters and digits, separated by one ".", one or two "_", or any number of "-"';
}
