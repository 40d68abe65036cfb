import type { Logger } from '@slipway/base';
import pino, { type DestinationStream } from 'pino';
import type { LogLevel } from '../config/values.ts';
import { LineWriter } from './line-writer.ts';

/** How long the end of the server waits for a reader of its log. */
const FLUSH_MS = 2000;

const STANDARD_OUTPUT = 1;

export interface ServerLogger extends Logger {
  /** A line for one finished request. */
  access(fields: Readonly<Record<string, unknown>>): void;
  /** Resolves when what waits is written, or will not be read; call it last. */
  flush(): Promise<void>;
}

export interface ServerLoggerOptions {
  readonly level: LogLevel;
  /** Standard output when absent. */
  readonly destination?: DestinationStream & { flush?(timeoutMs: number): Promise<void> };
}

/** JSON lines on standard output, gathered so that a busy server does not write once a request. */
export function createServerLogger(options: ServerLoggerOptions): ServerLogger {
  const destination = options.destination ?? new LineWriter({ descriptor: STANDARD_OUTPUT });
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
    flush: async () => await destination.flush?.(FLUSH_MS),
  };
}
