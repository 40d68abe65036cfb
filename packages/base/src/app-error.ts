import { redact } from './redact.ts';

/** The closed set of what can go wrong; edges map it to an HTTP status or an exit code. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'denied'
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'precondition'
  | 'out-of-range'
  | 'exhausted'
  | 'unsupported'
  | 'unavailable'
  | 'cancelled'
  | 'data-loss'
  | 'internal';

export interface AppErrorOptions {
  readonly kind: ErrorKind;
  /** Stable, from the `errors.ts` of the package that throws it. */
  readonly code: string;
  /** What failed, then why, values quoted; safe to show to the caller. */
  readonly message: string;
  readonly details?: unknown;
  /** What the reader can do about it. */
  readonly hint?: string;
  /** For logs alone, never sent to a client. */
  readonly internal?: string;
  readonly cause?: unknown;
}

/** The one error type that crosses package boundaries. Message, hint and internal text are redacted when it is made. */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly details: unknown;
  readonly hint: string | undefined;
  readonly internal: string | undefined;

  constructor(options: AppErrorOptions) {
    super(redact(options.message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.kind = options.kind;
    this.code = options.code;
    this.details = options.details;
    this.hint = options.hint === undefined ? undefined : redact(options.hint);
    this.internal = options.internal === undefined ? undefined : redact(options.internal);
  }
}

/** A row of a package's `errors.ts`: the kind, and what a person can do, as `docs/errors.md` prints it. */
export interface ErrorDefinition {
  readonly kind: ErrorKind;
  readonly advice: string;
}

export type ErrorTable = Readonly<Record<string, ErrorDefinition>>;

/** Returns a factory bound to one package's table, so that a code can't be thrown without being documented. */
export function errorFactory<Table extends ErrorTable>(table: Table) {
  return (code: keyof Table & string, message: string, rest: Omit<AppErrorOptions, 'kind' | 'code' | 'message'> = {}): AppError => {
    const definition = table[code];
    return new AppError({ ...rest, kind: definition === undefined ? 'internal' : definition.kind, code, message });
  };
}

export function isAppError(error: unknown, code?: string): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error (`ENOSPC`), or undefined. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
