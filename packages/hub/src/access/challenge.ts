import type { Access } from '@slipway/registry/authorizer';

export interface ChallengeOptions {
  /** Scheme and host as the client sees them. */
  readonly origin: string;
  readonly error?: 'invalid_token' | 'insufficient_scope';
  readonly access: Access;
}

/** The service name of this registry, and the audience of its tokens: the host of its origin. */
export function serviceOf(origin: string): string {
  const start = origin.indexOf('://');
  return start === -1 ? origin : origin.slice(start + 3);
}

/** A `WWW-Authenticate` value of the distribution token specification. Every parameter is quoted: some clients read nothing else. */
export function formatChallenge({ origin, access, error }: ChallengeOptions): string {
  const scope = scopeFor(access);
  const parameters = [`realm=${quoted(`${origin}/token`)}`, `service=${quoted(serviceOf(origin))}`];
  if (scope !== undefined) parameters.push(`scope=${quoted(scope)}`);
  if (error !== undefined) parameters.push(`error=${quoted(error)}`);
  return `Bearer ${parameters.join(',')}`;
}

/** The scope that a client has to ask for. Who pushes also asks what is there. */
function scopeFor(access: Access): string | undefined {
  if (access.kind === 'ping') return undefined;
  if (access.kind === 'catalog') return 'registry:catalog:*';
  const own = `repository:${access.name}:${access.action === 'push' ? 'pull,push' : access.action}`;
  return access.mountFrom === undefined ? own : `${own} repository:${access.mountFrom}:pull`;
}

/** The origin may stem from the request's Host: nothing in it may end the quoted string. */
function quoted(text: string): string {
  return `"${text.replace(/["\\\p{Cc}]/gu, '')}"`;
}
