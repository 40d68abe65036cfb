import { type Static, Type } from 'typebox';

export const VisibilitySchema = Type.Enum(['public', 'private']);

export const RepositorySchema = Type.Object(
  {
    name: Type.String(),
    owner: Type.String({ description: 'The account of the namespace, or "admin"' }),
    visibility: VisibilitySchema,
    createdAt: Type.String({ format: 'date-time' }),
    lastPushedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    pushCount: Type.Integer(),
  },
  { additionalProperties: false },
);
export type RepositoryBody = Static<typeof RepositorySchema>;

export const RepositoryListSchema = Type.Object(
  {
    repositories: Type.Array(RepositorySchema),
    next: Type.Union([Type.String(), Type.Null()], { description: 'The `last` of the next page; null on the last page' }),
  },
  { additionalProperties: false },
);
export type RepositoryListBody = Static<typeof RepositoryListSchema>;

export const ListRepositoriesSchema = Type.Object(
  {
    n: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'How many at most; 100 when absent' })),
    last: Type.Optional(Type.String({ description: 'Names after this one' })),
  },
  { additionalProperties: false },
);
export type ListRepositoriesQuery = Static<typeof ListRepositoriesSchema>;

export const ChangeRepositorySchema = Type.Object({ visibility: VisibilitySchema }, { additionalProperties: false });
export type ChangeRepositoryBody = Static<typeof ChangeRepositorySchema>;
