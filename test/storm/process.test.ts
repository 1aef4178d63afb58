/** The cascade as a process: its means against closed forms and against the published calibration. Fixed seeds, stated tolerances. */

import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/schema.ts';
import { drawCascade, type ListMessage } from '../../src/storm/cascade.ts';
import { shippedProfile } from '../profile/shipped.ts';
import { mixtureCdf } from './kernel.ts';

const MINUTE = 60e6;
const NHS = shippedProfile('nhs-2016');

/** The kernel of 2016 and its population, nothing cut but the time. */
function open(minutes: number, replies: Partial<Profile['replies']>, population = {}): Profile {
  return {
    ...NHS,
    population: { ...NHS.population, ...population },
    phases: { ...NHS.phases, storm: minutes * MINUTE },
    replies: { ...NHS.replies, maxDepth: 1_000, replyAlls: { low: 0, high: 1e5, chosen: 1e5 }, ...replies },
  };
}

function draws(profile: Profile, count: number): (readonly ListMessage[])[] {
  return Array.from({ length: count }, (_, seed) => drawCascade(profile, seed));
}

function moments(values: readonly number[]): { readonly mean: number; readonly standardError: number } {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const variance = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1);
  return { mean, standardError: Math.sqrt(variance / values.length) };
}

const repliesIn = (cascades: readonly (readonly ListMessage[])[]) =>
  moments(cascades.map((one) => one.length - 1));

/** Replies by an instant, averaged over all cascades. */
function meanBy(cascades: readonly (readonly ListMessage[])[], us: number): number {
  const counts = cascades.map(
    (one) => one.filter(({ stormUs, number }) => number > 0 && stormUs <= us).length,
  );
  return moments(counts).mean;
}

/** When the average has reached a number of replies. */
function meanReaches(cascades: readonly (readonly ListMessage[])[], replies: number): number {
  const instants = cascades
    .flatMap((one) => one.slice(1).map(({ stormUs }) => stormUs))
    .sort((a, b) => a - b);
  return instants[Math.ceil(replies * cascades.length) - 1] ?? Number.POSITIVE_INFINITY;
}

/**
 * The calibration table (fatigue off): which mu0 and n give a storm's reply-alls in its minutes, when the tenth comes
 * and how many have left three minutes later. Its figures are of the average storm, n rounded to two places.
 */
const CALIBRATION = [
  { storm: 'NHSmail', replies: 594, minutes: 76, mu0: 20, n: 1.49, tenth: 3.6, byThen: 19 },
  { storm: 'NHSmail', replies: 594, minutes: 76, mu0: 5, n: 1.69, tenth: 11.1, byThen: 14 },
  { storm: 'NHSmail, low', replies: 80, minutes: 60, mu0: 20, n: 1.09, tenth: 3.9, byThen: 17 },
  { storm: 'NHSmail, low', replies: 80, minutes: 60, mu0: 5, n: 1.47, tenth: 13, byThen: 12 },
  { storm: 'Bedlam', replies: 1_154, minutes: 60, mu0: 20, n: 1.72, tenth: 3.5, byThen: 21 },
  { storm: 'Bedlam', replies: 1_154, minutes: 60, mu0: 5, n: 1.95, tenth: 9.6, byThen: 15 },
  { storm: 'Atos', replies: 379, minutes: 60, mu0: 20, n: 1.51, tenth: 3.6, byThen: 19 },
  { storm: 'Atos', replies: 379, minutes: 60, mu0: 5, n: 1.77, tenth: 10.6, byThen: 14 },
] as const;

/** Storms a row is averaged over. */
const RUNS = 80;

describe('calibration', () => {
  test.each(CALIBRATION)('$storm, mu0 $mu0, n $n', ({ replies, minutes, mu0, n, tenth, byThen }) => {
    const cascades = draws(open(minutes, { directReplies: mu0, branchingRatio: n }), RUNS);
    const { mean, standardError } = repliesIn(cascades);
    // Three standard errors, and 4 % for an n that is known to half a hundredth.
    expect(Math.abs(mean - replies)).toBeLessThan(3 * standardError + 0.04 * replies);
    const reached = meanReaches(cascades, 10);
    // The average of so many storms tells the tenth reply to 15 %, the number three minutes later to two replies.
    expect(Math.abs(reached / (tenth * MINUTE) - 1)).toBeLessThan(0.15);
    expect(Math.abs(meanBy(cascades, reached + 3 * MINUTE) - byThen)).toBeLessThan(2);
  });

  test('an n that is off by a tenth would be noticed', () => {
    const [{ replies, minutes, mu0, n }] = CALIBRATION;
    for (const wrong of [n - 0.1, n + 0.1]) {
      const { mean, standardError } = repliesIn(
        draws(open(minutes, { directReplies: mu0, branchingRatio: wrong }), RUNS),
      );
      expect(Math.abs(mean - replies)).toBeGreaterThan(3 * standardError + 0.04 * replies);
    }
  });
});

describe('fatigue', () => {
  test('of 800 makes 224 of the replies of mu0 20 and n 1.5 in 76 minutes', () => {
    const { mean, standardError } = repliesIn(draws(open(76, { branchingRatio: 1.5, fatigue: 800 }), 200));
    expect(Math.abs(mean - 224)).toBeLessThan(3 * standardError + 0.04 * 224);
  });

  test('does not touch what the blast itself provokes', () => {
    const profile = open(76, { branchingRatio: 0 });
    const tired = { ...profile, replies: { ...profile.replies, fatigue: 1 } };
    expect(drawCascade(tired, 4)).toEqual(drawCascade(profile, 4));
  });
});

describe('the hour of the day', () => {
  const hourly = [1, 0.25, 0, ...Array.from({ length: 21 }, () => 0.5)];
  const direct = { directReplies: 200, branchingRatio: 0 };

  test('thins answers by the factor of the hour they would be written in', () => {
    const blastAt = 23.5 * 60 * MINUTE;
    const profile = open(240, { ...direct, circadian: { blastAt, hourly } });
    const cascades = draws(profile, 60);
    const hours = [
      [0, 30, 0.5],
      [30, 90, 1],
      [90, 150, 0.25],
      [150, 210, 0],
      [210, 240, 0.5],
    ] as const;
    for (const [from, to, factor] of hours) {
      const expected = 200 * factor * (mixtureCdf(profile, to * MINUTE) - mixtureCdf(profile, from * MINUTE));
      const found = meanBy(cascades, to * MINUTE) - meanBy(cascades, from * MINUTE);
      // A thinned Poisson count is Poisson: four standard errors of the mean of 60.
      expect(Math.abs(found - expected), `${from} to ${to} minutes`).toBeLessThanOrEqual(
        4 * Math.sqrt(expected / 60),
      );
    }
  });

  test('of factor 1 all day changes nothing', () => {
    const circadian = { blastAt: 0, hourly: Array.from({ length: 24 }, () => 1) };
    expect(drawCascade(open(76, { circadian }), 3)).toEqual(drawCascade(open(76, {}), 3));
  });
});

describe('a finite population', () => {
  test('answers less as fewer are left: mu0 answers to 49 people are 49 (1 - e^(-mu0/49)) of them', () => {
    const people = { mailboxes: 50, repliesPerPerson: 1 };
    const profile = open(1e6, { directReplies: 60, branchingRatio: 0 }, people);
    const { mean, standardError } = repliesIn(draws(profile, 400));
    expect(Math.abs(mean - 49 * (1 - Math.exp(-60 / 49)))).toBeLessThan(4 * standardError);
  });
});
