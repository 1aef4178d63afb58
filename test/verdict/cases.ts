/** Cases to judge: a run that passes, and ways to spoil it. No test here. */

import { canaryFigures, type CanaryFigures, type Sighting } from '../../src/measure/canaries.ts';
import { DISPOSITIONS } from '../../src/measure/dispositions.ts';
import type { LedgerFigures } from '../../src/measure/ledger.ts';
import type { HealthWorst } from '../../src/measure/health.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import type { Profile } from '../../src/profile/schema.ts';
import { parseThreshold, type Threshold } from '../../src/profile/threshold.ts';
import type { Case } from '../../src/verdict/verdict.ts';
import { OPERATIONS, type OperationName, type Phase } from '../../src/words.ts';
import { enter, ramp } from '../measure/notebooks.ts';
import { SMOKE } from '../storm/plans.ts';

export function thresholdOf(text: string): Threshold {
  const reading = parseThreshold(text, OPERATIONS);
  if (!reading.ok) throw new Error(reading.expected);
  return reading.threshold;
}

export const withThresholds = (...texts: readonly string[]): Profile => ({
  ...SMOKE,
  thresholds: texts.map(thresholdOf),
});

/** A tally of what a recorder was told. */
export function tallyOf(tell: (recorder: Recorder) => void): Tally {
  const recorder = new Recorder();
  tell(recorder);
  const tally = new Tally();
  tally.add(recorder.drain(), 0);
  return tally;
}

/** A hundred reads of 1 to 100 ms, taken up at once, each with its sign-in, beside a hundred copies accepted. */
export function goodReads(recorder: Recorder): void {
  recorder.accepted(100);
  enter(recorder, 'journey.read', ramp(100, 1_000));
  enter(recorder, 'imap.signin', ramp(100, 1_000));
}

/** What the plan says of a tally that has nothing but intents. */
export function plannedOf(tally: Tally): Map<Phase, Map<OperationName, number>> {
  const planned = new Map<Phase, Map<OperationName, number>>();
  for (const { operation, phase, intents } of tally.operations()) {
    const counts = planned.get(phase) ?? new Map<OperationName, number>();
    planned.set(phase, counts.set(operation, intents.planned));
  }
  return planned;
}

/** A ledger of so many copies, all present but for what is said. */
export function ledgerOf(accepted: number, figures: Partial<LedgerFigures> = {}): LedgerFigures {
  const dispositions = Object.fromEntries(DISPOSITIONS.map((name) => [name, 0])) as Record<
    (typeof DISPOSITIONS)[number],
    number
  >;
  const elsewhere = DISPOSITIONS.reduce(
    (sum, name) => sum + (name === 'present' ? 0 : (figures[name] ?? 0)),
    0,
  );
  return {
    ...dispositions,
    present: accepted - elsewhere,
    copiesAccepted: accepted,
    copiesSeen: accepted,
    listCopiesAccepted: accepted,
    unknownResolved: 0,
    unknown: 0,
    duplicated: 0,
    misdelivered: 0,
    foreign: 0,
    copiesRemaining: accepted,
    takenTrashed: 0,
    takenExpunged: 0,
    copiesTold: accepted,
    overQuota: { refused: 0, notified: 0, clinical: 0, named: [] },
    notices: [],
    untraced: 0,
    sample: null,
    named: {
      lost: [],
      goneUnasked: [],
      takenByStrategy: [],
      bounced: [],
      overdue: [],
      misdelivered: [],
      duplicated: [],
    },
    clinical: new Map(),
    ...figures,
  };
}

/** Canaries of the storm phase: so many in time, late, and lost. */
export function canariesOf(counts: { fine?: number; late?: number; lost?: number }): CanaryFigures {
  const { fine = 0, late = 0, lost = 0 } = counts;
  const sightings = Array.from(
    { length: fine + late + lost },
    (_, number): Sighting => ({
      number,
      phase: 'storm',
      acceptance: 'accepted',
      watchedUs: 1e9,
      visibleUs: number < fine ? 1 : number < fine + late ? 1e9 : undefined,
    }),
  );
  const ledger = new Map(
    sightings.map(({ number }) => [number, number < fine + late ? 'present' : 'lost'] as const),
  );
  return canaryFigures(sightings, ledger, 1e6, new Tally());
}

/** A generator at ease. */
export const AT_EASE: HealthWorst = {
  delayP99Us: 1_500,
  delayMaxUs: 9_000,
  utilisationP90: 0.3,
  spinning: false,
  utilisationMax: 0.5,
  cpuP90: 0.4,
  cpuMax: 0.6,
  gcShare: 0.004,
  gcMaxUs: 2_000,
  socketsMax: 40,
  lagMaxUs: 4_000,
};

/** A run that passes, unless something of it is exchanged. */
export function caseOf(changes: Partial<Case> = {}): Case {
  const tally = changes.tally ?? tallyOf(goodReads);
  return {
    profile: withThresholds('journey.read: p(90) < 1s'),
    tally,
    planned: plannedOf(tally),
    shards: { heard: 2, expected: 2 },
    health: AT_EASE,
    ledger: ledgerOf(100),
    whyNoLedger: 'nobody looked',
    canaries: canariesOf({ fine: 10 }),
    ...changes,
  };
}
