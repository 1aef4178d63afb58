/** Somebody signs in afresh to see what is new: open, glance at the latest headers, read the newest message. */

import { notePatience } from '../measure/patience.ts';
import { noteScreen } from '../measure/readings.ts';
import { randomStream } from '../random.ts';
import { stepsOf } from '../storm/journey.ts';
import { MAILBOX_OPERATIONS, type MailClient } from './clients/client.ts';
import { pause, type WorkerContext } from './context.ts';
import { enterMailbox, leaveMailbox, identify, LISTING_FIELDS, markSeen } from './mailbox.ts';
import { streamOf } from '../storm/numbering.ts';
import type { OpenedMessage } from './receipts.ts';
import type { Trail } from './trail.ts';

/** Headers on the first screen of a mail client. */
const FIRST_SCREEN = 25;

/** Most of a body a reader fetches: the first screen and a half of text. */
const BODY_BYTES = 64 * 1_024;

/** Before somebody tries again, where the profile does not say. */
const RETRY_AFTER_US = 5_000_000;

/**
 * Reads a mailbox; turned away or out of patience, tries again as often as the profile's people do. `opened` is told of
 * the message that was read, once the person is done: what comes of that is not theirs to wait for.
 */
export async function readPatiently(
  context: WorkerContext,
  trail: Trail,
  opened: (message: OpenedMessage) => Promise<void>,
): Promise<void> {
  const { places, orders, plan, patience } = context;
  const { retries = 0, retryAfter = RETRY_AFTER_US } = plan.profile.readers;
  const { actor, phase, id } = trail.journey;
  const chance = randomStream(plan.seed, 'reader.retry', id);
  let read: OpenedMessage | undefined;
  for (;;) {
    await places.within(actor, async () => {
      if (orders.stopping) trail.drop('stopped');
      else read = await readMailbox(context, trail);
    });
    if (trail.attempts > retries || !trail.mayRetry || orders.stopping) break;
    await pause(orders, 2 * chance.uniform() * retryAfter);
    if (orders.stopping) break;
    trail.again();
  }
  if (!orders.stopping) notePatience(patience, phase, trail.attempts, !trail.failed);
  if (read !== undefined) await opened(read);
}

/** Goes through the fixed steps of `journey.read`; stops at the first that fails. The message it opened, if one was there. */
async function readMailbox(context: WorkerContext, trail: Trail): Promise<OpenedMessage | undefined> {
  const mailbox = trail.journey.actor;
  const entered = await enterMailbox(context, trail, mailbox, true);
  if (entered === undefined) return undefined;
  const { client } = entered;
  const { list, body: fetching } = MAILBOX_OPERATIONS[client.door];
  const headers = await trail.step(list, () => client.newest(FIRST_SCREEN, LISTING_FIELDS));
  entered.looked(headers.value !== undefined);
  if (headers.value === undefined) {
    leaveMailbox(context, client);
    return undefined;
  }
  let storm = 0;
  for (const row of headers.value) {
    const { number } = identify(context, row, undefined);
    markSeen(context, mailbox, number);
    if (number !== undefined && streamOf(number) === 'list') storm += 1;
  }
  noteScreen(context.readings, trail.journey.phase, storm, headers.value.length - storm);
  const newest = headers.value.at(-1);
  const fetch = (): ReturnType<MailClient['bodies']> =>
    client.bodies(newest === undefined ? [] : [newest.uid], { maxBytes: BODY_BYTES });
  // In an empty mailbox there is nothing to name; where the server still answers, that answer is what is timed.
  const isPlanned = stepsOf(context.plan.doors).read.includes(fetching);
  const fetched = isPlanned
    ? await trail.step(fetching, fetch)
    : newest === undefined
      ? undefined
      : await trail.induced(fetching, fetch);
  leaveMailbox(context, client);
  const body = fetched?.value?.find(({ uid }) => uid === newest?.uid)?.body;
  if (newest === undefined || body === undefined) return undefined;
  return { number: identify(context, newest, undefined).number, body };
}
