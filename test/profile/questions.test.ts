/** What the questions need to be told: objectives, the guard's words, gauges. Optional, checked, and in no digest unless set. */

import { describe, expect, test } from 'vitest';

import { readProfile } from '../../src/profile/read.ts';
import { makePlan, planTotals } from '../../src/storm/plan.ts';
import { shippedText } from './shipped.ts';

const TEXT = shippedText('smoke');

const read = (added: string) => readProfile(`${TEXT}\n${added}\n`);

describe('blocks that hold', () => {
  test('are read with their units', () => {
    const found = read(
      [
        'objectives: { enter: 3s, tolerance: 2, majorIncident: 10% }',
        'guardExpected: { codes: [550], enhanced: [5.7.1], text: closed }',
        'probes: [{ name: queue, url: "http://127.0.0.1:1/", unit: messages, every: 5s }]',
      ].join('\n'),
    );
    expect(found.ok && found.profile).toMatchObject({
      objectives: { enter: 3_000_000, tolerance: 2, majorIncident: 0.1 },
      guardExpected: { codes: [550], enhanced: ['5.7.1'], text: 'closed' },
      probes: [{ name: 'queue', url: 'http://127.0.0.1:1/', unit: 'messages', every: 5_000_000 }],
    });
  });

  test('are absent where they are not set, so that no digest moves', () => {
    const found = read('');
    if (!found.ok) throw new Error('smoke is no profile');
    for (const key of ['objectives', 'guardExpected', 'probes'])
      expect(found.profile).not.toHaveProperty(key);
    const set = read('objectives: { enter: 3s }');
    if (!set.ok) throw new Error('not read');
    const digests = [found.profile, set.profile].map((profile) => {
      const { seed, population, speed } = profile;
      return planTotals(makePlan(profile, { seed, mailboxes: population.scaledTo, speed }), () => 0).digest;
    });
    expect(digests[0]).not.toBe(digests[1]);
  });
});

test.each([
  ['a guard without a condition', 'guardExpected: {}', /at least one of codes, enhanced, text/],
  ['a code that is no refusal', 'guardExpected: { codes: [250] }', /400/],
  ['an enhanced code that is none', 'guardExpected: { enhanced: [closed] }', /enhanced code such as 5\.7\.1/],
  ['a command in a profile', 'probes: [{ name: a, url: "command:rm" }]', /http or https URL/],
  ['a file as a gauge', 'probes: [{ name: a, url: "file:///etc/passwd" }]', /http or https URL/],
  [
    'a gauge asked without pause',
    'probes: [{ name: a, url: "http://127.0.0.1/", every: 1ms }]',
    /at least 1s/,
  ],
  ['a tolerance below one', 'objectives: { tolerance: 0.5 }', /1/],
])('%s is a problem', (_, added, words) => {
  const found = read(added);
  expect(found.ok).toBe(false);
  if (!found.ok) expect(JSON.stringify(found.problems)).toMatch(words);
});
