/** Thresholds while the run goes on: which of those that may end it has failed for certain. Pure; it is told the time. */

import { stretchOutcomes } from '../measure/stretch.ts';
import type { Threshold } from '../profile/threshold.ts';
import type { OperationName, Phase } from '../words.ts';
import { compare, countOf } from './limits.ts';
import type { ThresholdStop } from './thresholds.ts';
import { judgeWindows, type RunSoFar } from './windows.ts';

/** A notebook covers a second and is filed half a second back; half a second more for its way to the main thread. */
const SETTLING_US = 2_000_000;

/**
 * The first threshold with `abortOnFail` that nothing can mend any more. `atUs` counts from the baseline's zero; windows
 * that ended less than 2 s ago wait until every worker has told of them.
 */
export function watchThresholds(
  thresholds: readonly Threshold[],
  run: RunSoFar,
  atUs: number,
): ThresholdStop | undefined {
  for (const threshold of thresholds) {
    if (threshold.abortOnFail !== true) continue;
    const observed = certainFailure(threshold, run, atUs);
    if (observed !== undefined) return { text: threshold.text, observed };
  }
  return undefined;
}

function certainFailure(threshold: Threshold, run: RunSoFar, atUs: number): string | undefined {
  const { subject, measure, comparator, limit, over } = threshold;
  // A baseline may still change, and what canaries and the ledger come to is known at the end.
  if (subject.kind !== 'operation' || limit.kind === 'baseline') return undefined;
  if (over !== undefined) {
    const { status, words } = judgeWindows(threshold, over, run, atUs - SETTLING_US);
    return status === 'fail' ? words : undefined;
  }
  // Of the figures of a whole phase only a count cannot mend: it never shrinks.
  if (measure.kind !== 'count' || comparator.startsWith('>')) return undefined;
  const of = { operation: subject.name as OperationName, phase: subject.phase as Phase | undefined };
  const counted = countOf(stretchOutcomes(run.tally.intervals(), of), measure.of);
  return compare(counted, comparator, limit.value) ? undefined : `${counted} operations`;
}
