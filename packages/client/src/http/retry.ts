import { AppError, type Clock, isAppError, type Logger } from '@slipway/base';
import { STALE_CONNECTION } from './exchange.ts';
import type { ClientLimits } from './limits.ts';

export interface RetryOptions {
  readonly clock: Clock;
  readonly limits: ClientLimits;
  readonly logger: Logger;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Counts the attempts of one piece of work and waits between them. */
export class Retry {
  readonly #options: RetryOptions;
  #failures = 0;
  #staleConnections = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** The work moved on: what failed before does not count any more. */
  reset(): void {
    this.#failures = 0;
    this.#staleConnections = 0;
  }

  /** Waits and returns when the work may be tried again; throws `error` when it may not. */
  async wait(error: unknown, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { limits, logger } = this.#options;
    if (!isRetryable(error)) throw error;
    if (isStaleConnection(error) && this.#staleConnections++ < MAX_STALE_CONNECTIONS) return;
    this.#failures += 1;
    const delayMs = this.#delayFor(error);
    if (this.#failures >= limits.attempts || delayMs > limits.maxRetryAfterMs) throw error;
    logger.debug('Trying again', { attempt: this.#failures + 1, delayMs, reason: error instanceof Error ? error.message : '' });
    await sleepAwake(this.#options.clock, delayMs, signal);
  }

  #delayFor(error: unknown): number {
    const { limits, random } = this.#options;
    const askedMs = retryAfterOf(error);
    if (askedMs !== undefined) return askedMs;
    const fullMs = Math.min(limits.maxBackoffMs, limits.backoffMs * 2 ** (this.#failures - 1));
    return Math.round(fullMs / 2 + (fullMs / 2) * random());
  }
}

/** Node drops kept connections as soon as it hears that they ended: only a few can be caught just before. */
const MAX_STALE_CONNECTIONS = 3;

const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  'CONNECTION_BROKEN',
  'HOST_UNREACHABLE',
  'STALLED',
  'TRUNCATED',
  'TOO_MANY_REQUESTS',
  'REGISTRY_FAILED',
]);

function isRetryable(error: unknown): boolean {
  return isAppError(error) && RETRYABLE_CODES.has(error.code) && !hasDetail(error.details, 'isFinal', true);
}

function isStaleConnection(error: unknown): boolean {
  return isAppError(error, 'CONNECTION_BROKEN') && hasDetail(error.details, 'reason', STALE_CONNECTION);
}

function hasDetail(details: unknown, name: string, value: unknown): boolean {
  return typeof details === 'object' && details !== null && name in details && Reflect.get(details, name) === value;
}

function retryAfterOf(error: unknown): number | undefined {
  if (!isAppError(error) || typeof error.details !== 'object' || error.details === null) return undefined;
  const value: unknown = Reflect.get(error.details, 'retryAfterMs');
  return typeof value === 'number' ? value : undefined;
}

/** Reads `Retry-After` (RFC 9110 §10.2.3), seconds or a date, as milliseconds from now. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** The clock's timers do not keep a program running; while it waits to try again nothing else may, and it must not end silently. */
async function sleepAwake(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  const awake = setInterval(() => undefined, 60_000);
  try {
    await clock.sleep(delayMs, signal === undefined ? {} : { signal });
  } finally {
    clearInterval(awake);
  }
}

/** The same error, never to be tried again. */
export function asFinal(error: AppError): AppError {
  const details = typeof error.details === 'object' ? error.details : {};
  return new AppError({
    kind: error.kind,
    code: error.code,
    message: error.message,
    cause: error.cause,
    details: { ...details, isFinal: true },
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

/** Runs `work` until it succeeds or fails for good. */
export async function withRetry<T>(options: RetryOptions, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const retry = new Retry(options);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await retry.wait(error, signal);
    }
  }
}
