import { type Digest, parseDigest } from './digest.ts';
import { ociError } from './errors.ts';
import { escapeText, quote } from './internal/quote.ts';
import { parseRepositoryName, REPOSITORY_NAME_MAX_LENGTH, type RepositoryName } from './repository-name.ts';
import { parseTagName, type TagName } from './tag-name.ts';

/** Where an image is: registry and repository, and its tag, its digest, both or neither. */
export interface Reference {
  /** `host[:port]`, as written; `docker.io` for Docker Hub, whatever host serves it. */
  readonly registry: string;
  readonly repository: RepositoryName;
  readonly tag?: TagName;
  readonly digest?: Digest;
}

export interface ParseReferenceOptions {
  /** The registry of references that name none; `docker.io` when absent. */
  readonly defaultRegistry?: string;
}

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_OLD_NAME = 'index.docker.io';
const OFFICIAL = 'library/';
const DEFAULT_TAG = 'latest' as TagName;
/** A DNS name, a colon and a port. */
const REGISTRY_MAX_LENGTH = 253 + 6;
const IMAGE_ID = /^[a-f0-9]{64}$/;
const HOST_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const REGISTRY = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);

/**
 * Reads a reference as docker does: `nginx` is `docker.io/library/nginx`, and what stands before the first slash is a registry when it
 * has a dot, a colon or an uppercase letter, or is `localhost`. No tag is added: see `withDefaultTag`.
 * Errors: REFERENCE_INVALID (invalid), docker's own wording in `details.reason`.
 */
export function parseReference(text: string, options: ParseReferenceOptions = {}): Reference {
  if (IMAGE_ID.test(text)) {
    throw invalidReference(text, `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { registry, path } = splitRegistry(text, options.defaultRegistry ?? DOCKER_HUB);
  const { name, tag, digest } = splitPath(path);
  if (name !== name.toLowerCase()) {
    throw invalidReference(text, `invalid reference format: repository name (${escapeText(name)}) must be lowercase`);
  }
  if (name.length > REPOSITORY_NAME_MAX_LENGTH) {
    throw invalidReference(text, `repository name must not be more than ${REPOSITORY_NAME_MAX_LENGTH} characters`);
  }
  if (registry.length > REGISTRY_MAX_LENGTH || !REGISTRY.test(registry)) throw invalidReference(text, 'invalid reference format');
  try {
    return {
      registry,
      repository: parseRepositoryName(name),
      ...(tag === undefined ? {} : { tag: parseTagName(tag) }),
      ...(digest === undefined ? {} : { digest: parseDigest(digest) }),
    };
  } catch (cause) {
    throw invalidReference(text, 'invalid reference format', cause);
  }
}

/** The same reference with the tag `latest`, unless it has a tag or a digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: DEFAULT_TAG } : reference;
}

/**
 * The whole reference: `docker.io/library/nginx:1.27@sha256:…`. `parseReference` reads it back to an equal one, unless the registry
 * is a bare word that came from `defaultRegistry`.
 */
export function formatReference(reference: Reference): string {
  return formatName(`${reference.registry}/${reference.repository}`, reference);
}

/** Docker's short form: without `docker.io/` and `library/`, unless the rest would then mean something else. */
export function familiarReference(reference: Reference): string {
  const { registry, repository } = reference;
  if (registry !== DOCKER_HUB) return formatReference(reference);
  const short = [repository.startsWith(OFFICIAL) ? repository.slice(OFFICIAL.length) : repository, repository].find((name) => {
    const again = splitRegistry(name, DOCKER_HUB);
    return again.registry === registry && again.path === repository && !IMAGE_ID.test(name);
  });
  return short === undefined ? formatReference(reference) : formatName(short, reference);
}

function formatName(name: string, { tag, digest }: Reference): string {
  return name + (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

function splitRegistry(text: string, defaultRegistry: string): { readonly registry: string; readonly path: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const named = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = named ? first : defaultRegistry;
  const path = named ? text.slice(slash + 1) : text;
  if (registry !== DOCKER_HUB && registry !== DOCKER_HUB_OLD_NAME) return { registry, path };
  return { registry: DOCKER_HUB, path: path.includes('/') ? path : OFFICIAL + path };
}

function splitPath(path: string): { readonly name: string; readonly tag: string | undefined; readonly digest: string | undefined } {
  const sign = path.indexOf('@');
  const tagged = sign < 0 ? path : path.slice(0, sign);
  const digest = sign < 0 ? undefined : path.slice(sign + 1);
  const colon = tagged.indexOf(':');
  return { name: colon < 0 ? tagged : tagged.slice(0, colon), tag: colon < 0 ? undefined : tagged.slice(colon + 1), digest };
}

function invalidReference(text: string, reason: string, cause?: unknown): Error {
  return ociError('REFERENCE_INVALID', `Cannot read reference ${quote(text)}: ${reason}`, { details: { reason }, cause });
}
