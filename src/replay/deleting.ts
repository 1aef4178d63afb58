/** The owner of a mailbox deletes the junk, in one of the ways people do, each with its real hazard. Takes no foreign mail. */

import type { ImapConnection } from '../protocol/imap/connection.ts';
import { uidSets } from '../protocol/imap/sets.ts';
import type { DeleteStrategy } from '../storm/journey.ts';
import type { WorkerContext } from './context.ts';
import {
  enterMailbox,
  leaveMailbox,
  identify,
  LISTING_FIELDS,
  markAsked,
  markSeen,
  type Listed,
} from './mailbox.ts';
import type { Trail } from './trail.ts';

/** What a deleter works with. */
interface Sitting {
  readonly context: WorkerContext;
  readonly trail: Trail;
  readonly mailbox: number;
  readonly connection: ImapConnection;
  readonly strategy: DeleteStrategy;
  /** Everything whose name we know, by UID: nothing is taken nameless. */
  readonly listed: Map<number, Listed>;
  readonly provisioned: string | undefined;
}

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
  const { connection } = entered;
  const sitting: Sitting = { context, trail, mailbox, connection, strategy, listed: new Map(), provisioned };
  const listing = await trail.step('imap.headers', () => connection.fetchHeaders('1:*', LISTING_FIELDS));
  for (const row of listing.value ?? []) list(sitting, row);
  if (!trail.failed) await deleteBySelection(sitting);
  leaveMailbox(context, connection);
}

function list(
  sitting: Sitting,
  row: { readonly uid: number; readonly headers: ReadonlyMap<string, string> },
): void {
  const entry = identify(sitting.context, row, sitting.provisioned);
  sitting.listed.set(row.uid, entry);
  markSeen(sitting.context, sitting.mailbox, entry.number);
}

async function deleteBySelection(sitting: Sitting): Promise<void> {
  const { strategy } = sitting;
  const junk = junkUids(sitting);
  switch (strategy.selection) {
    case 'one':
      return deleteInTurn(sitting, junk, 1);
    case 'page':
      return deleteInTurn(sitting, junk, strategy.pageSize);
    case 'range':
      return takeAll(sitting, rangeUids(sitting, junk));
    case 'search':
      return takeAll(sitting, await searchUids(sitting));
  }
}

/** What a person recognises as the storm: its subject, or an answer to it, to the letter. */
function junkUids(sitting: Sitting): number[] {
  const subject = sitting.context.plan.profile.blast.subject;
  const isJunk = (entry: Listed): boolean =>
    !entry.foreign && (entry.subject === subject || entry.subject === `Re: ${subject}`);
  return [...sitting.listed.values()].filter(isJunk).map((entry) => entry.uid);
}

/** Shift-click from the first junk message to the last: everything that lies between comes along. */
function rangeUids(sitting: Sitting, junk: readonly number[]): number[] {
  const first = junk[0];
  const last = junk.at(-1);
  if (first === undefined || last === undefined) return [];
  return [...sitting.listed.values()]
    .filter((entry) => entry.uid >= first && entry.uid <= last && !entry.foreign)
    .map((entry) => entry.uid);
}

/** Search for the subject and select all: SUBJECT matches substrings (RFC 3501 §6.4.4), so "Blood test results" comes along. */
async function searchUids(sitting: Sitting): Promise<number[]> {
  const { connection, trail, context, listed } = sitting;
  const found = await trail.induced('imap.search', () =>
    connection.search({ subject: context.plan.profile.blast.subject }),
  );
  const nameless = (found.value ?? []).filter((uid) => !listed.has(uid));
  for (const set of uidSets(nameless)) {
    const fetched = await trail.induced('imap.headers', () => connection.fetchHeaders(set, LISTING_FIELDS));
    for (const row of fetched.value ?? []) list(sitting, row);
  }
  return (found.value ?? []).filter((uid) => listed.get(uid)?.foreign === false);
}

async function deleteInTurn(sitting: Sitting, uids: readonly number[], atOnce: number): Promise<void> {
  const { trail, context, strategy } = sitting;
  for (let at = 0; at < uids.length; at += atOnce) {
    if (trail.failed) return;
    if (context.orders.stopping) return trail.drop('stopped');
    await new Promise((resolve) => setTimeout(resolve, strategy.clickUs / 1_000));
    await take(sitting, uids.slice(at, at + atOnce));
  }
  if (strategy.disposal === 'expunge') await expunge(sitting, uids);
}

async function takeAll(sitting: Sitting, uids: readonly number[]): Promise<void> {
  await take(sitting, uids);
  if (sitting.strategy.disposal === 'expunge') await expunge(sitting, uids);
}

/**
 * Moves to Trash, or flags for expunge. Its UIDs count as asked for from the moment the command leaves, whatever comes
 * back: a lost answer and a NO may both have worked in part (RFC 6851 §3.3).
 */
async function take(sitting: Sitting, uids: readonly number[]): Promise<void> {
  const { connection, trail, strategy, context, mailbox, listed } = sitting;
  for (const set of uidSets(uids)) {
    if (trail.failed) return;
    if (strategy.disposal === 'trash' && !canMove(connection))
      return trail.doubt('the server offers neither MOVE nor UIDPLUS');
    for (const uid of uidsIn(set)) markAsked(context, mailbox, listed.get(uid)?.number);
    await (strategy.disposal === 'trash'
      ? trail.induced('imap.move', () => connection.move(set, 'Trash'))
      : trail.induced('imap.store', () => connection.store(set, '+FLAGS.SILENT', ['\\Deleted'])));
  }
}

/** Without either, a move could only be made by a plain EXPUNGE, which takes more than it was asked for. */
function canMove(connection: ImapConnection): boolean {
  return connection.capabilities.has('MOVE') || connection.capabilities.has('UIDPLUS');
}

/** Expunges exactly what was taken (UIDPLUS); without it a plain EXPUNGE, which the preflight allows only in mailboxes of ours alone. */
async function expunge(sitting: Sitting, uids: readonly number[]): Promise<void> {
  const { connection, trail } = sitting;
  if (uids.length === 0 || trail.failed) return;
  if (!connection.capabilities.has('UIDPLUS')) {
    await trail.induced('imap.expunge', () => connection.expunge());
    return;
  }
  for (const set of uidSets(uids)) {
    if (trail.failed) return;
    await trail.induced('imap.expunge', () => connection.uidExpunge(set));
  }
}

/** `1:3,7` -> 1, 2, 3, 7: the members of a set that we compressed ourselves. */
function* uidsIn(set: string): Generator<number> {
  for (const part of set.split(',')) {
    const [low = 0, high = low] = part.split(':').map(Number);
    for (let uid = low; uid <= high; uid += 1) yield uid;
  }
}
