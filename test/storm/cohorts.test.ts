/** Cohorts: shares exact to one mailbox, everybody in one of them, and weights that do what they say without moving the storm. */

import { array, assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/schema.ts';
import { makeCohorts, type Cohorts } from '../../src/storm/cohorts.ts';
import type { Journey } from '../../src/storm/journey.ts';
import { planTotals, type Plan } from '../../src/storm/plan.ts';
import { journeysOf, planOf, SMOKE } from './plans.ts';

type Block = NonNullable<Profile['cohorts']>;

const withCohorts = (cohorts: Block): Profile => ({ ...SMOKE, cohorts });

const of = (cohorts: Block, mailboxes: number, seed = 1): Cohorts => {
  const made = makeCohorts(withCohorts(cohorts), seed, mailboxes);
  if (made === undefined) throw new Error('cohorts expected');
  return made;
};

const THREE: Block = [
  { name: 'gp', share: 0.05 },
  { name: 'management', share: 0.1 },
  { name: 'others', share: 0.85 },
];

const cohortOf = (plan: Plan, mailbox: number): number => plan.cohorts?.cohortOf(mailbox) ?? -1;

describe('every mailbox is of one cohort', () => {
  test('and a cohort has its share of them, to within one', () => {
    assert(
      property(
        array(integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
        integer({ min: 2, max: 3_000 }),
        integer({ min: 0, max: 1e9 }),
        (parts, mailboxes, seed) => {
          const whole = parts.reduce((sum, part) => sum + part, 0);
          const block = parts.map((part, index) => ({ name: `c${index}`, share: part / whole }));
          const cohorts = of(block, mailboxes, seed);
          const members = block.map(() => new Set<number>());
          for (let mailbox = 0; mailbox < mailboxes; mailbox += 1)
            members[cohorts.cohortOf(mailbox)]?.add(mailbox);
          for (const [cohort, { share }] of block.entries()) {
            const size = members[cohort]?.size ?? -1;
            expect(size).toBe(cohorts.sizes[cohort]);
            expect(Math.abs(size - share * mailboxes)).toBeLessThanOrEqual(1);
            // The way back is the way there.
            const named = Array.from({ length: size }, (_, index) => cohorts.memberOf(cohort, index));
            expect(new Set(named)).toEqual(members[cohort]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('spread over all of them, another way for another seed', () => {
    const [one, two] = [of(THREE, 10_000, 1), of(THREE, 10_000, 2)];
    const first = Array.from({ length: one.sizes[0] ?? 0 }, (_, index) => one.memberOf(0, index));
    expect(first).toHaveLength(500);
    const low = first.filter((mailbox) => mailbox < 5_000).length;
    // 500 draws of a half: five standard deviations are 56.
    expect(Math.abs(low - 250)).toBeLessThan(56);
    const same = first.filter((mailbox) => two.cohortOf(mailbox) === 0).length;
    expect(same).toBeLessThan(60);
  });
});

describe('weights', () => {
  const share = (plan: Plan, people: readonly number[]): number =>
    people.filter((mailbox) => cohortOf(plan, mailbox) === 1).length / people.length;
  const authors = (plan: Plan): number[] =>
    journeysOf(plan).flatMap(({ message }) =>
      message?.class === 'storm' && message.number > 0 ? [message.author] : [],
    );
  const actors = (plan: Plan, kind: Journey['kind']): number[] =>
    journeysOf(plan).flatMap((journey) => (journey.kind === kind ? [journey.actor] : []));
  const managing = (keys: object): Plan =>
    planOf(
      {
        ...withCohorts(THREE.map((one) => (one.name === 'management' ? { ...one, ...keys } : one))),
        replies: { ...SMOKE.replies, directReplies: 600, replyAlls: { low: 0, high: 600, chosen: 600 } },
        readers: { ...SMOKE.readers, rate: 60 },
      },
      { mailboxes: 2_000 },
    );

  test('of replies: who replies, and nothing else of the storm', () => {
    const [plain, more] = [managing({}), managing({ replies: 9 })];
    expect(authors(plain).length).toBe(600);
    expect(Math.abs(share(plain, authors(plain)) - 0.1)).toBeLessThan(0.06);
    // 0.1 x 9 of 0.1 x 9 + 0.9: a half, within five standard deviations.
    expect(Math.abs(share(more, authors(more)) - 0.5)).toBeLessThan(0.1);
    expect(more.cascade).toEqual(plain.cascade);
    expect(share(more, actors(more, 'read'))).toBe(share(plain, actors(plain, 'read')));
  });

  test('of readers: who looks', () => {
    const more = managing({ readers: 9 });
    expect(actors(more, 'read').length).toBeGreaterThan(600);
    expect(Math.abs(share(more, actors(more, 'read')) - 0.5)).toBeLessThan(0.1);
    const none = managing({ readers: 0 });
    expect(share(none, actors(none, 'read'))).toBe(0);
  });

  test('of deletes: what share of them', () => {
    const more = managing({ deletes: 0.25 });
    const deleters = actors(more, 'delete');
    expect(deleters.filter((mailbox) => cohortOf(more, mailbox) === 1)).toHaveLength(50);
    expect(deleters).toHaveLength(
      50 + Math.round(100 * SMOKE.deletes.users) + Math.round(1_700 * SMOKE.deletes.users),
    );
    expect(new Set(deleters).size).toBe(deleters.length);
  });

  test('of canaries: who waits, somebody of each', () => {
    const watching = (watchers: number, keys: object = {}): number[] => {
      const plan = planOf(
        {
          ...withCohorts(THREE.map((one) => (one.name === 'gp' ? { ...one, ...keys } : one))),
          canaries: { ...SMOKE.canaries, watchers },
        },
        { mailboxes: 1_000 },
      );
      expect(new Set(plan.watchers).size).toBe(plan.watchers.length);
      return THREE.map((_, cohort) => plan.watchers.filter((one) => cohortOf(plan, one) === cohort).length);
    };
    expect(watching(20)).toEqual([1, 2, 17]);
    expect(watching(20, { canaries: 19 })).toEqual([10, 1, 9]);
    expect(watching(20, { canaries: 0 })).toEqual([0, 2, 18]);
    expect(watching(3)).toEqual([1, 1, 1]);
    expect(watching(1)).toEqual([0, 0, 1]);
    expect(watching(2_000)).toEqual([50, 100, 850]);
  });
});

test('without cohorts there are none, and the digest knows nothing of them', () => {
  const digest = (profile: Profile): string => planTotals(planOf(profile), () => 1).digest;
  expect(planOf(SMOKE).cohorts).toBeUndefined();
  expect(digest(withCohorts(THREE))).not.toBe(digest(SMOKE));
});
