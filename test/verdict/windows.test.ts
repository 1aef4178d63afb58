/** Thresholds in time, from the tally's intervals: each form holds, is crossed, and has no data. */

import { describe, expect, test } from 'vitest';
import { stretchPercentile } from '../../src/measure/stretch.ts';
import { checkThreshold, type Evidence } from '../../src/verdict/thresholds.ts';
import { phasesAfter } from '../../src/verdict/windows.ts';
import { ramp } from '../measure/notebooks.ts';
import { canariesOf, thresholdOf } from './cases.ts';
import { inTime, PHASE_TIMES, SECOND } from './in-time.ts';

/**
 * Opens in the storm (10 s to 20 s): 10 ms, but 3 s in the seconds 12 to 14, of which 13 is silent, and in 17.
 * Reads in the recovery (30 s to 40 s): 3 s in its first 3 s, then 20 ms; sign-ins never recover, bodies relapse.
 */
const TALLY = inTime([
  { operation: 'imap.open', phase: 'baseline', seconds: [0, 1, 2, 3], us: 10_000 },
  { operation: 'imap.open', phase: 'storm', seconds: [10, 11, 15, 16, 18, 19], us: 10_000 },
  { operation: 'imap.open', phase: 'storm', seconds: [12, 14, 17], us: 3 * SECOND },
  { operation: 'smtp.submit', phase: 'storm', seconds: [10, 11, 12], us: 1_000, rejected: 10 },
  { operation: 'smtp.submit', phase: 'storm', seconds: [13, 14], us: 1_000 },
  { operation: 'smtp.connect', phase: 'storm', seconds: [10, 11], us: 1_000, dropped: 5 },
  { operation: 'journey.read', phase: 'baseline', seconds: [0, 1, 2, 3], us: 15_000 },
  { operation: 'journey.read', phase: 'recovery', seconds: [30, 31, 32], us: 3 * SECOND },
  { operation: 'journey.read', phase: 'recovery', seconds: [33, 34, 35, 36, 37, 38, 39], us: 20_000 },
  { operation: 'imap.signin', phase: 'recovery', seconds: [30, 32, 34, 36, 38], us: 3 * SECOND },
  { operation: 'imap.body', phase: 'recovery', seconds: [30, 31, 32, 33, 34], us: 20_000 },
  { operation: 'imap.body', phase: 'recovery', seconds: [38, 39], us: 3 * SECOND },
  { operation: 'imap.search', phase: 'recovery', seconds: [30], us: 3 * SECOND },
  // Meant in the storm, answered after it.
  { operation: 'imap.headers', phase: 'storm', seconds: [22, 23], us: 9 * SECOND },
]);

const EVIDENCE: Evidence = {
  tally: TALLY,
  canaries: canariesOf({}),
  ledger: undefined,
  phases: PHASE_TIMES,
};

const check = (text: string, changes: Partial<Evidence> = {}): object =>
  checkThreshold(thresholdOf(text), { ...EVIDENCE, ...changes });

describe('over', () => {
  test.each([
    ['imap.open{phase:storm}: p(90) < 1s over 1s', 'fail'],
    // Second 13 is silent: it breaks no row. Second 17 stands alone.
    ['imap.open{phase:storm}: p(90) < 1s over 1s for 2', 'fail'],
    ['imap.open{phase:storm}: p(90) < 1s over 1s for 3', 'pass'],
    ['imap.open{phase:storm}: p(90) < 4s over 1s', 'pass'],
    // Of the storm's first half 200 of 400 are slow, of its second 100 of 400.
    ['imap.open{phase:storm}: p(50) < 1s over 5s', 'pass'],
    ['imap.open{phase:storm}: p(75) < 1s over 5s', 'fail'],
    ['imap.open: p(90) < 1s over 1s for 2', 'fail'],
    ['imap.open{phase:baseline}: p(90) < 11ms over 2s', 'pass'],
    ['imap.open{phase:storm}: p(99) < 4s over 5s', 'no-data'],
    ['imap.open{phase:recovery}: p(90) < 4s over 5s', 'no-data'],
    ['imap.open{phase:storm}: p(90) < 2 * baseline over 1s', 'fail'],
    ['imap.open{phase:storm}: p(90) < 999 * baseline over 1s', 'pass'],
    ['imap.signin{phase:recovery}: p(90) < 2 * baseline over 2s', 'no-data'],
    // What the storm left under way is judged when it ended, after the storm.
    ['imap.headers{phase:storm}: p(90) < 1s over 1s for 2', 'fail'],
    ['smtp.submit: rate(rejected) < 10% over 1s for 3', 'fail'],
    ['smtp.submit: rate(rejected) < 10% over 1s for 4', 'pass'],
    ['smtp.submit: rate(rejected) <= 10% over 5s', 'pass'],
    ['smtp.submit{phase:drain}: rate(rejected) <= 10% over 5s', 'no-data'],
    ['smtp.submit: count(rejected) <= 10 over 1s', 'pass'],
    ['smtp.submit: count(rejected) <= 10 over 2s', 'fail'],
    ['smtp.submit{phase:recovery}: count(rejected) <= 10 over 2s', 'no-data'],
    // What never began has no time, and is counted all the same.
    ['smtp.connect: count(dropped) <= 4 over 1s for 2', 'fail'],
    ['smtp.connect: rate(dropped) <= 5% over 1s', 'pass'],
    // Whole windows only, where so many are asked for: the third window of 4 s is cut by the storm's end.
    ['imap.open{phase:storm}: count(ok) >= 300 over 4s', 'pass'],
    ['imap.open{phase:storm}: count(ok) >= 301 over 4s', 'fail'],
    ['imap.open{phase:storm}: count(ok) >= 1 over 11s', 'no-data'],
  ])('%s: %s', (text, status) => {
    expect(check(text)).toMatchObject({ check: text, kind: 'threshold', status });
  });

  test('says what it saw, where, and in how many', () => {
    expect(check('imap.open{phase:storm}: p(90) < 1s over 1s for 2')).toMatchObject({
      observed: '3.00 s of 100 samples in the window from 14.0 s on, the last of 2 in a row',
      because: 'the threshold is crossed in up to 2 of 9 windows of 1.00 s in a row',
      limit: '< 1.00 s',
    });
    expect(check('imap.open{phase:storm}: p(90) < 1s over 1s for 3')).toMatchObject({
      observed: 'crossed in at most 2 of 9 windows of 1.00 s in a row',
    });
    expect(check('imap.open{phase:storm}: p(99.9) < 4s over 5s')).toMatchObject({
      observed: null,
      because: 'no window of 5.00 s has data',
    });
  });

  test('without the phases has no data for a phase, and needs none for the whole run', () => {
    expect(check('imap.open{phase:storm}: p(90) < 1s over 1s', { phases: [] })).toMatchObject({
      status: 'no-data',
      because: 'the phase did not begin',
    });
    expect(check('imap.open: p(90) < 1s over 1s', { phases: [] })).toMatchObject({ status: 'fail' });
  });
});

test('windows begin after the warm-up: none is cut short by it', () => {
  const seconds = [2, 3, 4, 5, 6, 7];
  const tally = inTime([{ operation: 'imap.open', phase: 'baseline', seconds, us: 1_000 }]);
  const phases = phasesAfter(2 * SECOND, PHASE_TIMES);
  for (const subject of ['imap.open', 'imap.open{phase:baseline}']) {
    const text = `${subject}: count(ok) >= 300 over 3s`;
    expect(check(text, { tally })).toMatchObject({ status: 'fail' });
    expect(check(text, { tally, phases })).toMatchObject({ status: 'pass' });
  }
});

describe('within', () => {
  test.each([
    ['journey.read{phase:recovery}: p(90) < 1s within 3s', 'pass'],
    ['journey.read{phase:recovery}: p(90) < 1s within 2s', 'fail'],
    ['journey.read{phase:recovery}: p(50) < 1s within 1s', 'pass'],
    ['journey.read{phase:recovery}: p(90) < 1.4 * baseline within 5s', 'pass'],
    ['journey.read{phase:recovery}: p(90) < 1.2 * baseline within 5s', 'fail'],
    ['imap.signin{phase:recovery}: p(90) < 1s within 5s', 'fail'],
    ['imap.signin{phase:recovery}: p(90) < 2 * baseline within 5s', 'no-data'],
    // It held for five seconds, and then no longer.
    ['imap.body{phase:recovery}: p(90) < 1s within 2s', 'fail'],
    ['imap.search{phase:recovery}: p(90) < 1s within 5s', 'no-data'],
    ['imap.open{phase:recovery}: p(90) < 1s within 5s', 'no-data'],
    ['smtp.submit{phase:storm}: rate(rejected) <= 1% within 3s', 'pass'],
    ['smtp.submit{phase:storm}: rate(rejected) <= 1% within 2s', 'fail'],
    ['smtp.submit{phase:recovery}: rate(rejected) <= 1% within 2s', 'no-data'],
  ])('%s: %s', (text, status) => {
    expect(check(text)).toMatchObject({ check: text, kind: 'threshold', status });
  });

  test('says since when it holds, and how far off it was', () => {
    expect(check('journey.read{phase:recovery}: p(90) < 1s within 5s')).toMatchObject({
      observed: "20.0 ms of 700 samples from 3.00 s after the phase's zero on",
    });
    expect(check('journey.read{phase:recovery}: p(90) < 1s within 2s')).toMatchObject({
      observed: "3.00 s of 800 samples from 2.00 s after the phase's zero on",
    });
  });

  test('of a phase that was cut short cannot have failed, and may have held', () => {
    const phases = PHASE_TIMES.map((phase) =>
      phase.name === 'recovery' ? { ...phase, endUs: 34 * SECOND } : phase,
    );
    const because = 'the phase ended before 5.00 s were over';
    expect(check('imap.signin{phase:recovery}: p(90) < 1s within 5s', { phases })).toMatchObject({
      status: 'no-data',
      because,
    });
    expect(check('journey.read{phase:recovery}: p(90) < 1s within 5s', { phases })).toMatchObject({
      status: 'pass',
    });
    const before = { phases: PHASE_TIMES.filter(({ name }) => name !== 'recovery') };
    expect(check('journey.read{phase:recovery}: p(90) < 1s within 5s', before)).toMatchObject({
      status: 'no-data',
    });
  });
});

describe('a stretch', () => {
  test('has the percentiles that the whole tally has', () => {
    const tally = inTime([
      { operation: 'imap.open', phase: 'storm', seconds: [0, 1, 2], each: ramp(777, 3_331) },
    ]);
    const of = { operation: 'imap.open', phase: undefined } as const;
    for (const percentile of [0.1, 1, 50, 75, 90, 95.5, 99, 99.9]) {
      expect(stretchPercentile(tally.intervals(), of, ['ok'], percentile), `${percentile}`).toEqual(
        tally.percentile('imap.open', undefined, ['ok'], 'response', percentile),
      );
    }
  });

  test('keeps its counts where intervals are merged', () => {
    const tally = inTime([
      { operation: 'smtp.submit', phase: 'storm', seconds: [0, 1, 1_000], us: 1_000, rejected: 7 },
    ]);
    const text = 'smtp.submit: count(rejected) <= 13 over 2s';
    expect(tally.intervals()[0]?.lengthUs).toBe(2 * SECOND);
    expect(check(text, { tally, phases: [] })).toMatchObject({ status: 'fail' });
  });
});
