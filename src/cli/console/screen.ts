/** The only writer to a terminal that is redrawn: a block of lines kept below everything that was said. It knows nothing of what the lines mean. */

import { widthOf } from './ink.ts';

/** DEC private mode 2026: what is written between the two appears at once. Terminals without it ignore both. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** To the end of the line, and to the end of the screen. */
const ERASE_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : '');
const down = (rows: number): string => (rows > 0 ? `\u001b[${rows}B` : '');

/** What a screen writes to. */
export interface Sheet {
  write(text: string): unknown;
}

/**
 * A block at the bottom of a terminal. Between two calls the cursor stands below its last line, at the left, so that
 * whatever else is written there, a Ctrl-C's echo or a crash, stands below it too.
 */
export class Screen {
  readonly #sheet: Sheet;
  #drawn: readonly string[] = [];

  constructor(sheet: Sheet) {
    this.#sheet = sheet;
  }

  get isDrawn(): boolean {
    return this.#drawn.length > 0;
  }

  /** Shows these lines; only those that differ are written. None of them may be as wide as the terminal. */
  draw(lines: readonly string[]): void {
    const before = this.#drawn;
    if (before.length === 0) {
      if (lines.length > 0) this.#write(HIDE_CURSOR + written(lines));
    } else if (before.length === lines.length) {
      const changes = changed(before, lines);
      if (changes !== '') this.#write(`\r${ERASE_LINE}${changes}`);
    } else this.#write(this.#back() + written(lines));
    this.#drawn = lines;
  }

  /** Writes a line above the block, where it stays. */
  say(text: string): void {
    const again = this.#drawn;
    this.#write(`${this.#back()}${text}\n${written(again)}`);
  }

  /** After the terminal's size changed: a terminal that wraps what it already shows has more rows of ours now. */
  resized(cols: number, lines: readonly string[]): void {
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / Math.max(1, cols))),
      0,
    );
    this.#write(`\r${up(rows)}${ERASE_BELOW}${written(lines)}`);
    this.#drawn = lines;
  }

  /** Takes the block away and gives the cursor back. */
  clear(): void {
    if (!this.isDrawn) return;
    this.#write(`${this.#back()}${SHOW_CURSOR}`);
    this.#drawn = [];
  }

  /** Gives the cursor back and leaves the block where it is: for an end that nobody foresaw. */
  leave(): void {
    if (this.isDrawn) this.#sheet.write(SHOW_CURSOR);
    this.#drawn = [];
  }

  #back(): string {
    return `\r${up(this.#drawn.length)}${ERASE_BELOW}`;
  }

  #write(text: string): void {
    this.#sheet.write(BEGIN + text + END);
  }
}

function written(lines: readonly string[]): string {
  return lines.map((line) => `${line}${ERASE_LINE}\n`).join('');
}

/** From below the block to each line that differs, and back. */
function changed(before: readonly string[], lines: readonly string[]): string {
  return lines
    .map((line, index) => {
      const rows = lines.length - index;
      return line === before[index] ? '' : `${up(rows)}${line}${ERASE_LINE}\r${down(rows)}`;
    })
    .join('');
}
