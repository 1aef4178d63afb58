/** What people waited for lately, from the tally's intervals that have come to rest: columns for a picture in time. It draws nothing. */

import { lowestValueOf } from '../measure/histogram.ts';
import { parseSeriesTag } from '../measure/series.ts';
import type { Interval, Tally } from '../measure/tally.ts';
import { HEAT_ROWS, heatRowOf, type FeltColumn, type FeltTimes } from '../telemetry/dashboard/glance.ts';
import type { OperationName } from '../words.ts';

/** A notebook covers a second and is filed half a second back; half a second more for its way to the main thread. */
const SETTLING_US = 2_000_000;

/** Hands out each interval once, when nothing can be added to it any more. */
export class FeltColumns {
  readonly #signIn: OperationName;
  #toldUs = 0;

  constructor(signIn: OperationName) {
    this.#signIn = signIn;
  }

  /** The columns that came to rest since the last call; `over`: nothing comes any more, so that all have. */
  take(tally: Tally, atUs: number, over: boolean): readonly FeltColumn[] {
    const restedUs = over ? Number.POSITIVE_INFINITY : atUs - SETTLING_US;
    const columns = tally
      .intervals()
      .filter(({ startUs, lengthUs }) => startUs + lengthUs > this.#toldUs && startUs + lengthUs <= restedUs)
      // Where intervals were merged, the first of them may have been told of by half: no extreme is lost by telling it whole.
      .map((interval) => this.#column(tally, interval, Math.max(interval.startUs, this.#toldUs)));
    this.#toldUs = columns.at(-1)?.toUs ?? this.#toldUs;
    return columns;
  }

  #column(tally: Tally, interval: Interval, fromUs: number): FeltColumn {
    const toUs = interval.startUs + interval.lengthUs;
    const heat = heatOf(interval, this.#signIn);
    const times = (operation: OperationName, clock: 'response' | 'visible', count: number): FeltTimes => {
      const { p50Us, maxUs } = tally.point(interval, operation, clock);
      return { count, p50Us, maxUs };
    };
    const signIns = heat.reduce((sum, one) => sum + one, 0);
    return {
      fromUs,
      toUs,
      signIn: times(this.#signIn, 'response', signIns),
      result: times('journey.canary', 'visible', countIn(interval, 'journey.canary', 'visible')),
      heat,
    };
  }
}

function heatOf(interval: Interval, operation: OperationName): readonly number[] {
  const rows = Array.from({ length: HEAT_ROWS }, () => 0);
  for (const [tag, { buckets, counts }] of interval.series) {
    const series = parseSeriesTag(tag);
    if (series?.operation !== operation || series.clock !== 'response') continue;
    for (const [index, bucket] of buckets.entries()) {
      const row = heatRowOf(lowestValueOf(bucket));
      rows[row] = (rows[row] ?? 0) + (counts[index] ?? 0);
    }
  }
  return rows;
}

function countIn(interval: Interval, operation: OperationName, clock: string): number {
  let count = 0;
  for (const [tag, { counts }] of interval.series) {
    const series = parseSeriesTag(tag);
    if (series?.operation !== operation || series.clock !== clock) continue;
    for (const one of counts) count += one;
  }
  return count;
}
