/** Where a node was written. `at` is its offset in UTF-16 units, as errors report it; `text` is its source. */
interface Written {
  readonly at: number;
  readonly text: string;
}

/** What a command is made of. */
export type Operand = Written &
  (
    | { readonly kind: 'constant'; readonly value: string | number | bigint | boolean }
    | { readonly kind: 'nil' }
    | { readonly kind: 'dot' }
    | { readonly kind: 'field'; readonly path: readonly string[] }
    | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
    | { readonly kind: 'function'; readonly name: string }
    | { readonly kind: 'chain'; readonly base: Operand; readonly path: readonly string[] }
    | { readonly kind: 'pipeline'; readonly pipeline: Pipeline }
  );

/** An operand with what it is called with. */
export interface Call extends Written {
  readonly head: Operand;
  readonly args: readonly Operand[];
}

/** Calls, each of which gets the result of the one before as its last argument. */
export interface Pipeline extends Written {
  /** `$x := …`, `$i, $x := range …`. */
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly isAssignment: boolean;
  readonly calls: readonly [Call, ...Call[]];
}

export interface Branch {
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipeline: Pipeline }
  | ({ readonly kind: 'if' | 'with' | 'range' } & Branch)
  | { readonly kind: 'break' | 'continue' };
