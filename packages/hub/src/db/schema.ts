/** An account. Ids are random and never used again, so that what is bound to one can't fall to a later account of the same name. */
export interface AccountTable {
  id: string;
  name: string;
  /** PHC string of argon2id. */
  password_hash: string;
  /** 1 when the account may do everything. */
  administrator: number;
  /** Raised whenever the account's tokens have to die. */
  generation: number;
  created_at: number;
  /** 1 when the account can't log in and its tokens don't count. */
  disabled: number;
}

/** A refresh token, which only its holder knows. It dies with the generation it was made under. */
export interface RefreshTokenTable {
  /** SHA-256 of the token, hexadecimal. */
  token_digest: string;
  account_id: string;
  generation: number;
  client_id: string;
  created_at: number;
  last_used_at: number;
}

/**
 * A repository's settings. The id is the registry's; its name stands beside it so that a request's visibility is one read by name. Names can't
 * change, and a repository that is made again under an old name gets a new, private row in place of the old one.
 */
export interface RepositorySettingsTable {
  repository_id: number;
  name: string;
  visibility: 'public' | 'private';
  last_pushed_at: number | null;
  push_count: number;
  /** The last event counted: events are delivered at least once. */
  last_event_id: number;
}

export interface HubSchema {
  hub_accounts: AccountTable;
  hub_refresh_tokens: RefreshTokenTable;
  hub_repositories: RepositorySettingsTable;
}
