/** Stalls are claimed where a queue stood, and not where arrivals could hide what left it. */

import { describe, expect, test } from 'vitest';

import { LEAST_STALL_US, stallsOf, type OwedReading } from '../../src/measure/stalls.ts';

/** Readings each half second. */
const readings = (owed: readonly (number | null)[]): OwedReading[] =>
  owed.map((one, index) => ({ atUs: index * 500_000, owed: one }));

const accepted = (perSecond: readonly number[]) =>
  perSecond.map((copiesAccepted, index) => ({ startUs: index * 1e6, lengthUs: 1e6, copiesAccepted }));

const STOOD = readings([0, 100, 100, 100, 100, 100, 100, 100, 40, 0]);

describe('a stall', () => {
  test('is a queue that holds something and loses nothing, for long enough', () => {
    expect(stallsOf(STOOD, accepted([]))).toEqual([{ startUs: 500_000, endUs: 3_500_000, owed: 100 }]);
    expect(stallsOf(readings([0, 100, 100, 100, 40, 0]), [])).toEqual([]);
    expect(LEAST_STALL_US).toBe(2_500_000);
  });

  test('is none where the queue shrinks, is empty, or nobody can tell', () => {
    expect(stallsOf(readings([100, 99, 98, 97, 96, 95, 94, 93]), [])).toEqual([]);
    expect(stallsOf(readings([0, 0, 0, 0, 0, 0, 0, 0, 0]), [])).toEqual([]);
    expect(stallsOf(readings([100, 100, 100, null, 100, 100, 100, null]), [])).toEqual([]);
    expect(stallsOf([], [])).toEqual([]);
  });

  test('is none where as much may have left as came', () => {
    expect(stallsOf(STOOD, accepted([50, 50, 50, 50, 50]))).toEqual([]);
  });

  test('that goes on while a little comes is one', () => {
    const long = Array.from({ length: 60 }, (_, index) => 100 + index);
    const stalls = stallsOf(readings(long), accepted(Array.from({ length: 30 }, () => 2)));
    expect(stalls).toEqual([{ startUs: 0, endUs: 29_500_000, owed: 100 }]);
  });

  test('may come twice', () => {
    const twice = [100, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 50, 50, 10];
    expect(stallsOf(readings(twice), [])).toHaveLength(2);
  });
});
