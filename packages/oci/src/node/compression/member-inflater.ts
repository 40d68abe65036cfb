/** Inflates the members of a gzip file (RFC 1952), one after the other: their deflate data, checked against the trailer behind it. */
export interface MemberInflater {
  /** Says that a member's header was read: its deflate data is to follow. */
  begin(): void;
  /** `input` may change once all of it was consumed. */
  inflate(input: Buffer): InflateStep;
}

export interface InflateStep {
  /**
   * `hungry`: all input is consumed and more is wanted. `full`: there may be more output before more input is needed. `ended`: the member's
   * trailer was read and is right. `invalid`: the data is damaged.
   */
  readonly state: 'hungry' | 'full' | 'ended' | 'invalid';
  readonly consumedBytes: number;
  /** Valid until the next step. */
  readonly output: Buffer;
}
