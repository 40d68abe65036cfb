import type { AccountBody, AccountListBody, ApiOperation, RepositoryBody, RepositoryListBody } from '@slipway/hub/api';
import { cliError } from '../errors.ts';
import { hasShape, type Shape } from './shape.ts';

/** What garbage collection freed, or with `dryRun` would free. */
export interface CollectReport {
  readonly dryRun: boolean;
  readonly graceSeconds: number;
  readonly durationMs: number;
  /** Untagged manifests deleted. */
  readonly manifests: number;
  /** Blobs that repositories let go of. */
  readonly memberships: number;
  /** Blobs whose bytes were deleted. */
  readonly blobs: number;
  readonly bytes: number;
  /** Files without a record. */
  readonly orphans: number;
  /** Upload sessions that expired. */
  readonly uploads: number;
}

export interface DamageReport {
  readonly digest: string;
  readonly kind: string;
  readonly problem: string;
  readonly repositories: readonly string[];
}

export interface VerifyReport {
  readonly blobs: number;
  readonly manifests: number;
  readonly bytes: number;
  readonly damaged: readonly DamageReport[];
  readonly quarantined: boolean;
  readonly durationMs: number;
}

/** The answers of the operations that the command line calls. */
export interface ApiReplies {
  listAccounts: AccountListBody;
  addAccount: AccountBody;
  removeAccount: undefined;
  changePassword: undefined;
  listRepositories: RepositoryListBody;
  getRepository: RepositoryBody;
  changeRepository: RepositoryBody;
  collectGarbage: CollectReport;
  verifyBlobs: VerifyReport;
}

export type CalledOperation = keyof ApiReplies & ApiOperation;

const ACCOUNT: Shape = { name: 'string', administrator: 'boolean', disabled: 'boolean', createdAt: 'string' };
const REPOSITORY: Shape = {
  name: 'string',
  owner: 'string',
  visibility: 'string',
  createdAt: 'string',
  lastPushedAt: 'string?',
  pushCount: 'number',
};
const DAMAGE: Shape = { digest: 'string', kind: 'string', problem: 'string', repositories: ['string'] };

const REPLY_SHAPES: Readonly<Record<CalledOperation, Shape | undefined>> = {
  listAccounts: { accounts: [ACCOUNT] },
  addAccount: ACCOUNT,
  removeAccount: undefined,
  changePassword: undefined,
  listRepositories: { repositories: [REPOSITORY], next: 'string?' },
  getRepository: REPOSITORY,
  changeRepository: REPOSITORY,
  collectGarbage: {
    dryRun: 'boolean',
    graceSeconds: 'number',
    durationMs: 'number',
    manifests: 'number',
    memberships: 'number',
    blobs: 'number',
    bytes: 'number',
    orphans: 'number',
    uploads: 'number',
  },
  verifyBlobs: { blobs: 'number', manifests: 'number', bytes: 'number', damaged: [DAMAGE], quarantined: 'boolean', durationMs: 'number' },
};

/** The answer as it came, fields of a newer server included, once the fields we read are there. Throws SERVER_REPLY_INVALID. */
export function readReply<Operation extends CalledOperation>(operation: Operation, text: string): ApiReplies[Operation] {
  const shape = REPLY_SHAPES[operation];
  const reply = shape === undefined ? undefined : parseJson(text);
  if (shape !== undefined && !hasShape(reply, shape)) {
    throw cliError('SERVER_REPLY_INVALID', `Cannot read the server's answer to "${operation}": fields are missing`);
  }
  return reply as ApiReplies[Operation];
}

/** Undefined when the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
