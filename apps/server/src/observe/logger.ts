import type { Logger } from '@slipway/base';
import pino, { type DestinationStream } from 'pino';
import type { LogLevel } from '../config/values.ts';

/** How long a line may wait in memory before it is written. */
const FLUSH_MS = 200;

export interface ServerLogger extends Logger {
  /** A line for one finished request. */
  access(fields: Readonly<Record<string, unknown>>): void;
  /** Writes what waits; call it last. */
  flush(): void;
}

export interface ServerLoggerOptions {
  readonly level: LogLevel;
  /** Standard output when absent. */
  readonly destination?: DestinationStream & { flushSync?(): void };
}

/** JSON lines on standard output, gathered so that a busy server does not write once a request. */
export function createServerLogger(options: ServerLoggerOptions): ServerLogger {
  const destination = options.destination ?? pino.destination({ dest: 1, sync: false, minLength: 8192, periodicFlush: FLUSH_MS });
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    destination,
  );
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    access: (fields) => logger.info(fields, 'request'),
    flush: () => destination.flushSync?.(),
  };
}
