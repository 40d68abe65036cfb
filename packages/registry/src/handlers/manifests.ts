import {
  algorithmOf,
  type Digest,
  effectiveArtifactType,
  isDigest,
  isTagName,
  type ParsedManifest,
  parseManifest,
  referencesOf,
  type TagName,
} from '@slipway/oci';
import { digestBytes } from '@slipway/oci/node';
import { findManifest, type ManifestRow, type PutManifestInput, readManifestContent } from '../content/manifests.ts';
import type { RegistryParts } from '../dependencies.ts';
import { registryError } from '../errors.ts';
import { contentLengthOf, matchesEtag, type RepositoryExchange, sendEmpty } from '../http/exchange.ts';
import { readBody } from '../http/read-body.ts';
import { FRESH_PROMISE_MS } from './blobs.ts';

/** What the specification asks for, and the most that oras and containerd read. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const MAX_TAGS = 100;

export function createManifestHandlers(parts: RegistryParts) {
  const { database, manifestBytes } = parts;

  async function find(exchange: RepositoryExchange): Promise<ManifestRow> {
    const { name, match } = exchange;
    const reference = parseManifestReference(match.reference);
    const row = await findManifest(database.reader, 'tag' in reference ? { name, tag: reference.tag } : { name, digest: reference.digest });
    if (row === undefined) throw registryError('MANIFEST_UNKNOWN', `Repository "${name}" has no manifest "${match.reference}"`);
    return row;
  }

  /** GET and HEAD: the bytes as they were pushed, under the type they were pushed with, whatever `Accept` says. */
  async function get(exchange: RepositoryExchange): Promise<void> {
    const row = await find(exchange);
    if (exchange.method === 'HEAD') await keepPromise(exchange, row);
    const { response } = exchange;
    const etag = `"${row.digest}"`;
    if (matchesEtag(exchange.request.headers['if-none-match'], row.digest)) {
      sendEmpty(exchange, 304, { ETag: etag, 'Docker-Content-Digest': row.digest });
      return;
    }
    const bytes = exchange.method === 'HEAD' ? undefined : await contentOf(row);
    response.writeHead(200, {
      'Content-Type': row.mediaType,
      'Content-Length': row.sizeBytes,
      'Docker-Content-Digest': row.digest,
      ETag: etag,
    });
    response.end(bytes);
  }

  /** Who hears that a manifest is there may leave it out of the index it pushes next: so its age as untagged counts from now. */
  async function keepPromise(exchange: RepositoryExchange, row: ManifestRow): Promise<void> {
    const at = parts.clock.now();
    if (row.untaggedAt === null || at - row.untaggedAt < FRESH_PROMISE_MS) return;
    const isThere = await database.write('registry.keepManifest', { repositoryId: row.repositoryId, digest: row.digest, at });
    if (!isThere) throw registryError('MANIFEST_UNKNOWN', `Repository "${exchange.name}" has no manifest "${row.digest}"`);
  }

  async function contentOf(row: ManifestRow): Promise<Uint8Array> {
    const cached = manifestBytes.get(row.digest);
    if (cached !== undefined) return cached;
    const bytes = await readManifestContent(database.reader, row.digest);
    if (bytes === undefined) throw registryError('MANIFEST_UNKNOWN', `Manifest "${row.digest}" was deleted while it was read`);
    manifestBytes.set(row.digest, bytes);
    return bytes;
  }

  async function put(exchange: RepositoryExchange): Promise<void> {
    const reference = parseManifestReference(exchange.match.reference);
    const tags = requireTags(exchange.query.getAll('tag'), 'tag' in reference ? reference.tag : undefined);
    if ((contentLengthOf(exchange.request) ?? 0) > MAX_MANIFEST_BYTES) throw tooLarge();
    exchange.acceptBody();
    const bytes = await readBody(exchange.request, MAX_MANIFEST_BYTES, tooLarge);
    const manifest = parseManifest(bytes, exchange.request.headers['content-type']);
    const digest = digestBytes(bytes, 'digest' in reference ? algorithmOf(reference.digest) : 'sha256');
    if ('digest' in reference && digest !== reference.digest) {
      throw registryError('DIGEST_INVALID', `Cannot store manifest "${reference.digest}": the content is "${digest}"`);
    }
    await database.write('registry.putManifest', toInput({ exchange, manifest, bytes, digest, tags, at: parts.clock.now() }));
    parts.onEvent();
    sendEmpty(exchange, 201, {
      Location: `/v2/${exchange.name}/manifests/${digest}`,
      'Docker-Content-Digest': digest,
      ...(manifest.subject === undefined ? {} : { 'OCI-Subject': manifest.subject.digest }),
      ...(exchange.query.has('tag') ? { 'OCI-Tag': tags.join(', ') } : {}),
    });
  }

  async function remove(exchange: RepositoryExchange): Promise<void> {
    const { name } = exchange;
    const reference = parseManifestReference(exchange.match.reference);
    const change = { at: parts.clock.now(), actor: exchange.caller.account ?? null };
    if ('tag' in reference) await database.write('registry.deleteTag', { name, tag: reference.tag, ...change });
    else await database.write('registry.deleteManifest', { name, digest: reference.digest, ...change });
    parts.onEvent();
    sendEmpty(exchange, 202);
  }

  return { get, put, remove };
}

type ManifestReference = { readonly tag: TagName } | { readonly digest: Digest };

/** Tag or digest. Throws DIGEST_INVALID, TAG_INVALID. */
function parseManifestReference(text: string): ManifestReference {
  if (isTagName(text)) return { tag: text };
  if (isDigest(text)) return { digest: text };
  if (text.includes(':')) throw registryError('DIGEST_INVALID', `Cannot read digest "${text.slice(0, 160)}"`);
  throw registryError('TAG_INVALID', `Cannot use tag "${text.slice(0, 160)}"`);
}

function requireTags(more: readonly string[], first: TagName | undefined): TagName[] {
  if (more.length > MAX_TAGS) throw registryError('TOO_MANY_TAGS', `Cannot set ${more.length} tags in one request`);
  const tags = new Set<TagName>(first === undefined ? [] : [first]);
  for (const tag of more) {
    if (!isTagName(tag)) throw registryError('TAG_INVALID', `Cannot use tag "${tag.slice(0, 160)}"`);
    tags.add(tag);
  }
  return [...tags];
}

function tooLarge() {
  return registryError('MANIFEST_TOO_LARGE', `Cannot store the manifest: it is larger than ${MAX_MANIFEST_BYTES} bytes`);
}

interface Pushed {
  readonly exchange: RepositoryExchange;
  readonly manifest: ParsedManifest;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly tags: readonly TagName[];
  readonly at: number;
}

function toInput({ exchange, manifest, bytes, digest, tags, at }: Pushed): PutManifestInput {
  return {
    name: exchange.name,
    at,
    actor: exchange.caller.account ?? null,
    digest,
    mediaType: manifest.mediaType,
    bytes,
    tags,
    references: referencesOf(manifest).map((reference) => ({
      digest: reference.digest,
      mayBeManifest: reference.kind === 'manifest-or-blob',
      optional: reference.optional,
    })),
    subject: manifest.subject?.digest ?? null,
    adopts: adoptionOf(manifest, tags),
    artifactType: effectiveArtifactType(manifest) ?? null,
    annotations: manifest.annotations === undefined ? null : JSON.stringify(manifest.annotations),
  };
}

/** What an index under a fallback tag (`sha256-<hex>`, distribution specification "Referrers Tag Schema") says about its subject. */
function adoptionOf(manifest: ParsedManifest, tags: readonly TagName[]): PutManifestInput['adopts'] {
  if (manifest.kind !== 'index') return null;
  const subject = tags.map((tag) => tag.replace('-', ':')).find((text) => isDigest(text));
  return subject === undefined ? null : { subject, digests: manifest.manifests.map((child) => child.digest) };
}
