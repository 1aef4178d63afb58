/** Sums and percentiles of an interval log's series. It knows no page. */

import { BUCKETS, lowestValueOf } from '../measure/histogram.ts';
import type { LoggedCounts, LoggedInterval } from '../measure/hlog-read.ts';
import { parseSeriesTag, type Series, type SeriesClock } from '../measure/series.ts';
import { samplesNeeded } from '../measure/tally.ts';
import type { OperationName, Phase } from '../words.ts';

/** Counts by bucket, in order of time taken. */
export interface Spread {
  readonly buckets: readonly number[];
  readonly counts: readonly number[];
  readonly total: number;
  /** Longest, in microseconds; 0 where nothing was counted. */
  readonly maxUs: number;
}

/** Which series: of one operation, by one clock; of one phase, or of all. All outcomes count. */
export interface Wanted {
  readonly operation: OperationName;
  readonly clock: SeriesClock;
  readonly phase?: Phase;
}

/** What one interval holds of one series. */
interface Entry {
  readonly interval: LoggedInterval;
  readonly counts: LoggedCounts;
}

/** A log by series, so that each sum reads only what is its own: a foreign log of a day has 86,400 intervals. */
export class Log {
  readonly intervals: readonly LoggedInterval[];
  readonly #series = new Map<string, { readonly series: Series; readonly entries: Entry[] }>();

  constructor(intervals: readonly LoggedInterval[]) {
    this.intervals = intervals;
    for (const interval of intervals) {
      for (const [tag, counts] of interval.series) {
        const known = this.#series.get(tag);
        if (known !== undefined) {
          known.entries.push({ interval, counts });
          continue;
        }
        const series = parseSeriesTag(tag);
        if (series !== undefined) this.#series.set(tag, { series, entries: [{ interval, counts }] });
      }
    }
  }

  /** Operations with at least one time by this clock. */
  operations(clock: SeriesClock): ReadonlySet<OperationName> {
    const all = [...this.#series.values()].map(({ series }) => series);
    return new Set(all.filter((one) => one.clock === clock).map(({ operation }) => operation));
  }

  /** Everything that belongs to it, in no order. */
  *entries({ operation, clock, phase }: Wanted): Generator<Entry> {
    for (const { series, entries } of this.#series.values()) {
      if (series.operation !== operation || series.clock !== clock) continue;
      if (phase === undefined || series.phase === phase) yield* entries;
    }
  }

  /** The sum over the whole log. */
  spread(wanted: Wanted): Spread {
    const sums = new Float64Array(BUCKETS);
    let total = 0;
    let maxUs = 0;
    for (const { counts } of this.entries(wanted)) {
      for (const [index, bucket] of counts.buckets.entries())
        sums[bucket] = (sums[bucket] ?? 0) + (counts.counts[index] ?? 0);
      total += counts.total;
      maxUs = Math.max(maxUs, counts.maxUs);
    }
    const buckets: number[] = [];
    for (const [bucket, count] of sums.entries()) if (count > 0) buckets.push(bucket);
    return { buckets, counts: buckets.map((bucket) => sums[bucket] ?? 0), total, maxUs };
  }
}

/** The value that this share of the samples did not exceed, in microseconds; null below 10/(1−p) samples. */
export function valueAt(spread: Spread, share: number): number | null {
  const { buckets, counts, total, maxUs } = spread;
  if (total === 0 || total < samplesNeeded(share * 100)) return null;
  const wanted = Math.max(1, Math.ceil(share * total - 1e-9));
  let seen = 0;
  for (const [index, bucket] of buckets.entries()) {
    seen += counts[index] ?? 0;
    // A bucket's highest value may lie above the largest value seen: never show more than was measured.
    if (seen >= wanted) return Math.min(maxUs, lowestValueOf(bucket + 1) - 1);
  }
  return maxUs;
}
