/** Mail that a full mailbox kept out, and above all the clinical mail for which junk left no room. Counts; it judges nothing. */

import { countBits } from './bitmap.ts';
import { eachCopy } from './copy-table.ts';
import { MAX_NAMED } from './dispositions.ts';
import type { Census } from './ledger-census.ts';
import { DIRECT, ENTERED, rowOf, type LedgerShare } from './ledger-share.ts';
import { eachOverQuota, isOverQuotaCopy, type Notices } from './notices.ts';

/** A clinical message that a full mailbox kept out. */
export interface KeptOut {
  readonly number: number;
  readonly mailbox: number;
  /** Copies of messages to everybody that have lain in that mailbox. */
  readonly junk: number;
}

export interface QuotaFigures {
  /** Refused at submission (`overQuota` outcomes), a recipient each. */
  readonly refused: number;
  /** Accepted, and a notification said later that the mailbox was full (status x.2.2). */
  readonly notified: number;
  /** Of both: clinical messages to mailboxes that hold, or held, the storm's junk. */
  readonly clinical: number;
  /** The first MAX_NAMED of them. */
  readonly named: readonly KeptOut[];
}

/** What full mailboxes kept out. `junkOf`: copies of messages to everybody that have lain in a mailbox. */
export function quotaFigures(
  share: LedgerShare,
  notices: Notices,
  junkOf: (mailbox: number) => number,
): QuotaFigures {
  const { direct, shape } = share;
  let refused = share.listOverQuota;
  let clinical = 0;
  const named: KeptOut[] = [];
  eachCopy(direct, (number, mailbox, flags) => {
    if ((flags & ENTERED) === 0 || rowOf(shape, mailbox) < 0) return;
    const atTheDoor = (flags & DIRECT.overQuota) !== 0;
    if (atTheDoor) refused += 1;
    if ((flags & DIRECT.clinical) === 0) return;
    if (!atTheDoor && !isOverQuotaCopy(notices, number, mailbox)) return;
    const junk = junkOf(mailbox);
    // A mailbox that was full without the storm is another story.
    if (junk === 0) return;
    clinical += 1;
    if (named.length < MAX_NAMED) named.push({ number, mailbox, junk });
  });
  let notified = 0;
  eachOverQuota(notices, (_, mailbox) => {
    if (rowOf(shape, mailbox) >= 0) notified += 1;
  });
  return { refused, notified, clinical, named };
}

/** Copies of messages to everybody that lie in a mailbox, or were seen there. */
export function junkIn({ shape, seen }: LedgerShare, { low, high }: Census, mailbox: number): number {
  const row = rowOf(shape, mailbox);
  if (row < 0) return 0;
  let copies = 0;
  for (let at = row * seen.words, word = 0; word < seen.words; at += 1, word += 1)
    copies += countBits((seen.cells[at] as number) | (low.cells[at] as number) | (high.cells[at] as number));
  return copies;
}
