import type { SkippedPart, SkippedParts } from './unpack-input.ts';

const EXAMPLES = 20;

/** Counts what had to be left out, and remembers the first of it. */
export class SkippedList {
  readonly #examples: SkippedPart[] = [];
  #count = 0;

  add(part: SkippedPart): void {
    this.#count++;
    if (this.#examples.length < EXAMPLES) this.#examples.push(part);
  }

  parts(): SkippedParts {
    return { count: this.#count, examples: this.#examples };
  }
}
