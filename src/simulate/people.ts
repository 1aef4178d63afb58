/** What people do with their mailboxes in virtual time: get in, look, delete. Each is a process; none sends anything. */

import type { Outcome } from '../measure/outcome.ts';
import type { DeleteStrategy } from '../storm/journey.ts';
import type { Process } from './events.ts';
import { FAILED, type Visit, type World } from './visit.ts';

/** Headers on the first screen of a mail client. */
const FIRST_SCREEN = 25;

const TURNED_AWAY: Outcome = {
  kind: 'rejected',
  code: 'BYE',
  temporary: true,
  limiter: true,
  greylist: false,
  overQuota: false,
  text: 'simulated: too many sessions',
};

/** Waits for a place, connects, signs in and opens the mailbox; false where one of them failed, and the session is over. */
export function* enterMailbox(world: World, visit: Visit): Generator<number, boolean, void> {
  const { system, places } = world;
  yield* places.enter(visit.journey.actor);
  if (!system.enter()) {
    visit.step('imap.connect', TURNED_AWAY);
    places.leave(visit.journey.actor);
    return false;
  }
  for (const kind of ['connect', 'signin', 'open'] as const) {
    if ((yield* visit.command(kind, 0)) !== FAILED) continue;
    leaveMailbox(world, visit);
    return false;
  }
  return true;
}

/** The session is over, and its place somebody else's. */
export function leaveMailbox({ system, places }: World, visit: Visit): void {
  system.leave();
  places.leave(visit.journey.actor);
}

/** Somebody signs in afresh, glances at the latest headers, reads the newest message. */
export function* readMailbox(world: World, visit: Visit): Process {
  const { system } = world;
  if (yield* enterMailbox(world, visit)) {
    const listed = Math.min(FIRST_SCREEN, system.messagesIn(visit.journey.actor));
    const { actor, phase } = visit.journey;
    if ((yield* visit.command('headers', listed)) !== FAILED && (yield* visit.command('body', 1)) !== FAILED)
      world.opened?.(actor, phase);
    leaveMailbox(world, visit);
  }
  visit.end();
}

/** The owner of a mailbox lists it and deletes the junk. `row`: clicks that are simulated as one piece of work. */
export function* deleteJunk(world: World, visit: Visit, strategy: DeleteStrategy, row: number): Process {
  const { system } = world;
  const { actor } = visit.journey;
  if (yield* enterMailbox(world, visit)) {
    const listed = yield* visit.command('headers', system.messagesIn(actor));
    // What comes later is not on the list and stays.
    if (listed !== FAILED) yield* deleteListed(world, visit, strategy, system.storedToAll(actor), row);
    leaveMailbox(world, visit);
  }
  visit.end();
}

function* deleteListed(
  world: World,
  visit: Visit,
  strategy: DeleteStrategy,
  junk: number,
  row: number,
): Generator<number, void, void> {
  const { selection, disposal } = strategy;
  const atOnce = selection === 'one' ? 1 : selection === 'page' ? strategy.pageSize : undefined;
  if (
    selection === 'search' &&
    (yield* visit.command('search', world.system.messagesIn(visit.journey.actor))) === FAILED
  )
    return;
  if (atOnce === undefined) {
    if (junk > 0 && (yield* take(world, visit, strategy, junk, 1)) === FAILED) return;
  } else {
    for (let left = junk; left > 0; ) {
      const clicks = Math.min(row, Math.ceil(left / atOnce));
      const messages = Math.min(left, clicks * atOnce);
      yield world.events.nowUs + clicks * strategy.clickUs;
      const waitedUs = yield* take(world, visit, strategy, messages, clicks);
      if (waitedUs === FAILED) return;
      left -= messages;
      // Each further click of the row would have waited as long as the first.
      if (clicks > 1) yield world.events.nowUs + (clicks - 1) * waitedUs;
    }
  }
  if (junk === 0 || disposal === 'trash' || (disposal === 'expunge' && selection !== 'one')) return;
  if (disposal === 'emptyTrash') yield world.events.nowUs + strategy.emptyAfterUs;
  yield* visit.command('expunge', junk);
}

/** Moves to Trash, or flags for expunge; a page or a selection is expunged at once, what is flagged one by one when done. */
function* take(
  { system, events }: World,
  visit: Visit,
  { disposal, selection }: DeleteStrategy,
  messages: number,
  clicks: number,
): Generator<number, number, void> {
  const waitedUs = yield* visit.command(disposal === 'expunge' ? 'store' : 'move', messages, clicks);
  if (waitedUs === FAILED) return FAILED;
  system.remove(visit.journey.actor, messages, events.nowUs);
  if (disposal !== 'expunge' || selection === 'one') return waitedUs;
  const again = yield* visit.command('expunge', messages, clicks);
  return again === FAILED ? FAILED : waitedUs + again;
}
