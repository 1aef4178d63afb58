/** The verdict on a load without a plan: fit or not, and whether there was a target to measure at all. */

import { expect, test } from 'vitest';

import { Recorder } from '../../src/measure/recorder.ts';
import type { Outcome } from '../../src/measure/outcome.ts';
import { Tally } from '../../src/measure/tally.ts';
import { judgeLoad } from '../../src/verdict/load.ts';
import { AT_EASE } from './cases.ts';

const OK: Outcome = { kind: 'ok', evidence: '250' };
const ABANDONED: Outcome = { kind: 'dropped', by: 'abandoned' };

function judged(outcomes: readonly Outcome[]) {
  const recorder = new Recorder();
  for (const outcome of outcomes) {
    recorder.planned('smtp.submit', 'storm', false);
    recorder.sample({
      operation: 'smtp.submit',
      phase: 'storm',
      outcome,
      intendedUs: 0,
      dueUs: 0,
      startedUs: 0,
      endedUs: 70_000_000,
      induced: false,
    });
  }
  const tally = new Tally();
  tally.add(recorder.drain(), 0);
  return judgeLoad(tally, AT_EASE, { heard: 1, expected: 1 }, true).verdict;
}

test('a target that took one message was measured', () => {
  expect(judged([OK, ABANDONED])).toMatchObject({ status: 'pass' });
});

test.each([
  ['took none', [ABANDONED, ABANDONED]],
  ['was asked for none', []],
] as const)('a target that %s was not: no data, which is no pass', (_, outcomes) => {
  const { status, findings } = judged(outcomes);
  expect(status).toBe('no-data');
  expect(findings.find(({ check }) => check === 'target: took messages')).toMatchObject({
    status: 'no-data',
    observed: null,
  });
});

test('what was abandoned is the target’s doing: the generator took it up in time', () => {
  const { findings } = judged([OK, ...Array.from({ length: 99 }, () => ABANDONED)]);
  expect(findings.find(({ check }) => check === 'generator: taken up in time')).toMatchObject({
    status: 'pass',
  });
});
