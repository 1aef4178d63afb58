/** Tallies in time: what ended in which second of a run of forty. No test here. */

import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import type { PhaseTime } from '../../src/verdict/windows.ts';
import type { OperationName, Phase } from '../../src/words.ts';
import { enter, REJECTED } from '../measure/notebooks.ts';

export const SECOND = 1_000_000;

/** Ten seconds each, but for the deletes, which have none. */
export const PHASE_TIMES: readonly PhaseTime[] = [
  { name: 'baseline', startUs: 0, endUs: 10 * SECOND },
  { name: 'storm', startUs: 10 * SECOND, endUs: 20 * SECOND },
  { name: 'drain', startUs: 20 * SECOND, endUs: 30 * SECOND },
  { name: 'recovery', startUs: 30 * SECOND, endUs: 40 * SECOND },
];

/** In each of these seconds a hundred operations end after `us`, or those of `each`; some refused, some dropped beside. */
export interface Seconds {
  readonly operation: OperationName;
  readonly phase: Phase;
  readonly seconds: readonly number[];
  readonly us?: number;
  readonly each?: readonly number[];
  /** Of the hundred. */
  readonly rejected?: number;
  /** Beside them: never begun. */
  readonly dropped?: number;
}

/** A tally that one worker filled, a notebook a second. */
export function inTime(told: readonly Seconds[], tally = new Tally()): Tally {
  const all = [...new Set(told.flatMap(({ seconds }) => seconds))].sort((a, b) => a - b);
  for (const second of all) {
    const recorder = new Recorder();
    for (const one of told) if (one.seconds.includes(second)) tell(recorder, one);
    tally.add(recorder.drain(), second * SECOND + SECOND / 2);
  }
  return tally;
}

function tell(
  recorder: Recorder,
  { operation, phase, us = 1_000, each, rejected = 0, dropped = 0 }: Seconds,
): void {
  const times = each ?? Array.from({ length: 100 }, () => us);
  enter(recorder, operation, times.slice(rejected), { phase });
  enter(recorder, operation, times.slice(0, rejected), { phase, outcome: REJECTED });
  for (let i = 0; i < dropped; i += 1) {
    recorder.planned(operation, phase, false);
    recorder.dropped(operation, phase, false, 'late');
  }
}
