/** What the final reading of all mailboxes found, copy by copy, and the notices that came back. It compares with nothing. */

import { bitMatrix, hasBit, setBit, type BitMatrix } from './bitmap.ts';
import { emptyTable, flagCopy, flagsOf, type CopyTable } from './copy-table.ts';
import { MAX_NAMED, type CopyName, type Place } from './dispositions.ts';
import { rowOf, rowsOf, type LedgerShape } from './ledger-share.ts';
import { emptyNotices, type Notices } from './notices.ts';

/** A place in two bits: a copy lies in one of them, so one matrix each would waste a third. */
const PLACE_BITS: Readonly<Record<Place, { readonly low: boolean; readonly high: boolean }>> = {
  present: { low: true, high: false },
  trashed: { low: false, high: true },
  junked: { low: true, high: true },
};

/** Flags of the table of direct copies found; the places exclude each other. */
const FOUND: Readonly<Record<Place, number>> = { present: 1, trashed: 2, junked: 4 };

/** The one flag of the table of second copies. */
const SECOND = 1;

/** What the final census of the followed mailboxes found. */
export interface Census {
  readonly shape: LedgerShape;
  /** Rows by mailbox, bits by list message: the two bits of the place. */
  readonly low: BitMatrix;
  readonly high: BitMatrix;
  /** Direct messages by the mailbox they were found in, their own or a stranger's. */
  readonly direct: CopyTable;
  /** Copies of messages to everybody found a second time where the path makes two: at most one a message. */
  readonly second: CopyTable;
  /** Copies beyond those that the path makes. */
  duplicated: number;
  readonly duplicates: CopyName[];
  /** Mail of nobody's business: without this run's id or that of the named provision. */
  foreign: number;
  /** Every message that bears this run's id, or its provision's, duplicates included. */
  copiesRemaining: number;
  /** What our messages brought forth: in neither count of copies. */
  readonly notices: Notices;
}

export function emptyCensus(shape: LedgerShape): Census {
  return {
    shape,
    low: bitMatrix(rowsOf(shape), shape.listMessages),
    high: bitMatrix(rowsOf(shape), shape.listMessages),
    direct: emptyTable(),
    second: emptyTable(),
    duplicated: 0,
    duplicates: [],
    foreign: 0,
    copiesRemaining: 0,
    notices: emptyNotices(),
  };
}

/**
 * Enters a found list copy. `allowed`: how many of it the path makes in that mailbox (0 for an author's own where the
 * list sends none back, 2 for whoever was addressed beside the list); what is beyond is a duplicate.
 */
export function findListCopy(
  census: Census,
  mailbox: number,
  number: number,
  place: Place,
  allowed = 1,
): void {
  const row = rowOf(census.shape, mailbox);
  if (allowed === 0) return enterDuplicate(census, { number, mailbox });
  if (listPlace(census, row, number) !== undefined) {
    if (allowed < 2 || flagCopy(census.second, number, mailbox, SECOND) !== 0)
      enterDuplicate(census, { number, mailbox });
    return;
  }
  const { low, high } = PLACE_BITS[place];
  if (low) setBit(census.low, row, number);
  if (high) setBit(census.high, row, number);
}

/** Enters a found direct copy, in its recipient's mailbox or a stranger's; a second sight there is a duplicate. */
export function findDirectCopy(census: Census, mailbox: number, number: number, place: Place): void {
  if (flagsOf(census.direct, number, mailbox) !== 0) enterDuplicate(census, { number, mailbox });
  else flagCopy(census.direct, number, mailbox, FOUND[place]);
}

/** Where a list copy was found, by the row of its mailbox. */
export function listPlace({ low, high }: Census, row: number, number: number): Place | undefined {
  const isLow = hasBit(low, row, number);
  if (!hasBit(high, row, number)) return isLow ? 'present' : undefined;
  return isLow ? 'junked' : 'trashed';
}

/** Where a direct copy was found in a mailbox. */
export function directPlace(census: Census, number: number, mailbox: number): Place | undefined {
  const flags = flagsOf(census.direct, number, mailbox);
  if (flags === 0) return undefined;
  if (flags === FOUND.present) return 'present';
  return flags === FOUND.trashed ? 'trashed' : 'junked';
}

function enterDuplicate(census: Census, name: CopyName): void {
  census.duplicated += 1;
  if (census.duplicates.length < MAX_NAMED) census.duplicates.push(name);
}
