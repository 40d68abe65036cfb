/** What a run of garbage collection may take. */
export interface GcOptions {
  /** Content that nobody needs stays this long after a client last heard of it. */
  readonly graceSeconds: number;
  /** Report only. */
  readonly dryRun: boolean;
  /** Also delete manifests that have had no tag for this long; when absent every manifest that nobody deleted stays. */
  readonly untaggedOlderThanSeconds?: number;
}

/** What a run of garbage collection freed, or with `dryRun` would free. */
export interface GcReport {
  readonly dryRun: boolean;
  readonly graceSeconds: number;
  readonly startedAt: string;
  readonly durationMs: number;
  /** Untagged manifests deleted. */
  readonly manifests: number;
  /** Blobs that repositories let go of. */
  readonly memberships: number;
  /** Blobs whose bytes were deleted. */
  readonly blobs: number;
  /** Bytes freed by blobs and orphaned files. */
  readonly bytes: number;
  /** Files without a record, as a crash between storing and recording leaves them. */
  readonly orphans: number;
  /** Upload sessions that expired. */
  readonly uploads: number;
}
