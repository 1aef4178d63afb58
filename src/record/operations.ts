/** Counts and times of every operation and phase, as the record shows them. Pure arrangement, no judgement. */

import type { OperationCounts, OutcomeCounts } from '../measure/recorder.ts';
import type { SeriesClass } from '../measure/series.ts';
import type { Tally } from '../measure/tally.ts';
import { DOOR_OPERATIONS, DROP_REASONS, OPERATIONS, PHASES, type Doors, type DropReason } from '../words.ts';
import type { RecordedOperation, TimelinePoint } from './record.ts';

const ALL: readonly SeriesClass[] = ['ok', 'rejected', 'unknown', 'dropped'];

/** All operations that were planned in a phase, by phase and then by the closed list's order. */
export function recordOperations(tally: Tally): readonly RecordedOperation[] {
  const counted = [...tally.operations()].sort(
    (a, b) =>
      PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) ||
      OPERATIONS.indexOf(a.operation) - OPERATIONS.indexOf(b.operation),
  );
  return counted.map((counts) => recordOperation(tally, counts));
}

function recordOperation(tally: Tally, counts: OperationCounts): RecordedOperation {
  const { operation, phase, intents, induced } = counts;
  const sum = (field: 'planned' | 'ok' | 'rejected' | 'unknown' | 'expected'): number =>
    intents[field] + induced[field];
  const droppedBy = Object.fromEntries(
    DROP_REASONS.map((reason) => [reason, intents.dropped[reason] + induced.dropped[reason]]),
  ) as Record<DropReason, number>;
  return {
    operation,
    phase,
    planned: sum('planned'),
    ok: sum('ok'),
    rejected: sum('rejected'),
    unknown: sum('unknown'),
    dropped: droppedCount(intents) + droppedCount(induced),
    droppedBy,
    induced: induced.planned,
    ...(sum('expected') > 0 ? { expected: sum('expected') } : {}),
    responseUs: tally.summary(operation, phase, ALL, 'response'),
    responseOkUs: tally.summary(operation, phase, ['ok'], 'response'),
    serviceUs: tally.summary(operation, phase, ALL, 'service'),
    waitUs: tally.summary(operation, phase, ['all'], 'wait'),
    lagUs: tally.summary(operation, phase, ['all'], 'lag'),
  };
}

function droppedCount(counts: OutcomeCounts): number {
  return Object.values(counts.dropped).reduce((sum, one) => sum + one, 0);
}

/**
 * The timeline for pictures; `owed` are the probe's readings in microseconds from the baseline's zero. What stands for
 * signing in is told by the doors.
 */
export function recordTimeline(
  tally: Tally,
  owed: readonly { readonly atUs: number; readonly owed: number | null }[],
  { mailbox }: Doors,
): readonly TimelinePoint[] {
  const entry = DOOR_OPERATIONS[mailbox].signIn;
  return tally.intervals().map((interval): TimelinePoint => {
    const endUs = interval.startUs + interval.lengthUs;
    const reading = owed.findLast((one) => one.atUs >= interval.startUs && one.atUs < endUs);
    const signIn = tally.point(interval, entry, 'response');
    const canary = tally.point(interval, 'journey.canary', 'visible');
    return {
      startUs: interval.startUs,
      lengthUs: interval.lengthUs,
      copiesAccepted: interval.copiesAccepted,
      signInP50Us: signIn.p50Us,
      signInMaxUs: signIn.maxUs,
      canaryP50Us: canary.p50Us,
      canaryMaxUs: canary.maxUs,
      owed: reading?.owed ?? null,
    };
  });
}
