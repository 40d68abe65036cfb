export {
  type AccountBody,
  type AccountListBody,
  AccountListSchema,
  AccountSchema,
  type AddAccountBody,
  AddAccountSchema,
  type ChangePasswordBody,
  ChangePasswordSchema,
} from './account.ts';
export {
  type CollectBody,
  CollectSchema,
  type KeyRotationBody,
  KeyRotationSchema,
  MaintenanceReportSchema,
  type VerifyBody,
  VerifySchema,
} from './administration.ts';
export { type ErrorBody, ErrorBodySchema } from './error-body.ts';
export { createOpenApiDocument } from './openapi.ts';
export {
  type ChangeRepositoryBody,
  ChangeRepositorySchema,
  type ListRepositoriesQuery,
  ListRepositoriesSchema,
  type RepositoryBody,
  type RepositoryListBody,
  RepositoryListSchema,
  RepositorySchema,
  VisibilitySchema,
} from './repository.ts';
export { API_PREFIX, API_ROUTES, type ApiOperation, type ApiRoute, apiPath } from './routes.ts';
