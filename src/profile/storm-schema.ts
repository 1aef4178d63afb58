/** The shape of what only some storms have: the hours of the day, and what only a simulation can do. Optional throughout: what a profile does not set is not in its digest. */

import { z } from 'zod';
import { duration, real, timeOfDay, whole } from './leaves.ts';

/** When a reply leaves: `open`, by the plan alone; `coupled`, by when its author saw what it answers. */
export const REPLY_MODES = ['open', 'coupled'] as const;

export type ReplyMode = (typeof REPLY_MODES)[number];

export const replyMode = z.enum(REPLY_MODES, { error: 'open or coupled' }).meta({
  description:
    'open: a reply leaves at its planned instant, however slow the mail system; coupled: its author begins to think when they see what it answers; open by default',
});

/** How ready people are to answer over the day. It only thins: mu0 and n are those of an hour of factor 1. */
export const circadian = z.strictObject({
  blastAt: timeOfDay('When the blast leaves, on the clock of the people it goes to'),
  hourly: z
    .array(real(0, 1, 'Share of the answers that are written in this hour'), {
      error: '24 numbers from 0 to 1, from midnight on',
    })
    .length(24, { error: '24 numbers from 0 to 1, from midnight on' }),
});

/** Refuses further replies of a thread once so many went to so many within a window (storm time throughout). */
const threadGuard = z.strictObject({
  minReplies: whole(1, 1_000, 'Reply-alls within the window after which the thread is blocked').default(10),
  minRecipients: whole(1, 100_000_000, 'Recipients a reply must have to count').default(2_500),
  window: duration('Within which they are counted').default(3_600_000_000),
  propagation: duration('Until every server knows of the block').default(180_000_000),
  block: duration('How long the thread stays blocked').default(21_600_000_000),
});

/** What `simulate` alone can answer: a mail system by its limits, a guard, a mitigation. A run asks a real system instead. */
export const simulation = z.strictObject({
  deliveriesPerSecond: real(
    0.001,
    1e9,
    'Copies put into mailboxes a second; the embedded target otherwise',
  ).optional(),
  accessServers: whole(1, 4_096, 'Sign-ins, opens and deletes served at once').optional(),
  signInsPerSecond: real(0.001, 1e9, 'Sign-ins a second with nothing else to do').optional(),
  expungesPerSecond: real(
    0.001,
    1e9,
    'Messages moved or expunged a second with nothing else to do',
  ).optional(),
  discipline: z
    .enum(['fifo', 'singlesFirst'], { error: 'fifo or singlesFirst' })
    .meta({ description: 'Delivery in order of arrival, or mail to one person before mail to everybody' })
    .optional(),
  mailboxLock: z
    .boolean({ error: 'true or false' })
    .meta({ description: 'While somebody stores, moves or expunges, the mailbox serves nothing else' })
    .optional(),
  maxSessions: whole(1, 100_000_000, 'Mailbox sessions at once; more are refused').optional(),
  maxOwedCopies: whole(1, 1e12, 'Queued copies from which on submissions are put off').optional(),
  connections: z
    .enum(['capped', 'own'], { error: 'capped or own' })
    .meta({
      description:
        "capped: people share the run's connections (limits); own: as in life, the default at full size",
    })
    .optional(),
  guard: threadGuard.optional(),
  recipientCap: whole(1, 100_000_000, 'Recipients a message may have').optional(),
  listDeletedAt: duration('Storm time after the blast at which the list is gone').optional(),
});
