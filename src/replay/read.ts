/** Somebody signs in afresh to see what is new: open, glance at the latest headers, read the newest message. */

import type { WorkerContext } from './context.ts';
import { enterMailbox, leaveMailbox, identify, LISTING_FIELDS, markSeen } from './mailbox.ts';
import type { Trail } from './trail.ts';

/** Headers on the first screen of a mail client. */
const FIRST_SCREEN = 25;

/** Most of a body a reader fetches: the first screen and a half of text. */
const BODY_BYTES = 64 * 1_024;

/** Goes through the fixed steps of `journey.read`; stops at the first that fails. */
export async function readMailbox(context: WorkerContext, trail: Trail): Promise<void> {
  const mailbox = trail.journey.actor;
  const entered = await enterMailbox(context, trail, mailbox, true);
  if (entered === undefined) return;
  const { connection, uidNext } = entered;
  const from = Math.max(1, uidNext - FIRST_SCREEN);
  const headers = await trail.step('imap.headers', () =>
    connection.fetchHeaders(`${from}:*`, LISTING_FIELDS),
  );
  if (headers.value === undefined) return leaveMailbox(context, connection);
  for (const row of headers.value) markSeen(context, mailbox, identify(context, row, undefined).number);
  // In an empty mailbox `*` names nothing; the server still answers, and that answer is what is timed.
  const newest = headers.value.at(-1)?.uid;
  await trail.step('imap.body', () => connection.fetchBody(String(newest ?? '*'), { maxBytes: BODY_BYTES }));
  leaveMailbox(context, connection);
}
