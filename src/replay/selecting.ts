/** Which messages somebody takes for junk, in the ways people select, each with its real hazard. It sends nothing that changes a mailbox. */

import { rawText } from '../storm/content/header.ts';
import { enterRows, nameOurs, linger, type Sitting } from './sitting.ts';
import { LISTING_FIELDS, type Listed } from './mailbox.ts';

/** Messages taken in one go: `saved` when the server itself holds the same selection as `$` (RFC 5182). */
export interface Gulp {
  readonly uids: readonly number[];
  readonly saved: boolean;
}

/** A rule looks again this often at most: mail that keeps coming is not chased for ever. */
const SWEEP_ROUNDS = 20;

/** What the strategy selects, gulp by gulp, at the pace of clicks; each must be disposed of before the next is asked for. */
export async function* selectJunk(sitting: Sitting): AsyncGenerator<Gulp> {
  const { strategy } = sitting;
  switch (strategy.selection) {
    case 'one':
      return yield* inTurn(sitting, 1);
    case 'page':
      return yield* inTurn(sitting, strategy.pageSize);
    case 'range':
      return yield* whole(rangeUids(sitting));
    case 'search':
      return yield* searched(sitting);
    case 'sweep':
      return yield* swept(sitting);
  }
}

/** What a person recognises as the storm: its subject, an answer to it or the recall of one, to the letter. */
function isJunk(sitting: Sitting, entry: Listed): boolean {
  const { subject } = sitting.context.plan.profile.blast;
  if (entry.foreign) return false;
  return ['', 'Re: ', 'Recall: '].some((said) => entry.subject === rawText(`${said}${subject}`));
}

function junkUids(sitting: Sitting): number[] {
  return [...sitting.listed.values()].filter((entry) => isJunk(sitting, entry)).map((entry) => entry.uid);
}

async function* inTurn(sitting: Sitting, atOnce: number): AsyncGenerator<Gulp> {
  const junk = junkUids(sitting);
  for (let at = 0; at < junk.length; at += atOnce) {
    if (!(await linger(sitting, sitting.strategy.clickUs))) return;
    yield { uids: junk.slice(at, at + atOnce), saved: false };
  }
}

function* whole(uids: readonly number[]): Generator<Gulp> {
  if (uids.length > 0) yield { uids, saved: false };
}

/** Shift-click from the first junk message to the last: everything that lies between comes along, but for foreign mail. */
function rangeUids(sitting: Sitting): number[] {
  const junk = junkUids(sitting);
  const first = Math.min(...junk);
  const last = Math.max(...junk);
  return [...sitting.listed.values()]
    .filter((entry) => entry.uid >= first && entry.uid <= last && !entry.foreign)
    .map((entry) => entry.uid);
}

/** Search for the subject and select all: SUBJECT matches substrings (RFC 3501 §6.4.4), so "Blood test results" comes along. */
async function* searched(sitting: Sitting): AsyncGenerator<Gulp> {
  const { connection, trail, context } = sitting;
  const { subject } = context.plan.profile.blast;
  const save = connection.offers('SEARCHRES');
  // A session searches what it has been told of: a client asks for news before it shows what it found.
  await trail.induced('imap.poll', () => connection.noop());
  if (trail.failed) return;
  const found = await trail.induced('imap.search', () => connection.search({ subject }, { save }));
  const all = found.value ?? [];
  const uids = await nameOurs(sitting, all);
  // `$` is everything that was found: where something must be carved out, the rest is named one by one.
  if (uids.length > 0) yield { uids, saved: save && uids.length === all.length };
}

/**
 * A rule for the storm's subjects, run at once and again until a look finds nothing new: late arrivals are taken too,
 * as fast as they come.
 */
async function* swept(sitting: Sitting): AsyncGenerator<Gulp> {
  const { connection, trail, listed } = sitting;
  let junk = junkUids(sitting);
  for (let round = 0; round < SWEEP_ROUNDS && junk.length > 0; round += 1) {
    yield { uids: junk, saved: false };
    if (!(await linger(sitting, sitting.strategy.clickUs))) return;
    const from = Math.max(0, ...listed.keys()) + 1;
    const news = await trail.induced('imap.headers', () =>
      connection.fetchHeaders(`${from}:*`, LISTING_FIELDS),
    );
    // `n:*` always names the last message, even when it is older than n (RFC 3501 §6.4.8).
    const rows = (news.value ?? []).filter((row) => row.uid >= from);
    enterRows(sitting, rows);
    junk = rows
      .map((row) => listed.get(row.uid))
      .filter((entry) => entry !== undefined && isJunk(sitting, entry))
      .map((entry) => (entry as Listed).uid);
  }
}
