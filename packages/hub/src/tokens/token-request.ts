import { parseAuthorization } from '../access/authorization-header.ts';
import { parseScopes, type Scope } from './scope.ts';

export type TokenProof =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'password'; readonly name: string; readonly password: string }
  | { readonly kind: 'refresh-token'; readonly token: string };

/** A request for a token, whichever way it came. */
export interface TokenRequest {
  readonly proof: TokenProof;
  readonly scopes: readonly Scope[];
  /** Whether a refresh token is asked for. */
  readonly offline: boolean;
  readonly clientId: string;
}

export type ParsedTokenRequest =
  | { readonly kind: 'request'; readonly request: TokenRequest }
  /** Credentials are there, but not such as can be right. */
  | { readonly kind: 'unauthorized' }
  /** An error of RFC 6749 §5.2. */
  | { readonly kind: 'malformed'; readonly error: 'invalid_request' | 'unsupported_grant_type'; readonly why: string };

/** `GET /token?service=…&scope=…&scope=…` with Basic or nothing (distribution token specification). */
export function parseTokenQuery(query: URLSearchParams, authorization: string | undefined): ParsedTokenRequest {
  const presented = parseAuthorization(authorization);
  if (presented.kind === 'bearer' || presented.kind === 'unknown') return { kind: 'unauthorized' };
  const proof: TokenProof =
    presented.kind === 'none' ? { kind: 'nobody' } : { kind: 'password', name: presented.name, password: presented.password };
  return {
    kind: 'request',
    request: {
      proof,
      scopes: parseScopes(query.getAll('scope')),
      offline: query.get('offline_token') === 'true',
      clientId: query.get('client_id') ?? '',
    },
  };
}

/** The form of `POST /token` (OAuth 2 in the distribution token specification). */
export function parseTokenForm(form: URLSearchParams): ParsedTokenRequest {
  const proof = parseGrant(form);
  if (proof.kind === 'malformed') return proof;
  return {
    kind: 'request',
    request: {
      proof,
      scopes: parseScopes(form.getAll('scope')),
      offline: form.get('access_type') === 'offline',
      clientId: form.get('client_id') ?? '',
    },
  };
}

function parseGrant(form: URLSearchParams): TokenProof | Extract<ParsedTokenRequest, { kind: 'malformed' }> {
  const grantType = form.get('grant_type');
  if (grantType === 'password') {
    const name = form.get('username');
    const password = form.get('password');
    if (name === null || password === null) return malformed('"username" and "password" are required');
    return { kind: 'password', name, password };
  }
  if (grantType === 'refresh_token') {
    const token = form.get('refresh_token');
    return token === null ? malformed('"refresh_token" is required') : { kind: 'refresh-token', token };
  }
  if (grantType === null) return malformed('"grant_type" is required');
  return { kind: 'malformed', error: 'unsupported_grant_type', why: '"grant_type" must be "password" or "refresh_token"' };
}

function malformed(why: string): Extract<ParsedTokenRequest, { kind: 'malformed' }> {
  return { kind: 'malformed', error: 'invalid_request', why };
}
