/** What a job is given beside its input. */
export interface JobContext<Progress = never> {
  /** Aborted when nobody wants the result any more: the job stops soon and fails with the signal's reason. */
  readonly signal: AbortSignal;
  /** Tells how far the job is. Cheap to call often: what is told too fast is left out. */
  progress(value: Progress): void;
}
