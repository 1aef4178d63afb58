/** The verdict so far: the profile's thresholds on what is known at this moment. Nothing in it is final, and it ends no run. */

import { canaryFigures } from '../measure/canaries.ts';
import type { Tally } from '../measure/tally.ts';
import { judgedAt } from '../profile/at-doors.ts';
import type { Threshold } from '../profile/threshold.ts';
import type { RunState } from '../replay/conduct.ts';
import type { Standing, StandingFinding } from '../telemetry/dashboard/glance.ts';
import { compare, countOf, endedOf, limitWords } from '../verdict/limits.ts';
import { checkThreshold } from '../verdict/thresholds.ts';
import { phasesAfter } from '../verdict/windows.ts';

/** How each threshold stands. What is known at the end only, or in a phase that has not begun, is open. */
export function standingOf(state: RunState): Standing {
  const { profile, doors } = state.plan;
  const { thresholds } = judgedAt(profile, doors);
  return { thresholds: thresholds.map((threshold) => standing(threshold, state)) };
}

function standing(threshold: Threshold, state: RunState): StandingFinding {
  const { profile } = state.plan;
  const { subject, text } = threshold;
  const open = openBecause(threshold, state);
  if (open !== undefined)
    return { check: text, status: 'open', observed: null, limit: '', because: open, phase: subject.phase };
  const tally = state.afterWarmUp ?? state.tally;
  const share = shareSoFar(threshold, tally);
  if (share !== undefined) return share;
  const { status, observed, limit, because } = checkThreshold(threshold, {
    tally,
    canaries: canaryFigures([], undefined, profile.canaries.deadline, tally),
    ledger: undefined,
    phases: phasesAfter(profile.warmUp ?? 0, state.phases),
  });
  // Only a verdict is invalid, and this is none.
  const known = status === 'pass' || status === 'fail' ? status : 'no-data';
  return { check: text, status: known, observed, limit, because, phase: subject.phase };
}

/**
 * A share of what has ended. The verdict takes it of what was planned, which is the same once nothing is under way; before
 * that, whatever is under way would pass for what failed. Undefined: the threshold is about something else.
 */
function shareSoFar(threshold: Threshold, tally: Tally): StandingFinding | undefined {
  const { subject, measure, limit, comparator, over, withinUs, text } = threshold;
  if (subject.kind !== 'operation' || measure.kind !== 'rate' || over !== undefined || withinUs !== undefined)
    return undefined;
  let [ended, counted] = [0, 0];
  for (const { operation, phase, intents, induced } of tally.operations()) {
    if (operation !== subject.name || (subject.phase !== undefined && subject.phase !== phase)) continue;
    for (const counts of [intents, induced]) {
      ended += endedOf(counts);
      counted += countOf(counts, measure.of);
    }
  }
  const base = { check: text, limit: limitWords(threshold, limit.value), phase: subject.phase };
  if (ended === 0) return { ...base, status: 'no-data', observed: null, because: 'nothing has ended' };
  const holds = compare(counted / ended, comparator, limit.value);
  const because = holds ? 'the threshold holds' : 'the threshold is crossed';
  return {
    ...base,
    status: holds ? 'pass' : 'fail',
    observed: `${counted} of ${ended} that have ended`,
    because,
  };
}

function openBecause({ subject }: Threshold, { phases }: RunState): string | undefined {
  if (subject.kind === 'canaries') return 'what became of test results is counted at the end';
  if (subject.kind === 'ledger') return 'the census at the end tells';
  if (subject.phase === undefined || phases.some(({ name }) => name === subject.phase)) return undefined;
  return `${subject.phase} has not begun`;
}
