import { AppError, HTTP_STATUS, type Logger, messageOf } from '@slipway/base';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorBody } from '../api/index.ts';
import { HUB_ERRORS, hubError } from '../errors.ts';

/** Answers with what was thrown. What nobody foresaw goes to the log alone. */
export function sendError({
  error,
  request,
  reply,
  logger,
}: {
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly logger: Logger;
}): FastifyReply {
  const known = error instanceof AppError ? error : fromFramework(error);
  const status = statusOf(error, known);
  if (status >= 500)
    logger.error('Cannot answer a hub request', {
      requestId: request.id,
      url: request.url,
      error: messageOf(error),
      internal: known.internal,
    });
  if (status === 401) reply.header('WWW-Authenticate', 'Basic realm="slipway"');
  const retryAfterSeconds = retryAfterOf(known);
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', String(retryAfterSeconds));
  const hint = known.hint ?? adviceOf(known.code);
  const body: ErrorBody = {
    error: { code: known.code, message: known.message, ...(hint === undefined ? {} : { hint }), requestId: request.id },
  };
  return reply.code(status).header('Cache-Control', 'no-store').send(body);
}

/** Fastify's own refusals (body too large, wrong type, no JSON) carry a status; anything else is a defect of ours. */
function fromFramework(error: unknown): AppError {
  const status = frameworkStatusOf(error);
  if (status === undefined || status >= 500)
    return hubError('HUB_FAILED', 'Cannot answer: something went wrong inside the hub', { cause: error });
  return hubError('REQUEST_INVALID', `Cannot read the request: ${messageOf(error)}`, { cause: error });
}

function statusOf(error: unknown, known: AppError): number {
  if (error instanceof AppError) return HTTP_STATUS[known.kind];
  return frameworkStatusOf(error) ?? HTTP_STATUS[known.kind];
}

function frameworkStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined;
  return error.statusCode;
}

function retryAfterOf({ details }: AppError): number | undefined {
  if (typeof details !== 'object' || details === null || !('retryAfterSeconds' in details)) return undefined;
  return typeof details.retryAfterSeconds === 'number' ? details.retryAfterSeconds : undefined;
}

function adviceOf(code: string): string | undefined {
  return Object.entries(HUB_ERRORS).find(([name]) => name === code)?.[1].advice;
}
