/** Counts of an interval log as boxes of a grid: time by stretches, durations by powers. It adds, draws nothing and drops nothing. */

import { lowestValueOf } from '../../measure/histogram.ts';
import type { Log, Wanted } from '../log-figures.ts';

/** Boxes side by side on one level of colour. */
interface Run {
  readonly column: number;
  /** From one microsecond upwards. */
  readonly row: number;
  readonly length: number;
  readonly level: number;
}

export interface HeatGrid {
  readonly startUs: number;
  readonly columnUs: number;
  /** The upper edge of a row over its lower one. */
  readonly rowRatio: number;
  /** The largest count of a box. */
  readonly most: number;
  readonly runs: readonly Run[];
}

/** As many as can be told apart at 7 pixels each. */
const COLUMNS = 96;

/** Rows to a power of ten. */
const ROWS_A_DECADE = 4;

/** Levels of colour: more are hard to tell apart, and harder in print. */
export const LEVELS = 6;

const ROW_RATIO = 10 ** (1 / ROWS_A_DECADE);

/** The row that a duration falls into. */
export function rowOf(valueUs: number): number {
  return Math.floor(Math.log10(Math.max(1, valueUs)) * ROWS_A_DECADE + 1e-9);
}

/** Where the levels begin, each a multiple of the one before; fewer levels where the counts are small. */
export function levelBounds(most: number): readonly number[] {
  const bounds = Array.from({ length: LEVELS }, (_, level) => Math.ceil(most ** (level / LEVELS) - 1e-9));
  return [...new Set(bounds)].filter((bound) => bound >= 1 && bound <= Math.max(1, most));
}

/**
 * The grid of some series. However many intervals a log has (a day of seconds, say), those of one stretch are added: a
 * single slow answer in a million keeps a box of its own, on the lowest level.
 */
export function heatGrid(
  log: Log,
  wanted: Wanted,
  span: { readonly startUs: number; readonly endUs: number },
): HeatGrid {
  const { startUs, endUs } = span;
  const shortestUs = log.intervals[0]?.lengthUs ?? 1_000_000;
  const needed = Math.max(1, Math.ceil((endUs - startUs) / COLUMNS / Math.max(1, shortestUs)));
  const columnUs = needed * Math.max(1, shortestUs);
  const columns = Math.max(1, Math.ceil((endUs - startUs) / columnUs));
  const counts = new Map<number, number>();
  for (const { interval, counts: counted } of log.entries(wanted)) {
    const middleUs = interval.startUs + interval.lengthUs / 2;
    const column = Math.min(columns - 1, Math.max(0, Math.floor((middleUs - startUs) / columnUs)));
    for (const [index, bucket] of counted.buckets.entries()) {
      const place = rowOf(lowestValueOf(bucket)) * columns + column;
      counts.set(place, (counts.get(place) ?? 0) + (counted.counts[index] ?? 0));
    }
  }
  let most = 0;
  for (const count of counts.values()) most = Math.max(most, count);
  return { startUs, columnUs, rowRatio: ROW_RATIO, most, runs: runsOf(counts, columns, most) };
}

function runsOf(counts: ReadonlyMap<number, number>, columns: number, most: number): readonly Run[] {
  const bounds = levelBounds(most);
  const runs: { column: number; row: number; length: number; level: number }[] = [];
  for (const [place, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    const level = bounds.findLastIndex((bound) => bound <= count);
    const [row, column] = [Math.floor(place / columns), place % columns];
    const last = runs.at(-1);
    if (
      last !== undefined &&
      last.row === row &&
      last.level === level &&
      last.column + last.length === column
    )
      last.length += 1;
    else runs.push({ column, row, length: 1, level });
  }
  return runs;
}
