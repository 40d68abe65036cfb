import { clientError } from '../errors.ts';
import { answerError } from '../http/answer-error.ts';
import { readBody } from '../http/body.ts';
import type { HttpResponse } from '../http/exchange.ts';
import type { RegistryHost } from '../http/registry-host.ts';
import { parseNextLink } from './link.ts';

export interface PageRequest {
  readonly path: string;
  readonly doing: string;
  readonly signal?: AbortSignal;
  send(path: string): Promise<HttpResponse>;
}

const MAX_PAGE_BYTES = 32 * 1024 * 1024;

/** The JSON documents of a list that goes over pages, following `Link`. Errors: NAME_UNKNOWN, ANSWER_INVALID and those of `send`. */
export async function* walkPages(host: RegistryHost, request: PageRequest): AsyncGenerator<unknown, void, void> {
  const { doing, signal } = request;
  const seen = new Set<string>();
  for (let path: string | undefined = request.path; path !== undefined; ) {
    const response = await request.send(path);
    if (response.status !== 200) throw await answerError(response, { doing, ...host.reading(signal) });
    const body = await readBody(response, MAX_PAGE_BYTES, host.reading(signal));
    yield parsePage(body, doing);
    const next = parseNextLink(response.headers.link, response.url);
    // A registry that links to the same page again would be walked for ever.
    path = next === undefined || seen.has(next.href) ? undefined : next.href;
    if (path !== undefined) seen.add(path);
  }
}

/** Strings of a field that should be a list; `null` is how Go programs write an empty one. */
export function stringsOf(page: unknown, field: string): string[] {
  const list: unknown = typeof page === 'object' && page !== null ? Reflect.get(page, field) : undefined;
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

function parsePage(body: Buffer | undefined, doing: string): unknown {
  try {
    return JSON.parse(body?.toString() ?? '');
  } catch (error) {
    throw clientError('ANSWER_INVALID', `${doing}: the answer is not JSON, or longer than ${MAX_PAGE_BYTES} bytes`, { cause: error });
  }
}
