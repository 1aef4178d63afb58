/** A series counted in few wide classes beside its histogram, for those who read it every few seconds from outside. It takes whole notebooks, never single values. */

import { BUCKETS, bucketOf, HIGHEST_US, lowestValueOf, type SparseCounts } from './histogram.ts';
import type { Series } from './series.ts';

/**
 * Upper bounds of the classes in microseconds, both ends of what a histogram keeps included. Few enough that a run's few
 * hundred series stay a short page, and with every deadline that profiles are likely to name among them.
 */
export const COARSE_BOUNDS_US: readonly number[] = [
  1_000,
  2_500,
  5_000,
  10_000,
  25_000,
  50_000,
  100_000,
  250_000,
  500_000,
  1_000_000,
  2_500_000,
  5_000_000,
  10_000_000,
  20_000_000,
  30_000_000,
  60_000_000,
  120_000_000,
  300_000_000,
  600_000_000,
  1_800_000_000,
  HIGHEST_US,
];

/** The class beyond the last bound: what took longer than a histogram keeps. */
const BEYOND = COARSE_BOUNDS_US.length;

/** The class of each bucket of the histograms: that of its lowest value, so a bound is exact to three digits. */
const CLASSES = Uint8Array.from({ length: BUCKETS }, (_, bucket) =>
  COARSE_BOUNDS_US.findIndex((boundUs) => lowestValueOf(bucket) <= boundUs),
);

/** One series in classes, at one instant: plain data. */
export interface Distribution {
  readonly series: Series;
  readonly boundsUs: readonly number[];
  /** Samples in each class, not cumulative; one more than there are bounds. */
  readonly counts: readonly number[];
  readonly total: number;
  /** Sum of all samples, each taken as the middle of its bucket: within 0.05 %, and never less than before. */
  readonly sumUs: number;
  /** Exact. */
  readonly minUs: number;
  readonly maxUs: number;
}

/** Counts of one series. They only grow. */
export class CoarseCounts {
  readonly #counts = new Float64Array(COARSE_BOUNDS_US.length + 1);
  #total = 0;
  #sumUs = 0;

  add({ buckets, counts, total, clamped }: SparseCounts): void {
    for (let i = 0; i < buckets.length; i += 1) {
      const bucket = buckets[i] as number;
      const count = counts[i] as number;
      const place = CLASSES[bucket] as number;
      this.#counts[place] = (this.#counts[place] as number) + count;
      this.#sumUs += count * middleOf(bucket);
    }
    this.#total += total;
    // A histogram holds them at its highest value, which would count them as in time.
    const highest = CLASSES[bucketOf(HIGHEST_US)] as number;
    this.#counts[highest] = (this.#counts[highest] as number) - clamped;
    this.#counts[BEYOND] = (this.#counts[BEYOND] as number) + clamped;
  }

  read(series: Series, minUs: number, maxUs: number): Distribution {
    return {
      series,
      boundsUs: COARSE_BOUNDS_US,
      counts: [...this.#counts],
      total: this.#total,
      sumUs: this.#sumUs,
      minUs,
      maxUs,
    };
  }
}

function middleOf(bucket: number): number {
  return (lowestValueOf(bucket) + lowestValueOf(bucket + 1) - 1) / 2;
}
