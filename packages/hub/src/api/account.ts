import { type Static, Type } from 'typebox';

export const AccountSchema = Type.Object(
  {
    name: Type.String(),
    administrator: Type.Boolean(),
    disabled: Type.Boolean(),
    createdAt: Type.String({ format: 'date-time' }),
  },
  { additionalProperties: false },
);
export type AccountBody = Static<typeof AccountSchema>;

export const AccountListSchema = Type.Object({ accounts: Type.Array(AccountSchema) }, { additionalProperties: false });
export type AccountListBody = Static<typeof AccountListSchema>;

export const AddAccountSchema = Type.Object(
  {
    name: Type.String({ description: 'A legal first component of repository names, 2 to 64 characters' }),
    password: Type.String({ description: 'At least 8 characters' }),
    administrator: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type AddAccountBody = Static<typeof AddAccountSchema>;

export const ChangePasswordSchema = Type.Object(
  { password: Type.String({ description: 'The new password, at least 8 characters' }) },
  { additionalProperties: false },
);
export type ChangePasswordBody = Static<typeof ChangePasswordSchema>;
