import { type TSchema, Type } from 'typebox';
import { AccountListSchema, AccountSchema, AddAccountSchema, ChangePasswordSchema } from './account.ts';
import { CollectSchema, KeyRotationSchema, MaintenanceReportSchema, VerifySchema } from './administration.ts';
import { ChangeRepositorySchema, ListRepositoriesSchema, RepositoryListSchema, RepositorySchema } from './repository.ts';

/** One operation of the hub's API: the table serves routing, authorization, validation and the OpenAPI document. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below API_PREFIX. `{name}` is one segment, `{name*}` is all that remains, slashes included. */
  readonly path: string;
  readonly summary: string;
  /** Who may call it; the operation itself may ask for more. */
  readonly access: 'anyone' | 'account' | 'administrator';
  readonly query?: TSchema;
  readonly body?: TSchema;
  /** Without a schema the answer has no body. */
  readonly reply: { readonly status: number; readonly schema?: TSchema };
}

export const API_PREFIX = '/api/v1';

export const API_ROUTES = {
  listAccounts: {
    method: 'GET',
    path: '/accounts',
    summary: 'All accounts, by name',
    access: 'administrator',
    reply: { status: 200, schema: AccountListSchema },
  },
  addAccount: {
    method: 'POST',
    path: '/accounts',
    summary: 'Add an account; it owns the namespace of its name',
    access: 'administrator',
    body: AddAccountSchema,
    reply: { status: 201, schema: AccountSchema },
  },
  removeAccount: {
    method: 'DELETE',
    path: '/accounts/{name}',
    summary: 'Remove an account and end its tokens; its repositories stay',
    access: 'administrator',
    reply: { status: 204 },
  },
  changePassword: {
    method: 'PUT',
    path: '/accounts/{name}/password',
    summary: 'Change a password and end the tokens of the account: an administrator, or the account itself with its present password',
    access: 'account',
    body: ChangePasswordSchema,
    reply: { status: 204 },
  },
  listRepositories: {
    method: 'GET',
    path: '/repositories',
    summary: 'The repositories that the caller may pull from, by name',
    access: 'anyone',
    query: ListRepositoriesSchema,
    reply: { status: 200, schema: RepositoryListSchema },
  },
  getRepository: {
    method: 'GET',
    path: '/repositories/{name*}',
    summary: 'One repository; what the caller may not see does not exist',
    access: 'anyone',
    reply: { status: 200, schema: RepositorySchema },
  },
  changeRepository: {
    method: 'PATCH',
    path: '/repositories/{name*}',
    summary: 'Make a repository public or private: its owner or an administrator',
    access: 'account',
    body: ChangeRepositorySchema,
    reply: { status: 200, schema: RepositorySchema },
  },
  collectGarbage: {
    method: 'POST',
    path: '/admin/gc',
    summary: 'Collect garbage now',
    access: 'administrator',
    body: CollectSchema,
    reply: { status: 200, schema: MaintenanceReportSchema },
  },
  verifyBlobs: {
    method: 'POST',
    path: '/admin/verify',
    summary: 'Read every blob and compare it with its digest; ends when the client hangs up',
    access: 'administrator',
    body: VerifySchema,
    reply: { status: 200, schema: MaintenanceReportSchema },
  },
  rotateKeys: {
    method: 'POST',
    path: '/admin/keys/rotate',
    summary: 'Sign tokens with a new key from now on; nobody is logged out',
    access: 'administrator',
    reply: { status: 200, schema: KeyRotationSchema },
  },
  describeApi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description',
    access: 'anyone',
    reply: { status: 200, schema: Type.Object({}, { additionalProperties: true }) },
  },
} as const satisfies Readonly<Record<string, ApiRoute>>;

export type ApiOperation = keyof typeof API_ROUTES;

/** The URL path of an operation. Repository names keep their slashes. */
export function apiPath(operation: ApiOperation, name = ''): string {
  const { path } = API_ROUTES[operation];
  const segments = name.split('/').map(encodeURIComponent).join('/');
  return API_PREFIX + path.replace('{name*}', segments).replace('{name}', encodeURIComponent(name));
}
