/** The owner of a mailbox deletes the junk: lists it, selects, disposes, in one of the ways people do. Takes no foreign mail. */

import type { DeleteStrategy } from '../storm/journey.ts';
import { MAILBOX_OPERATIONS, type Bookmark, type Hand } from './clients/client.ts';
import { handOf } from './clients/hands.ts';
import type { WorkerContext } from './context.ts';
import { enterMailbox, leaveMailbox, LISTING_FIELDS } from './mailbox.ts';
import { selectJunk } from './selecting.ts';
import { enterRows, type Sitting } from './sitting.ts';
import type { Trail } from './trail.ts';

/** Goes through `journey.delete`: list the mailbox (the reading before the delete), then delete by the strategy. */
export async function deleteJunk(
  context: WorkerContext,
  trail: Trail,
  strategy: DeleteStrategy,
  provisioned: string | undefined,
): Promise<void> {
  const mailbox = trail.journey.actor;
  const entered = await enterMailbox(context, trail, mailbox, false);
  if (entered === undefined) return;
  const { client, opened } = entered;
  const sitting: Sitting = { context, trail, mailbox, client, strategy, listed: new Map(), provisioned };
  const hand = handOf(sitting);
  const { list } = MAILBOX_OPERATIONS[client.door];
  const [listing, problem] = await Promise.all([
    trail.step(list, () => client.list(LISTING_FIELDS)),
    hand.prepare(),
  ]);
  entered.looked(listing.value !== undefined);
  if (problem !== undefined) trail.doubt(problem);
  enterRows(sitting, listing.value ?? []);
  if (!trail.failed) await deleteSelected(sitting, hand, opened.bookmark);
  // Every command was answered with OK: what was listed and asked to go has no business there any more.
  if (!trail.failed) context.manners.confirmedUpTo[mailbox] = Math.max(0, ...sitting.listed.keys());
  leaveMailbox(context, client);
}

async function deleteSelected(sitting: Sitting, hand: Hand, before: Bookmark): Promise<void> {
  const taken: number[] = [];
  for await (const gulp of selectJunk(sitting, hand, before)) {
    await hand.dispose(gulp);
    taken.push(...gulp.uids);
    if (sitting.trail.failed) return;
  }
  await hand.finish(taken);
}
