/** What the record says of a run's aftermath, from facts made up for it. */

import { expect, test } from 'vitest';

import { aftermathOf, type AftermathFacts } from '../../src/cli/run-aftermath.ts';
import { emptyReadings } from '../../src/measure/readings.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import { deltaOf, ramp } from '../measure/notebooks.ts';
import { operation, S } from '../report/parts.ts';
import { planOf, SMOKE } from '../storm/plans.ts';

/** A run whose readers were slow in the deletes alone; whose backlog was seen to go before them, or after them. */
function ran(drainedUs: number | null): AftermathFacts {
  const phases = ['baseline', 'storm', 'drain', 'deletes', 'recovery'] as const;
  const conducted = {
    zeroUs: 0,
    spans: phases.map((name, at) => ({ name, startUs: at * S, endUs: (at + 1) * S })),
    tally: new Tally(),
    drainedUs,
    // In the end nothing was owed, either way.
    quiescent: true,
    report: { readings: emptyReadings() },
  } satisfies Partial<Record<keyof AftermathFacts['conducted'], unknown>>;
  return {
    profile: SMOKE,
    plan: planOf(SMOKE),
    conducted: conducted as unknown as AftermathFacts['conducted'],
    readings: [],
    owedUnit: 'copies',
    operations: (['baseline', 'deletes', 'recovery'] as const).map((phase) =>
      operation('journey.read', phase, phase === 'deletes' ? S : 10_000, { ok: 200 }),
    ),
  };
}

test('deleting is blamed for slow readers only where the backlog had gone before', () => {
  expect(aftermathOf(ran(S / 2)).recovery.secondDip).toBe('yes');
  expect(aftermathOf(ran(null)).recovery.secondDip).toBe('backlog');
});

test('recovery and aftermath are read at the doors of the plan', () => {
  const facts = ran(S / 2);
  const tally = new Tally();
  // Enough of each before the storm to compare with, over JMAP alone.
  for (const name of ['jmap.session', 'jmap.query'] as const)
    tally.add(deltaOf(name, ramp(100), { phase: 'baseline' }), 0);
  const seen = new Recorder();
  for (let count = 0; count < 100; count += 1) seen.visible('baseline', 1_000);
  tally.add(seen.drain(), 0);
  const conducted = { ...facts.conducted, tally };
  const through = (mailbox: 'imap' | 'jmap') =>
    aftermathOf({ ...facts, conducted, plan: { ...facts.plan, doors: { submit: 'smtp', mailbox } } })
      .recovery;
  expect(through('jmap').percentile).toBe(90);
  expect(through('imap').percentile).toBeNull();
});
