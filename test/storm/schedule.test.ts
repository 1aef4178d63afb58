/** Schedules: exact where they are arithmetic, the right distribution where they are chance, and the same for any number of shards. */

import { assert, constantFrom, double, integer, oneof, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { type Instant, instantCount, instants, offsetOf, type Pace } from '../../src/storm/schedule.ts';

const SECOND = 1_000_000;
const WHOLE = { index: 0, count: 1 };

/** KS at 1 %: a right sampler fails once in a hundred seeds, and the seed is fixed. */
const KS_CRITICAL = 1.628;

/** Normal quantile of a two-sided test at 0.1 %. */
const Z = 3.29;

const RATES = [10, 1_000, 20_000] as const;

const offsets = (pace: Pace, durationUs: number): number[] =>
  [...instants(pace, durationUs, WHOLE)].map(({ offsetUs }) => offsetUs);

const even = (perSecond: number): Pace => ({ kind: 'even', perSecond });
const poisson = (perSecond: number, seed = 7): Pace => ({ kind: 'poisson', perSecond, seed });
const ramp = (fromPerSecond: number, toPerSecond: number) =>
  ({ kind: 'ramp', fromPerSecond, toPerSecond }) as const;

const rate = double({ min: 0.5, max: 2_000, noNaN: true });

const anyPace = oneof(
  record({ kind: constantFrom('even' as const), perSecond: rate }),
  record({ kind: constantFrom('poisson' as const), perSecond: rate, seed: integer() }),
  record({ kind: constantFrom('ramp' as const), fromPerSecond: rate, toPerSecond: rate }),
);

/** Half a second to five, not only whole seconds: a duration may end inside one. */
const anyDuration = integer({ min: 500_000, max: 5 * SECOND });

describe('any schedule', () => {
  test('is split among 1 to 16 shards without a change to any instant', () => {
    const everyShard = property(
      anyPace,
      anyDuration,
      integer({ min: 1, max: 16 }),
      (pace, durationUs, count) => {
        const shards = Array.from({ length: count }, (_, index) => [
          ...instants(pace, durationUs, { index, count }),
        ]);
        const merged: Instant[] = shards.flat().sort((a, b) => a.index - b.index);
        expect(merged).toEqual([...instants(pace, durationUs, WHOLE)]);
        const sizes = shards.map((shard) => shard.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      },
    );
    assert(everyShard, { numRuns: 60 });
  });

  test('counts from 0 without a gap, in order, in whole microseconds, within its duration', () => {
    const inOrder = property(anyPace, anyDuration, (pace, durationUs) => {
      let lastUs = 0;
      let count = 0;
      for (const { index, offsetUs } of instants(pace, durationUs, WHOLE)) {
        if (index !== count || offsetUs < lastUs || offsetUs >= durationUs || !Number.isInteger(offsetUs))
          throw new Error(`instant ${index} at ${offsetUs} after ${lastUs}`);
        lastUs = offsetUs;
        count += 1;
      }
      expect(count).toBe(instantCount(pace, durationUs));
    });
    assert(inOrder, { numRuns: 60 });
  });
});

describe('an even schedule', () => {
  test.each(RATES)('of %d/s has exactly that many, exactly so far apart', (perSecond) => {
    const all = offsets(even(perSecond), 3 * SECOND);
    expect(all).toHaveLength(3 * perSecond);
    const gaps = new Set(all.slice(1).map((offsetUs, i) => offsetUs - (all[i] ?? 0)));
    expect([...gaps]).toEqual([SECOND / perSecond]);
  });

  test('never drifts where the gap is no whole number of microseconds', () => {
    const noDrift = property(rate, (perSecond) => {
      const far = 1_000_003;
      const last = offsetOf({ kind: 'even', perSecond }, far, Number.POSITIVE_INFINITY);
      expect(last).toBeCloseTo((far / perSecond) * SECOND, 3);
      for (const { index, offsetUs } of instants(even(perSecond), 2 * SECOND, WHOLE))
        if (Math.abs(offsetUs - (index / perSecond) * SECOND) > 0.5) throw new Error(`instant ${index}`);
    });
    assert(noDrift, { numRuns: 40 });
  });
});

describe('a Poisson schedule', () => {
  test.each(RATES)('of %d/s has the mean and the variance of its count', (perSecond) => {
    const seconds = perSecond >= 20_000 ? 20 : 400;
    const perSlice = Array.from({ length: seconds }, () => 0);
    for (const offsetUs of offsets(poisson(perSecond), seconds * SECOND)) {
      const slice = Math.floor(offsetUs / SECOND);
      perSlice[slice] = (perSlice[slice] ?? 0) + 1;
    }
    const mean = perSlice.reduce((sum, one) => sum + one, 0) / seconds;
    const variance = perSlice.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (seconds - 1);
    expect(Math.abs(mean - perSecond)).toBeLessThan(Z * Math.sqrt(perSecond / seconds));
    // The variance of a sample variance of n nearly normal counts is 2σ⁴/(n−1).
    expect(Math.abs(variance / perSecond - 1)).toBeLessThan(Z * Math.sqrt(2 / (seconds - 1)));
  });

  test.each(RATES)('of %d/s has exponential gaps, over the seams of its seconds too', (perSecond) => {
    const all = offsets(poisson(perSecond, 11), Math.ceil(20_000 / perSecond) * SECOND);
    const gaps = all.slice(1).map((offsetUs, i) => (offsetUs - (all[i] ?? 0)) / SECOND);
    // Instants are whole microseconds, so at 20,000/s a gap takes few values: half a microsecond each way is granted.
    const grain = 0.5e-6;
    const sorted = gaps.sort((a, b) => a - b);
    const exponential = (seconds: number): number => 1 - Math.exp(-perSecond * Math.max(0, seconds));
    const n = sorted.length;
    let distance = 0;
    for (const [i, gap] of sorted.entries()) {
      distance = Math.max(distance, (i + 1) / n - exponential(gap + grain), exponential(gap - grain) - i / n);
    }
    expect(n).toBeGreaterThan(15_000);
    expect(distance).toBeLessThan(KS_CRITICAL / Math.sqrt(n));
  });

  test('is the same for the same seed and another for another', () => {
    expect(offsets(poisson(100, 1), 5 * SECOND)).toEqual(offsets(poisson(100, 1), 5 * SECOND));
    expect(offsets(poisson(100, 1), 5 * SECOND)).not.toEqual(offsets(poisson(100, 2), 5 * SECOND));
  });

  test('of half a second is the beginning of a longer one', () => {
    const longer = offsets(poisson(1_000), 2 * SECOND);
    expect(offsets(poisson(1_000), 1_500_000)).toEqual(longer.filter((offsetUs) => offsetUs < 1_500_000));
  });
});

describe('a ramp', () => {
  /** Operations due by `tUs`: r0·t + (r1 − r0)·t²/(2D). */
  const integral = (r0: number, r1: number, durationUs: number, tUs: number): number => {
    const t = tUs / SECOND;
    return r0 * t + ((r1 - r0) * t * t) / ((2 * durationUs) / SECOND);
  };

  test('follows the integral of its rate to the operation at every instant', () => {
    const follows = property(rate, rate, anyDuration, (r0, r1, durationUs) => {
      let count = 0;
      for (const { offsetUs } of instants(ramp(r0, r1), durationUs, WHOLE)) {
        // Before this one `count` were taken up, with it one more: the integral lies between, up to the rounding.
        const due = integral(r0, r1, durationUs, offsetUs);
        if (Math.abs(due - count) > 1) throw new Error(`${count} by ${offsetUs} µs, due ${due}`);
        count += 1;
      }
      expect(Math.abs(count - integral(r0, r1, durationUs, durationUs))).toBeLessThanOrEqual(1);
    });
    assert(follows, { numRuns: 60 });
  });

  test.each([
    [0, 10],
    [10, 0],
    [0, 1_000],
    [1_000, 0],
    [0, 20_000],
    [20_000, 0],
    [20_000, 20_000],
  ])('from %d/s to %d/s has half the sum of both a second', (from, to) => {
    const count = instantCount(ramp(from, to), 4 * SECOND);
    expect(Math.abs(count - (from + to) * 2)).toBeLessThanOrEqual(1);
  });

  test('without a slope is the even schedule', () => {
    expect(offsets(ramp(250, 250), 4 * SECOND)).toEqual(offsets(even(250), 4 * SECOND));
  });
});
