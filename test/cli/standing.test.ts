/** What a dashboard is told beside the moment: thresholds as they stand, columns of what people waited for. */

import { describe, expect, test } from 'vitest';

import { FeltColumns } from '../../src/cli/felt-columns.ts';
import { standingOf } from '../../src/cli/standing.ts';
import { Health } from '../../src/measure/health.ts';
import type { RunState } from '../../src/replay/conduct.ts';
import type { FeltColumn } from '../../src/telemetry/dashboard/glance.ts';
import { JOURNEYS } from '../../src/words.ts';
import { enter, ramp } from '../measure/notebooks.ts';
import { planOf, SMOKE } from '../storm/plans.ts';
import { tallyOf, thresholdOf } from '../verdict/cases.ts';
import { inTime, SECOND, type Seconds } from '../verdict/in-time.ts';

const SIGN_INS: Seconds = { operation: 'imap.signin', phase: 'storm', seconds: [10, 11, 12], us: 3 * SECOND };

function stateOf(texts: readonly string[], tally = inTime([SIGN_INS]), afterWarmUp = tally): RunState {
  const plan = planOf(SMOKE);
  const thresholds = texts.map((text) => thresholdOf(text));
  return {
    plan: { ...plan, profile: { ...plan.profile, thresholds } },
    phase: 'storm',
    atUs: 20 * SECOND,
    tally,
    afterWarmUp,
    progress: { inFlight: 0, canariesWaiting: 0, copiesAccepted: 0, repliesUnderWay: 0 },
    owed: 0,
    held: false,
    phases: [
      { name: 'baseline', startUs: 0, endUs: 5 * SECOND },
      { name: 'storm', startUs: 5 * SECOND, endUs: 20 * SECOND },
    ],
    health: new Health(JOURNEYS),
    conditions: [],
  };
}

const statuses = (...texts: readonly string[]): string[] =>
  standingOf(stateOf(texts)).thresholds.map(({ status }) => status);

describe('thresholds so far', () => {
  test('hold, are crossed, or have too few samples, as the verdict would say now', () => {
    expect(statuses('imap.signin{phase:storm}: p(50) < 4s', 'imap.signin{phase:storm}: p(50) < 2s')).toEqual([
      'pass',
      'fail',
    ]);
    expect(statuses('imap.signin{phase:storm}: p(99.9) < 4s', 'imap.open{phase:storm}: p(50) < 4s')).toEqual([
      'no-data',
      'no-data',
    ]);
  });

  test('take a share of what has ended: what is under way has not failed', () => {
    const tally = tallyOf((recorder) => {
      enter(recorder, 'imap.signin', ramp(3));
      for (let i = 0; i < 7; i += 1) recorder.planned('imap.signin', 'storm', false);
    });
    const texts = ['imap.signin{phase:storm}: rate(ok) >= 95%', 'imap.signin{phase:storm}: rate(ok) < 95%'];
    const found = standingOf(stateOf(texts, tally)).thresholds;
    expect(found.map(({ status }) => status)).toEqual(['pass', 'fail']);
    expect(found[0]?.observed).toBe('3 of 3 that have ended');
    const none = standingOf(stateOf(texts, inTime([]))).thresholds;
    expect(none.map(({ status }) => status)).toEqual(['no-data', 'no-data']);
  });

  test('are open where only a later phase, or the end, can tell', () => {
    const texts = [
      'imap.signin{phase:recovery}: p(50) < 4s',
      'canaries: rate(late) <= 1%',
      'ledger: count(takenByStrategy) <= 100',
    ];
    expect(statuses(...texts)).toEqual(['open', 'open', 'open']);
    expect(standingOf(stateOf(texts)).thresholds[0]?.because).toBe('recovery has not begun');
  });

  test('name what stands for a deed at the doors of the run, and leave the warm-up out', () => {
    expect(statuses('signin{phase:storm}: p(50) < 2s')).toEqual(['fail']);
    const texts = ['signin{phase:storm}: p(50) < 2s'];
    const { thresholds } = standingOf(stateOf(texts, inTime([SIGN_INS]), inTime([])));
    expect(thresholds[0]?.status).toBe('no-data');
  });
});

describe('columns', () => {
  test('are handed out once, when two seconds have passed', () => {
    const tally = inTime([SIGN_INS]);
    const columns = new FeltColumns('imap.signin');
    expect(columns.take(tally, 12.9 * SECOND, false).at(-1)?.toUs).toBe(10 * SECOND);
    expect(columns.take(tally, 12.9 * SECOND, false)).toEqual([]);
    const next = columns.take(tally, 13 * SECOND, false);
    expect(next).toHaveLength(1);
    expect(next[0]).toMatchObject({ fromUs: 10 * SECOND, signIn: { p50Us: 3 * SECOND, maxUs: 3 * SECOND } });
    // Three seconds lie in the 18th row of five to a power of ten from a millisecond.
    const [column] = next as [FeltColumn];
    const { heat, signIn } = column;
    expect(heat.findIndex((count) => count > 0)).toBe(17);
    expect(heat.reduce((sum, one) => sum + one, 0)).toBe(signIn.count);
    expect(columns.take(tally, 13 * SECOND, true).at(-1)?.toUs).toBe(13 * SECOND);
  });

  test('of nothing are empty, which is not a time of 0', () => {
    const [column] = new FeltColumns('imap.open').take(inTime([SIGN_INS]), 20 * SECOND, false);
    expect(column?.signIn).toEqual({ count: 0, p50Us: null, maxUs: null });
    expect(column?.result).toEqual({ count: 0, p50Us: null, maxUs: null });
  });
});
