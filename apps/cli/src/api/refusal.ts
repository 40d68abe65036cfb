import { AppError, type ErrorKind, HTTP_STATUS } from '@slipway/base';
import type { ErrorBody } from '@slipway/hub/api';
import { cliError } from '../errors.ts';
import { parseJson } from './replies.ts';
import { hasShape } from './shape.ts';

const MAX_LENGTH = 2000;

/** The error that the server answered with, under its own code. */
export function readRefusal(status: number, text: string): AppError {
  const body = parseJson(text);
  if (!isErrorBody(body)) {
    return cliError('SERVER_REPLY_INVALID', `Cannot read the server's answer: it is no Slipway reply (HTTP ${status})`);
  }
  const { code, message, hint, requestId } = body.error;
  return new AppError({
    kind: kindOf(status),
    code,
    message: message.slice(0, MAX_LENGTH),
    ...(typeof hint === 'string' ? { hint: hint.slice(0, MAX_LENGTH) } : {}),
    internal: `HTTP ${status}, request id ${requestId.slice(0, 200)}`,
  });
}

function isErrorBody(body: unknown): body is ErrorBody {
  return hasShape(body, { error: { code: 'string', message: 'string', requestId: 'string' } });
}

/** Several kinds share a status; which of them does not matter to an exit code. */
function kindOf(status: number): ErrorKind {
  const known = (Object.keys(HTTP_STATUS) as ErrorKind[]).find((kind) => HTTP_STATUS[kind] === status);
  if (known !== undefined && known !== 'cancelled') return known;
  return status < 500 ? 'invalid' : 'unavailable';
}
