/** Wide classes beside the histogram: every sample in the class it belongs to, whoever merged it, and what was beyond an hour is not said to have been within one. */

import { array, assert, integer, oneof, property, subarray } from 'fast-check';
import { expect, test } from 'vitest';

import { COARSE_BOUNDS_US, type Distribution } from '../../src/measure/coarse.ts';
import { bucketOf, HIGHEST_US, lowestValueOf } from '../../src/measure/histogram.ts';
import type { SeriesClock } from '../../src/measure/series.ts';
import { Tally } from '../../src/measure/tally.ts';
import { deltaOf, OK } from './notebooks.ts';

const HOUR = 3_600_000_000;

/** Durations of all sizes, and those at the bounds. */
const duration = oneof(
  integer({ min: 0, max: 3_000_000 }),
  integer({ min: 0, max: 2 * HOUR }),
  integer({ min: -3, max: 3 }).chain((off) =>
    integer({ min: 0, max: COARSE_BOUNDS_US.length - 1 }).map(
      (place) => (COARSE_BOUNDS_US[place] ?? 0) + off,
    ),
  ),
);

function readOne(tally: Tally, clock: SeriesClock): Distribution {
  const [one, ...others] = tally.distributions([clock]);
  if (one === undefined || others.length > 0) throw new Error('expected one series');
  return one;
}

/** By hand, value by value: the class of what the histogram keeps of it. */
function classOf(us: number): number {
  if (us > HIGHEST_US) return COARSE_BOUNDS_US.length;
  return COARSE_BOUNDS_US.filter((bound) => bound < lowestValueOf(bucketOf(us))).length;
}

test('bounds rise, and reach from a millisecond to what a histogram keeps', () => {
  expect([...COARSE_BOUNDS_US].sort((a, b) => a - b)).toEqual(COARSE_BOUNDS_US);
  expect(new Set(COARSE_BOUNDS_US).size).toBe(COARSE_BOUNDS_US.length);
  expect([COARSE_BOUNDS_US[0], COARSE_BOUNDS_US.at(-1)]).toEqual([1_000, HIGHEST_US]);
});

test('every sample is in its class, and the whole is what the histogram holds', () => {
  assert(
    property(array(array(duration, { maxLength: 20 }), { minLength: 1, maxLength: 6 }), (notebooks) => {
      const all = notebooks.flat();
      if (all.length === 0) return;
      const tally = new Tally();
      for (const values of notebooks) tally.add(deltaOf('imap.open', values), 0);
      const { counts, total, sumUs, minUs, maxUs } = readOne(tally, 'response');
      const byHand = counts.map((_, place) => all.filter((us) => classOf(us) === place).length);
      expect(counts).toEqual(byHand);
      expect(total).toBe(tally.summary('imap.open', 'storm', ['ok'], 'response').count);
      expect([minUs, maxUs]).toEqual([Math.min(...all), Math.max(...all)]);
      const exact = all.reduce((sum, us) => sum + Math.min(us, HIGHEST_US), 0);
      expect(Math.abs(sumUs - exact)).toBeLessThanOrEqual(exact * 0.0005 + 1e-6);
    }),
    { numRuns: 40 },
  );
});

test('nothing ever becomes less', () => {
  assert(
    property(
      array(array(duration, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 6 }),
      (notebooks) => {
        const tally = new Tally();
        let before: Distribution | undefined;
        for (const values of notebooks) {
          tally.add(deltaOf('imap.open', values), 0);
          const now = readOne(tally, 'response');
          for (const [place, count] of (before?.counts ?? []).entries())
            expect(now.counts[place]).toBeGreaterThanOrEqual(count);
          expect(now.sumUs).toBeGreaterThanOrEqual(before?.sumUs ?? 0);
          before = now;
        }
      },
    ),
  );
});

test('more than an hour is beyond the last bound', () => {
  const tally = new Tally();
  tally.add(deltaOf('imap.open', [HOUR, HOUR + 1, 3 * HOUR]), 0);
  expect(readOne(tally, 'response').counts.slice(-2)).toEqual([1, 2]);
});

test('a clock that was not asked for is not told, and what was read does not change', () => {
  assert(
    property(subarray<SeriesClock>(['response', 'service', 'wait', 'lag']), (clocks) => {
      const tally = new Tally();
      tally.add(deltaOf('imap.open', [5], { outcome: OK }), 0);
      const read = tally.distributions(clocks);
      expect(new Set(read.map(({ series }) => series.clock))).toEqual(new Set(clocks));
      const kept = structuredClone(read);
      tally.add(deltaOf('imap.open', [5_000], { outcome: OK }), 0);
      expect(read).toEqual(kept);
    }),
  );
});
