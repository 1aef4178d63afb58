/** A run's thresholds are judged at its own doors, while it goes on and at its end. */

import { expect, test } from 'vitest';

import { ThresholdWatch } from '../../src/cli/threshold-watch.ts';
import { Tally } from '../../src/measure/tally.ts';
import { USUAL_DOORS, type Doors } from '../../src/words.ts';
import { deltaOf, ramp, REJECTED } from '../measure/notebooks.ts';
import { thresholdOf, withThresholds } from '../verdict/cases.ts';

const TEXT = 'submit: count(rejected) <= 3';

const profile = { ...withThresholds(), thresholds: [{ ...thresholdOf(TEXT), abortOnFail: true as const }] };

/** Refused four times over JMAP, and never over SMTP. */
function soFar() {
  const tally = new Tally();
  tally.add(deltaOf('jmap.submit', ramp(4), { outcome: REJECTED }), 0);
  tally.add(deltaOf('smtp.submit', ramp(4)), 0);
  return { tally, phases: [], atUs: 60_000_000 };
}

const watching = (doors: Doors) => new ThresholdWatch({ profile, doors });

test('what ends a run is what happened at its own doors', () => {
  const byJmap = watching({ submit: 'jmap', mailbox: 'imap' });
  expect(byJmap.failed(soFar())).toBe(`${TEXT}: 4 operations`);
  expect(byJmap.endedBy).toEqual({ text: TEXT, observed: '4 operations' });
  const usual = watching(USUAL_DOORS);
  expect(usual.failed(soFar())).toBeUndefined();
  expect(usual.endedBy).toBeUndefined();
});

test('the verdict is given on the same operations', () => {
  expect(watching({ submit: 'jmap', mailbox: 'imap' }).profile.thresholds).toMatchObject([
    { text: TEXT, subject: { name: 'jmap.submit', standsFor: 'submit' } },
  ]);
});
