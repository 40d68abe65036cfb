import type { AppError } from '@slipway/base';
import { type ClientErrorCode, clientError } from '../errors.ts';
import { type ReadBodyOptions, readBody } from './body.ts';
import type { HttpResponse } from './exchange.ts';
import { parseRetryAfter } from './retry.ts';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_TEXT_LENGTH = 500;

export interface AnswerErrorOptions extends ReadBodyOptions {
  /** `Cannot pull "nginx:1"`; the error's message goes on with why. */
  readonly doing: string;
  /** What a 404 means here, unless the registry says more. */
  readonly notFound?: ClientErrorCode;
}

interface RegistryError {
  readonly code: string;
  readonly message: string;
}

/** Turns an answer that is no success into an error and reads its body to the end. */
export async function answerError(response: HttpResponse, options: AnswerErrorOptions): Promise<AppError> {
  const body = await readBody(response, MAX_BODY_BYTES, options);
  const errors = parseErrors(body?.toString() ?? '');
  const code = codeOf(response.status, errors, options.notFound);
  const said = errors.map(formatError).join('; ').slice(0, MAX_TEXT_LENGTH);
  const retryAfterMs = parseRetryAfter(response.headers['retry-after'], options.clock.now());
  return clientError(code, `${options.doing}: ${said === '' ? `the registry answered ${response.status}` : said}`, {
    details: { status: response.status, errors, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  });
}

function codeOf(status: number, errors: readonly RegistryError[], notFound: ClientErrorCode = 'NAME_UNKNOWN'): ClientErrorCode {
  if (status === 401) return 'UNAUTHORIZED';
  if (status === 403) return 'DENIED';
  if (status === 404) return errors.some((error) => error.code === 'NAME_UNKNOWN') ? 'NAME_UNKNOWN' : notFound;
  if (status === 405 || status === 501) return 'UNSUPPORTED';
  if (status === 413) return 'TOO_LARGE';
  if (status === 429 || errors.some((error) => error.code === 'TOOMANYREQUESTS')) return 'TOO_MANY_REQUESTS';
  if (status === 408 || status >= 500) return 'REGISTRY_FAILED';
  return status >= 400 ? 'REQUEST_REFUSED' : 'ANSWER_INVALID';
}

/** Docker's way to print a registry's error: `manifest unknown: manifest unknown`, code in lower case, then the message. */
function formatError({ code, message }: RegistryError): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  if (words === '') return message;
  return message === '' ? words : `${words}: ${message}`;
}

/** The body of distribution-spec "Error Codes", or nothing when it is something else, such as a proxy's page. */
function parseErrors(body: string): RegistryError[] {
  if (!body.trimStart().startsWith('{')) return [];
  try {
    const document: unknown = JSON.parse(body);
    const list: unknown = typeof document === 'object' && document !== null ? Reflect.get(document, 'errors') : undefined;
    return Array.isArray(list) ? list.slice(0, 10).flatMap(readError) : [];
  } catch (error) {
    // Not JSON after all: the status says what there is to say.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function readError(value: unknown): RegistryError[] {
  if (typeof value !== 'object' || value === null) return [];
  const text = (name: string) => {
    const field: unknown = Reflect.get(value, name);
    return typeof field === 'string' ? field : '';
  };
  return [{ code: text('code'), message: text('message') }];
}
