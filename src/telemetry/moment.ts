/** One moment of a run as watchers are shown it: plain data, made once a second from what main knows. It decides nothing and opens nothing. */

import type { HealthPoint } from '../measure/health.ts';
import type { OutcomeCounts } from '../measure/recorder.ts';
import type { Refusal } from '../measure/refusals.ts';
import type { SeriesClass } from '../measure/series.ts';
import type { Summary, Tally } from '../measure/tally.ts';
import { OPERATIONS, PHASES, type Doors, type OperationName, type Phase } from '../words.ts';

/** What never changes while a run goes on. Lengths in real microseconds; `drain` is at most this long. */
export interface RunIdentity {
  readonly runId: string;
  readonly title: string;
  readonly profile: string;
  readonly mailboxes: number;
  readonly speed: number;
  readonly seed: number;
  readonly digest: string;
  readonly target: string;
  readonly doors: Doors;
  readonly lengthsUs: Readonly<Record<Phase, number>>;
  /** Meant instants of messages to everybody after the storm's zero, in order: the storm's shape. */
  readonly stormUs: readonly number[];
  /** Copies that these messages come to, if all are accepted; undefined where nobody counted. */
  readonly stormCopies?: number | undefined;
}

/** Whether the generator could testify if the run ended now: by the verdict's own checks, on what is known so far. */
export interface FitnessSoFar {
  /** `unknown`: too little has happened to tell. */
  readonly status: 'fit' | 'unfit' | 'unknown';
  /** Why it is unfit, one sentence a check. */
  readonly because: readonly string[];
}

/** What main knows now. All instants in microseconds from the baseline's zero. */
export interface LiveState {
  readonly phase: Phase | 'end';
  readonly atUs: number;
  readonly phases: readonly { readonly name: Phase; readonly startUs: number; readonly endUs: number }[];
  readonly tally: Tally;
  /** The newest interval of how the generator fares; undefined before the first. */
  readonly health: HealthPoint | undefined;
  readonly canariesWaiting: number;
  readonly copiesAccepted: number;
  readonly owed: number | undefined;
  readonly held: boolean;
  readonly conditions: readonly {
    readonly limit: number;
    readonly overUs: number;
    readonly share: number | null;
  }[];
  readonly fitness?: FitnessSoFar | undefined;
}

/** One operation in one phase. Times are response times of all outcomes; percentiles are null below 10/(1−p) samples. */
export interface MomentOperation {
  readonly operation: OperationName;
  readonly phase: Phase;
  readonly planned: number;
  readonly ok: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly dropped: number;
  readonly responseUs: Summary;
}

export interface Moment {
  readonly atUs: number;
  readonly phase: Phase | 'end';
  readonly phases: LiveState['phases'];
  /** Until the plan's end, a drain that is not over at its longest. */
  readonly leftUs: number;
  readonly held: boolean;
  /** Copies or messages that the target owes; null where nobody can tell. */
  readonly owed: number | null;
  readonly copiesAccepted: number;
  readonly canaries: { readonly waiting: number; readonly visibleUs: Summary | null };
  /** Journeys so far: those that were due, and those that ended ok. */
  readonly journeys: { readonly planned: number; readonly ok: number };
  /** In the closed list's order, all phases begun. */
  readonly operations: readonly MomentOperation[];
  /** The most frequent first, a few of them. */
  readonly errors: readonly { readonly text: string; readonly count: number }[];
  readonly refusals: readonly Refusal[];
  readonly health: HealthPoint | null;
  readonly conditions: LiveState['conditions'];
  /** Undefined where nobody judges. */
  readonly fitness?: FitnessSoFar | undefined;
}

/** Kinds of errors that a screen has room for. */
const SHOWN = 8;

const ALL: readonly SeriesClass[] = ['ok', 'rejected', 'unknown', 'dropped'];

/**
 * What is known at this moment; costs milliseconds, so once a second will do. `before`: the moment before, whose times stand
 * where nothing has ended since, since finding percentiles is what costs most.
 */
export function momentOf(
  { lengthsUs }: Pick<RunIdentity, 'lengthsUs'>,
  state: LiveState,
  before?: Moment,
): Moment {
  const { phase, atUs, phases, tally, health, held, owed, copiesAccepted, conditions } = state;
  const counted = tally.operations();
  const unchanged = new Map(before?.operations.map((one) => [endsOf(one), one.responseUs]));
  const operations = [...counted]
    .sort(
      (a, b) =>
        PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) ||
        OPERATIONS.indexOf(a.operation) - OPERATIONS.indexOf(b.operation),
    )
    .map(({ operation, phase: when, intents, induced }): MomentOperation => {
      const sum = (field: 'planned' | 'ok' | 'rejected' | 'unknown'): number =>
        intents[field] + induced[field];
      const dropped = droppedOf(intents) + droppedOf(induced);
      const counts = {
        planned: sum('planned'),
        ok: sum('ok'),
        rejected: sum('rejected'),
        unknown: sum('unknown'),
      };
      const now = { operation, phase: when, ...counts, dropped };
      const responseUs = unchanged.get(endsOf(now)) ?? tally.summary(operation, when, ALL, 'response');
      return { ...now, responseUs };
    });
  const journeys = operations.filter(({ operation }) => operation.startsWith('journey.'));
  const total = (field: 'planned' | 'ok'): number => journeys.reduce((sum, one) => sum + one[field], 0);
  return {
    atUs,
    phase,
    phases,
    leftUs: leftUs(lengthsUs, state),
    held,
    owed: owed ?? null,
    copiesAccepted,
    canaries: { waiting: state.canariesWaiting, visibleUs: visibleIn(tally, phase) },
    journeys: { planned: total('planned'), ok: total('ok') },
    operations,
    errors: tally.errors().slice(0, SHOWN),
    refusals: tally.refusals().slice(0, SHOWN),
    health: health ?? null,
    conditions,
    fitness: state.fitness,
  };
}

/** What is left of the phase that runs, and all of those ahead: how long a phase really took is known once it is over. */
function leftUs(lengthsUs: RunIdentity['lengthsUs'], { phase, atUs, phases }: LiveState): number {
  if (phase === 'end') return 0;
  const startUs = phases.find(({ name }) => name === phase)?.startUs ?? 0;
  const ahead = PHASES.slice(PHASES.indexOf(phase) + 1).reduce((sum, one) => sum + lengthsUs[one], 0);
  return Math.max(0, startUs + lengthsUs[phase] - atUs) + ahead;
}

/** How long test results took to show, in the phase that runs; null once no phase does. */
function visibleIn(tally: Tally, phase: Phase | 'end'): Summary | null {
  return phase === 'end' ? null : tally.summary('journey.canary', phase, ['ok'], 'visible');
}

/** An operation in a phase, and how many of it have ended in each way. */
function endsOf(row: Omit<MomentOperation, 'responseUs'>): string {
  const { operation, phase, ok, rejected, unknown, dropped } = row;
  return [operation, phase, ok, rejected, unknown, dropped].join(' ');
}

function droppedOf(counts: OutcomeCounts): number {
  return Object.values(counts.dropped).reduce((sum, one) => sum + one, 0);
}
