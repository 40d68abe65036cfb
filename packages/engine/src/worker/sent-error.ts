import { AppError, type ErrorKind, isAppError, messageOf, systemCodeOf } from '@slipway/base';

/** An error as data: what `AppError` has, and what system errors have. */
export interface SentError {
  readonly message: string;
  readonly stack?: string | undefined;
  readonly systemCode?: string | undefined;
  readonly app?: SentAppError;
}

interface SentAppError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly details: unknown;
  readonly hint: string | undefined;
  readonly internal: string | undefined;
}

export function errorToSend(error: unknown): SentError {
  const stack = error instanceof Error ? error.stack : undefined;
  if (!isAppError(error)) return { message: messageOf(error), stack, systemCode: systemCodeOf(error) };
  const { kind, code, hint, internal } = error;
  // Details of any shape could be more than the channel takes.
  const details = error.details === undefined ? undefined : (JSON.parse(JSON.stringify(error.details)) as unknown);
  return { message: error.message, stack, app: { kind, code, details, hint, internal } };
}

/** The error as it was, its place in the other process kept as the cause's. */
export function errorFromSent({ message, stack, systemCode, app }: SentError): Error {
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  if (systemCode !== undefined) Object.assign(cause, { code: systemCode });
  if (app === undefined) return cause;
  const { kind, code, details, hint, internal } = app;
  return new AppError({
    kind,
    code,
    message,
    details,
    ...(hint === undefined ? {} : { hint }),
    ...(internal === undefined ? {} : { internal }),
    cause,
  });
}
