/** Was the generator fit to testify? Its own lag, what it took up in time, who was heard, and whose limiter answered. */

import type { HealthWorst } from '../measure/health.ts';
import type { OperationCounts } from '../measure/recorder.ts';
import type { Tally } from '../measure/tally.ts';
import type { Profile } from '../profile/schema.ts';
import { formatDuration } from '../units.ts';
import { BACKGROUND_OPERATIONS, JOURNEYS, type OperationName } from '../words.ts';
import type { KindedFinding } from './finding.ts';
import { checkHealth } from './generator-checks.ts';
import { FITNESS_LIMITS } from './fitness-limits.ts';

const LAG_FLOOR_US = FITNESS_LIMITS.lagFloor.value * 1_000;
const LAG_SHARE = FITNESS_LIMITS.lagShare.value / 100;
const TAKEN_UP = FITNESS_LIMITS.takenUp.value / 100;
const LIMITED = FITNESS_LIMITS.limited.value / 100;

/** Largest lag p99, from the tightest absolute time threshold of the profile. */
export function lagLimitUs(profile: Profile): number {
  const times = profile.thresholds.flatMap(({ measure, limit }) =>
    measure.kind === 'percentile' && limit.kind === 'absolute' ? [limit.value] : [],
  );
  return times.length === 0 ? LAG_FLOOR_US : Math.max(LAG_FLOOR_US, LAG_SHARE * Math.min(...times));
}

export interface ShardsHeard {
  readonly heard: number;
  readonly expected: number;
}

/** Every fitness finding about a storm: its journeys are what the dispatcher takes up. */
export function checkFitness(
  profile: Profile,
  tally: Tally,
  health: HealthWorst,
  shards: ShardsHeard,
): KindedFinding[] {
  return [
    checkLag(lagLimitUs(profile), tally, JOURNEYS, 'journeys'),
    checkTakenUp(tally.operations(), JOURNEYS, 'journeys'),
    ...checkHealth(health, lagLimitUs(profile)),
    checkShards(shards),
    checkLimiter(tally.operations()),
  ];
}

/** What a load without a plan is counted in. */
export interface LoadUnit {
  readonly operation: OperationName;
  readonly noun: string;
}

export const MESSAGES: LoadUnit = { operation: 'smtp.submit', noun: 'messages' };

/**
 * Every fitness finding about a load without a plan: its units are what is taken up. Unpaced, there is no lag to
 * judge, and a generator that is busy all the time does what it was asked to.
 */
export function checkLoadFitness(
  tally: Tally,
  health: HealthWorst,
  shards: ShardsHeard,
  paced: boolean,
  { operation, noun }: LoadUnit = MESSAGES,
): KindedFinding[] {
  const pace = paced
    ? [
        checkLag(LAG_FLOOR_US, tally, [operation], noun),
        checkTakenUp(tally.operations(), [operation], noun),
        ...checkHealth(health, LAG_FLOOR_US),
      ]
    : [];
  return [...pace, checkShards(shards), checkLimiter(tally.operations(), operation)];
}

function checkLag(
  limitUs: number,
  tally: Tally,
  takenUp: readonly OperationName[],
  noun: string,
): KindedFinding {
  const base = {
    kind: 'fitness',
    check: 'generator: lag',
    limit: `p99 <= ${formatDuration(limitUs)}`,
  } as const;
  const { count, p99, max } = tally.summaryOf(takenUp, 'lag');
  if (max === null) return { ...base, status: 'no-data', observed: null, because: 'nothing was taken up' };
  // With too few journeys for a p99, a maximum within the limit still proves it; one above it proves nothing.
  const judgedUs = p99 ?? max;
  const observed = `${p99 === null ? 'max' : 'p99'} ${formatDuration(judgedUs)} of ${count} ${noun}`;
  if (judgedUs <= limitUs)
    return { ...base, status: 'pass', observed, because: `${noun} were taken up when they were due` };
  if (p99 === null)
    return {
      ...base,
      status: 'no-data',
      observed: null,
      because: `${observed}: too few for a p99, too late to pass without one`,
    };
  return {
    ...base,
    status: 'fail',
    observed,
    because:
      'the generator was late by itself: give it a core of its own, fewer journeys, or another machine',
  };
}

function checkTakenUp(
  operations: readonly OperationCounts[],
  takenUp: readonly OperationName[],
  noun: string,
): KindedFinding {
  let planned = 0;
  let late = 0;
  for (const { operation, intents } of operations) {
    if (!takenUp.includes(operation)) continue;
    planned += intents.planned;
    late += intents.dropped.late;
  }
  const base = {
    kind: 'fitness',
    check: 'generator: taken up in time',
    limit: `>= ${TAKEN_UP * 100} %`,
  } as const;
  if (planned === 0) return { ...base, status: 'no-data', observed: null, because: 'nothing was planned' };
  const share = (planned - late) / planned;
  return {
    ...base,
    status: share >= TAKEN_UP ? 'pass' : 'fail',
    observed: `${(share * 100).toFixed(2)} % of ${planned} ${noun}`,
    because: `${noun} dropped as late were never felt by the target`,
  };
}

function checkShards(shards: ShardsHeard): KindedFinding {
  return {
    kind: 'fitness',
    check: 'generator: all shards heard',
    status: shards.heard === shards.expected ? 'pass' : 'fail',
    observed: `${shards.heard} of ${shards.expected}`,
    limit: `${shards.expected}`,
    because: 'a shard that did not report took its share of the evidence along',
  };
}

/** `unit`: what a load without a plan is about counts as attempted, be it as cheap as a poll. */
function checkLimiter(operations: readonly OperationCounts[], unit?: OperationName): KindedFinding {
  let attempts = 0;
  let limited = 0;
  for (const { operation, intents, induced } of operations) {
    const isAttempt = !operation.startsWith('journey.') && !BACKGROUND_OPERATIONS.includes(operation);
    if (!isAttempt && operation !== unit) continue;
    for (const counts of [intents, induced]) {
      attempts += counts.ok + counts.rejected + counts.unknown;
      limited += counts.limited;
    }
  }
  const base = {
    kind: 'fitness',
    check: 'target: limiters',
    limit: `<= ${LIMITED * 100} % of attempts`,
  } as const;
  if (attempts === 0) return { ...base, status: 'no-data', observed: null, because: 'nothing was attempted' };
  const share = limited / attempts;
  return {
    ...base,
    status: share <= LIMITED ? 'pass' : 'fail',
    observed: `${limited} of ${attempts} attempts`,
    because:
      share <= LIMITED
        ? 'the mail system answered, not its connection limiter'
        : 'a limiter answered: raise its limit for this address, or the run measures the limiter',
  };
}
