/** Random streams: independent by (seed, label, id), and distributed as they say. Fixed seeds; a test at level alpha stays as it fell. */

import { assert, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logNormal, mix32, poisson, type RandomStream, randomStream } from '../src/random.ts';

const take = (stream: RandomStream, count: number): number[] =>
  Array.from({ length: count }, () => stream.uniform());

/** Pearson's statistic of counts against equal shares. */
function chiSquare(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
}

function inCells(values: readonly number[], cells: number): number[] {
  const counts = Array.from({ length: cells }, () => 0);
  for (const value of values) {
    const cell = Math.floor(value * cells);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return counts;
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const middle = mean(values);
  return values.reduce((sum, v) => sum + (v - middle) ** 2, 0) / (values.length - 1);
};

/** Chi-square with 99 degrees of freedom exceeds 148 with probability 0.001. */
const CHI_SQUARE_99 = 148.23;

describe('streams', () => {
  test('the same seed, label and id give the same stream, whoever asks', () => {
    assert(
      property(integer({ min: 0 }), string(), integer({ min: 0 }), (seed, label, id) => {
        const a = randomStream(seed, label, id);
        take(randomStream(seed, label, id + 1), 3);
        expect(take(a, 5)).toEqual(take(randomStream(seed, label, id), 5));
      }),
    );
  });

  test('another seed, label or id gives another stream', () => {
    const firsts = new Set<string>();
    for (let seed = 0; seed < 10; seed += 1)
      for (const label of ['a', 'b', 'a|1', 'ab', ''])
        for (let id = 0; id < 200; id += 1) firsts.add(take(randomStream(seed, label, id), 2).join());
    expect(firsts.size).toBe(10 * 5 * 200);
  });

  test('one stream is uniform in [0, 1)', () => {
    const values = take(randomStream(1, 'uniform', 0), 100_000);
    for (const value of values) expect(value >= 0 && value < 1).toBe(true);
    expect(chiSquare(inCells(values, 100))).toBeLessThan(CHI_SQUARE_99);
    // Would a skew of 5 % be seen?
    expect(
      chiSquare(
        inCells(
          values.map((v) => v ** 1.05),
          100,
        ),
      ),
    ).toBeGreaterThan(CHI_SQUARE_99);
  });

  test('the first number of neighbouring streams is uniform too: a decision reads only its head', () => {
    const heads = Array.from({ length: 100_000 }, (_, id) => randomStream(7, 'head', id).uniform());
    expect(chiSquare(inCells(heads, 100))).toBeLessThan(CHI_SQUARE_99);
    const tenths = heads.map((head) => Math.floor(head * 10));
    // Half a cell in, so that no rounding moves a pair to its neighbour.
    const pairs = tenths.slice(1).map((tenth, i) => (tenth * 10 + (tenths[i] ?? 0) + 0.5) / 100);
    expect(chiSquare(inCells(pairs, 100))).toBeLessThan(CHI_SQUARE_99);
  });

  test('integers stay below their bound and reach it', () => {
    assert(
      property(integer({ min: 1, max: 1_000_000 }), integer({ min: 0 }), (below, seed) => {
        const drawn = randomStream(seed, 'i', 0).integer(below);
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < below).toBe(true);
      }),
    );
    const stream = randomStream(1, 'dice', 0);
    expect(new Set(Array.from({ length: 200 }, () => stream.integer(6))).size).toBe(6);
  });

  test('mix32 spreads neighbours evenly over shards and is defined for large and negative numbers', () => {
    const shares = Array.from({ length: 100_000 }, (_, n) => ((mix32(n) % 100) + 0.5) / 100);
    expect(chiSquare(inCells(shares, 100))).toBeLessThan(CHI_SQUARE_99);
    for (const n of [-1, 2 ** 32, 2 ** 41 + 5, Number.MAX_SAFE_INTEGER]) {
      expect(Number.isInteger(mix32(n)) && mix32(n) >= 0 && mix32(n) < 2 ** 32).toBe(true);
    }
    expect(mix32(2 ** 32 + 1)).not.toBe(mix32(1));
  });
});

describe('distributions', () => {
  const COUNT = 40_000;

  test.each([0.1, 1.5, 20, 29.9, 30.1, 250])('Poisson counts have mean and variance %d', (lambda) => {
    const stream = randomStream(3, 'poisson', 0);
    const counts = Array.from({ length: COUNT }, () => poisson(stream, lambda));
    for (const count of counts) expect(Number.isInteger(count) && count >= 0).toBe(true);
    // Five standard errors of the mean, and of the variance: var(s²) ≈ (lambda + 2 lambda²)/n.
    expect(Math.abs(mean(counts) - lambda)).toBeLessThan(5 * Math.sqrt(lambda / COUNT));
    expect(Math.abs(variance(counts) - lambda)).toBeLessThan(
      5 * Math.sqrt((lambda + 2 * lambda ** 2) / COUNT),
    );
  });

  test('a Poisson count of mean 0 is 0', () => {
    expect(poisson(randomStream(1, 'p', 0), 0)).toBe(0);
  });

  test('a normal number has mean 0, variance 1 and a normal tail', () => {
    const stream = randomStream(4, 'normal', 0);
    const values = Array.from({ length: COUNT }, () => stream.normal());
    expect(Math.abs(mean(values))).toBeLessThan(5 / Math.sqrt(COUNT));
    expect(Math.abs(variance(values) - 1)).toBeLessThan(5 * Math.sqrt(2 / COUNT));
    const beyond = values.filter((v) => Math.abs(v) > 1.959964).length / COUNT;
    expect(Math.abs(beyond - 0.05)).toBeLessThan(5 * Math.sqrt((0.05 * 0.95) / COUNT));
  });

  test('a log-normal has its median and the sigma of its logarithm', () => {
    const stream = randomStream(5, 'log', 0);
    const values = Array.from({ length: COUNT }, () => logNormal(stream, 180e6, 0.9)).sort((a, b) => a - b);
    expect(Math.abs(Math.log((values[COUNT / 2] ?? 0) / 180e6))).toBeLessThan(
      (5 * 1.2533 * 0.9) / Math.sqrt(COUNT),
    );
    const sigma = Math.sqrt(variance(values.map(Math.log)));
    expect(Math.abs(sigma - 0.9)).toBeLessThan((5 * 0.9) / Math.sqrt(2 * COUNT));
    expect(logNormal(stream, 42, 0)).toBe(42);
  });
});
