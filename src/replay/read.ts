/** Somebody signs in afresh to see what is new: open, glance at the latest headers, read the newest message. */

import { notePatience } from '../measure/patience.ts';
import { noteScreen } from '../measure/readings.ts';
import { randomStream } from '../random.ts';
import { pause, type WorkerContext } from './context.ts';
import { enterMailbox, leaveMailbox, identify, LISTING_FIELDS, markSeen } from './mailbox.ts';
import { streamOf } from '../storm/numbering.ts';
import type { Trail } from './trail.ts';

/** Headers on the first screen of a mail client. */
const FIRST_SCREEN = 25;

/** Most of a body a reader fetches: the first screen and a half of text. */
const BODY_BYTES = 64 * 1_024;

/** Before somebody tries again, where the profile does not say. */
const RETRY_AFTER_US = 5_000_000;

/** Reads a mailbox; turned away or out of patience, tries again as often as the profile's people do. */
export async function readPatiently(context: WorkerContext, trail: Trail): Promise<void> {
  const { places, orders, plan, patience } = context;
  const { retries = 0, retryAfter = RETRY_AFTER_US } = plan.profile.readers;
  const { actor, phase, id } = trail.journey;
  const chance = randomStream(plan.seed, 'reader.retry', id);
  for (;;) {
    await places.within(actor, () => (orders.stopping ? trail.drop('stopped') : readMailbox(context, trail)));
    if (trail.attempts > retries || !trail.mayRetry || orders.stopping) break;
    await pause(orders, 2 * chance.uniform() * retryAfter);
    if (orders.stopping) break;
    trail.again();
  }
  if (!orders.stopping) notePatience(patience, phase, trail.attempts, !trail.failed);
}

/** Goes through the fixed steps of `journey.read`; stops at the first that fails. */
async function readMailbox(context: WorkerContext, trail: Trail): Promise<void> {
  const mailbox = trail.journey.actor;
  const entered = await enterMailbox(context, trail, mailbox, true);
  if (entered === undefined) return;
  const { connection, uidNext } = entered;
  const from = Math.max(1, uidNext - FIRST_SCREEN);
  const headers = await trail.step('imap.headers', () =>
    connection.fetchHeaders(`${from}:*`, LISTING_FIELDS),
  );
  if (headers.value === undefined) return leaveMailbox(context, connection);
  let storm = 0;
  for (const row of headers.value) {
    const { number } = identify(context, row, undefined);
    markSeen(context, mailbox, number);
    if (number !== undefined && streamOf(number) === 'list') storm += 1;
  }
  noteScreen(context.readings, trail.journey.phase, storm, headers.value.length - storm);
  // In an empty mailbox `*` names nothing; the server still answers, and that answer is what is timed.
  const newest = headers.value.at(-1)?.uid;
  await trail.step('imap.body', () => connection.fetchBody(String(newest ?? '*'), { maxBytes: BODY_BYTES }));
  leaveMailbox(context, connection);
}
