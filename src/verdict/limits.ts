/** A threshold's limit: what is held against it, on which side it must be, and how it is told. */

import type { OutcomeCounts } from '../measure/recorder.ts';
import type { Threshold } from '../profile/threshold.ts';
import { formatDuration } from '../units.ts';

/** Outcomes of one name. */
export function countOf(counts: OutcomeCounts, name: string): number {
  if (name === 'dropped') return Object.values(counts.dropped).reduce((sum, one) => sum + one, 0);
  // What a guard refused as it should is no error.
  if (name === 'rejected') return counts.rejected - counts.expected;
  return counts[name as 'ok' | 'unknown'];
}

/** Operations that came to an end, whatever it was. */
export function endedOf(counts: OutcomeCounts): number {
  return counts.ok + counts.rejected + counts.unknown + countOf(counts, 'dropped');
}

/** Whether a value is on the right side of its limit. */
export function compare(value: number, comparator: Threshold['comparator'], limit: number): boolean {
  switch (comparator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
  }
}

/** The limit in words with its unit; relative where what it is relative to has no data. */
export function limitWords(threshold: Threshold, limit: number | undefined): string {
  const { measure, comparator } = threshold;
  if (limit === undefined) return `${comparator} ${threshold.limit.value} * baseline`;
  if (measure.kind === 'percentile') return `${comparator} ${formatDuration(limit)}`;
  return measure.kind === 'rate' ? `${comparator} ${(limit * 100).toFixed(2)} %` : `${comparator} ${limit}`;
}
