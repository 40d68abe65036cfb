import { type Digest, isDigest } from '@slipway/oci';
import type { BlobStore, OpenBlob } from '@slipway/storage/blob';
import { findBlob, isReferenced } from '../content/blobs.ts';
import type { RegistryParts } from '../dependencies.ts';
import { registryError } from '../errors.ts';
import { lengthOf, parseByteRange } from '../http/byte-range.ts';
import { matchesEtag, type RepositoryExchange, type ResponseHeaders, sendEmpty } from '../http/exchange.ts';
import { planMultipart } from '../http/multipart-ranges.ts';

/** A promise younger than this need not be renewed: clients ask again right after they stored a blob. */
export const FRESH_PROMISE_MS = 250;

const BINARY = 'application/octet-stream';

export function createBlobHandlers(parts: RegistryParts) {
  const { database, blobs } = parts;

  /** The size of a blob that this repository may read and that is really there. */
  async function requireBlob(exchange: RepositoryExchange, digest: Digest): Promise<number> {
    const found = await findBlob(database.reader, { name: exchange.name, digest });
    if (found === undefined) throw unknownBlob(exchange, digest);
    return found.sizeBytes;
  }

  async function head(exchange: RepositoryExchange): Promise<void> {
    const digest = requireDigest(exchange.match.reference);
    const size = await keepPromise(exchange, digest);
    const stored = await blobs.stat(digest);
    if (size === undefined || stored === undefined || stored.sizeBytes !== size) throw unknownBlob(exchange, digest);
    if (matchesEtag(exchange.request.headers['if-none-match'], digest)) {
      sendEmpty(exchange, 304, { ETag: `"${digest}"` });
      return;
    }
    exchange.response.writeHead(200, { ...blobHeaders(digest), 'Content-Type': BINARY, 'Content-Length': size });
    exchange.response.end();
  }

  /** The blob's size. Who hears that an unreferenced blob is there may leave it out of its push: so it has to stay for a grace period. */
  async function keepPromise(exchange: RepositoryExchange, digest: Digest): Promise<number | undefined> {
    const found = await findBlob(database.reader, { name: exchange.name, digest });
    if (found === undefined) return undefined;
    const at = parts.clock.now();
    if (at - found.keptFrom < FRESH_PROMISE_MS || (await isReferenced(database.reader, found.repositoryId, digest))) return found.sizeBytes;
    return await database.write('registry.keepBlob', { name: exchange.name, digest, at });
  }

  async function get(exchange: RepositoryExchange): Promise<void> {
    const digest = requireDigest(exchange.match.reference);
    const size = await requireBlob(exchange, digest);
    const { headers } = exchange.request;
    if (matchesEtag(headers['if-none-match'], digest)) {
      sendEmpty(exchange, 304, { ETag: `"${digest}"` });
      return;
    }
    await using blob = await openWhole(blobs, digest, size);
    if (blob === undefined) {
      // Garbage collection may have taken it between the two looks.
      if ((await findBlob(database.reader, { name: exchange.name, digest })) !== undefined) {
        parts.logger.error('A blob is damaged or missing: run `slipway verify`', { digest, repository: exchange.name });
      }
      throw unknownBlob(exchange, digest);
    }
    const ifRange = headers['if-range'];
    const usesRange = typeof ifRange !== 'string' || matchesEtag(ifRange, digest);
    await sendBlob(exchange, { digest, blob, range: usesRange ? headers.range : undefined });
  }

  async function remove(exchange: RepositoryExchange): Promise<void> {
    const digest = requireDigest(exchange.match.reference);
    await database.write('registry.unlinkBlob', { name: exchange.name, digest, at: parts.clock.now() });
    sendEmpty(exchange, 202);
  }

  return { head, get, remove };
}

/** A digest out of a path or a query. Throws DIGEST_INVALID. */
export function requireDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw registryError('DIGEST_INVALID', `Cannot read digest "${text.slice(0, 160)}": it must be "sha256:<64 hex>" or "sha512:<128 hex>"`);
}

function unknownBlob(exchange: RepositoryExchange, digest: Digest) {
  return registryError('BLOB_UNKNOWN', `Repository "${exchange.name}" has no blob "${digest}"`, { details: { digest } });
}

async function openWhole(blobs: BlobStore, digest: Digest, size: number): Promise<OpenBlob | undefined> {
  const blob = await blobs.open(digest);
  if (blob === undefined || blob.sizeBytes === size) return blob;
  await blob[Symbol.asyncDispose]();
  return undefined;
}

interface Sending {
  readonly digest: Digest;
  readonly blob: OpenBlob;
  /** The `Range` header that counts, if any. */
  readonly range: string | undefined;
}

async function sendBlob(exchange: RepositoryExchange, { digest, blob, range }: Sending): Promise<void> {
  const { response } = exchange;
  const asked = parseByteRange(range, blob.sizeBytes);
  const headers = blobHeaders(digest);
  if (asked.kind === 'unsatisfiable') {
    sendEmpty(exchange, 416, { ...headers, 'Content-Range': `bytes */${blob.sizeBytes}` });
    return;
  }
  if (asked.kind === 'whole') {
    response.writeHead(200, { ...headers, 'Content-Type': BINARY, 'Content-Length': blob.sizeBytes });
    await blob.sendTo(response);
    response.end();
    return;
  }
  const [first] = asked.ranges;
  if (asked.ranges.length === 1 && first !== undefined) {
    response.writeHead(206, {
      ...headers,
      'Content-Type': BINARY,
      'Content-Length': lengthOf(first),
      'Content-Range': `bytes ${first.start}-${first.end}/${blob.sizeBytes}`,
    });
    await blob.sendTo(response, { range: first });
    response.end();
    return;
  }
  const plan = planMultipart(asked.ranges, { sizeBytes: blob.sizeBytes, contentType: BINARY });
  response.writeHead(206, { ...headers, 'Content-Type': plan.contentType, 'Content-Length': plan.lengthBytes });
  for (const part of plan.parts) {
    response.write(part.head);
    await blob.sendTo(response, { range: part.range });
  }
  response.end(plan.tail);
}

function blobHeaders(digest: Digest): ResponseHeaders {
  return {
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=31536000, immutable',
  };
}
