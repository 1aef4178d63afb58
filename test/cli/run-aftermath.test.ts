/** What the record says of a run's aftermath, from facts made up for it. */

import { expect, test } from 'vitest';

import { aftermathOf, type AftermathFacts } from '../../src/cli/run-aftermath.ts';
import { emptyReadings } from '../../src/measure/readings.ts';
import { Tally } from '../../src/measure/tally.ts';
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
