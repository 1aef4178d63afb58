/** A refusal is the guard's when every condition of the profile holds; then it is no error to thresholds or to stop conditions. */

import { describe, expect, test } from 'vitest';

import type { Outcome } from '../../src/measure/outcome.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import { isGuarded, marked } from '../../src/replay/guarded.ts';
import { countOf, endedOf } from '../../src/verdict/limits.ts';

const refused = (code: number, enhanced: string | undefined, text: string): Outcome => ({
  kind: 'rejected',
  code,
  ...(enhanced === undefined ? {} : { enhanced }),
  temporary: false,
  limiter: true,
  greylist: false,
  overQuota: false,
  text,
});

const STORM = refused(550, '5.7.57', 'Storm protection: this conversation is CLOSED');

describe('the guard', () => {
  test.each([
    ['by code', { codes: [554, 550] }, true],
    ['by enhanced code', { enhanced: ['5.7.57'] }, true],
    ['by words in any case', { text: 'conversation is closed' }, true],
    ['by all of them', { codes: [550], enhanced: ['5.7.57'], text: 'storm' }, true],
    ['another code', { codes: [554] }, false],
    ['another enhanced code', { enhanced: ['5.7.1'] }, false],
    ['other words', { text: 'quota' }, false],
    ['one of them does not hold', { codes: [550], text: 'quota' }, false],
  ] as const)('%s', (_, guard, expected) => {
    const { codes, enhanced, text } = { codes: undefined, enhanced: undefined, text: undefined, ...guard };
    const read = { codes: codes && [...codes], enhanced: enhanced && [...enhanced], text };
    expect(isGuarded(STORM, read)).toBe(expected);
  });

  test('is nobody where the profile says nothing, or nothing was refused', () => {
    expect(isGuarded(STORM, undefined)).toBe(false);
    expect(isGuarded({ kind: 'ok', evidence: '250' }, { codes: [550] })).toBe(false);
    expect(isGuarded(refused(550, undefined, ''), { enhanced: ['5.7.57'] })).toBe(false);
    expect(marked(STORM, undefined)).toBe(STORM);
  });
});

test('what the guard refused is rejected in the sums, and no error to a threshold', () => {
  const recorder = new Recorder();
  for (const outcome of [marked(STORM, { codes: [550] }), marked(STORM, { codes: [554] })]) {
    recorder.planned('smtp.submit', 'storm', false);
    const times = { intendedUs: 0, dueUs: 0, startedUs: 0, endedUs: 1 };
    recorder.sample({ operation: 'smtp.submit', phase: 'storm', outcome, ...times, induced: false });
  }
  const tally = new Tally();
  tally.add(recorder.drain(), 0);
  const intents = tally.operations()[0]?.intents;
  if (intents === undefined) throw new Error('nothing was counted');
  expect(intents).toMatchObject({ planned: 2, rejected: 2, expected: 1, limited: 1 });
  expect(endedOf(intents)).toBe(2);
  expect(countOf(intents, 'rejected')).toBe(1);
});
