/** A threshold as a block, and the warm-up: read as meant, or refused with line and column. */

import { describe, expect, test } from 'vitest';
import { type Problem, readProfile } from '../../src/profile/read.ts';
import type { Profile } from '../../src/profile/schema.ts';
import { shippedText } from './shipped.ts';

const SMOKE = shippedText('smoke');
const ABOVE = SMOKE.slice(0, SMOKE.indexOf('thresholds:\n'));

/** The shipped smoke with one threshold of its own, from the line after `thresholds:`. */
const reading = (block: string, top = ''): ReturnType<typeof readProfile> =>
  readProfile(`${ABOVE}${top}thresholds:\n  - ${block}\n`);

function profileOf(block: string, top = ''): Profile {
  const read = reading(block, top);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.profile;
}

function problemsOf(block: string, top = ''): readonly Problem[] {
  const read = reading(block, top);
  return read.ok ? [] : read.problems;
}

const LINE = ABOVE.split('\n').length + 1;
const TEXT = 'imap.open: p(90) < 1s over 5s for 2';

describe('a threshold as a block', () => {
  test('says the same as its text', () => {
    expect(profileOf(`{ threshold: "${TEXT}" }`).thresholds).toEqual(profileOf(`"${TEXT}"`).thresholds);
    const plain = profileOf(`{ threshold: "${TEXT}", abortOnFail: false, severity: fail }`).thresholds[0];
    expect(Object.keys(plain ?? {})).toEqual(Object.keys(profileOf(`"${TEXT}"`).thresholds[0] ?? {}));
  });

  test('keeps what it adds', () => {
    expect(profileOf(`{ threshold: "${TEXT}", abortOnFail: true }`).thresholds).toMatchObject([
      { text: TEXT, abortOnFail: true },
    ]);
    expect(profileOf(`{ threshold: "${TEXT}", severity: warn }`).thresholds).toMatchObject([
      { text: TEXT, severity: 'warn' },
    ]);
  });

  test.each([
    [
      `{ threshold: "${TEXT}", abort: true }`,
      'thresholds.0.abort',
      'abort:',
      'an unknown key',
      /^one of threshold, abortOnFail, severity$/,
    ],
    [
      `{ threshold: "${TEXT}", abortOnFail: maybe }`,
      'thresholds.0.abortOnFail',
      'maybe',
      '"maybe"',
      /^true or false$/,
    ],
    [`{ threshold: "${TEXT}", severity: dire }`, 'thresholds.0.severity', 'dire', '"dire"', /^fail or warn$/],
    [
      '{ threshold: "imap.open: p(90) < 1" }',
      'thresholds.0.threshold',
      '"imap',
      '"imap.open: p(90) < 1"',
      /^a duration such as/,
    ],
    ['{ threshold: 7 }', 'thresholds.0.threshold', '7', '7', /^a threshold such as/],
    ['{ severity: warn }', 'thresholds.0.threshold', '{', 'nothing', /^a threshold such as/],
    [
      '[ 1 ]',
      'thresholds.0',
      '[',
      'a block',
      /^a threshold such as .* or \{ threshold, abortOnFail, severity \}$/,
    ],
    [
      `{ threshold: "${TEXT}", severity: warn, abortOnFail: true }`,
      'thresholds.0.abortOnFail',
      'true',
      'true',
      /^false: a warning ends no run$/,
    ],
    [
      '{ threshold: "imap.open: p(90) < 1s", abortOnFail: true }',
      'thresholds.0.abortOnFail',
      'true',
      'true',
      /^false: only .over. windows/,
    ],
    [
      '"imap.open{phase:recovery}: p(90) < 1s within 1h"',
      'thresholds.0',
      '"imap',
      '"imap.open{phase:recovery}: p(90) < 1s within 1h"',
      /^within less than phases.recovery/,
    ],
  ])('%s is refused', (block, path, needle, found, expected) => {
    const problems = problemsOf(block);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path, found, line: LINE, column: 5 + block.indexOf(needle) });
    expect(problems[0]?.expected).toMatch(expected);
  });
});

describe('a warm-up', () => {
  test('is a duration shorter than the baseline, and absent where it is not set', () => {
    expect(profileOf(`"${TEXT}"`, 'warmUp: 1s\n').warmUp).toBe(1_000_000);
    expect(profileOf(`"${TEXT}"`).warmUp).toBeUndefined();
    for (const [value, expected] of [
      ['1', /^a duration such as/],
      ['1h', /^less than phases.baseline/],
    ] as const) {
      const [problem] = problemsOf(`"${TEXT}"`, `warmUp: ${value}\n`);
      expect(problem).toMatchObject({ path: 'warmUp', line: LINE - 1, column: 9 });
      expect(problem?.expected).toMatch(expected);
    }
  });
});
