/** What bounds the work of one client. */
export interface ClientLimits {
  /** Until a connection stands, TLS and proxy included. */
  readonly connectTimeoutMs: number;
  /** From the last byte of a request to the first of its answer. */
  readonly responseTimeoutMs: number;
  /** The same where a registry may have to read gigabytes first: the end of an upload. */
  readonly commitTimeoutMs: number;
  /** How long a transfer may stand still. */
  readonly stallTimeoutMs: number;
  /** How often a request is sent before giving up; a transfer that moves starts counting anew. */
  readonly attempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** A registry that asks for a longer wait than this gets none: the request fails at once. */
  readonly maxRetryAfterMs: number;
  readonly maxManifestBytes: number;
  /** At least 22: a copy within a registry may hold two for each of its ten blobs at once. */
  readonly maxConnectionsPerHost: number;
  /** Cuts uploads into pieces of this size, for proxies that limit bodies; 0 streams a blob in one request. */
  readonly uploadChunkBytes: number;
}

export const DEFAULT_LIMITS: ClientLimits = {
  connectTimeoutMs: 30_000,
  responseTimeoutMs: 60_000,
  commitTimeoutMs: 15 * 60_000,
  stallTimeoutMs: 60_000,
  attempts: 6,
  backoffMs: 500,
  maxBackoffMs: 20_000,
  maxRetryAfterMs: 60_000,
  maxManifestBytes: 8 * 1024 * 1024,
  maxConnectionsPerHost: 24,
  uploadChunkBytes: 0,
};
