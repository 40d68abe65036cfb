import { algorithmOf, type Digest, type DigestAlgorithm, isDigestAlgorithm, isRepositoryName } from '@slipway/oci';
import type { AppendOptions } from '@slipway/storage/blob';
import { listHolders } from '../content/blobs.ts';
import type { RegistryParts } from '../dependencies.ts';
import { registryError } from '../errors.ts';
import { parseContentRange } from '../http/content-range.ts';
import { contentLengthOf, hasBody, type RepositoryExchange, sendEmpty } from '../http/exchange.ts';
import { requireDigest } from './blobs.ts';

/** Chunks below this cost more in requests than in bytes; smaller ones are taken all the same. */
const CHUNK_MIN_LENGTH = 1024 * 1024;

/** How many repositories a mount without `from` looks at. */
const MAX_MOUNT_SOURCES = 200;

export function createUploadHandlers(parts: RegistryParts) {
  const { blobs, database, uploadIds } = parts;

  async function start(exchange: RepositoryExchange): Promise<void> {
    const { query } = exchange;
    const mount = query.get('mount');
    if (mount !== null && (await tryMount(exchange, requireDigest(mount)))) return;
    const digest = query.get('digest');
    if (mount === null && digest !== null) {
      await storeAtOnce(exchange, requireDigest(digest));
      return;
    }
    const algorithm = requireAlgorithm(query.get('digest-algorithm') ?? 'sha256');
    const id = uploadIds.create(exchange.name);
    await blobs.createUpload(id);
    sendSession(exchange, { status: 202, id, algorithm, sizeBytes: 0 });
  }

  /** Mounts the blob if a repository that the caller may read has it. Whatever stands against it, the client then uploads (specification, "Mounting a blob"). */
  async function tryMount(exchange: RepositoryExchange, digest: Digest): Promise<boolean> {
    const from = await mountSources(exchange, digest);
    if (from.length === 0) return false;
    const at = parts.clock.now();
    const actor = exchange.caller.account ?? null;
    const size = await database.write('registry.mountBlob', { from, name: exchange.name, digest, at, actor });
    if (size === undefined || (await blobs.stat(digest))?.sizeBytes !== size) return false;
    parts.onEvent();
    sendStored(exchange, digest);
    return true;
  }

  async function mountSources(exchange: RepositoryExchange, digest: Digest): Promise<string[]> {
    const from = exchange.query.get('from');
    const candidates = from === null || from === '' ? await listHolders(database.reader, digest, MAX_MOUNT_SOURCES) : [from];
    const readable: string[] = [];
    for (const name of candidates) {
      if (isRepositoryName(name) && (await exchange.caller.can(name, 'pull'))) readable.push(name);
    }
    return readable;
  }

  async function storeAtOnce(exchange: RepositoryExchange, digest: Digest): Promise<void> {
    const id = uploadIds.create(exchange.name);
    await blobs.createUpload(id);
    try {
      await appendBody(exchange, id, { offset: 0, algorithm: algorithmOf(digest) });
      await commit(exchange, id, digest);
    } catch (error) {
      await blobs.cancelUpload(id);
      throw error;
    }
    sendStored(exchange, digest);
  }

  async function status(exchange: RepositoryExchange): Promise<void> {
    const id = requireUploadId(exchange);
    const upload = await blobs.statUpload(id);
    if (upload === undefined) throw unknownUpload(id);
    sendSession(exchange, { status: 204, id, algorithm: algorithmHint(exchange), sizeBytes: upload.sizeBytes });
  }

  async function append(exchange: RepositoryExchange): Promise<void> {
    const id = requireUploadId(exchange);
    const algorithm = algorithmHint(exchange);
    const { sizeBytes } = await appendBody(exchange, id, { algorithm });
    sendSession(exchange, { status: 202, id, algorithm, sizeBytes });
  }

  async function finish(exchange: RepositoryExchange): Promise<void> {
    const id = requireUploadId(exchange);
    const digest = requireDigest(exchange.query.get('digest') ?? '');
    const { headers } = exchange.request;
    if (hasBody(exchange.request) || headers['content-range'] !== undefined) {
      await appendBody(exchange, id, { algorithm: algorithmOf(digest) });
    }
    await commit(exchange, id, digest);
    sendStored(exchange, digest);
  }

  /** Appends the request's body. Its announced range and length have to agree with the session and with what comes. */
  async function appendBody(exchange: RepositoryExchange, id: string, options: AppendOptions) {
    const { request } = exchange;
    const range = request.headers['content-range'] === undefined ? undefined : parseContentRange(request.headers['content-range']);
    const announced = contentLengthOf(request);
    const rangeLength = range === undefined ? undefined : range.end - range.start + 1;
    if (rangeLength !== undefined && announced !== undefined && announced !== rangeLength) {
      throw registryError('SIZE_INVALID', `Cannot append: Content-Range names ${rangeLength} bytes but Content-Length is ${announced}`);
    }
    const length = rangeLength ?? announced;
    const offset = range?.start ?? options.offset;
    await requireSession(id, offset);
    exchange.acceptBody();
    return await blobs.append(id, request, {
      ...options,
      ...(offset === undefined ? {} : { offset }),
      ...(length === undefined ? {} : { length }),
    });
  }

  /** Refuses before the body is read what the append itself checks again. */
  async function requireSession(id: string, offset: number | undefined): Promise<void> {
    const upload = await blobs.statUpload(id);
    if (upload === undefined) throw unknownUpload(id);
    if (offset === undefined || upload.sizeBytes === offset) return;
    throw registryError('RANGE_INVALID', `Cannot append at byte ${offset}: the upload stands at ${upload.sizeBytes}`, {
      details: { offset: upload.sizeBytes },
    });
  }

  async function commit(exchange: RepositoryExchange, id: string, digest: Digest): Promise<void> {
    const actor = exchange.caller.account ?? null;
    await parts.digestLocks.run(digest, async () => {
      const { sizeBytes } = await blobs.commit(id, digest);
      await database.write('registry.linkBlob', { name: exchange.name, digest, sizeBytes, at: parts.clock.now(), actor });
    });
    parts.onEvent();
  }

  async function cancel(exchange: RepositoryExchange): Promise<void> {
    const id = requireUploadId(exchange);
    if (!(await blobs.cancelUpload(id))) throw unknownUpload(id);
    sendEmpty(exchange, 204);
  }

  function requireUploadId(exchange: RepositoryExchange): string {
    const id = exchange.match.reference;
    if (uploadIds.belongsTo(id, exchange.name)) return id;
    throw unknownUpload(id);
  }

  return { start, status, append, finish, cancel };
}

function unknownUpload(id: string) {
  return registryError('BLOB_UPLOAD_UNKNOWN', `There is no upload "${id.slice(0, 80)}" in this repository`);
}

function requireAlgorithm(text: string): DigestAlgorithm {
  if (isDigestAlgorithm(text)) return text;
  throw registryError('DIGEST_INVALID', `Cannot use digest algorithm "${text.slice(0, 40)}": this registry knows sha256 and sha512`);
}

/** The algorithm that the session was begun with, as its Location carries it: only a hint of what to compute while bytes arrive. */
function algorithmHint(exchange: RepositoryExchange): DigestAlgorithm {
  const state = exchange.query.get('_state') ?? '';
  return isDigestAlgorithm(state) ? state : 'sha256';
}

interface SessionReply {
  readonly status: 202 | 204;
  readonly id: string;
  readonly algorithm: DigestAlgorithm;
  readonly sizeBytes: number;
}

function sendSession(exchange: RepositoryExchange, { status, id, algorithm, sizeBytes }: SessionReply): void {
  sendEmpty(exchange, status, {
    // With a query and without a digest: shell scripts append `&digest=…`, containerd adds the parameter itself.
    Location: `/v2/${exchange.name}/blobs/uploads/${id}?_state=${algorithm}`,
    // moby reads it with "%d-%d": no unit, and `0-0` for nothing yet.
    Range: `0-${Math.max(0, sizeBytes - 1)}`,
    'Docker-Upload-UUID': id,
    'OCI-Chunk-Min-Length': CHUNK_MIN_LENGTH,
  });
}

function sendStored(exchange: RepositoryExchange, digest: Digest): void {
  sendEmpty(exchange, 201, { Location: `/v2/${exchange.name}/blobs/${digest}`, 'Docker-Content-Digest': digest });
}
