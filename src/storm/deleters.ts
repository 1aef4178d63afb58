/** The delete wave: who deletes, when they arrive, and how they go about it. Pure. */

import type { Profile } from '../profile/schema.ts';
import { randomStream } from '../random.ts';
import { drawMailboxes } from './audience.ts';
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
): readonly Journey[] {
  const { deletes } = profile;
  const people = drawMailboxes(seed, 'deleters', Math.round(deletes.users * mailboxes), mailboxes);
  const ranked = people
    .map((mailbox) => ({ mailbox, rank: randomStream(seed, 'deleter.rank', mailbox).uniform() }))
    .sort((a, b) => a.rank - b.rank || a.mailbox - b.mailbox);
  const journeys = ranked.map(({ mailbox }, rank): Journey => {
    const arrival = randomStream(seed, 'deleter.arrival', mailbox).uniform() * deletes.arrival;
    return {
      id: plainNumber('deleter', mailbox),
      kind: 'delete',
      phase: 'deletes',
      offsetUs: Math.floor(arrival / speed),
      actor: mailbox,
      strategy: strategyOf(profile, (rank + 0.5) / ranked.length, speed),
    };
  });
  return journeys.sort((a, b) => a.offsetUs - b.offsetUs || a.id - b.id);
}

function strategyOf(profile: Profile, quantile: number, speed: number): DeleteStrategy {
  const { mix, click, pageSize, emptyAfter = click } = profile.deletes;
  let left = quantile;
  let chosen = mix[mix.length - 1] as (typeof mix)[number];
  for (const entry of mix) {
    left -= entry.share;
    if (left < 0) {
      chosen = entry;
      break;
    }
  }
  return {
    selection: chosen.selection,
    disposal: chosen.disposal,
    clickUs: Math.round(click / speed),
    pageSize,
    emptyAfterUs: Math.round(emptyAfter / speed),
  };
}
