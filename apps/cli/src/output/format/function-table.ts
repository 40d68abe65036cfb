/** A function that templates may call by name. */
export interface TemplateFunction {
  readonly min: number;
  /** No `max` means any number. */
  readonly max?: number;
  /** Which arguments must be text. */
  readonly text?: readonly number[];
  /** Throws TemplateFailure. */
  run(args: readonly unknown[]): unknown;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;
