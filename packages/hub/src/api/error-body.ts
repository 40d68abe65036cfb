import { type Static, Type } from 'typebox';

/** What every refusal of the API holds. */
export const ErrorBodySchema = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.String({ description: 'Stable; see docs/errors.md' }),
        message: Type.String(),
        hint: Type.Optional(Type.String()),
        requestId: Type.String({ description: 'Finds the request in the server log' }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type ErrorBody = Static<typeof ErrorBodySchema>;
