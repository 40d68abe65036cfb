import { registryError } from '../errors.ts';

/** Which part of a sorted list a client asks for. */
export interface Page {
  /** How many entries at most. */
  readonly limit: number;
  /** The list goes on behind this entry; empty from the start. */
  readonly after: string;
}

/** Reads `n` and `last`. A missing or larger `n` becomes `maxLimit`. Throws PAGINATION_NUMBER_INVALID. */
export function parsePage(query: URLSearchParams, maxLimit: number): Page {
  const n = query.get('n');
  if (n !== null && !/^\d{1,15}$/.test(n)) {
    throw registryError('PAGINATION_NUMBER_INVALID', `Cannot list with n="${n.slice(0, 40)}": it must be a number that is not negative`);
  }
  return { limit: n === null ? maxLimit : Math.min(Number(n), maxLimit), after: query.get('last') ?? '' };
}

/**
 * The `Link` header to the next page (RFC 8288, distribution specification "Listing Tags"): relative, since crane and oras refuse another
 * origin than the one they asked, and a proxy may have changed ours.
 */
export function formatNextLink(path: string, parameters: Readonly<Record<string, string>>): string {
  return `<${path}?${new URLSearchParams(parameters).toString()}>; rel="next"`;
}
