/** Samples and differences for the tally's tests: short ways to say what a worker recorded. No test here. */

import type { Outcome, Sample } from '../../src/measure/outcome.ts';
import { Recorder, type TallyDelta } from '../../src/measure/recorder.ts';
import type { OperationName, Phase } from '../../src/words.ts';

export const OK: Outcome = { kind: 'ok', evidence: '250' };
export const UNKNOWN: Outcome = { kind: 'unknown', because: 'timed out' };
export const REJECTED: Outcome = {
  kind: 'rejected',
  code: 550,
  temporary: false,
  limiter: false,
  greylist: false,
  overQuota: false,
  text: 'no',
};
export const LIMITED: Outcome = {
  ...REJECTED,
  code: 421,
  temporary: true,
  limiter: true,
  text: 'too many connections',
};

/** A sample intended at 0, due and started at once unless told otherwise. */
export function sampleOf(
  operation: OperationName,
  endedUs: number,
  rest: Partial<Omit<Sample, 'operation' | 'endedUs'>> = {},
): Sample {
  return {
    operation,
    phase: 'storm',
    outcome: OK,
    intendedUs: 0,
    dueUs: 0,
    startedUs: 0,
    endedUs,
    induced: false,
    ...rest,
  };
}

/** Enters operations as planned and ended, all alike. */
export function enter(
  recorder: Recorder,
  operation: OperationName,
  endedUs: readonly number[],
  rest: Partial<Omit<Sample, 'operation' | 'endedUs'>> = {},
): void {
  for (const us of endedUs) {
    const sample = sampleOf(operation, us, rest);
    recorder.planned(operation, sample.phase, sample.induced);
    recorder.sample(sample);
  }
}

/** What a worker that did only this would post. */
export function deltaOf(
  operation: OperationName,
  endedUs: readonly number[],
  rest: Partial<Omit<Sample, 'operation' | 'endedUs'>> & { readonly phase?: Phase } = {},
): TallyDelta {
  const recorder = new Recorder();
  enter(recorder, operation, endedUs, rest);
  return recorder.drain();
}

/** 1, 2, ... n times a step. */
export const ramp = (count: number, stepUs = 1): number[] =>
  Array.from({ length: count }, (_, i) => (i + 1) * stepUs);
