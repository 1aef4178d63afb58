/** Which messages somebody takes for junk, in the ways people select, each with its real hazard. It sends nothing that changes a mailbox. */

import { rawText } from '../storm/content/header.ts';
import { MAILBOX_OPERATIONS, type Bookmark, type Gulp, type Hand } from './clients/client.ts';
import { enterRows, linger, type Sitting } from './sitting.ts';
import { LISTING_FIELDS, type Listed } from './mailbox.ts';

/** A rule looks again this often at most: mail that keeps coming is not chased for ever. */
const SWEEP_ROUNDS = 20;

/** What the strategy selects, gulp by gulp, at the pace of clicks; each must be disposed of before the next is asked for. */
export async function* selectJunk(sitting: Sitting, hand: Hand, before: Bookmark): AsyncGenerator<Gulp> {
  const { strategy } = sitting;
  switch (strategy.selection) {
    case 'one':
      return yield* inTurn(sitting, 1);
    case 'page':
      return yield* inTurn(sitting, strategy.pageSize);
    case 'range':
      return yield* whole(rangeUids(sitting));
    case 'search':
      return yield* searched(sitting, hand);
    case 'sweep':
      return yield* swept(sitting, before);
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

/** Search for the subject and select all: a search matches substrings, so "Blood test results" comes along. */
async function* searched({ context }: Sitting, hand: Hand): AsyncGenerator<Gulp> {
  const found = await hand.search(context.plan.profile.blast.subject);
  if (found !== undefined) yield found;
}

/**
 * A rule for the storm's subjects, run at once and again until a look finds nothing new: late arrivals are taken too,
 * as fast as they come.
 */
async function* swept(sitting: Sitting, before: Bookmark): AsyncGenerator<Gulp> {
  const { client, trail, listed } = sitting;
  const { list } = MAILBOX_OPERATIONS[client.door];
  let bookmark = before;
  let junk = junkUids(sitting);
  for (let round = 0; round < SWEEP_ROUNDS && junk.length > 0; round += 1) {
    yield { uids: junk, saved: false };
    if (!(await linger(sitting, sitting.strategy.clickUs))) return;
    const news = await trail.induced(list, () => client.news(bookmark, LISTING_FIELDS));
    // What came between the bookmark and the listing is known already.
    const rows = (news.value?.rows ?? []).filter(({ uid }) => !listed.has(uid));
    bookmark = news.value?.bookmark ?? bookmark;
    enterRows(sitting, rows);
    junk = rows
      .map((row) => listed.get(row.uid))
      .filter((entry) => entry !== undefined && isJunk(sitting, entry))
      .map((entry) => (entry as Listed).uid);
  }
}
