/** A clinical message from submission to being read: sent, seen by its watcher, found at a fresh sign-in, its body fetched. */

import type { PlannedMessage } from '../storm/journey.ts';
import { messageId } from '../storm/numbering.ts';
import type { WorkerContext } from './context.ts';
import { enterMailbox } from './mailbox.ts';
import { submitMessage } from './send.ts';
import type { SubmitPool } from './submit-pool.ts';
import type { Trail } from './trail.ts';
import type { Watch } from './watch.ts';

/**
 * Goes through the fixed steps of `journey.canary`; the watcher must stand before the message leaves.
 * True if the target accepted it.
 */
export async function followCanary(
  context: WorkerContext,
  pool: SubmitPool,
  watch: Watch,
  trail: Trail,
  message: PlannedMessage,
): Promise<boolean> {
  const { plan, recorder, canaries } = context;
  const { phase } = trail.journey;
  const sighting = watch.expect(message.number, plan.profile.canaries.giveUpAfter);
  const accepted = await submitMessage(context, pool, trail, message);
  if (!accepted) {
    watch.forget(message.number);
    canaries.push({ number: message.number, phase, accepted: false, visibleUs: undefined });
    return false;
  }
  const seenUs = await sighting;
  const visibleUs = seenUs === undefined ? undefined : seenUs - trail.intendedUs;
  canaries.push({ number: message.number, phase, accepted: true, visibleUs });
  if (visibleUs === undefined) {
    trail.drop(context.orders.stopping ? 'stopped' : 'abandoned');
    return true;
  }
  recorder.visible(phase, visibleUs);
  trail.waited();
  await context.mailboxPlaces(() => fetchCanary(context, trail, message));
  return true;
}

async function fetchCanary(context: WorkerContext, trail: Trail, message: PlannedMessage): Promise<void> {
  const entered = await enterMailbox(context, trail, trail.journey.actor, true);
  if (entered === undefined) return;
  const { connection } = entered;
  const id = messageId(context.runId, context.plan.seed, message.number);
  const found = await trail.step('imap.search', () => connection.search({ header: ['Message-ID', id] }));
  const uid = found.value?.[0];
  if (found.value !== undefined && uid === undefined) {
    // A deleter's sweep may have taken it between the two looks; whether it was readable we cannot know.
    trail.doubt('seen by the watcher, no longer in the INBOX at the fresh sign-in');
  }
  if (uid !== undefined) await trail.step('imap.body', () => connection.fetchBody(String(uid), {}));
  void connection.logout();
}
