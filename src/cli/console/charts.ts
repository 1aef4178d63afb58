/** Bars and sparklines of block characters. Pure; what is not known is drawn as a question mark, never as nothing or 0. */

/** `null` is not known, `undefined` is yet to come. */
export type Column = number | null | undefined;

const EIGHTHS = ['', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Nothing, but seen to be nothing. */
const NONE = '·';

const NOT_KNOWN = '?';

/** A sparkline of so many rows, the top one first. Whatever is above 0 shows, however little it is. */
export function spark(columns: readonly Column[], height: number, most: number): readonly string[] {
  const rows: string[] = [];
  for (let row = height - 1; row >= 0; row -= 1) {
    rows.push(columns.map((column) => cell(column, row, height, most)).join(''));
  }
  return rows;
}

function cell(column: Column, row: number, height: number, most: number): string {
  if (column === undefined) return ' ';
  if (column === null) return row === 0 ? NOT_KNOWN : ' ';
  if (column <= 0 || most <= 0) return row === 0 ? NONE : ' ';
  const eighths = Math.max(1, Math.round((Math.min(column, most) / most) * height * 8));
  return EIGHTHS[Math.min(8, Math.max(0, eighths - row * 8))] || ' ';
}

/** Largest known column; 0 where none is. */
export function largest(columns: readonly Column[]): number {
  return columns.reduce<number>((most, column) => Math.max(most, column ?? 0), 0);
}

/** What is done and what is left of a bar, each as its own text. `open`: it may end sooner, so its rest is dashed. */
export function bar(
  share: number,
  cols: number,
  open = false,
): { readonly done: string; readonly left: string } {
  const halves = Math.round(Math.min(1, Math.max(0, share)) * cols * 2);
  const whole = Math.floor(halves / 2);
  const done = '━'.repeat(whole) + (halves % 2 === 1 ? '╸' : '');
  return { done, left: (open ? '┄' : '─').repeat(Math.max(0, cols - whole - (halves % 2))) };
}
