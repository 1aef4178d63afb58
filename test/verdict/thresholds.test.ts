/** Each form of threshold: it holds, it is crossed, it has no data. */

import { describe, expect, test } from 'vitest';
import type { Recorder } from '../../src/measure/recorder.ts';
import { atDoors } from '../../src/profile/at-doors.ts';
import { checkThreshold, type Evidence } from '../../src/verdict/thresholds.ts';
import { USUAL_DOORS, type Doors } from '../../src/words.ts';
import { enter, ramp, REJECTED, UNKNOWN } from '../measure/notebooks.ts';
import { canariesOf, ledgerOf, tallyOf, thresholdOf } from './cases.ts';

function tell(recorder: Recorder): void {
  enter(recorder, 'imap.open', ramp(100, 1_000), { phase: 'baseline' });
  enter(recorder, 'imap.open', ramp(100, 2_000));
  enter(recorder, 'imap.open', ramp(100, 50_000), { outcome: REJECTED });
  enter(recorder, 'imap.body', ramp(99, 1_000));
  enter(recorder, 'imap.signin', ramp(100, 1_000), { phase: 'recovery' });
  enter(recorder, 'smtp.submit', ramp(5));
  enter(recorder, 'smtp.submit', ramp(3), { outcome: REJECTED });
  enter(recorder, 'smtp.submit', ramp(1), { outcome: UNKNOWN, induced: true });
  recorder.planned('smtp.submit', 'drain', false);
  recorder.dropped('smtp.submit', 'drain', false, 'stopped');
}

const EVIDENCE: Evidence = {
  tally: tallyOf(tell),
  canaries: canariesOf({ fine: 6, late: 3, lost: 1 }),
  ledger: ledgerOf(100, { takenByStrategy: 4, bounced: 0 }),
};

const check = (text: string, changes: Partial<Evidence> = {}): object =>
  checkThreshold(thresholdOf(text), { ...EVIDENCE, ...changes });

describe('a threshold', () => {
  test.each([
    // Percentiles: the p90 of 2 to 200 ms is 180 ms.
    ['imap.open{phase:storm,class:ok}: p(90) < 181ms', 'pass'],
    ['imap.open{phase:storm,class:ok}: p(90) < 180ms', 'fail'],
    ['imap.open{phase:storm,class:ok}: p(90) > 179ms', 'pass'],
    ['imap.open{phase:storm,class:ok}: p(90) >= 181ms', 'fail'],
    ['imap.open{phase:storm}: p(90) < 3s', 'fail'],
    ['imap.open{phase:storm}: p(90) < 5s', 'pass'],
    ['imap.open{phase:baseline}: p(90) < 100ms', 'pass'],
    ['imap.open{phase:storm,class:ok}: p(99) < 1s', 'no-data'],
    ['imap.body: p(90) < 1h', 'no-data'],
    ['imap.open{phase:recovery}: p(90) < 1h', 'no-data'],
    // Relative to the baseline's 90 ms.
    ['imap.open{phase:storm,class:ok}: p(90) <= 2.1 * baseline', 'pass'],
    ['imap.open{phase:storm,class:ok}: p(90) < 1.9 * baseline', 'fail'],
    ['imap.signin{phase:recovery}: p(90) < 2 * baseline', 'no-data'],
    // Outcomes: 10 planned, 5 ok, 3 rejected, 1 unknown, 1 dropped.
    ['smtp.submit: rate(rejected) <= 30%', 'pass'],
    ['smtp.submit: rate(rejected) < 30%', 'fail'],
    ['smtp.submit: count(ok) >= 5', 'pass'],
    ['smtp.submit: count(ok) > 5', 'fail'],
    ['smtp.submit: count(unknown) <= 0', 'fail'],
    ['smtp.submit: count(dropped) <= 0', 'fail'],
    ['smtp.submit{phase:storm}: count(dropped) <= 0', 'pass'],
    ['smtp.submit{phase:recovery}: count(dropped) <= 0', 'no-data'],
    ['imap.idle: rate(ok) >= 0%', 'no-data'],
    // Canaries: 10 sent, 3 late, 1 lost, all in the storm.
    ['canaries: rate(late) <= 30%', 'pass'],
    ['canaries: rate(late) <= 29%', 'fail'],
    ['canaries: count(lost) <= 1', 'pass'],
    ['canaries: count(lost) <= 0', 'fail'],
    ['canaries{phase:storm}: count(late) <= 2', 'fail'],
    ['canaries{phase:recovery}: count(late) <= 0', 'no-data'],
    // The ledger.
    ['ledger: count(takenByStrategy) <= 4', 'pass'],
    ['ledger: count(takenByStrategy) < 4', 'fail'],
    ['ledger: count(bounced) <= 0', 'pass'],
  ])('%s: %s', (text, status) => {
    expect(check(text)).toMatchObject({ check: text, kind: 'threshold', status });
  });

  test('has no observation where it has no data, and one in words with its count where it has', () => {
    expect(check('imap.body: p(90) < 1h')).toMatchObject({
      observed: null,
      because: '99 samples, p(90) needs 100',
    });
    expect(check('imap.signin{phase:recovery}: p(90) < 2 * baseline')).toMatchObject({
      observed: null,
      because: 'baseline has 0 samples, p(90) needs 100',
      limit: '< 2 * baseline',
    });
    expect(check('imap.open{phase:baseline}: p(90) < 2s')).toMatchObject({
      observed: '90.0 ms of 100 samples',
      limit: '< 2.00 s',
    });
    expect(check('canaries: rate(late) <= 29%')).toMatchObject({
      observed: '3 of 10 canaries',
      limit: '<= 29.00 %',
    });
    expect(check('smtp.submit: count(ok) >= 5')).toMatchObject({
      observed: '5 of 10 operations',
      limit: '>= 5',
    });
  });

  test('on canaries lost or the ledger has no data without a ledger; on canaries late it has', () => {
    const without = { ledger: undefined };
    expect(check('ledger: count(bounced) <= 0', without)).toMatchObject({ status: 'no-data' });
    expect(check('canaries: count(lost) <= 9', without)).toMatchObject({ status: 'no-data' });
    expect(check('canaries: count(late) <= 9', without)).toMatchObject({ status: 'pass' });
  });

  test('on canaries has no data when none was sent', () => {
    expect(check('canaries: rate(late) <= 100%', { canaries: canariesOf({}) })).toMatchObject({
      status: 'no-data',
    });
  });
});

describe('a threshold by a deed', () => {
  const judgedAt = (text: string, doors: Doors, changes: Partial<Evidence> = {}): object => {
    const [threshold = thresholdOf(text)] = atDoors([{ ...thresholdOf(text), abortOnFail: true }], doors);
    return checkThreshold(threshold, { ...EVIDENCE, ...changes });
  };
  const BY_JMAP: Doors = { submit: 'jmap', mailbox: 'jmap' };
  const SIGN_IN = 'signin{phase:recovery}: p(90) < 95ms';

  test('keeps its text, and says on which operation it was judged', () => {
    expect(judgedAt(SIGN_IN, USUAL_DOORS)).toMatchObject({
      check: SIGN_IN,
      status: 'pass',
      observed: '90.0 ms of 100 samples',
      because: 'the threshold holds (judged on imap.signin)',
    });
    expect(judgedAt('submit: count(unknown) <= 0', USUAL_DOORS)).toMatchObject({
      status: 'fail',
      because: 'the threshold is crossed (judged on smtp.submit)',
    });
    // An operation that the text names needs no words.
    expect(check('imap.signin{phase:recovery}: p(90) < 95ms')).toMatchObject({
      because: 'the threshold holds',
    });
  });

  test('is judged on what people did there, and on nothing else', () => {
    const tally = tallyOf((recorder) => {
      enter(recorder, 'imap.signin', ramp(100, 1_000), { phase: 'recovery' });
      enter(recorder, 'jmap.session', ramp(100, 2_000), { phase: 'recovery' });
    });
    expect(judgedAt(SIGN_IN, BY_JMAP, { tally })).toMatchObject({
      status: 'fail',
      observed: '180 ms of 100 samples',
      because: 'the threshold is crossed (judged on jmap.session)',
    });
    expect(judgedAt(SIGN_IN, USUAL_DOORS, { tally })).toMatchObject({ status: 'pass' });
  });

  test('has no data where nobody went through that door, and says which', () => {
    expect(judgedAt(SIGN_IN, BY_JMAP)).toMatchObject({
      status: 'no-data',
      observed: null,
      because: '0 samples, p(90) needs 100 (judged on jmap.session)',
    });
    expect(judgedAt('signin{phase:recovery}: p(90) < 1s within 5s', BY_JMAP)).toMatchObject({
      status: 'no-data',
      because: 'the phase did not begin (judged on jmap.session)',
    });
  });

  test('says so too where it ended the run', () => {
    const endedBy = { text: SIGN_IN, observed: '3.00 s' };
    expect(judgedAt(SIGN_IN, BY_JMAP, { endedBy })).toMatchObject({
      status: 'fail',
      observed: '3.00 s',
      because: 'it ended the run (judged on jmap.session)',
    });
  });
});
