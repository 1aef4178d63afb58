/** What became of every copy: what the workers know and a census, folded into dispositions, 32 copies at a time. */

import { transpose32, type BitMatrix } from './bitmap.ts';
import { eachCopy, flagsOf, mailboxWith } from './copy-table.ts';
import type { CopyName, Disposition, Named } from './dispositions.ts';
import { Account } from './ledger-account.ts';
import { directPlace, type Census } from './ledger-census.ts';
import {
  DIRECT,
  eachApart,
  ENTERED,
  rowOf,
  rowsOf,
  type Acceptance,
  type LedgerShape,
  type LedgerShare,
} from './ledger-share.ts';
import { junkIn, quotaFigures, type QuotaFigures } from './ledger-quota.ts';
import { eachFailure, isFailed, noticeCauses, type NoticeCause, type Notices } from './notices.ts';

/** The ledger's figures. The dispositions add up to `copiesAccepted`. All are of the followed mailboxes. */
export interface LedgerFigures extends Record<Disposition, number> {
  readonly copiesAccepted: number;
  /** Copies that the workers counted as accepted while they ran: copiesAccepted less what was resolved later. */
  readonly copiesTold: number;
  readonly copiesSeen: number;
  /** Of copiesAccepted: copies of messages to everybody. */
  readonly listCopiesAccepted: number;
  /** Of copiesAccepted: submissions left unknown, whose copy was found or came back. */
  readonly unknownResolved: number;
  /** Submissions whose fate nobody can tell and which no census found. */
  readonly unknown: number;
  readonly duplicated: number;
  /** Found, or seen at some time, in a mailbox they were not for. */
  readonly misdelivered: number;
  readonly foreign: number;
  readonly copiesRemaining: number;
  /** Of takenByStrategy: still in Trash, and gone for good. */
  readonly takenTrashed: number;
  readonly takenExpunged: number;
  /** Mail that a full mailbox kept out. */
  readonly overQuota: QuotaFigures;
  /** Bounces, delays, auto-replies and receipts by cause. */
  readonly notices: readonly NoticeCause[];
  /** Mail that may have been a notice and was not read: as many copies may have come back that count as lost. */
  readonly untraced: number;
  /** Set where not every mailbox was followed. */
  readonly sample: { readonly mailboxes: number; readonly of: number } | null;
  /** The first MAX_NAMED copies of each kind. */
  readonly named: Readonly<Record<Named, readonly CopyName[]>>;
  /** Disposition of each accepted canary. */
  readonly clinical: ReadonlyMap<number, Disposition>;
}

/** Whether a bounce of a message would have been read: the mailbox of who wrote it is among those followed. */
export type BounceRead = (number: number) => boolean;

/**
 * Folds share and census into the ledger. `quiescent`: the target owed nothing when the census was taken. `bounceRead`:
 * absent where all were; a copy whose bounce may lie where nobody looked is `overdue`, never proven `lost`.
 */
export function closeLedger(
  share: LedgerShare,
  census: Census,
  quiescent: boolean,
  bounceRead?: BounceRead,
): LedgerFigures {
  const { shape } = share;
  const account = new Account(quiescent, shape, bounceRead);
  closeList(share, census, account);
  const clinical = closeDirect(share, census, account);
  closeStrays(share, census, account);
  for (const name of census.duplicates) account.name('duplicated', name);
  const { notices } = census;
  return {
    ...account.figures(),
    copiesTold: share.told,
    duplicated: census.duplicated,
    foreign: census.foreign,
    copiesRemaining: census.copiesRemaining,
    overQuota: quotaFigures(share, notices, (mailbox) => junkIn(share, census, mailbox)),
    notices: noticeCauses(notices),
    untraced: notices.untraced,
    sample: shape.sample === undefined ? null : { mailboxes: rowsOf(shape), of: shape.mailboxes },
    clinical,
  };
}

/** Rows of mailboxes turned at once where acceptances lie by message. */
const BLOCK = 32;

/** Every cell of the matrix, a word of messages at a time. */
function closeList(share: LedgerShare, census: Census, account: Account): void {
  const { shape, seen, asked } = share;
  const { words } = seen;
  const rows = rowsOf(shape);
  const failed = failedRows(shape, census.notices, words);
  const apart = apartRows(share);
  const [accepted, unknown] = [new Int32Array(BLOCK * words), new Int32Array(BLOCK * words)];
  for (let first = 0; first < rows; first += BLOCK) {
    loadBlock(shape, share.accepted, first, accepted);
    loadBlock(shape, share.unknown, first, unknown);
    for (let row = first; row < first + BLOCK; row += 1)
      for (const copy of apart.get(row) ?? []) setApart(copy, accepted, unknown, (row - first) * words);
    for (let row = first; row < Math.min(first + BLOCK, rows); row += 1) {
      const back = failed.get(row);
      for (let word = 0, at = row * words; word < words; word += 1, at += 1) {
        const inBlock = (row - first) * words + word;
        account.enterWord(
          row,
          word,
          accepted[inBlock] as number,
          unknown[inBlock] as number,
          seen.cells[at] as number,
          asked.cells[at] as number,
          census.low.cells[at] as number,
          census.high.cells[at] as number,
          back === undefined ? 0 : (back[word] as number),
        );
      }
    }
  }
}

/** Acceptances of 32 mailboxes as rows by mailbox, whichever way they were kept. */
function loadBlock(shape: LedgerShape, matrix: BitMatrix, first: number, into: Int32Array): void {
  const words = into.length / BLOCK;
  if (shape.fanOut === 'list') {
    // One answer for all members; again for each block, since some of them may be set apart.
    for (let row = 0; row < BLOCK; row += 1) into.set(matrix.cells, row * words);
    return;
  }
  const turned = new Int32Array(BLOCK);
  for (let word = 0; word < words; word += 1) {
    for (let k = 0; k < BLOCK; k += 1) {
      const message = word * 32 + k;
      turned[k] = message < matrix.rows ? (matrix.cells[message * matrix.words + (first >> 5)] as number) : 0;
    }
    transpose32(turned);
    for (let row = 0; row < BLOCK; row += 1) into[row * words + word] = turned[row] as number;
  }
}

/** A copy that its message's answer does not speak for. */
interface Apart {
  readonly number: number;
  readonly acceptance: Acceptance;
}

/** Copies apart, by the row of their mailbox. */
function apartRows(share: LedgerShare): ReadonlyMap<number, readonly Apart[]> {
  const rows = new Map<number, Apart[]>();
  eachApart(share, (number, mailbox, acceptance) => {
    const row = rowOf(share.shape, mailbox);
    const copies = rows.get(row);
    if (copies === undefined) rows.set(row, [{ number, acceptance }]);
    else copies.push({ number, acceptance });
  });
  return rows;
}

/** Lets what holds for a copy alone stand instead of its message's answer; its row begins `from` words into the block. */
function setApart(
  { number, acceptance }: Apart,
  accepted: Int32Array,
  unknown: Int32Array,
  from: number,
): void {
  const at = from + (number >> 5);
  const bit = 1 << (number & 31);
  const others = ~bit;
  accepted[at] = ((accepted[at] as number) & others) | (acceptance === 'accepted' ? bit : 0);
  unknown[at] = ((unknown[at] as number) & others) | (acceptance === 'unknown' ? bit : 0);
}

/** Rows of those mailboxes alone whose copies came back. */
function failedRows(shape: LedgerShape, notices: Notices, words: number): Map<number, Int32Array> {
  const rows = new Map<number, Int32Array>();
  eachFailure(notices, (number, mailbox) => {
    const row = rowOf(shape, mailbox);
    if (row < 0 || number >= shape.listMessages) return;
    const bits = rows.get(row) ?? new Int32Array(words);
    bits[number >> 5] = (bits[number >> 5] as number) | (1 << (number & 31));
    rows.set(row, bits);
  });
  return rows;
}

/** Mail to one person; the dispositions of what was clinical. */
function closeDirect(share: LedgerShare, census: Census, account: Account): Map<number, Disposition> {
  const clinical = new Map<number, Disposition>();
  const { direct, shape } = share;
  eachCopy(direct, (number, mailbox, flags) => {
    if ((flags & ENTERED) === 0 || rowOf(shape, mailbox) < 0) return;
    const has = (flag: number): boolean => (flags & flag) !== 0;
    const facts = {
      acceptance: has(DIRECT.accepted)
        ? ('accepted' as const)
        : has(DIRECT.unknown)
          ? ('unknown' as const)
          : ('rejected' as const),
      place: directPlace(census, number, mailbox),
      seen: has(DIRECT.seen),
      asked: has(DIRECT.asked),
      bounced: isFailed(census.notices, number, mailbox),
      junk: false,
    };
    const disposition = account.enter(facts, { number, mailbox });
    if (has(DIRECT.clinical) && disposition !== undefined) clinical.set(number, disposition);
  });
  return clinical;
}

/** Direct mail in a stranger's mailbox: found there by the census, or seen there by one of ours and gone since. */
function closeStrays({ direct, shape }: LedgerShare, census: Census, account: Account): void {
  const isStray = (number: number, mailbox: number): boolean => {
    const recipient = mailboxWith(direct, number, ENTERED);
    return recipient !== undefined && recipient !== mailbox && rowOf(shape, mailbox) >= 0;
  };
  eachCopy(census.direct, (number, mailbox) => {
    if (isStray(number, mailbox)) account.stray({ number, mailbox });
  });
  eachCopy(direct, (number, mailbox, flags) => {
    const known = (flags & ENTERED) !== 0 || flagsOf(census.direct, number, mailbox) !== 0;
    if (!known && (flags & DIRECT.seen) !== 0 && isStray(number, mailbox)) account.stray({ number, mailbox });
  });
}
