/** The hot histogram against hdr-histogram-js: the same buckets, the promised precision, nothing lost at a drain or a merge. */

import { array, assert, constantFrom, double, integer, oneof, property } from 'fast-check';
import type { Histogram } from 'hdr-histogram-js';
import { describe, expect, test } from 'vitest';
import {
  addCounts,
  bucketOf,
  BUCKETS,
  HIGHEST_US,
  HotHistogram,
  lowestValueOf,
  type SparseCounts,
} from '../../src/measure/histogram.ts';
import { fill, newHistogram } from '../../src/measure/tally.ts';

/** Values of every magnitude, the borders of buckets among them. */
const values = oneof(
  integer({ min: 0, max: 5_000 }),
  integer({ min: 0, max: HIGHEST_US }),
  integer({ min: 0, max: 31 }).map((bits) => Math.min(HIGHEST_US, 2 ** bits)),
  integer({ min: 1, max: 31 }).map((bits) => Math.min(HIGHEST_US, 2 ** bits - 1)),
  constantFrom(HIGHEST_US),
);
const lists = array(values, { minLength: 1, maxLength: 300 });

function record(list: readonly number[]): SparseCounts {
  const histogram = new HotHistogram();
  for (const value of list) histogram.record(value);
  const counts = histogram.drain();
  if (counts === undefined) throw new Error('nothing recorded');
  return counts;
}

const asMap = (counts: SparseCounts): Map<number, number> =>
  new Map([...counts.buckets].map((bucket, i) => [bucket, counts.counts[i] ?? 0]));

const normal = (counts: SparseCounts): unknown => ({ ...counts, buckets: undefined, counts: asMap(counts) });

/** Sparse counts compared whatever the order of their buckets. */
function expectSame(a: SparseCounts, b: SparseCounts): void {
  expect(normal(a)).toEqual(normal(b));
}

/** Every bucket in use with its share; without the maximum, of which sparse counts keep only the bucket. */
const distribution = (histogram: Histogram): string =>
  histogram.outputPercentileDistribution(1_000).replace(/#\[Max +=[^,]*,/, '');

describe('buckets', () => {
  test('are those of hdr-histogram-js: equal counts for any values', () => {
    assert(
      property(lists, (list) => {
        const theirs = newHistogram();
        for (const value of list) theirs.recordValue(value);
        const ours = newHistogram();
        fill(ours, record(list));
        expect(ours.totalCount).toBe(theirs.totalCount);
        expect(distribution(ours)).toBe(distribution(theirs));
      }),
    );
  });

  test('hold each value between their lowest and the next’s lowest, no wider than one in a thousand', () => {
    assert(
      property(values, (value) => {
        const bucket = bucketOf(value);
        const [low, next] = [lowestValueOf(bucket), lowestValueOf(bucket + 1)];
        expect(low <= value && value < next).toBe(true);
        expect(bucketOf(low)).toBe(bucket);
        expect(next - low).toBeLessThanOrEqual(Math.max(1, value / 1_000));
      }),
    );
    expect(bucketOf(HIGHEST_US)).toBe(BUCKETS - 1);
  });

  test('rise with the value, without a gap', () => {
    for (let bucket = 1; bucket < BUCKETS; bucket += 1) {
      expect(lowestValueOf(bucket)).toBeGreaterThan(lowestValueOf(bucket - 1));
      expect(bucketOf(lowestValueOf(bucket) - 1)).toBe(bucket - 1);
    }
  });

  test('answer percentiles within one in a thousand of the exact ones', () => {
    assert(
      property(lists, double({ min: 0.1, max: 100, noNaN: true }), (list, percentile) => {
        const histogram = newHistogram();
        fill(histogram, record(list));
        const sorted = list.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil((percentile / 100) * sorted.length)) - 1] ?? 0;
        // On a border of ranks either neighbour is right; theirs may land on the next.
        const after = sorted[Math.ceil((percentile / 100) * sorted.length)] ?? exact;
        const found = histogram.getValueAtPercentile(percentile);
        const near = [exact, after].some(
          (value) => found >= value && found - value <= Math.max(0, value / 1_000),
        );
        expect(near, `${found} for ${exact}`).toBe(true);
      }),
    );
  });
});

describe('recording', () => {
  test('counts what lies above an hour as clamped, and keeps its exact value as the maximum', () => {
    const counts = record([HIGHEST_US, HIGHEST_US + 1, HIGHEST_US * 3, 5]);
    expect(counts).toMatchObject({ total: 4, clamped: 2, minUs: 5, maxUs: HIGHEST_US * 3 });
    expect(asMap(counts)).toEqual(
      new Map([
        [BUCKETS - 1, 3],
        [5, 1],
      ]),
    );
    expect(record([HIGHEST_US]).clamped).toBe(0);
  });

  test('cuts fractions, and takes negatives and what is no number for 0', () => {
    expect(asMap(record([1.99, 7.5, -3, -0.1, Number.NaN]))).toEqual(
      new Map([
        [1, 1],
        [7, 1],
        [0, 3],
      ]),
    );
    expect(record([-3, 2.9])).toMatchObject({ minUs: 0, maxUs: 2 });
  });

  test('a drain gives everything out once and starts anew', () => {
    const histogram = new HotHistogram();
    expect(histogram.drain()).toBeUndefined();
    for (const value of [1, 1, HIGHEST_US + 9]) histogram.record(value);
    expect(histogram.drain()).toMatchObject({ total: 3, clamped: 1, maxUs: HIGHEST_US + 9 });
    expect(histogram.drain()).toBeUndefined();
    for (const value of [1, 4]) histogram.record(value);
    expect(histogram.drain()).toEqual(record([1, 4]));
  });

  test('what was drained does not change with what comes after', () => {
    const histogram = new HotHistogram();
    histogram.record(3);
    const first = histogram.drain();
    for (let i = 0; i < 10; i += 1) histogram.record(3 + i);
    expect(first).toEqual(record([3]));
  });
});

describe('adding', () => {
  test('is associative and commutative, and the same as recording everything in one place', () => {
    assert(
      property(lists, lists, lists, (a, b, c) => {
        const [x, y, z] = [record(a), record(b), record(c)];
        expectSame(addCounts(x, y), addCounts(y, x));
        expectSame(addCounts(addCounts(x, y), z), addCounts(x, addCounts(y, z)));
        expectSame(addCounts(addCounts(x, y), z), record([...a, ...b, ...c]));
      }),
    );
  });

  test('changes neither of the two', () => {
    const [a, b] = [record([1, 2]), record([2, HIGHEST_US + 1])];
    const before = structuredClone([a, b]);
    addCounts(a, b);
    expect([a, b]).toEqual(before);
  });
});
