/** Which cohort a mailbox belongs to, and who a cohort's people are: a permutation of the mailboxes, cut at the shares. Pure arithmetic. */

import type { Profile } from '../profile/schema.ts';
import { mix32, type RandomStream } from '../random.ts';
import { drawMailboxes } from './audience.ts';

/** A profile's cohorts over so many mailboxes. Cohorts are numbered in the profile's order. */
export interface Cohorts {
  readonly names: readonly string[];
  /** Mailboxes of each; their shares to within one. */
  readonly sizes: readonly number[];
  readonly cohortOf: (mailbox: number) => number;
  /** The mailbox of a cohort's `index`-th person, from 0. */
  readonly memberOf: (cohort: number, index: number) => number;
  /** Weights where some cohort has one of its own; undefined: all mailboxes alike. */
  readonly replies: readonly number[] | undefined;
  readonly readers: readonly number[] | undefined;
  readonly canaries: readonly number[];
  /** Share of each that deletes; undefined where no cohort has a share of its own. */
  readonly deletes: readonly number[] | undefined;
}

/** The cohorts of a profile; undefined where it names none. */
export function makeCohorts(profile: Profile, seed: number, mailboxes: number): Cohorts | undefined {
  const list = profile.cohorts;
  if (list === undefined) return undefined;
  const { forwards, backwards } = permutation(mailboxes, seed);
  const starts = [0];
  let shares = 0;
  for (const { share } of list) {
    shares += share;
    starts.push(Math.min(mailboxes, Math.round(shares * mailboxes)));
  }
  starts[list.length] = mailboxes;
  const weights = (key: 'replies' | 'readers' | 'canaries'): readonly number[] =>
    list.map((one) => one[key] ?? 1);
  const own = <T>(key: 'replies' | 'readers' | 'deletes', values: T): T | undefined =>
    list.some((one) => one[key] !== undefined) ? values : undefined;
  return {
    names: list.map(({ name }) => name),
    sizes: list.map((_, cohort) => (starts[cohort + 1] as number) - (starts[cohort] as number)),
    cohortOf: (mailbox) => {
      const place = forwards(mailbox);
      let cohort = 0;
      while (place >= (starts[cohort + 1] as number)) cohort += 1;
      return cohort;
    },
    memberOf: (cohort, index) => backwards((starts[cohort] as number) + index),
    replies: own('replies', weights('replies')),
    readers: own('readers', weights('readers')),
    canaries: weights('canaries'),
    deletes: own(
      'deletes',
      list.map(({ deletes = profile.deletes.users }) => deletes),
    ),
  };
}

/** Somebody drawn with the cohorts' weights; undefined where only cohorts without mailboxes have any. */
export function drawPerson(
  cohorts: Cohorts,
  weights: readonly number[],
  stream: RandomStream,
): number | undefined {
  const { sizes } = cohorts;
  const masses = sizes.map((size, cohort) => size * (weights[cohort] as number));
  let left = stream.uniform() * masses.reduce((sum, mass) => sum + mass, 0);
  const index = stream.uniform();
  for (const [cohort, mass] of masses.entries()) {
    if (mass === 0) continue;
    left -= mass;
    if (left < 0) return cohorts.memberOf(cohort, Math.floor(index * (sizes[cohort] as number)));
  }
  return undefined;
}

/** So many distinct mailboxes of each cohort, in ascending order. */
function drawEach(
  cohorts: Cohorts,
  counts: readonly number[],
  seed: number,
  label: string,
): readonly number[] {
  const people = counts.flatMap((count, cohort) => {
    const name = cohorts.names[cohort] as string;
    const drawn = drawMailboxes(seed, `${label}.${name}`, count, cohorts.sizes[cohort] as number);
    return drawn.map((index) => cohorts.memberOf(cohort, index));
  });
  // Hundreds of thousands at full size: numbers in a column are sorted without a call each.
  return Array.from(Uint32Array.from(people).sort());
}

/** Who deletes, where cohorts differ in it. */
export function drawDeletingPeople(
  cohorts: Cohorts,
  shares: readonly number[],
  seed: number,
): readonly number[] {
  const counts = cohorts.sizes.map((size, cohort) => Math.round(size * (shares[cohort] as number)));
  return drawEach(cohorts, counts, seed, 'deleters');
}

/**
 * Who waits for canaries: in proportion to size and weight (Sainte-Laguë), but somebody of every cohort that has a
 * weight as long as there are watchers enough, since of a cohort that nobody watches nothing is known.
 */
export function drawWatchingPeople(cohorts: Cohorts, watchers: number, seed: number): readonly number[] {
  const { sizes, canaries } = cohorts;
  const masses = sizes.map((size, cohort) => size * (canaries[cohort] as number));
  const counts = sizes.map(() => 0);
  const claim = (cohort: number): number => {
    const count = counts[cohort] as number;
    const full = (masses[cohort] as number) === 0 || count >= (sizes[cohort] as number);
    if (full) return -1;
    return count === 0 ? Number.MAX_VALUE : (masses[cohort] as number) / (2 * count + 1);
  };
  for (let left = watchers; left > 0; left -= 1) {
    let next = 0;
    for (let cohort = 1; cohort < counts.length; cohort += 1)
      if (
        claim(cohort) > claim(next) ||
        (claim(cohort) === claim(next) && (masses[cohort] as number) > (masses[next] as number))
      )
        next = cohort;
    if (claim(next) < 0) break;
    counts[next] = (counts[next] as number) + 1;
  }
  return drawEach(cohorts, counts, seed, 'watchers');
}

const ROUNDS = 4;

/**
 * A permutation of the numbers below `size`, both ways: a Feistel network over the next power of four, walked on until
 * it is back in range (Black and Rogaway, Ciphers with Arbitrary Finite Domains). No table, however many mailboxes.
 */
function permutation(
  size: number,
  seed: number,
): { readonly forwards: (value: number) => number; readonly backwards: (value: number) => number } {
  let bits = 1;
  while (4 ** bits < size) bits += 1;
  const half = 2 ** bits;
  const keys = Array.from({ length: ROUNDS }, (_, round) => mix32(seed + mix32(round + 0x636f68)));
  const mixed = (word: number, round: number): number => mix32(word + (keys[round] as number)) % half;
  const walk =
    (step: (value: number) => number) =>
    (value: number): number => {
      let at = step(value);
      while (at >= size) at = step(at);
      return at;
    };
  return {
    forwards: walk((value) => {
      let high = Math.floor(value / half);
      let low = value % half;
      for (let round = 0; round < ROUNDS; round += 1) [high, low] = [low, (high + mixed(low, round)) % half];
      return high * half + low;
    }),
    backwards: walk((value) => {
      let high = Math.floor(value / half);
      let low = value % half;
      for (let round = ROUNDS - 1; round >= 0; round -= 1)
        [high, low] = [(low + half - mixed(high, round)) % half, high];
      return high * half + low;
    }),
  };
}
