import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Logger, messageOf } from '@slipway/base';
import { refuseToken, type TokenReply } from './token-reply.ts';
import type { TokenContext, TokenService } from './token-service.ts';

/** Answers `GET /token` and `POST /token`. Never rejects; resolves once the answer is handed over. */
export type TokenHandler = (request: IncomingMessage, response: ServerResponse, context: TokenContext) => Promise<void>;

const MAX_BODY_BYTES = 64 * 1024;

type Form = { readonly kind: 'form'; readonly form: URLSearchParams } | { readonly kind: 'too-large' } | { readonly kind: 'gone' };

export function createTokenHandler({ service, logger }: { readonly service: TokenService; readonly logger: Logger }): TokenHandler {
  async function answer(request: IncomingMessage, context: TokenContext): Promise<TokenReply | undefined> {
    if (request.method === 'GET') return await service.answerGet(queryOf(request), request.headers.authorization, context);
    if (request.method !== 'POST') return methodRefused();
    if (!isForm(request)) return invalidRequest(400, 'the body must be application/x-www-form-urlencoded');
    const body = await readForm(request);
    if (body.kind === 'gone') return undefined;
    if (body.kind === 'too-large') return invalidRequest(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
    return await service.answerPost(body.form, context);
  }

  return async (request, response, context) => {
    let reply: TokenReply | undefined;
    try {
      reply = await answer(request, context);
    } catch (error) {
      logger.error('Cannot answer a token request', { error: messageOf(error) });
      reply = refuseToken({ status: 500, error: 'server_error', code: 'UNKNOWN', message: 'internal error' });
    }
    if (reply === undefined) return;
    send(request, response, reply);
  };
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: TokenReply): void {
  const bytes = Buffer.from(JSON.stringify(body));
  // What is left of a body that was not read would be taken for the next request.
  const closing = request.complete || request.method === 'GET' ? {} : { Connection: 'close' };
  response.writeHead(status, { ...headers, ...closing, 'Content-Length': bytes.length });
  response.end(bytes);
  if (!request.complete) request.resume();
}

function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
}

function isForm(request: IncomingMessage): boolean {
  return /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers['content-type'] ?? '');
}

async function readForm(request: IncomingMessage): Promise<Form> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const { promise, resolve } = Promise.withResolvers<Form>();
  request.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) resolve({ kind: 'too-large' });
    else chunks.push(chunk);
  });
  request.on('end', () => resolve({ kind: 'form', form: new URLSearchParams(Buffer.concat(chunks).toString('utf8')) }));
  // The client hung up: nobody is left to answer.
  request.on('error', () => resolve({ kind: 'gone' }));
  request.on('close', () => resolve({ kind: 'gone' }));
  return await promise;
}

function methodRefused(): TokenReply {
  return refuseToken({
    status: 405,
    error: 'invalid_request',
    code: 'UNSUPPORTED',
    message: 'the token service answers GET and POST alone',
    headers: { Allow: 'GET, POST' },
  });
}

function invalidRequest(status: number, message: string): TokenReply {
  return refuseToken({ status, error: 'invalid_request', code: 'UNSUPPORTED', message });
}
