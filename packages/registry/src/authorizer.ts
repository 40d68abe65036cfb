import type { RepositoryName } from '@slipway/oci';

/** What a caller can do to a repository. `delete` covers tags, manifests and blobs. */
export type RepositoryAction = 'pull' | 'push' | 'delete';

/** What a route needs. `ping` and `catalog` name no repository. */
export type Access =
  | { readonly kind: 'ping' }
  | { readonly kind: 'catalog' }
  | {
      readonly kind: 'repository';
      readonly name: RepositoryName;
      readonly action: RepositoryAction;
      /** Where a mount would take the blob from: not required, but a challenge names it, so that the client's next token covers it too. */
      readonly mountFrom?: RepositoryName;
    };

/** How a request presents itself, as far as access goes. */
export interface Credentials {
  /** The raw `Authorization` header. */
  readonly authorization: string | undefined;
  /** The caller's address, proxies already resolved. */
  readonly address: string;
  /** Scheme and host as the client sees them, no trailing slash: where the token realm is. */
  readonly origin: string;
}

/** Who a request turned out to be. Holds for one request: rights are read when they are asked for. */
export interface Caller {
  /** The account's name; `undefined` is anonymous. */
  readonly account: string | undefined;
  /** True when the caller may administer the whole registry. */
  readonly administrator: boolean;
  /** Whether the caller may do this now, within the bound of the token it presented. Never throws for "no". */
  can(name: RepositoryName, action: RepositoryAction): Promise<boolean>;
  /** Whether the caller may read this repository, were its token not narrower: for lists that span repositories. */
  mayList(name: RepositoryName): Promise<boolean>;
}

export type Verdict =
  | { readonly kind: 'allowed'; readonly caller: Caller }
  /** Answer 401 with this `WWW-Authenticate` value (RFC 6750, the distribution token specification). */
  | { readonly kind: 'challenge'; readonly challenge: string; readonly message: string }
  /** Answer 403 DENIED: the caller is known, asks without a token and has no right, or must not learn whether there is something. */
  | { readonly kind: 'denied'; readonly message: string }
  /** Answer 429 with Retry-After: too many failed logins. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number; readonly message: string };

/** Decides who may do what. The registry knows nothing else about accounts. Called once at each request's start. */
export interface Authorizer {
  authorize(credentials: Credentials, access: Access): Promise<Verdict>;
}
