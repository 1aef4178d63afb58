/** The record's rows: the sum of intents and induced, in the closed lists' order, and empty figures null, never 0. */

import { describe, expect, test } from 'vitest';
import { Tally } from '../../src/measure/tally.ts';
import { recordOperations, recordTimeline } from '../../src/record/operations.ts';
import { USUAL_DOORS, type MailboxDoor } from '../../src/words.ts';
import { deltaOf, enter, LIMITED, ramp, REJECTED, UNKNOWN } from '../measure/notebooks.ts';
import { tallyOf } from '../verdict/cases.ts';

const NOTHING = { count: 0, min: null, p50: null, p90: null, p99: null, p999: null, max: null };

describe('operations', () => {
  test('are in order of phase and then of the closed list, whatever came first', () => {
    const tally = tallyOf((recorder) => {
      enter(recorder, 'journey.read', [1], { phase: 'recovery' });
      enter(recorder, 'imap.open', [1], { phase: 'recovery' });
      enter(recorder, 'journey.read', [1], { phase: 'baseline' });
      enter(recorder, 'smtp.submit', [1], { phase: 'baseline' });
    });
    expect(recordOperations(tally).map(({ phase, operation }) => `${phase} ${operation}`)).toEqual([
      'baseline smtp.submit',
      'baseline journey.read',
      'recovery imap.open',
      'recovery journey.read',
    ]);
  });

  test('sum intents and induced, with all drops by their reason', () => {
    const tally = tallyOf((recorder) => {
      enter(recorder, 'smtp.submit', ramp(4));
      enter(recorder, 'smtp.submit', ramp(2), { outcome: LIMITED, induced: true });
      enter(recorder, 'smtp.submit', ramp(1), { outcome: UNKNOWN, induced: true });
      for (const reason of ['late', 'late', 'held'] as const) {
        recorder.planned('smtp.submit', 'storm', false);
        recorder.dropped('smtp.submit', 'storm', false, reason);
      }
    });
    const [row, ...others] = recordOperations(tally);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ planned: 10, ok: 4, rejected: 2, unknown: 1, dropped: 3, induced: 3 });
    expect(row?.droppedBy).toMatchObject({ late: 2, held: 1, stopped: 0 });
    expect(row?.planned).toBe(
      (row?.ok ?? 0) + (row?.rejected ?? 0) + (row?.unknown ?? 0) + (row?.dropped ?? 0),
    );
  });

  test('keep all outcomes and ok only apart, and each clock', () => {
    const tally = tallyOf((recorder) => {
      enter(recorder, 'imap.open', ramp(30), { intendedUs: 0, dueUs: 1, startedUs: 1 });
      enter(recorder, 'imap.open', [5_000], { outcome: REJECTED });
    });
    const [row] = recordOperations(tally);
    expect(row?.responseUs).toMatchObject({ count: 31, max: 5_000 });
    expect(row?.responseOkUs).toMatchObject({ count: 30, p50: 15, max: 30 });
    expect(row?.serviceUs).toMatchObject({ count: 31, max: 5_000 });
    expect(row?.waitUs).toMatchObject({ count: 31, max: 0 });
    expect(row?.lagUs).toMatchObject({ count: 31, max: 1 });
  });

  test('that were all dropped have no times: null, not 0', () => {
    const tally = tallyOf((recorder) => {
      recorder.planned('imap.body', 'storm', false);
      recorder.dropped('imap.body', 'storm', false, 'stepFailed');
    });
    const [row] = recordOperations(tally);
    for (const figures of [row?.responseUs, row?.responseOkUs, row?.serviceUs, row?.waitUs, row?.lagUs])
      expect(figures).toEqual(NOTHING);
  });

  test('of an empty tally are none', () => {
    expect(recordOperations(new Tally())).toEqual([]);
  });
});

describe('the timeline', () => {
  const tally = new Tally();
  tally.add(deltaOf('imap.signin', ramp(20, 50)), 0);
  tally.add(deltaOf('imap.signin', [7_000]), 2_000_000);

  test('has a point for each interval, null where nothing or too little was measured', () => {
    const points = recordTimeline(tally, [], USUAL_DOORS);
    expect(points.map(({ startUs, lengthUs }) => [startUs, lengthUs])).toEqual([
      [0, 1e6],
      [1e6, 1e6],
      [2e6, 1e6],
    ]);
    expect(points[0]).toMatchObject({
      signInP50Us: 500,
      signInMaxUs: 1_000,
      canaryP50Us: null,
      canaryMaxUs: null,
      owed: null,
    });
    expect(points[1]).toMatchObject({ signInP50Us: null, signInMaxUs: null });
    expect(points[2]).toMatchObject({ signInP50Us: null, signInMaxUs: 7_000 });
  });

  test('takes the last word of the probe in each interval, and none from another', () => {
    const owed = [
      { atUs: -5, owed: 99 },
      { atUs: 0, owed: 5 },
      { atUs: 999_999, owed: 7 },
      { atUs: 2_500_000, owed: 0 },
      { atUs: 2_600_000, owed: null },
      { atUs: 9_000_000, owed: 1 },
    ];
    expect(recordTimeline(tally, owed, USUAL_DOORS).map((point) => point.owed)).toEqual([7, null, null]);
    expect(recordTimeline(tally, owed.slice(0, 4), USUAL_DOORS).map((point) => point.owed)).toEqual([
      7,
      null,
      0,
    ]);
  });

  test('times what stands for signing in at the doors of the run', () => {
    const several = new Tally();
    several.add(deltaOf('imap.signin', [1_000]), 0);
    several.add(deltaOf('jmap.session', [2_000]), 0);
    several.add(deltaOf('http.list', [3_000]), 0);
    const maximum = (mailbox: MailboxDoor) =>
      recordTimeline(several, [], { submit: 'smtp', mailbox })[0]?.signInMaxUs;
    expect([maximum('imap'), maximum('jmap'), maximum('http')]).toEqual([1_000, 2_000, 3_000]);
  });
});
