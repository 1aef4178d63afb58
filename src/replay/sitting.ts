/** A person at an open folder: what they have seen listed, and whose it is. Nothing is taken nameless; it deletes nothing itself. */

import type { HeaderRow } from '../protocol/imap/fetch.ts';
import type { ImapConnection } from '../protocol/imap/connection.ts';
import { noteListing, noteTaken } from '../measure/manners.ts';
import { uidSets } from '../protocol/imap/sets.ts';
import type { DeleteStrategy } from '../storm/journey.ts';
import { streamOf, type Stream } from '../storm/numbering.ts';
import { pause, type WorkerContext } from './context.ts';
import { identify, LISTING_FIELDS, markAsked, markSeen, type Listed } from './mailbox.ts';
import type { Trail } from './trail.ts';

/** What somebody who deletes works with, in the folder that is open. */
export interface Sitting {
  readonly context: WorkerContext;
  readonly trail: Trail;
  readonly mailbox: number;
  readonly connection: ImapConnection;
  readonly strategy: DeleteStrategy;
  /** Everything whose name we know, by UID. */
  readonly listed: Map<number, Listed>;
  readonly provisioned: string | undefined;
  /** Where this server keeps what was thrown away; undefined where the strategy needs none. */
  readonly trash: string | undefined;
}

/** Streams of mail beside messages to everybody that a run's mailboxes may hold. */
const OURS: readonly Stream[] = ['bystander', 'clinical', 'pilot', 'receipt'];

/** Whether a message of that number can be the run's: of direct mail only its author's shard knows. */
function isPlanned({ plan }: WorkerContext, number: number): boolean {
  const stream = streamOf(number);
  if (stream === 'list') return number < plan.cascade.length;
  return stream !== undefined && OURS.includes(stream);
}

/** Enters rows of a listing: each message was seen, and is known from now on. */
export function enterRows(sitting: Sitting, rows: readonly Pick<HeaderRow, 'uid' | 'headers'>[]): void {
  const { context, mailbox, listed, provisioned } = sitting;
  const numbers: number[] = [];
  for (const row of rows) {
    const entry = identify(context, row, provisioned);
    listed.set(row.uid, entry);
    markSeen(context, mailbox, entry.number);
    if (entry.number !== undefined) numbers.push(entry.number);
  }
  noteListing(context.manners, mailbox, numbers, (number) => isPlanned(context, number));
}

/**
 * Fetches the names of those UIDs that no listing has shown yet, and gives back the ones that are ours: a message that
 * nobody could name (gone meanwhile, or never told) is left alone, and so is foreign mail.
 */
export async function nameOurs(sitting: Sitting, uids: readonly number[]): Promise<number[]> {
  const { connection, trail, listed } = sitting;
  for (const set of uidSets(uids.filter((uid) => !listed.has(uid)))) {
    if (trail.failed) return [];
    const fetched = await trail.induced('imap.headers', () => connection.fetchHeaders(set, LISTING_FIELDS));
    enterRows(sitting, fetched.value ?? []);
  }
  return uids.filter((uid) => listed.get(uid)?.foreign === false);
}

/** A delete of ours is about to name these: they count as asked for from now on, whatever comes back. */
export function askFor(sitting: Sitting, uids: Iterable<number>): void {
  const { context, mailbox, listed } = sitting;
  for (const uid of uids) {
    const number = listed.get(uid)?.number;
    markAsked(context, mailbox, number);
    if (number !== undefined && streamOf(number) !== 'list') noteTaken(context.manners, mailbox, number);
  }
}

/** The folder holds mail that is nobody's of this run. */
export function holdsForeign({ listed }: Sitting): boolean {
  for (const entry of listed.values()) if (entry.foreign) return true;
  return false;
}

/** Waits as people do between two clicks; false, and the trail dropped, when the run is being stopped. */
export async function linger({ trail, context }: Sitting, pauseUs: number): Promise<boolean> {
  if (trail.failed) return false;
  await pause(context.orders, pauseUs);
  if (context.orders.stopping) trail.drop('stopped');
  return !trail.failed;
}
