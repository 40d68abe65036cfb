import type { FastifyRequest } from 'fastify';
import type { Authenticate, Authentication } from '../access/authenticate.ts';
import { WRONG_PASSWORD } from '../access/hub-authorizer.ts';
import type { Holder } from '../access/rights.ts';
import { ADMINISTRATOR } from '../accounts/account-name.ts';
import type { ApiRoute } from '../api/index.ts';
import { hubError } from '../errors.ts';
import { HUB_API_GRANT } from '../tokens/grant-scopes.ts';

/** Who calls the API. */
export interface Viewer {
  /** Undefined is anonymous. */
  readonly holder: Holder | undefined;
  /** How it was proved: `local` is the owner of the data folder, on its socket. */
  readonly proof: 'none' | 'password' | 'token' | 'local';
}

export interface ViewerOptions {
  readonly authenticate: Authenticate;
  /** Whether the request came over the socket that only the owner of the data folder can open. */
  readonly isLocalAdmin: (request: FastifyRequest) => boolean;
  /** Scheme and host as the client sees them. */
  readonly originOf: (request: FastifyRequest) => string;
  /** The client's address, proxies resolved. */
  readonly addressOf: (request: FastifyRequest) => string;
}

const LOCAL: Viewer = { holder: { name: ADMINISTRATOR, administrator: true }, proof: 'local' };
const ANONYMOUS: Viewer = { holder: undefined, proof: 'none' };

/** Throws UNAUTHENTICATED, LOGIN_THROTTLED, DENIED. */
export async function resolveViewer(
  request: FastifyRequest,
  { authenticate, addressOf, isLocalAdmin, originOf }: ViewerOptions,
): Promise<Viewer> {
  if (isLocalAdmin(request)) return LOCAL;
  const { authorization } = request.headers;
  return toViewer(await authenticate({ authorization, address: addressOf(request), origin: originOf(request) }));
}

function toViewer(authentication: Authentication): Viewer {
  switch (authentication.kind) {
    case 'nobody':
      return ANONYMOUS;
    case 'account':
      return { holder: authentication.account, proof: 'password' };
    case 'token':
      return toTokenViewer(authentication);
    case 'wrong-password':
      throw hubError('UNAUTHENTICATED', `Cannot log in: ${WRONG_PASSWORD}`);
    case 'unreadable':
      throw hubError('UNAUTHENTICATED', 'Cannot read the Authorization header: it is neither Basic nor Bearer');
    case 'invalid-token':
      throw hubError('UNAUTHENTICATED', 'Cannot accept the token: it is invalid, expired or revoked');
    case 'throttled':
      throw hubError('LOGIN_THROTTLED', 'Cannot log in now: too many failed attempts', {
        details: { retryAfterSeconds: authentication.retryAfterSeconds },
      });
  }
}

/** A token that was asked for to pull one image must not be able to add accounts in its holder's name. */
function toTokenViewer({ account, access }: Extract<Authentication, { kind: 'token' }>): Viewer {
  if (account === undefined) return ANONYMOUS;
  const granted = access.some((grant) => grant.type === HUB_API_GRANT.type && grant.name === HUB_API_GRANT.name);
  if (granted) return { holder: account, proof: 'token' };
  throw hubError('DENIED', 'Cannot use this token here: it does not hold the scope "hub:api:*"', {
    hint: 'Ask /token for the scope "hub:api:*", or send name and password.',
  });
}

/** Throws UNAUTHENTICATED, DENIED. */
export function checkAccess(viewer: Viewer, access: ApiRoute['access']): void {
  if (access === 'anyone') return;
  if (viewer.holder === undefined) throw hubError('UNAUTHENTICATED', 'Cannot do this without an account: log in first');
  if (access === 'administrator' && !viewer.holder.administrator) {
    throw hubError('DENIED', `Cannot do this as "${viewer.holder.name}": it takes an administrator`);
  }
}
