/** A clinical message from submission to being read: sent, seen by its watcher, found at a fresh sign-in, its body fetched. */

import { LARGE_BODY_BYTES, noteDepth } from '../measure/readings.ts';
import type { PlannedMessage } from '../storm/journey.ts';
import { messageId } from '../storm/numbering.ts';
import type { Phase } from '../words.ts';
import { noteBody } from '../measure/manners.ts';
import { isSameBody } from './comparing.ts';
import { MAILBOX_OPERATIONS } from './clients/client.ts';
import type { WorkerContext } from './context.ts';
import { enterMailbox, leaveMailbox } from './mailbox.ts';
import { submitMessage } from './send.ts';
import type { SubmitPool } from './submit-pool.ts';
import type { Trail } from './trail.ts';
import type { Watch } from './watch.ts';

/** Phases in which nobody has deleted anything yet. */
const BEFORE_DELETES: ReadonlySet<Phase> = new Set(['baseline', 'storm', 'drain']);

/** Goes through the fixed steps of `journey.canary`; the watcher must stand before the message leaves. */
export async function followCanary(
  context: WorkerContext,
  pool: SubmitPool,
  watch: Watch,
  trail: Trail,
  message: PlannedMessage,
): Promise<void> {
  const { plan, recorder, canaries, clock, orders, places } = context;
  const { phase } = trail.journey;
  const { number } = message;
  const sighting = watch.expect(number, plan.profile.canaries.giveUpAfter);
  const { acceptance } = await submitMessage(context, pool, trail, message);
  if (acceptance === 'dropped') return watch.forget(number);
  if (acceptance !== 'accepted') {
    watch.forget(number);
    canaries.push({ number, phase, acceptance, visibleUs: undefined, watchedUs: clock() - trail.intendedUs });
    return;
  }
  const seenUs = await sighting;
  const watchedUs = clock() - trail.intendedUs;
  const visibleUs = seenUs === undefined ? undefined : seenUs - trail.intendedUs;
  canaries.push({ number, phase, acceptance, visibleUs, watchedUs });
  if (visibleUs === undefined) return trail.drop(orders.stopping ? 'stopped' : 'abandoned');
  recorder.visible(phase, visibleUs);
  trail.waited();
  await places.within(trail.journey.actor, () =>
    orders.stopping ? trail.drop('stopped') : fetchCanary(context, watch, trail, message),
  );
}

async function fetchCanary(
  context: WorkerContext,
  watch: Watch,
  trail: Trail,
  message: PlannedMessage,
): Promise<void> {
  const { readings, composer, orders } = context;
  const entered = await enterMailbox(context, trail, trail.journey.actor, true);
  if (entered === undefined) return;
  const { client } = entered;
  const operations = MAILBOX_OPERATIONS[client.door];
  const id = messageId(context.runId, context.plan.seed, message.number);
  const found = await trail.step(operations.find, () => client.find(id));
  entered.looked(found.value !== undefined);
  const uid = found.value?.[0];
  if (found.value !== undefined && uid === undefined) {
    // A deleter's sweep may have taken it between the two looks; whether it was readable we cannot know.
    trail.doubt('seen by the watcher, no longer in the INBOX at the fresh sign-in');
  }
  if (uid !== undefined) {
    // Once people delete, what arrived above it says no longer what lies there.
    if (BEFORE_DELETES.has(orders.phase)) noteDepth(readings, orders.phase, watch.stormAbove(message.number));
    const large = composer.sizeOf(message) >= LARGE_BODY_BYTES;
    if (large) readings.largeBodies.asked += 1;
    const fetched = await trail.step(operations.body, () => client.bodies([uid]));
    if (large && fetched.outcome.kind === 'ok') readings.largeBodies.fetched += 1;
    const received = fetched.value?.find((row) => row.uid === uid)?.body;
    const same = received && isSameBody(context.composer.compose(message, 0), received);
    if (same !== undefined) noteBody(context.manners, trail.journey.actor, message.number, same);
  }
  leaveMailbox(context, client);
}
