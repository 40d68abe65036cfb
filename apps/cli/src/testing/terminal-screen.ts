import { Writable } from 'node:stream';

const ESCAPE = '\u001b';
const SEQUENCE = new RegExp(String.raw`${ESCAPE}\[(\?)?(\d*)([A-Za-z])|[\s\S]`, 'gu');

interface ScreenLine {
  text: string;
  /** Goes on in the next row. */
  isWrapped: boolean;
}

/** As much of a terminal as live output needs: it wraps, scrolls, and reflows its lines when its width changes. */
export class TerminalScreen extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  /** Everything that was ever written, frame by frame. */
  readonly writes: string[] = [];
  #lines: ScreenLine[] = [{ text: '', isWrapped: false }];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  /** All lines, also those that scrolled away, without blanks at the end. */
  get text(): string {
    const lines = this.#lines.map(({ text }) => text.trimEnd());
    return lines.join('\n').trimEnd();
  }

  /** Where the next character would come, counted from the first line ever written. */
  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#column };
  }

  resize(columns: number, rows: number): void {
    this.#reflow(columns);
    this.columns = columns;
    this.rows = rows;
    this.emit('resize');
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    const text = chunk.toString();
    this.writes.push(text);
    for (const [whole, isPrivate, count, command] of text.matchAll(SEQUENCE)) {
      if (command === undefined) this.#put(whole);
      else if (isPrivate === undefined) this.#obey(command, Number(count === '' ? '1' : count));
      else if (count !== '2026') throw new Error(`Unknown mode ${count}`);
    }
    done();
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#moveDown();
    else this.#print(character);
  }

  #print(character: string): void {
    if (this.#column === this.columns) {
      this.#line(this.#row).isWrapped = true;
      this.#moveDown();
    }
    const line = this.#line(this.#row);
    const characters = Array.from(line.text.padEnd(this.#column));
    characters[this.#column] = character;
    line.text = characters.join('');
    this.#column += 1;
  }

  #moveDown(): void {
    this.#row += 1;
    this.#column = 0;
    this.#line(this.#row);
  }

  #obey(command: string, count: number): void {
    const line = this.#line(this.#row);
    switch (command) {
      case 'A':
        // Nothing above the first row that is seen can be reached.
        this.#row = Math.max(Math.max(0, this.#lines.length - this.rows), this.#row - count);
        break;
      case 'K':
        line.text = line.text.slice(0, this.#column);
        line.isWrapped = false;
        break;
      case 'J':
        line.text = line.text.slice(0, this.#column);
        for (const below of this.#lines.slice(this.#row + 1)) Object.assign(below, { text: '', isWrapped: false });
        break;
      default:
        throw new Error(`Unknown sequence ${command}`);
    }
  }

  #line(row: number): ScreenLine {
    while (this.#lines.length <= row) this.#lines.push({ text: '', isWrapped: false });
    return this.#lines[row] as ScreenLine;
  }

  #reflow(columns: number): void {
    const before = this.#lines.slice(0, this.#row);
    const whole: string[] = [];
    for (const [at, { text }] of before.entries()) {
      if (before[at - 1]?.isWrapped === true) whole[whole.length - 1] += text;
      else whole.push(text);
    }
    this.#lines = whole.flatMap((text) => wrap(text.trimEnd(), columns));
    this.#row = this.#lines.length;
    this.#line(this.#row);
  }
}

function wrap(text: string, columns: number): ScreenLine[] {
  const lines: ScreenLine[] = [];
  for (let at = 0; at === 0 || at < text.length; at += columns) {
    lines.push({ text: text.slice(at, at + columns), isWrapped: at + columns < text.length });
  }
  return lines;
}
