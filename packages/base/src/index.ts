export {
  AppError,
  type AppErrorOptions,
  type ErrorDefinition,
  type ErrorKind,
  type ErrorTable,
  errorFactory,
  isAppError,
  messageOf,
  systemCodeOf,
} from './app-error.ts';
export type { Clock } from './clock.ts';
export { HTTP_STATUS } from './http-status.ts';
export { KeyedLock } from './keyed-lock.ts';
export { type LogFields, type Logger, silentLogger } from './logger.ts';
export { LruCache, type LruCacheOptions } from './lru-cache.ts';
export { redact } from './redact.ts';
export { Semaphore } from './semaphore.ts';
export { SingleFlight } from './single-flight.ts';
