/** A run as families of metrics: a pure function of what main knows at one instant. It keeps nothing, so nothing is counted twice. */

import type { Distribution } from '../../measure/coarse.ts';
import type { OperationCounts, OutcomeCounts } from '../../measure/recorder.ts';
import type { Refusal } from '../../measure/refusals.ts';
import type { Tally } from '../../measure/tally.ts';
import { DROP_REASONS, JOURNEYS, PHASES, type DropReason } from '../../words.ts';
import type { Moment, RunIdentity } from '../moment.ts';
import { type Family, type HistogramPoint, type NumberPoint, together } from './family.ts';

/** How a run ended, once that is known. */
export interface Ending {
  readonly status: 'pass' | 'fail' | 'invalid' | 'no-data';
  readonly exitCode: number;
  /** Copies by disposition or other word of the ledger; null where no census closed it. */
  readonly ledger: Readonly<Record<string, number>> | null;
}

/** Everything that metrics are made of. Undefined: not known yet. */
export interface Observed {
  readonly runId: string;
  readonly version: string;
  readonly identity: RunIdentity | undefined;
  /** Newest; a second old at most. */
  readonly moment: Moment | undefined;
  /** Read now: counters and histograms of one answer belong to one instant. */
  readonly tally: Tally | undefined;
  readonly ending: Ending | undefined;
}

/** All families, in a fixed order; those without points are left out. */
export function familiesOf(observed: Observed): readonly Family[] {
  const { tally, moment } = observed;
  const families: readonly Family[] = [
    ...identityFamilies(observed),
    ...(moment === undefined ? [] : momentFamilies(moment)),
    ...(tally === undefined ? [] : tallyFamilies(tally)),
    ...(moment === undefined ? [] : generatorFamilies(moment)),
    ...endingFamilies(observed.ending),
  ];
  return families.filter(({ points }) => points.length > 0);
}

function identityFamilies({ runId, version, identity, moment, ending }: Observed): Family[] {
  const now = ending === undefined ? (moment?.phase ?? 'before') : 'end';
  const info = identity === undefined ? [] : [{ labels: infoLabels(runId, version, identity), value: 1 }];
  return [
    { name: 'replystorm_run', kind: 'info', help: 'Which run this is; always 1.', points: info },
    {
      name: 'replystorm_phase',
      kind: 'gauge',
      help: 'Where the run is: 1 for the phase that runs, 0 for the others; before is everything up to the baseline, end everything after recovery.',
      points: ['before', ...PHASES, 'end'].map((phase) => ({
        labels: { phase },
        value: phase === now ? 1 : 0,
      })),
    },
  ];
}

function infoLabels(runId: string, version: string, identity: RunIdentity): NumberPoint['labels'] {
  const { profile, title, digest, seed, mailboxes, speed, target, doors } = identity;
  return {
    run_id: runId,
    profile,
    title,
    digest,
    seed: String(seed),
    mailboxes: String(mailboxes),
    speed: String(speed),
    target,
    submit: doors.submit,
    mailbox: doors.mailbox,
    version,
  };
}

/** One number without labels; null has no points. */
function single(value: number | null | undefined): NumberPoint[] {
  return value === null || value === undefined ? [] : [{ labels: {}, value }];
}

function seconds(us: number | null | undefined): NumberPoint[] {
  return us === null || us === undefined ? [] : single(us / 1e6);
}

function momentFamilies(moment: Moment): Family[] {
  const { atUs, leftUs, copiesAccepted, owed, held, canaries, conditions } = moment;
  const gauge = { kind: 'gauge' } as const;
  const shares = conditions.map(({ limit, share }, index) => ({
    labels: { condition: String(index + 1), limit: String(limit) },
    share,
  }));
  return [
    {
      ...gauge,
      name: 'replystorm_elapsed_seconds',
      unit: 'seconds',
      help: "Real time since the baseline's zero.",
      points: seconds(Math.max(0, atUs)),
    },
    {
      ...gauge,
      name: 'replystorm_left_seconds',
      unit: 'seconds',
      help: "Real time until the plan's end at most: the drain may end sooner.",
      points: seconds(leftUs),
    },
    {
      name: 'replystorm_copies_accepted',
      kind: 'counter',
      help: 'Copies of messages to everybody that the target accepted.',
      points: single(copiesAccepted),
    },
    {
      ...gauge,
      name: 'replystorm_copies_owed',
      help: 'What the target accepted and has not delivered: copies, or messages where a queue probe counts those. Absent where nobody can tell.',
      points: single(owed),
    },
    {
      ...gauge,
      name: 'replystorm_replies_held',
      help: '1 while replies are held back because the target owes more than maxOutstandingCopies.',
      points: single(held ? 1 : 0),
    },
    {
      ...gauge,
      name: 'replystorm_canaries_waiting',
      help: 'Test results that were sent and that nobody has seen yet.',
      points: single(canaries.waiting),
    },
    {
      ...gauge,
      name: 'replystorm_stop_condition_ratio',
      unit: 'ratio',
      help: 'Share of failures over the window of each stop condition; the run stops above its limit. Absent where nothing was attempted.',
      points: shares.flatMap(({ labels, share }) => (share === null ? [] : [{ labels, value: share }])),
    },
  ];
}

function tallyFamilies(tally: Tally): Family[] {
  const operations = tally.operations();
  return [
    {
      name: 'replystorm_journeys_planned',
      kind: 'counter',
      help: 'Journeys that were due, by kind: what the schedule offered.',
      points: operations
        .filter(({ operation }) => JOURNEYS.includes(operation))
        .map(({ operation, phase, intents, induced }) => ({
          labels: { journey: operation.slice('journey.'.length), phase },
          value: intents.planned + induced.planned,
        })),
    },
    {
      name: 'replystorm_operations',
      kind: 'counter',
      help: 'Operations that ended, by outcome. A journey is an operation, and its steps are too.',
      points: operations.flatMap(outcomePoints),
    },
    {
      name: 'replystorm_operations_dropped',
      kind: 'counter',
      help: 'Operations that were never carried through, by reason. Only late counts against the generator.',
      points: operations.flatMap(droppedPoints),
    },
    {
      name: 'replystorm_refusals',
      kind: 'counter',
      help: 'Refusals of steps by code. limiter: whether a limiter of the target gave it.',
      points: tally.refusals().flatMap(refusalPoints),
    },
    ...distributionFamilies(tally.distributions(['response', 'visible', 'lag'])),
  ];
}

const OUTCOMES = ['ok', 'rejected', 'unknown'] as const;

/** Zeros too: a counter that first appears with its first refusals would hide them from rate(). */
function outcomePoints({ operation, phase, intents, induced }: OperationCounts): NumberPoint[] {
  const counts = OUTCOMES.map((outcome) => [outcome, intents[outcome] + induced[outcome]] as const);
  const dropped = ['dropped', droppedOf(intents) + droppedOf(induced)] as const;
  return [...counts, dropped].map(([outcome, value]) => ({ labels: { operation, phase, outcome }, value }));
}

function droppedOf({ dropped }: OutcomeCounts): number {
  return DROP_REASONS.reduce((sum, reason) => sum + dropped[reason], 0);
}

/** Until all shards were heard at the end, starved replies cannot be told from pruned ones: apart, one would fall. */
function reasonOf(reason: DropReason): string {
  return reason === 'starved' || reason === 'pruned' ? 'parentUnseen' : reason;
}

function droppedPoints({ operation, phase, intents, induced }: OperationCounts): NumberPoint[] {
  const sums = new Map<string, number>();
  for (const reason of DROP_REASONS) {
    const name = reasonOf(reason);
    sums.set(name, (sums.get(name) ?? 0) + intents.dropped[reason] + induced.dropped[reason]);
  }
  return [...sums]
    .filter(([, value]) => value > 0)
    .map(([reason, value]) => ({ labels: { operation, phase, reason }, value }));
}

function refusalPoints({ operation, code, enhanced, count, limited }: Refusal): NumberPoint[] {
  const row = (limiter: string, value: number): NumberPoint[] =>
    value === 0 ? [] : [{ labels: { operation, code, enhanced: enhanced ?? '', limiter }, value }];
  return [...row('true', limited), ...row('false', count - limited)];
}

function distributionFamilies(all: readonly Distribution[]): Family[] {
  const histogram = { kind: 'histogram', unit: 'seconds' } as const;
  const by = (clock: Distribution['series']['clock']): Distribution[] =>
    all.filter(({ series }) => series.clock === clock);
  const inPhases = (parts: readonly Distribution[]): HistogramPoint[] =>
    PHASES.flatMap((phase) => {
      const point = together(
        { phase },
        parts.filter(({ series }) => series.phase === phase),
      );
      return point === undefined ? [] : [point];
    });
  return [
    {
      ...histogram,
      name: 'replystorm_operation_response_seconds',
      help: 'From the intended instant to the end, as people felt it. Whatever ended has a time; what never began has none.',
      points: by('response').map(({ series, ...rest }) => ({
        labels: { operation: series.operation, phase: series.phase, outcome: series.class },
        ...rest,
      })),
    },
    {
      ...histogram,
      name: 'replystorm_canary_visible_seconds',
      help: 'From the intended instant of a test result to its being seen in the mailbox it was for. Those still waiting are in no bucket.',
      points: inPhases(by('visible')),
    },
    {
      ...histogram,
      name: 'replystorm_generator_lag_seconds',
      help: 'How late journeys were taken up: the delay of the generator, not of the target.',
      points: inPhases(by('lag').filter(({ series }) => JOURNEYS.includes(series.operation))),
    },
  ];
}

function generatorFamilies({ health, fitness }: Moment): Family[] {
  const gauge = { kind: 'gauge' } as const;
  const fit = fitness === undefined || fitness.status === 'unknown' ? null : fitness.status === 'fit' ? 1 : 0;
  const inTime = { ...gauge, unit: 'seconds' } as const;
  const inShares = { ...gauge, unit: 'ratio' } as const;
  return [
    {
      ...gauge,
      name: 'replystorm_generator_fit',
      help: '1 while the generator could testify, 0 once a check failed; absent while too little has happened to tell.',
      points: single(fit),
    },
    {
      ...inTime,
      name: 'replystorm_generator_loop_delay_seconds',
      help: '99 % of the last second, what arrived would have waited at most this long for the event loop.',
      points: seconds(health?.delayP99Us),
    },
    {
      ...inTime,
      name: 'replystorm_generator_gc_pause_max_seconds',
      help: 'Longest stop for garbage collection in the last second.',
      points: seconds(health?.gcMaxUs),
    },
    {
      ...inShares,
      name: 'replystorm_generator_utilisation_ratio',
      help: 'Share of the last second that the busiest load thread was busy.',
      points: single(health?.utilisation),
    },
    {
      ...inShares,
      name: 'replystorm_generator_cpu_ratio',
      help: "The process's share of all cores it may use.",
      points: single(health?.cpu),
    },
    {
      ...gauge,
      name: 'replystorm_generator_sockets',
      help: 'Open connections of all load threads.',
      points: single(health?.sockets),
    },
  ];
}

function endingFamilies(ending: Ending | undefined): Family[] {
  if (ending === undefined) return [];
  const { status, exitCode, ledger } = ending;
  const statuses = ['pass', 'fail', 'invalid', 'no-data'] as const;
  return [
    {
      name: 'replystorm_verdict',
      kind: 'gauge',
      help: '1 for the verdict that was given, 0 for the others; absent until the run was judged.',
      points: statuses.map((one) => ({ labels: { status: one }, value: one === status ? 1 : 0 })),
    },
    {
      name: 'replystorm_exit_code',
      kind: 'gauge',
      help: 'Exit code of the run; absent until it is known.',
      points: single(exitCode),
    },
    {
      name: 'replystorm_ledger_copies',
      kind: 'gauge',
      help: 'What became of accepted copies, by disposition; absent until a census closed the ledger.',
      points: Object.entries(ledger ?? {}).map(([disposition, value]) => ({
        labels: { disposition },
        value,
      })),
    },
  ];
}
