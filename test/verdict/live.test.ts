/** Thresholds while the run goes on: what is certain ends it, what may still mend does not. */

import { describe, expect, test } from 'vitest';
import { parseThreshold, type Threshold } from '../../src/profile/threshold.ts';
import { watchThresholds } from '../../src/verdict/live.ts';
import { judge } from '../../src/verdict/verdict.ts';
import { OPERATIONS } from '../../src/words.ts';
import { caseOf, plannedOf, tallyOf, thresholdOf, withThresholds } from './cases.ts';
import { inTime, PHASE_TIMES, type Seconds, SECOND } from './in-time.ts';

const aborting = (text: string): Threshold => ({ ...thresholdOf(text), abortOnFail: true });

const SLOW: readonly Seconds[] = [
  { operation: 'imap.open', phase: 'storm', seconds: [10, 11, 12, 13], us: 3 * SECOND },
  { operation: 'smtp.submit', phase: 'storm', seconds: [10, 11, 12], us: 1_000, rejected: 10 },
];

/** The second in which the run would be ended; undefined: it would not. */
function endsAt(thresholds: readonly Threshold[]): number | undefined {
  for (let second = 0; second <= 40; second += 1) {
    const told = SLOW.map((one) => ({ ...one, seconds: one.seconds.filter((at) => at < second) }));
    const phases = PHASE_TIMES.filter(({ startUs }) => startUs < second * SECOND).map((phase) => ({
      ...phase,
      endUs: Math.min(phase.endUs, second * SECOND),
    }));
    if (watchThresholds(thresholds, { tally: inTime(told), phases }, second * SECOND) !== undefined)
      return second;
  }
  return undefined;
}

describe('a threshold that may end the run', () => {
  test.each([
    // The row is complete at 12 s, and told of two seconds later.
    ['imap.open{phase:storm}: p(90) < 1s over 1s for 2', 14],
    ['imap.open{phase:storm}: p(90) < 1s over 1s for 4', 16],
    ['imap.open{phase:storm}: p(90) < 1s over 1s for 5', undefined],
    ['imap.open{phase:storm}: p(90) < 1s over 10s', 22],
    ['imap.open{phase:storm}: p(90) < 4s over 1s', undefined],
    ['imap.open{phase:recovery}: p(90) < 1s over 1s', undefined],
    ['smtp.submit: rate(rejected) <= 5% over 1s for 3', 15],
    ['imap.open{phase:storm}: count(ok) >= 101 over 1s', 13],
    // A count that is exceeded stays so: no waiting.
    ['smtp.submit: count(rejected) <= 9', 11],
    ['smtp.submit: count(rejected) < 20', 12],
    ['smtp.submit{phase:storm}: count(rejected) <= 29', 13],
    ['smtp.submit: count(rejected) <= 30', undefined],
    // These may still mend.
    ['imap.open{phase:storm}: p(90) < 1s', undefined],
    ['smtp.submit: rate(rejected) <= 1%', undefined],
    ['smtp.submit: count(ok) >= 1000', undefined],
    ['imap.open{phase:storm}: p(90) < 2 * baseline over 1s', undefined],
    ['imap.open{phase:storm}: p(90) < 1s within 1s', undefined],
    ['canaries: count(late) <= 0', undefined],
    ['ledger: count(lost) <= 0', undefined],
  ])('%s: second %s', (text, second) => {
    expect(endsAt([aborting(text)])).toBe(second);
  });

  test('must say so', () => {
    const reading = parseThreshold('smtp.submit: count(rejected) <= 9', OPERATIONS);
    expect(reading.ok && endsAt([reading.threshold])).toBeUndefined();
  });

  test('is named with what was seen; of several the first', () => {
    const run = { tally: inTime(SLOW), phases: PHASE_TIMES };
    const thresholds = [
      aborting('imap.open: p(90) < 9s over 1s'),
      aborting('smtp.submit: count(rejected) <= 9'),
      aborting('imap.open: p(90) < 1s over 1s for 2'),
    ];
    expect(watchThresholds(thresholds, run, 40 * SECOND)).toEqual({
      text: 'smtp.submit: count(rejected) <= 9',
      observed: '30 operations',
    });
  });

  test('whatever is seen at the end, it is reported as failed', () => {
    const text = 'imap.open: p(90) < 1s over 1s for 2';
    const profile = { ...withThresholds(), thresholds: [aborting(text), thresholdOf(`${text} `)] };
    const { verdict, reasons } = judge(caseOf({ profile, endedBy: { text, observed: '3.00 s' } }));
    expect(verdict.findings.filter(({ check }) => check === text)).toMatchObject([
      { status: 'fail', observed: '3.00 s', because: 'it ended the run' },
      { status: 'no-data' },
    ]);
    expect(reasons.map(({ name }) => name)).toContain('threshold');
  });
});

describe('a warning', () => {
  const warning = (text: string): Threshold => ({ ...thresholdOf(text), severity: 'warn' });
  const judged = (text: string): ReturnType<typeof judge> =>
    judge(caseOf({ profile: { ...withThresholds(), thresholds: [warning(text)] } }));

  test.each([
    ['journey.read: p(90) < 1s', 'pass'],
    ['journey.read: p(90) < 10ms', 'fail'],
    ['journey.read: p(99.9) < 1s', 'no-data'],
    ['journey.read: p(90) < 1ms over 1s', 'fail'],
  ])('%s is listed as %s and decides nothing', (text, status) => {
    const { verdict, reasons } = judged(text);
    expect(verdict.findings.find(({ check }) => check === text)).toMatchObject({ status, severity: 'warn' });
    expect(verdict.status).toBe('pass');
    expect(reasons).toEqual([]);
  });

  test('leaves what does decide alone, and findings without one have no such key', () => {
    const thresholds = [warning('journey.read: p(90) < 10ms'), thresholdOf('journey.read: p(90) < 20ms')];
    const { verdict, reasons } = judge(caseOf({ profile: { ...withThresholds(), thresholds } }));
    expect(verdict.status).toBe('fail');
    expect(reasons).toHaveLength(1);
    expect(verdict.findings.filter((finding) => 'severity' in finding)).toHaveLength(1);
  });
});

describe('a warm-up', () => {
  const cold: readonly Seconds[] = [
    { operation: 'journey.read', phase: 'baseline', seconds: [0, 1], us: 3 * SECOND },
    { operation: 'journey.read', phase: 'baseline', seconds: [2, 3, 4, 5], us: 10_000 },
  ];
  const warm = cold.slice(1);

  test('is left out of thresholds, and of nothing else', () => {
    const profile = withThresholds('journey.read: p(90) < 1s', 'journey.read: p(90) < 1s over 1s');
    const tally = inTime(cold);
    const theCase = caseOf({ profile, tally, planned: plannedOf(tally) });
    const told = (changes: object): string[] =>
      judge({ ...theCase, ...changes })
        .verdict.findings.filter(({ check }) => check.startsWith('journey.read'))
        .map(({ status }) => status);
    expect(told({})).toEqual(['fail', 'fail']);
    const { canaries } = theCase;
    const afterWarmUp = { tally: inTime(warm), canaries };
    expect(told({ afterWarmUp })).toEqual(['pass', 'pass']);
    const sums = judge({ ...theCase, afterWarmUp }).verdict.findings[0];
    expect(sums).toMatchObject({ check: 'every planned operation is accounted for', status: 'pass' });
  });

  test('what was planned in it and ended after it makes no share above one', () => {
    const tally = tallyOf((recorder) => {
      for (let i = 0; i < 3; i += 1) recorder.dropped('smtp.submit', 'storm', false, 'late');
    });
    const profile = withThresholds('smtp.submit: rate(dropped) <= 100%');
    const { canaries } = caseOf();
    const { verdict } = judge(caseOf({ profile, afterWarmUp: { tally, canaries } }));
    expect(verdict.findings.find(({ check }) => check.startsWith('smtp'))).toMatchObject({
      status: 'pass',
      observed: '3 of 3 operations',
    });
  });
});
