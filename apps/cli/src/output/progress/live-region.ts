import type { OutputStream } from '../../terminal/streams.ts';
import type { WindowSize } from './layer-window.ts';

/** Terminals that know it show a frame when it is whole (DEC private mode 2026); others ignore it. */
const BEGIN_FRAME = '\u001b[?2026h';
const END_FRAME = '\u001b[?2026l';
const ERASE_TO_LINE_END = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

const DEFAULT_SIZE: WindowSize = { columns: 80, rows: 24 };

/** A terminal, which says how large it is. */
export type SizedOutput = OutputStream & { readonly columns?: number; readonly rows?: number };

/**
 * Lines at the end of a terminal that are drawn over each other. Each frame is one write, after which the cursor stands below the lines,
 * visible: whenever the process ends, nothing needs to be restored.
 */
export class LiveRegion {
  readonly #output: SizedOutput;
  /** How long the lines on the screen are. */
  #lengths: readonly number[] = [];

  constructor(output: SizedOutput) {
    this.#output = output;
  }

  /** Room for lines: the last row is the cursor's, and a full line would wrap on some terminals. */
  get size(): WindowSize {
    const { columns = 0, rows = 0 } = this.#output;
    return {
      columns: Math.max(1, (columns > 0 ? columns : DEFAULT_SIZE.columns) - 1),
      rows: Math.max(1, (rows > 0 ? rows : DEFAULT_SIZE.rows) - 1),
    };
  }

  /** Draws lines in place of those on the screen; `above` stay there for good. */
  draw(lines: readonly string[], above: readonly string[] = []): void {
    const start = this.#lengths.length === 0 && lines.length === 0 ? '' : `${moveUp(this.#height())}\r`;
    const text = [...above, ...lines].map((line) => `${line}${ERASE_TO_LINE_END}\n`).join('');
    this.#output.write(`${BEGIN_FRAME}${start}${text}${ERASE_BELOW}${END_FRAME}`);
    this.#lengths = lines.map((line) => Array.from(line).length);
  }

  /** Leaves the lines on the screen: what comes next is below them. */
  release(): void {
    this.#lengths = [];
  }

  /** A narrower terminal has wrapped the lines that are on it. */
  #height(): number {
    const columns = this.#output.columns ?? 0;
    return this.#lengths.reduce((height, length) => height + (columns > 0 ? Math.max(1, Math.ceil(length / columns)) : 1), 0);
  }
}

function moveUp(rows: number): string {
  return rows === 0 ? '' : `\u001b[${rows}A`;
}
