/** A moment made with the one before it says what one made afresh says. */

import { expect, test } from 'vitest';

import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import { type LiveState, momentOf } from '../../src/telemetry/moment.ts';
import type { Phase } from '../../src/words.ts';

const LENGTHS = { baseline: 1e6, storm: 1e6, drain: 1e6, deletes: 1e6, recovery: 1e6 };

function stateOf(tally: Tally, phase: Phase): LiveState {
  return {
    phase,
    atUs: 1_500_000,
    phases: [{ name: phase, startUs: 0, endUs: 1_500_000 }],
    tally,
    health: undefined,
    canariesWaiting: 0,
    copiesAccepted: 0,
    owed: undefined,
    held: false,
    conditions: [],
  };
}

/** So many sign-ins of that length. */
function signIns(tally: Tally, phase: Phase, count: number, us: number): void {
  const recorder = new Recorder();
  for (let n = 0; n < count; n += 1) {
    recorder.planned('imap.signin', phase, false);
    recorder.sample({
      operation: 'imap.signin',
      phase,
      outcome: { kind: 'ok', evidence: 'OK' },
      intendedUs: 0,
      dueUs: 0,
      startedUs: 0,
      endedUs: us,
      induced: false,
    });
  }
  tally.add(recorder.drain(), 0);
}

test('times of what has ended since are found anew, the others stand', () => {
  const tally = new Tally();
  signIns(tally, 'baseline', 100, 1_000);
  signIns(tally, 'storm', 100, 2_000);
  const first = momentOf({ lengthsUs: LENGTHS }, stateOf(tally, 'storm'));
  signIns(tally, 'storm', 300, 9_000);
  const next = momentOf({ lengthsUs: LENGTHS }, stateOf(tally, 'storm'), first);
  expect(next).toEqual(momentOf({ lengthsUs: LENGTHS }, stateOf(tally, 'storm')));
  const [before, storm] = next.operations;
  expect(before?.responseUs).toBe(first.operations[0]?.responseUs);
  expect(storm?.responseUs.max).toBe(9_000);
});
