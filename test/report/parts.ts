/** Builds the parts of test records: times, operations, canaries, a timeline. No test here. */

import type { HealthPoint, HealthWorst } from '../../src/measure/health.ts';
import type {
  RecordedCanaries,
  RecordedCohort,
  RecordedCohortFelt,
  RecordedOperation,
  RecordedRefusal,
  RecordedSummary,
  RunRecord,
  TimelinePoint,
} from '../../src/record/record.ts';
import { DROP_REASONS, type DropReason, type OperationName, type Phase } from '../../src/words.ts';

/** A second in microseconds. */
export const S = 1_000_000;

/** Figures of nothing. */
export const NO_TIMES: RecordedSummary = {
  count: 0,
  min: null,
  p50: null,
  p90: null,
  p99: null,
  p999: null,
  max: null,
};

/** A series with this median; its floors of 10/(1−p) samples are kept. */
export function times(count: number, p50Us: number): RecordedSummary {
  const floor = (needed: number, value: number): number | null => (count < needed ? null : value);
  return {
    count,
    min: count === 0 ? null : Math.round(p50Us * 0.4),
    p50: floor(20, p50Us),
    p90: floor(100, Math.round(p50Us * 2.4)),
    p99: floor(1_000, Math.round(p50Us * 4.1)),
    p999: floor(10_000, Math.round(p50Us * 5)),
    max: count === 0 ? null : Math.round(p50Us * 5.3),
  };
}

interface Counts {
  readonly ok: number;
  readonly rejected?: number;
  readonly unknown?: number;
  readonly droppedBy?: Partial<Record<DropReason, number>>;
}

/** One row of the operations. */
export function operation(
  name: OperationName,
  phase: Phase,
  p50Us: number,
  counts: Counts,
): RecordedOperation {
  const droppedBy = Object.fromEntries(
    DROP_REASONS.map((reason) => [reason, counts.droppedBy?.[reason] ?? 0]),
  ) as Record<DropReason, number>;
  const dropped = Object.values(droppedBy).reduce((sum, one) => sum + one, 0);
  const { ok, rejected = 0, unknown = 0 } = counts;
  const planned = ok + rejected + unknown + dropped;
  return {
    operation: name,
    phase,
    planned,
    ok,
    rejected,
    unknown,
    dropped,
    droppedBy,
    induced: 0,
    responseUs: times(planned, p50Us),
    responseOkUs: times(ok, ok === planned ? p50Us : Math.round(p50Us * 0.9)),
    serviceUs: times(ok + rejected, Math.round(p50Us * 0.7)),
    waitUs: times(ok, 120),
    lagUs: times(planned, 400),
  };
}

/** A night's work in two and a half minutes. */
export const PHASE_SPANS = [
  { name: 'baseline', startUs: 0, endUs: 8 * S },
  { name: 'storm', startUs: 8 * S, endUs: 84 * S },
  { name: 'drain', startUs: 84 * S, endUs: 105.4 * S },
  { name: 'deletes', startUs: 105.4 * S, endUs: 145.4 * S },
  { name: 'recovery', startUs: 145.4 * S, endUs: 153.4 * S },
] as const;

const MEDIANS: Readonly<Record<Phase, number>> = {
  baseline: 14_200,
  storm: 2_310_000,
  drain: 1_120_000,
  deletes: 640_000,
  recovery: 15_900,
};

const COUNTS: Readonly<Record<Phase, number>> = {
  baseline: 176,
  storm: 1_672,
  drain: 470,
  deletes: 880,
  recovery: 176,
};

/** Every operation of a run; recovery slower by a factor. */
export function operations(slower: number): readonly RecordedOperation[] {
  return PHASE_SPANS.flatMap(({ name: phase }) => {
    const count = COUNTS[phase];
    const median = Math.round(MEDIANS[phase] * (phase === 'recovery' ? slower : 1));
    const drowning = phase === 'storm' ? { rejected: 12, unknown: 3, droppedBy: { abandoned: 41 } } : {};
    const left = phase === 'storm' ? { droppedBy: { stepFailed: 15, abandoned: 41 } } : {};
    const sent = phase === 'storm' ? [operation('smtp.submit', phase, median * 2, { ok: 595 })] : [];
    const deleted = phase === 'deletes' ? [operation('journey.delete', phase, median * 9, { ok: 700 })] : [];
    return [
      ...sent,
      operation('imap.signin', phase, median, { ok: count - (phase === 'storm' ? 56 : 0), ...drowning }),
      operation('imap.open', phase, Math.round(median * 1.4), {
        ok: count - (phase === 'storm' ? 56 : 0),
        ...left,
      }),
      operation('journey.read', phase, Math.round(median * 3.1), {
        ok: count - (phase === 'storm' ? 56 : 0),
        ...left,
      }),
      ...deleted,
      operation('journey.canary', phase, Math.round(median * 2.2), { ok: Math.round(count * 0.9) }),
    ];
  });
}

/** Canaries of a run, with harm in the storm. */
export function canaries(late: number, lost: number, slower: number): RecordedCanaries {
  const byPhase = PHASE_SPANS.map(({ name: phase }) => {
    const sent = Math.round(COUNTS[phase] * 0.9);
    const harmed = phase === 'storm';
    return {
      phase,
      sent,
      seen: sent - (harmed ? lost : 0),
      late: harmed ? late : 0,
      lost: harmed ? lost : 0,
      visibleUs: times(sent - (harmed ? lost : 0), Math.round(MEDIANS[phase] * 1.2 * slower)),
    };
  });
  const total = (field: 'sent' | 'seen' | 'late' | 'lost'): number =>
    byPhase.reduce((sum, one) => sum + one[field], 0);
  return { sent: total('sent'), seen: total('seen'), late: total('late'), lost: total('lost'), byPhase };
}

/** Three cohorts, of which the last was hurt most and too few of the second looked. */
export function cohorts(): readonly RecordedCohort[] {
  const felt = (
    sent: number,
    late: number,
    lost: number,
    reads: number,
    p50Us: number,
  ): RecordedCohortFelt => ({
    canaries: { sent, seen: sent - lost, late, lost, visibleUs: times(sent - lost, p50Us) },
    reads: { ended: reads, ok: reads, responseUs: times(reads, p50Us * 2) },
  });
  const one = (
    name: string,
    mailboxes: number,
    late: number,
    lost: number,
    reads: number,
  ): RecordedCohort => ({
    name,
    mailboxes,
    ...felt(790, late, lost, reads * 5, 900_000),
    byPhase: PHASE_SPANS.map(({ name: phase }) => ({
      phase,
      ...felt(158, phase === 'storm' ? late : 0, phase === 'storm' ? lost : 0, reads, MEDIANS[phase]),
    })),
  });
  return [
    one('gp', 50, 0, 0, 400),
    one('management', 100, 0, 0, 12),
    one('external-facing', 850, 18, 2, 900),
  ];
}

/** Rises with the cascade, drains, dips again with the deletes. */
export function timeline(): readonly TimelinePoint[] {
  let owed = 0;
  return Array.from({ length: 153 }, (_, second): TimelinePoint => {
    const wave = second < 8 || second >= 84 ? 0 : Math.sin(((second - 8) / 76) * Math.PI) ** 2;
    const wobble = 1 + 0.25 * Math.sin(second * 2.3) + 0.1 * Math.sin(second * 7.1);
    const copiesAccepted = Math.round(15_500 * wave * wobble) + 4;
    owed = Math.max(0, owed + copiesAccepted - 6_700);
    const deletes = second >= 105 && second < 145 ? Math.exp(-(second - 105) / 14) : 0;
    const signIn = (14_000 + 3_300_000 * Math.min(1, owed / 180_000) + 1_900_000 * deletes) * wobble;
    const quiet = second % 17 === 5;
    return {
      startUs: second * S,
      lengthUs: S,
      copiesAccepted,
      signInP50Us: quiet ? null : Math.round(signIn),
      signInMaxUs: Math.round(signIn * 4.2),
      canaryP50Us: second % 9 === 4 ? null : Math.round(signIn * 1.3),
      canaryMaxUs: Math.round(signIn * 3.1),
      owed: second % 40 === 33 ? null : owed,
    };
  });
}

/** A minute of a generator's health, the tenth second without a reading; the run's worst as told. */
export function generator(worst: Partial<HealthWorst> = {}): NonNullable<RunRecord['generator']> {
  const health = Array.from({ length: 60 }, (_, second): HealthPoint => {
    const known = second !== 10;
    return {
      startUs: second * S,
      lengthUs: S,
      delayP99Us: known ? 1_200 + second * 10 : null,
      delayMaxUs: known ? 3_000 : null,
      utilisation: known ? 0.21 : null,
      cpu: known ? 0.3 : null,
      gcCount: 3,
      gcTotalUs: 2_400,
      gcMaxUs: 900,
      sockets: 40,
      lagMaxUs: known ? 1_900 : null,
      offered: 50 + second,
      takenUp: 50 + second,
      ended: 48 + second,
    };
  });
  return {
    health,
    worst: {
      delayP99Us: 1_790,
      delayMaxUs: 3_000,
      utilisationP90: 0.21,
      spinning: false,
      utilisationMax: 0.24,
      cpuP90: 0.3,
      cpuMax: 0.31,
      gcShare: 0.0024,
      gcMaxUs: 900,
      socketsMax: 40,
      lagMaxUs: 1_900,
      ...worst,
    },
  };
}

/** One row of the refusals, nothing temporary or limited about it. */
export function refusal(
  name: OperationName,
  code: string,
  enhanced: string | null,
  count: number,
  example: string,
): RecordedRefusal {
  return { operation: name, code, enhanced, count, temporary: 0, limited: 0, example };
}
