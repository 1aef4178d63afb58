/** The tree of replies: bounded whatever the parameters are, causal, and thinking as its formula says. */

import { array, assert, integer, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/schema.ts';
import { randomStream } from '../../src/random.ts';
import { drawCascade, ROLES, thinkingUs } from '../../src/storm/cascade.ts';
import { shippedProfile } from '../profile/shipped.ts';
import { mixtureCdf } from './kernel.ts';
import { SMOKE, smokeWith } from './plans.ts';

/** Profiles with any branching ratio up to an exploding 5, many or few direct replies, small and large populations, tired or not, at any hour. */
const cascades = record({
  seed: integer({ min: 0 }),
  // In steps: a double of any size would nearly always be next to 0.
  directReplies: integer({ min: 0, max: 2_000 }).map((halves) => halves / 2),
  branchingRatio: integer({ min: 0, max: 50 }).map((tenths) => tenths / 10),
  chosen: integer({ min: 0, max: 400 }),
  maxDepth: integer({ min: 1, max: 12 }),
  ignitionDelay: integer({ min: 0, max: 60_000_000 }),
  storm: integer({ min: 1_000, max: 7_200_000_000 }),
  mailboxes: integer({ min: 2, max: 2_000 }),
  repliesPerPerson: integer({ min: 1, max: 4 }),
  fatigue: option(integer({ min: 1, max: 1_000 }), { nil: undefined }),
  circadian: option(
    record({
      blastAt: integer({ min: 0, max: 86_399_999_999 }),
      hourly: array(
        integer({ min: 0, max: 4 }).map((quarters) => quarters / 4),
        { minLength: 24, maxLength: 24 },
      ),
    }),
    { nil: undefined },
  ),
});

interface Shape {
  readonly directReplies: number;
  readonly branchingRatio: number;
  readonly chosen: number;
  readonly maxDepth: number;
  readonly ignitionDelay: number;
  readonly storm: number;
  readonly mailboxes: number;
  readonly repliesPerPerson: number;
  readonly fatigue: number | undefined;
  readonly circadian: Profile['replies']['circadian'];
}

function profileOf(drawn: Shape): Profile {
  const { mailboxes, repliesPerPerson, storm, chosen, ...replies } = drawn;
  return smokeWith({
    population: { mailboxes, repliesPerPerson },
    phases: { storm },
    replies: { ...replies, replyAlls: { low: 0, high: 400, chosen } },
  });
}

describe('a cascade', () => {
  test('is bounded by K, depth, duration and replies a person, and every reply follows its parent', () => {
    assert(
      property(cascades, ({ seed, ...drawn }) => {
        const messages = drawCascade(profileOf(drawn), seed);
        expect(messages.length - 1).toBeLessThanOrEqual(drawn.chosen);
        expect(messages[0]).toEqual({
          number: 0,
          parent: -1,
          depth: 0,
          persona: 0,
          stormUs: 0,
          thinkingUs: 0,
          role: 'blast',
        });
        const repliesOf = new Map<number, number>();
        for (const [index, message] of messages.entries()) {
          expect(message.number).toBe(index);
          if (index === 0) continue;
          const parent = messages[message.parent];
          expect(message.parent).toBeLessThan(index);
          expect(message.depth).toBe((parent?.depth ?? 0) + 1);
          expect(message.depth).toBeLessThanOrEqual(drawn.maxDepth);
          const delay = message.parent === 0 ? drawn.ignitionDelay : 0;
          expect(message.thinkingUs).toBeGreaterThanOrEqual(1_000);
          expect(message.stormUs - (parent?.stormUs ?? 0) - delay).toBe(message.thinkingUs);
          expect(message.stormUs).toBeLessThan(drawn.storm);
          expect(message.stormUs).toBeGreaterThanOrEqual(messages[index - 1]?.stormUs ?? 0);
          expect(ROLES).toContain(message.role);
          expect(message.persona).toBeGreaterThan(0);
          expect(message.persona).toBeLessThan(drawn.mailboxes);
          repliesOf.set(message.persona, (repliesOf.get(message.persona) ?? 0) + 1);
        }
        for (const count of repliesOf.values()) expect(count).toBeLessThanOrEqual(drawn.repliesPerPerson);
      }),
    );
  });

  test.each([3, 5])('with n = %d explodes up to K and no further', (branchingRatio) => {
    const replies = {
      directReplies: 20,
      branchingRatio,
      maxDepth: 1_000,
      replyAlls: { low: 0, high: 5_000, chosen: 5_000 },
    };
    const messages = drawCascade(
      smokeWith({ population: { mailboxes: 1_000_000 }, phases: { storm: 3.6e9 }, replies }),
      1,
    );
    expect(messages).toHaveLength(5_001);
  });

  test('keeps the first replies in order of time: a lower K is a prefix', () => {
    assert(
      property(cascades, integer({ min: 0, max: 400 }), ({ seed, ...drawn }, less) => {
        const chosen = Math.min(less, drawn.chosen);
        const shorter = drawCascade(profileOf({ ...drawn, chosen }), seed);
        expect(shorter).toEqual(drawCascade(profileOf(drawn), seed).slice(0, shorter.length));
      }),
      { numRuns: 50 },
    );
  });

  test('ends when everybody has said what they may', () => {
    const replies = { directReplies: 1_000, replyAlls: { low: 0, high: 400, chosen: 400 } };
    const messages = drawCascade(
      smokeWith({ population: { mailboxes: 4, repliesPerPerson: 2 }, replies }),
      1,
    );
    expect(messages.length - 1).toBe(6);
  });

  test('has no replies without any to draw', () => {
    expect(drawCascade(smokeWith({ replies: { directReplies: 0 } }), 1)).toHaveLength(1);
    expect(drawCascade(smokeWith({ replies: { ignitionDelay: 181e6 } }), 1)).toHaveLength(1);
  });

  test('depends on the seed alone', () => {
    expect(drawCascade(SMOKE, 5)).toEqual(drawCascade(SMOKE, 5));
    expect(drawCascade(SMOKE, 5)).not.toEqual(drawCascade(SMOKE, 6));
  });

  test.each([
    { mu0: 4, n: 0.5, runs: 2_000 },
    { mu0: 20, n: 0.2, runs: 1_000 },
    { mu0: 8, n: 0.8, runs: 4_000 },
  ])('of mean total mu0/(1-n) is as large as a branching process: mu0 $mu0, n $n', ({ mu0, n, runs }) => {
    const open = smokeWith({
      population: { mailboxes: 1_000_000 },
      phases: { storm: Number.MAX_SAFE_INTEGER },
      replies: {
        directReplies: mu0,
        branchingRatio: n,
        maxDepth: 1_000,
        replyAlls: { low: 0, high: 1e5, chosen: 1e5 },
      },
    });
    const totals = Array.from({ length: runs }, (_, seed) => drawCascade(open, seed).length - 1);
    const average = totals.reduce((sum, one) => sum + one, 0) / runs;
    // Variance of the total: mu0 / (1-n)^3. Confidence 99.9 %: 3.29 standard errors, and the seeds are fixed.
    const standardError = Math.sqrt(mu0 / (1 - n) ** 3 / runs);
    expect(Math.abs(average - mu0 / (1 - n))).toBeLessThan(3.29 * standardError);
    // So many storms tell n to a tenth of 1-n.
    const other = mu0 / (1 - n) / 1.1;
    expect(Math.abs(average - other)).toBeGreaterThan(3.29 * standardError);
  });

  test('of the shipped storms is as large as they say', () => {
    for (const name of ['nhs-2016', 'smoke', 'bedlam-1997', 'cisco-2013', 'bundestag-2012', 'guarded']) {
      const profile = shippedProfile(name);
      expect(drawCascade(profile, profile.seed).length - 1, name).toBe(profile.replies.replyAlls.chosen);
    }
    // Never cut: it dies out by itself.
    const fizzle = shippedProfile('fizzle');
    expect(drawCascade(fizzle, fizzle.seed).length - 1).toBe(45);
  });
});

/** Kolmogorov and Smirnov's distance, as a multiple of what a true sample exceeds once in a thousand times (1.95/√n). */
function distance(values: readonly number[], cdf: (us: number) => number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const gaps = sorted.map((value, i) => {
    const expected = cdf(value);
    return Math.max(expected - i / sorted.length, (i + 1) / sorted.length - expected);
  });
  return Math.max(...gaps) / (1.9495 / Math.sqrt(sorted.length));
}

describe('thinking time', () => {
  const COUNT = 20_000;
  const drawn = (profile: Profile): number[] => {
    const stream = randomStream(11, 'thinking', 0);
    return Array.from({ length: COUNT }, () => thinkingUs(profile, stream));
  };

  test.each(['nhs-2016', 'smoke'])('of %s follows its mixture of two log-normals (alpha 0.001)', (name) => {
    const profile = shippedProfile(name);
    expect(distance(drawn(profile), (us) => mixtureCdf(profile, us))).toBeLessThan(1);
  });

  test('of a mixture a little different would be noticed', () => {
    const profile = shippedProfile('nhs-2016');
    const { thinking } = profile.replies;
    for (const change of [
      { fastShare: thinking.fastShare + 0.05 },
      { fastMedian: thinking.fastMedian * 1.1 },
      { slowSigma: thinking.slowSigma * 1.15 },
    ]) {
      const other = { ...profile, replies: { ...profile.replies, thinking: { ...thinking, ...change } } };
      expect(distance(drawn(profile), (us) => mixtureCdf(other, us))).toBeGreaterThan(1);
    }
  });

  test('is a whole number of microseconds, at least one millisecond', () => {
    const times = array(integer({ min: 0, max: 5_000 }), { minLength: 2, maxLength: 2 });
    assert(
      property(times, integer({ min: 0 }), ([fastMedian = 0, slowMedian = 0], seed) => {
        const thinking = { ...SMOKE.replies.thinking, fastMedian, slowMedian };
        const us = thinkingUs(smokeWith({ replies: { thinking } }), randomStream(seed, 't', 0));
        expect(Number.isInteger(us) && us >= 1_000).toBe(true);
      }),
    );
  });
});
