import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, KeyedLock, type Logger, LruCache } from '@slipway/base';
import type { BlobStore } from '@slipway/storage/blob';
import { createDirectory, type RepositoryDirectory, readStatistics, type StoreStatistics } from './admin.ts';
import type { Authorizer } from './authorizer.ts';
import { createCollector } from './collect/collector.ts';
import type { GcOptions, GcReport } from './collect/options.ts';
import type { RegistryDatabase, RegistryParts } from './dependencies.ts';
import type { EventConsumer } from './events.ts';
import type { RequestContext } from './http/exchange.ts';
import { createRequestHandler, type HandledRequest } from './http/request-handler.ts';
import { OutboxRelay } from './outbox/relay.ts';
import { createUploadIds } from './upload/upload-id.ts';
import { createVerifier, type VerifyOptions, type VerifyReport } from './verify/verifier.ts';

const MANIFEST_CACHE_BYTES = 32 * 1024 * 1024;

export interface RegistryOptions {
  readonly blobs: BlobStore;
  readonly database: RegistryDatabase;
  readonly authorizer: Authorizer;
  /** Who hears of changes; each gets every event at least once. */
  readonly consumers: readonly EventConsumer[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Binds upload sessions to repositories: 32 random bytes, the same after every restart. */
  readonly uploadKey: Uint8Array;
  /** Upload sessions without progress for this long are purged by garbage collection. */
  readonly uploadExpiryMs: number;
}

/** The OCI distribution server. Owns neither the blob store nor the database: close them after it. */
export interface Registry extends AsyncDisposable {
  /**
   * Answers one request to `/v2/`. Resolves when the answer is written or the client is gone, to what was done, for logs and metrics;
   * never rejects.
   */
  handle(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<HandledRequest>;
  readonly directory: RepositoryDirectory;
  statistics(): Promise<StoreStatistics>;
  collectGarbage(options: GcOptions, control?: { readonly signal?: AbortSignal }): Promise<GcReport>;
  verify(options: VerifyOptions, control?: { readonly signal?: AbortSignal }): Promise<VerifyReport>;
}

export function createRegistry(options: RegistryOptions): Registry {
  const { blobs, clock, database, logger } = options;
  const relay = new OutboxRelay({ database, clock, logger, consumers: options.consumers });
  const parts: RegistryParts = {
    blobs,
    database,
    clock,
    logger,
    uploadIds: createUploadIds(options.uploadKey),
    digestLocks: new KeyedLock(),
    manifestBytes: new LruCache({ maxWeight: MANIFEST_CACHE_BYTES, weigh: (bytes) => bytes.length }),
    onEvent: () => relay.poke(),
  };
  relay.poke();
  return {
    handle: createRequestHandler(parts, options.authorizer),
    directory: createDirectory(database),
    statistics: () => readStatistics(database),
    collectGarbage: createCollector({ parts, uploadExpiryMs: options.uploadExpiryMs }).collect,
    verify: createVerifier(parts).verify,
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]();
    },
  };
}
