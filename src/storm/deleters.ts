/** The delete wave: who deletes, when they arrive, and how they go about it. Pure. */

import type { Profile } from '../profile/schema.ts';
import { randomStream } from '../random.ts';
import { drawMailboxes } from './audience.ts';
import { drawDeletingPeople, type Cohorts } from './cohorts.ts';
import { FASTEST } from '../units.ts';
import type { DeleteStrategy, Journey } from './journey.ts';
import { plainNumber } from './numbering.ts';

/**
 * Draws the deleters, in order of arrival (uniform over `deletes.arrival`, compressed by speed).
 * Strategies are dealt by rank, not drawn: with 200 mailboxes a 3 % strategy must still occur.
 */
export function drawDeleters(
  profile: Profile,
  seed: number,
  mailboxes: number,
  speed: number,
  cohorts?: Cohorts,
): readonly Journey[] {
  const { deletes } = profile;
  const people =
    cohorts?.deletes === undefined
      ? drawMailboxes(seed, 'deleters', Math.round(deletes.users * mailboxes), mailboxes)
      : drawDeletingPeople(cohorts, cohorts.deletes, seed);
  // Columns, not objects: hundreds of thousands of people are put in order twice.
  const ranks = Float64Array.from(people, (mailbox) => randomStream(seed, 'deleter.rank', mailbox).uniform());
  // Without gaps they come one after the other, a microsecond apart, in the order they would have come in.
  const gapless = speed >= FASTEST;
  const offsetsUs = Float64Array.from(people, (mailbox) =>
    Math.floor(
      (randomStream(seed, 'deleter.arrival', mailbox).uniform() * deletes.arrival) / (gapless ? 1 : speed),
    ),
  );
  const strategies = new Map<number, DeleteStrategy>();
  const dealt = new Uint16Array(people.length);
  for (const [rank, person] of inOrderOf(ranks).entries()) {
    const entry = mixEntry(profile, (rank + 0.5) / people.length);
    if (!strategies.has(entry)) strategies.set(entry, strategyOf(profile, entry, speed));
    dealt[person] = entry;
  }
  return Array.from(inOrderOf(offsetsUs), (person, turn): Journey => {
    const mailbox = people[person] as number;
    const strategy = strategies.get(dealt[person] as number) as DeleteStrategy;
    const id = plainNumber('deleter', mailbox);
    const offsetUs = gapless ? turn : (offsetsUs[person] as number);
    return { id, kind: 'delete', phase: 'deletes', offsetUs, actor: mailbox, strategy };
  });
}

/** Places in ascending order of their values; equal values keep their order. */
function inOrderOf(values: Float64Array): Uint32Array {
  const value = (place: number): number => values[place] as number;
  return Uint32Array.from(values, (_, place) => place).sort((a, b) => value(a) - value(b) || a - b);
}

/** Which entry of the mix lies at a quantile. */
function mixEntry(profile: Profile, quantile: number): number {
  const { mix } = profile.deletes;
  let left = quantile;
  for (const [index, entry] of mix.entries()) {
    left -= entry.share;
    if (left < 0) return index;
  }
  return mix.length - 1;
}

function strategyOf(profile: Profile, entry: number, speed: number): DeleteStrategy {
  const { mix, click, pageSize, emptyAfter = click } = profile.deletes;
  const chosen = mix[entry] as (typeof mix)[number];
  return {
    selection: chosen.selection,
    disposal: chosen.disposal,
    clickUs: Math.round(click / speed),
    pageSize,
    emptyAfterUs: Math.round(emptyAfter / speed),
  };
}
