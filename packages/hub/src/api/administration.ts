import { type Static, Type } from 'typebox';

export const CollectSchema = Type.Object(
  {
    graceSeconds: Type.Optional(Type.Number({ minimum: 0, description: 'Blobs younger than this stay' })),
    dryRun: Type.Optional(Type.Boolean({ description: 'Only report what would go' })),
    untaggedOlderThanSeconds: Type.Optional(
      Type.Number({ minimum: 0, description: 'Also delete manifests without a tag for longer than this' }),
    ),
  },
  { additionalProperties: false },
);
export type CollectBody = Static<typeof CollectSchema>;

export const VerifySchema = Type.Object(
  {
    quarantine: Type.Optional(
      Type.Boolean({ description: 'Take damaged content out of sight, so that a push heals it; true when absent' }),
    ),
  },
  { additionalProperties: false },
);
export type VerifyBody = Static<typeof VerifySchema>;

/** What garbage collection or verification found; the registry's own words. */
export const MaintenanceReportSchema = Type.Object({}, { additionalProperties: true });

export const KeyRotationSchema = Type.Object(
  { kid: Type.String({ description: 'The key that signs from now on' }) },
  { additionalProperties: false },
);
export type KeyRotationBody = Static<typeof KeyRotationSchema>;
