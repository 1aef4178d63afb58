/** Text as a terminal shows it: pieces with an ink, measured in columns and cut to a width. Pure; it writes nothing. */

import picocolors from 'picocolors';
import stringWidth from 'string-width';

/** What a piece means; colours follow from it, and without colours every word must still say the same. */
export type Ink = 'plain' | 'strong' | 'dim' | 'good' | 'bad' | 'warn' | 'line';

export interface Piece {
  readonly text: string;
  readonly ink: Ink;
}

export type Row = readonly Piece[];

/** Turns a piece into what is written. */
export type Paint = (piece: Piece) => string;

export const UNPAINTED: Paint = ({ text }) => text;

export function ink(text: string, how: Ink = 'plain'): Piece {
  return { text, ink: how };
}

/** Paints for a terminal that has colours. */
export function paintFor(coloured: boolean): Paint {
  if (!coloured) return UNPAINTED;
  const { bold, dim, green, red, yellow, cyan } = picocolors.createColors(true);
  const inks: Readonly<Record<Ink, (text: string) => string>> = {
    plain: (text) => text,
    strong: bold,
    dim,
    good: green,
    bad: (text) => bold(red(text)),
    warn: yellow,
    line: cyan,
  };
  return ({ text, ink: how }) => inks[how](text);
}

/** What views are made of, one column each: found out by a glance, since every row is measured four times a second. */
const ONE_COLUMN_EACH = /^[\u0020-\u007e\u2500-\u259f·…–✓▸▲≤]*$/;

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return ONE_COLUMN_EACH.test(text) ? text.length : stringWidth(text);
}

export function rowWidth(row: Row): number {
  return row.reduce((sum, { text }) => sum + widthOf(text), 0);
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The start of a text that takes at most so many columns; a character of two columns is never halved. */
function startOf(text: string, cols: number): string {
  let kept = '';
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    width += widthOf(segment);
    if (width > cols) break;
    kept += segment;
  }
  return kept;
}

/** Cuts a row to a width; what is missing is marked by an ellipsis. */
export function cut(row: Row, cols: number): Row {
  if (cols <= 0) return [];
  if (rowWidth(row) <= cols) return row;
  const kept: Piece[] = [];
  let left = cols - 1;
  for (const piece of row) {
    const text = startOf(piece.text, left);
    left -= widthOf(text);
    kept.push({ ...piece, text });
    if (text !== piece.text) break;
  }
  return [...kept, ink('…', 'dim')];
}

export function padEnd(text: string, cols: number): string {
  return text + ' '.repeat(Math.max(0, cols - widthOf(text)));
}

export function padStart(text: string, cols: number): string {
  return ' '.repeat(Math.max(0, cols - widthOf(text))) + text;
}

/** As many groups as fit side by side, each whole; the first is cut if it must be. The most important come first. */
export function sideBySide(groups: readonly Row[], cols: number, between = '   '): Row {
  let row: Row = [];
  for (const group of groups) {
    const longer = row.length === 0 ? group : [...row, ink(between), ...group];
    if (row.length > 0 && rowWidth(longer) > cols) continue;
    row = longer;
  }
  return cut(row, cols);
}

/** One row with something at each end; the right end gives way. */
export function apart(left: Row, right: Row, cols: number): Row {
  const gap = cols - rowWidth(left) - rowWidth(right);
  return gap < 2 ? cut(left, cols) : [...left, ink(' '.repeat(gap)), ...right];
}
