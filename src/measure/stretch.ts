/** Figures of one stretch of a run: some of its intervals, taken together. Pure arithmetic over what the tally kept. */

import { PHASES, type OperationName, type Phase } from '../words.ts';
import { lowestValueOf, type SparseCounts } from './histogram.ts';
import { emptyCounts, type OutcomeCounts } from './recorder.ts';
import { seriesTag, type SeriesClass, type SeriesClock } from './series.ts';
import { addOutcomes, samplesNeeded, type Interval } from './tally.ts';

/** An operation in one phase, or in all where none is named. */
export interface StretchSubject {
  readonly operation: OperationName;
  readonly phase: Phase | undefined;
  /** Of the response unless it says otherwise. */
  readonly clock?: SeriesClock;
}

/** One percentile of one clock with its number of samples; null below the floor of 10/(1−p). */
export function stretchPercentile(
  intervals: readonly Interval[],
  subject: StretchSubject,
  classes: readonly SeriesClass[],
  percentile: number,
): { readonly count: number; readonly valueUs: number | null } {
  const tags = phasesOf(subject).flatMap((phase) =>
    classes.map((one) =>
      seriesTag({ operation: subject.operation, phase, class: one, clock: subject.clock ?? 'response' }),
    ),
  );
  const parts = intervals.flatMap(({ series }) =>
    tags.flatMap((tag): readonly SparseCounts[] => {
      const counts = series.get(tag);
      return counts === undefined ? [] : [counts];
    }),
  );
  const count = parts.reduce((sum, { total }) => sum + total, 0);
  return { count, valueUs: count < samplesNeeded(percentile) ? null : valueAt(parts, count, percentile) };
}

/** Outcomes of intents and induced operations together. */
export function stretchOutcomes(intervals: readonly Interval[], subject: StretchSubject): OutcomeCounts {
  const sum = emptyCounts();
  const keys = phasesOf(subject).map((phase) =>
    seriesTag({ operation: subject.operation, phase, class: 'all', clock: 'response' }),
  );
  for (const { operations } of intervals) {
    for (const key of keys) {
      const counts = operations.get(key);
      if (counts === undefined) continue;
      addOutcomes(sum, counts.intents);
      addOutcomes(sum, counts.induced);
    }
  }
  return sum;
}

function phasesOf({ phase }: StretchSubject): readonly Phase[] {
  return phase === undefined ? PHASES : [phase];
}

/** The value that hdr-histogram-js would give, without building a histogram of every bucket for each window. */
function valueAt(parts: readonly SparseCounts[], count: number, percentile: number): number {
  const sums = new Map<number, number>();
  let maxUs = 0;
  for (const part of parts) {
    maxUs = Math.max(maxUs, part.maxUs);
    for (let i = 0; i < part.buckets.length; i += 1) {
      const bucket = part.buckets[i] as number;
      sums.set(bucket, (sums.get(bucket) ?? 0) + (part.counts[i] as number));
    }
  }
  let left = Math.max(1, Math.ceil((percentile / 100) * count - 1e-6));
  for (const [bucket, inBucket] of [...sums].sort(([a], [b]) => a - b)) {
    left -= inBucket;
    // A bucket's highest value may lie above the largest value seen: never print more than was measured.
    if (left <= 0) return Math.min(lowestValueOf(bucket + 1) - 1, maxUs);
  }
  return maxUs;
}
