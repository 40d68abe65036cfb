import type { Clock, Logger } from '@slipway/base';
import type { Authorizer } from '@slipway/registry/authorizer';
import type { EventConsumer } from '@slipway/registry/events';
import type { FastifyPluginAsync } from 'fastify';
import { createAuthenticate } from './access/authenticate.ts';
import { createHubAuthorizer } from './access/hub-authorizer.ts';
import { type Accounts, createAccounts } from './accounts/accounts.ts';
import { Login } from './accounts/login.ts';
import { createPasswordHasher } from './accounts/password-hasher.ts';
import { createHubApi } from './http/hub-api.ts';
import { createOperations } from './http/operations.ts';
import type { ViewerOptions } from './http/viewer.ts';
import { type KeyRing, openKeyRing } from './keys/key-ring.ts';
import type { HubDatabase, Maintenance, RepositoryDirectory } from './ports.ts';
import { createHubConsumer } from './repositories/hub-consumer.ts';
import { createRepositories, type Repositories } from './repositories/repositories.ts';
import { createAccessTokens } from './tokens/access-token.ts';
import { createRefreshTokens } from './tokens/refresh-tokens.ts';
import { createTokenHandler, type TokenHandler } from './tokens/token-handler.ts';
import { createTokenService } from './tokens/token-service.ts';

export interface HubOptions {
  readonly database: HubDatabase;
  readonly directory: RepositoryDirectory;
  /** Where the signing keys are: `<data>/keys`. */
  readonly keyFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ApiOptions extends Pick<ViewerOptions, 'isLocalAdmin' | 'originOf' | 'addressOf'> {
  readonly maintenance: Maintenance;
  /** Aborts when the server stops: maintenance under way ends. */
  readonly stopping: AbortSignal;
  /** Slipway's version, for the API's description. */
  readonly version: string;
}

/** All of the hub, over one database. Holds nothing that has to be closed. */
export interface Hub {
  readonly accounts: Accounts;
  readonly repositories: Repositories;
  readonly keys: KeyRing;
  readonly authorizer: Authorizer;
  readonly consumer: EventConsumer;
  readonly tokenHandler: TokenHandler;
  createApi(options: ApiOptions): FastifyPluginAsync;
}

/** Throws KEY_INVALID when a signing key is damaged. */
export async function openHub({ database, directory, keyFolder, clock, logger }: HubOptions): Promise<Hub> {
  const hasher = await createPasswordHasher();
  const keys = await openKeyRing({ folder: keyFolder, clock });
  const accounts = createAccounts({ database, hasher, clock });
  const repositories = createRepositories({ database, directory });
  const login = new Login({ database, hasher, clock });
  const accessTokens = createAccessTokens({ keys, clock });
  const refreshTokens = createRefreshTokens({ database, clock });
  const authenticate = createAuthenticate({ database, login, accessTokens });
  const service = createTokenService({ database, login, accessTokens, refreshTokens });
  return {
    accounts,
    repositories,
    keys,
    authorizer: createHubAuthorizer({ database, authenticate }),
    consumer: createHubConsumer({ database }),
    tokenHandler: createTokenHandler({ service, logger }),
    createApi({ isLocalAdmin, originOf, addressOf, maintenance, stopping, version }) {
      const operations = createOperations({ accounts, repositories, keys, maintenance, stopping, version });
      return createHubApi({ operations, repositories, authenticate, isLocalAdmin, originOf, addressOf, logger });
    },
  };
}
