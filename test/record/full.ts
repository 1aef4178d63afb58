/** A record of which every question can be answered, and what to take away so that one of them cannot. No test here. */

import { emptyReadings } from '../../src/measure/readings.ts';
import { readingFigures, summaryOf, type ReadingFigures } from '../../src/measure/reading-figures.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { PASSING } from '../report/fixtures.ts';
import { operation, S } from '../report/parts.ts';

/** So many values from 1 ms on, a millisecond apart. */
const times = (count: number) => summaryOf(Array.from({ length: count }, (_, index) => (index + 1) * 1_000));

const NOTHING_READ = readingFigures(emptyReadings(), {
  zeroUs: 0,
  endUs: 100 * S,
  watchers: [],
  mailboxes: 1_000,
  objectiveUs: 5 * S,
  guardExpected: false,
});

const READ: ReadingFigures = {
  ...NOTHING_READ,
  watched: { mailboxes: 20, of: 1_000 },
  blast: { sentUs: 8 * S, seen: 20, coverage: [{ afterUs: S, share: 1 }], lastAfterUs: S },
  age: {
    ...NOTHING_READ.age,
    byPhase: { ...NOTHING_READ.age.byPhase, storm: times(200) },
    byKind: { list: times(200), bystander: times(30), clinical: times(120), outside: times(110) },
  },
  depth: { ...NOTHING_READ.depth, storm: summaryOf([0, 3, 51]) },
  screens: { ...NOTHING_READ.screens, storm: { looks: 4, storm: 90, other: 10 } },
  doors: {
    ...NOTHING_READ.doors,
    mailboxes: 400,
    attempts: 1_900,
    failed: 12,
    withoutAccess: times(400),
    longestFromUs: 9 * S,
    poorInStorm: 40,
    poorSince: 60,
  },
  toAll: { accepted: 595, refused: 2, unknown: 1 },
  guard: { expected: true, firstUs: 20 * S, refused: 2, letThroughAfter: 4, bystandersBlocked: 1 },
  lines: { submit: { secured: 40, plain: 0 }, mailbox: { secured: 400, plain: 0 } },
  largeBodies: { asked: 10, fetched: 9 },
};

const window = (startS: number, state: 'asBefore' | 'worse') => ({
  startUs: startS * S,
  endUs: (startS + 5) * S,
  state,
  worse: state === 'worse' ? ['sign-in'] : [],
  major: false,
});

/** A cohort whose readers needed so many milliseconds and more. */
const cohort = (name: string, fromMs: number) => {
  const responseUs = summaryOf(Array.from({ length: 200 }, (_, index) => (fromMs + index) * 1_000));
  const canaries = { sent: 40, seen: 40, late: 3, lost: 0, visibleUs: times(40) };
  const felt = { canaries, reads: { ended: 200, ok: 190, responseUs } };
  return { name, mailboxes: 500, ...felt, byPhase: [{ phase: 'storm' as const, ...felt }] };
};

/** Answers to everything. */
export const FULL: RunRecord = {
  ...PASSING,
  target: {
    ...(PASSING.target as NonNullable<RunRecord['target']>),
    inbound: 'smtp://127.0.0.1:2525',
    tls: 'required/required',
    tlsVerified: true,
  },
  operations: [...PASSING.operations, operation('journey.canary', 'storm', 900_000, { ok: 590 })].filter(
    (one, index, all) =>
      index ===
      all.findLastIndex(({ operation: name, phase }) => name === one.operation && phase === one.phase),
  ),
  readings: READ,
  recovery: {
    tolerance: 1.5,
    percentile: 90,
    windowUs: 5 * S,
    windows: [window(8, 'worse'), window(60, 'asBefore'), window(65, 'worse'), window(90, 'asBefore')],
    firstWorseUs: 13 * S,
    systemNormalUs: 58 * S,
    systemEstimated: false,
    userNormalUs: 90 * S,
    userBecause: 'as before from there to the end',
    regainedUs: 60 * S,
    lostAgainUs: 65 * S,
    majorIncidentUs: 23 * S,
    majorShare: 0.05,
    secondDip: 'yes',
  },
  aftermath: {
    forecast: {
      unit: 'copies',
      owedAtStormEnd: 5_000,
      deliveredPerSecond: 1_000,
      forecastUs: 5 * S,
      actualUs: 21 * S,
    },
    forecastBecause: 'owed at the end of the storm over the rate of delivery during it',
    silences: [{ startUs: 30 * S, endUs: 34 * S }],
    silencesBecause: '900 arrivals in watched mailboxes while something was owed',
    silenceUs: 2 * S,
    waited: { us: 1.2e9, journeys: 3_000, operations: ['journey.read'] },
    deleting: [{ from: 1, to: 30, seconds: 20, signIns: 400, signInP50Us: 40_000 }],
    headroom: { deliveredPerSecond: 3_000, baselinePerSecond: 20 },
  },
  replies: { drawn: 594, toReplies: 570, deepest: 12 },
  cohorts: [cohort('clinics', 20), cohort('offices', 900)],
};

const without = (change: Partial<ReadingFigures>): Partial<RunRecord> => ({
  readings: { ...READ, ...change },
});

const { recovery, aftermath } = FULL as Required<RunRecord>;
const withoutOperation = (name: string): Partial<RunRecord> => ({
  operations: FULL.operations.filter((one) => one.operation !== name),
});
const [READING] = FULL.operations.filter(({ operation: name }) => name === 'imap.open');

/** By question: what its record lacks when nobody can tell. */
export const LACKING: Readonly<Record<number, Partial<RunRecord>>> = {
  1: withoutOperation('journey.canary'),
  2: without({ doors: NOTHING_READ.doors }),
  3: without({ blast: NOTHING_READ.blast }),
  4: { ledger: null },
  5: without({ toAll: NOTHING_READ.toAll }),
  6: { aftermath: { ...aftermath, silences: null, silencesBecause: 'no probe told' } },
  7: withoutOperation('imap.signin'),
  8: {
    operations: FULL.operations.map((one) =>
      one.operation === READING?.operation
        ? { ...one, responseUs: { ...one.responseUs, count: 99, p90: null } }
        : one,
    ),
  },
  9: withoutOperation('smtp.submit'),
  10: without({ largeBodies: { asked: 0, fetched: 0 } }),
  11: { patience: [{ phase: 'storm', succeededAfter: [300], gaveUp: 2 }] },
  12: without({ age: NOTHING_READ.age }),
  13: { recovery: { ...recovery, secondDip: 'no data' } },
  14: { aftermath: { ...aftermath, deleting: [] } },
  15: { ledger: null },
  16: { ledger: null },
  17: without({ depth: NOTHING_READ.depth }),
  18: { ledger: null },
  19: { canaries: null },
  20: { cohorts: null },
  21: { recovery: { ...recovery, percentile: null } },
  22: without({ guard: NOTHING_READ.guard }),
  23: { drain: { ...FULL.drain, drainedUs: null } },
  24: {
    recovery: {
      ...recovery,
      userNormalUs: null,
      userBecause: 'still worse than before when it ended: sign-in',
    },
  },
  25: { aftermath: { ...aftermath, forecast: null, forecastBecause: 'no probe told' } },
  26: without({ doors: NOTHING_READ.doors }),
  27: without({ doors: NOTHING_READ.doors }),
  28: { aftermath: { ...aftermath, waited: null } },
  29: { recovery: { ...recovery, windows: recovery.windows.map((one) => ({ ...one, major: null })) } },
  30: { aftermath: { ...aftermath, headroom: null } },
  31: without({ lines: NOTHING_READ.lines }),
  32: { operations: FULL.operations.filter(({ phase }) => phase !== 'recovery') },
  33: without({ age: NOTHING_READ.age }),
};
