/** How long the steps of a conversation took, by name: one book a worker, one sum on the main thread. It judges nothing. */

import { addCounts, HotHistogram, type SparseCounts } from './histogram.ts';
import { fill, newHistogram, samplesNeeded, type Summary } from './tally.ts';

/** What a worker adds, by step. */
export type StepCounts = readonly (readonly [step: string, counts: SparseCounts])[];

/** Steps a worker has seen; a handful of names, allocated at first use. */
export class StepBook {
  readonly #histograms = new Map<string, HotHistogram>();

  /** Records one step in microseconds. */
  record(step: string, tookUs: number): void {
    let histogram = this.#histograms.get(step);
    if (histogram === undefined) {
      histogram = new HotHistogram();
      this.#histograms.set(step, histogram);
    }
    histogram.record(tookUs);
  }

  /** Gives out everything since the last time. */
  drain(): StepCounts {
    return [...this.#histograms].flatMap(([step, histogram]) => {
      const counts = histogram.drain();
      return counts === undefined ? [] : [[step, counts] as const];
    });
  }
}

/** All workers' books added up. */
export class StepTally {
  readonly #totals = new Map<string, SparseCounts>();

  add(steps: StepCounts): void {
    for (const [step, counts] of steps) {
      const before = this.#totals.get(step);
      this.#totals.set(step, before === undefined ? counts : addCounts(before, counts));
    }
  }

  /** Figures of a step, in microseconds; nulls where nothing, or too little for a percentile, was recorded. */
  summary(step: string): Summary {
    const counts = this.#totals.get(step);
    const histogram = newHistogram();
    if (counts !== undefined) fill(histogram, counts);
    const count = histogram.totalCount;
    const percentile = (p: number): number | null =>
      count < samplesNeeded(p) ? null : Math.min(histogram.getValueAtPercentile(p), counts?.maxUs ?? 0);
    return {
      count,
      min: counts?.minUs ?? null,
      p50: percentile(50),
      p90: percentile(90),
      p99: percentile(99),
      p999: percentile(99.9),
      max: counts?.maxUs ?? null,
    };
  }
}
