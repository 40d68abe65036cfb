import { isRepositoryName, type RepositoryName } from '@slipway/oci';
import type { Static, TSchema } from 'typebox';
import type { AccountSummary, Accounts } from '../accounts/accounts.ts';
import { type AccountBody, type API_ROUTES, type ApiOperation, createOpenApiDocument, type RepositoryBody } from '../api/index.ts';
import { hubError } from '../errors.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { CollectOptions, Maintenance } from '../ports.ts';
import type { Repositories, RepositorySummary } from '../repositories/repositories.ts';
import type { Viewer } from './viewer.ts';

/** A call of one operation: authenticated, allowed in general, its body and query of the declared shape. */
export interface Call<Operation extends ApiOperation> {
  readonly viewer: Viewer;
  /** What the path names; empty when it names nothing. */
  readonly name: string;
  readonly body: PartOf<Operation, 'body'>;
  readonly query: PartOf<Operation, 'query'>;
  /** Aborts when the client hangs up. */
  readonly signal: AbortSignal;
}

type PartOf<Operation extends ApiOperation, Part extends 'body' | 'query'> =
  (typeof API_ROUTES)[Operation] extends Readonly<Record<Part, infer Schema extends TSchema>> ? Static<Schema> : undefined;

type ReplyOf<Operation extends ApiOperation> = (typeof API_ROUTES)[Operation]['reply'] extends {
  readonly schema: infer Schema extends TSchema;
}
  ? Static<Schema>
  : undefined;

export type Operations = { readonly [Operation in ApiOperation]: (call: Call<Operation>) => Promise<ReplyOf<Operation>> };

export interface OperationsOptions {
  readonly accounts: Accounts;
  readonly repositories: Repositories;
  readonly keys: KeyRing;
  readonly maintenance: Maintenance;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  readonly version: string;
}

const DEFAULT_PAGE = 100;

export function createOperations({ accounts, repositories, keys, maintenance, stopping, version }: OperationsOptions): Operations {
  return {
    listAccounts: async () => ({ accounts: (await accounts.list()).map(toAccountBody) }),
    addAccount: async ({ body }) => toAccountBody(await accounts.add(body)),
    async removeAccount({ name }) {
      await accounts.remove(name);
      return undefined;
    },
    async changePassword({ viewer, name, body }) {
      checkMayChangePassword(viewer, name);
      await accounts.changePassword(name, body.password);
      return undefined;
    },
    async listRepositories({ viewer, query }) {
      const limit = query.n ?? DEFAULT_PAGE;
      // One more than asked tells whether there is another page.
      const found = await repositories.list(viewer.holder, { after: query.last, limit: limit + 1 });
      const shown = found.slice(0, limit);
      return { repositories: shown.map(toRepositoryBody), next: found.length > limit ? (shown.at(-1)?.name ?? null) : null };
    },
    getRepository: async ({ viewer, name }) => toRepositoryBody(await repositories.get(viewer.holder, readName(name))),
    changeRepository: async ({ viewer, name, body }) =>
      toRepositoryBody(await repositories.setVisibility(viewer.holder, readName(name), body.visibility)),
    // A collection under way is of use to all: only the server's end ends it.
    collectGarbage: async ({ body }) => await maintenance.gc(toCollectOptions(body), stopping),
    verifyBlobs: async ({ body, signal }) =>
      await maintenance.verify(body.quarantine === undefined ? {} : { quarantine: body.quarantine }, AbortSignal.any([signal, stopping])),
    rotateKeys: async () => await keys.rotate(),
    describeApi: async () => createOpenApiDocument({ version }),
  };
}

function checkMayChangePassword({ holder, proof }: Viewer, name: string): void {
  if (holder?.administrator === true) return;
  if (holder?.name !== name) throw hubError('DENIED', `Cannot change the password of "${name}": it is another account`);
  if (proof === 'token') {
    throw hubError('DENIED', 'Cannot change the password with a token: it takes the present password', {
      hint: 'Send the account name and its present password as Basic credentials.',
    });
  }
}

function readName(name: string): RepositoryName {
  if (isRepositoryName(name)) return name;
  throw hubError('REPOSITORY_UNKNOWN', `Cannot find repository "${name.slice(0, 255)}"`);
}

function toCollectOptions(body: CollectOptionsBody): CollectOptions {
  const { graceSeconds, dryRun, untaggedOlderThanSeconds } = body;
  return {
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(untaggedOlderThanSeconds === undefined ? {} : { untaggedOlderThanSeconds }),
  };
}

type CollectOptionsBody = PartOf<'collectGarbage', 'body'>;

function toAccountBody({ name, administrator, disabled, createdAtMs }: AccountSummary): AccountBody {
  return { name, administrator, disabled, createdAt: new Date(createdAtMs).toISOString() };
}

function toRepositoryBody({ name, owner, visibility, createdAtMs, lastPushedAtMs, pushCount }: RepositorySummary): RepositoryBody {
  return {
    name,
    owner,
    visibility,
    createdAt: new Date(createdAtMs).toISOString(),
    lastPushedAt: lastPushedAtMs === undefined ? null : new Date(lastPushedAtMs).toISOString(),
    pushCount,
  };
}
