/** What workers know of every copy: accepted, seen, asked for deletion. Shared matrices and a table of their own; it judges nothing. */

import { bitMatrix, hasBit, setBit, setSharedBit, type BitMatrix } from './bitmap.ts';
import { eachCopy, emptyTable, flagCopy, mailboxWith, mergeTables, type CopyTable } from './copy-table.ts';

/** How a submission of one copy ended. */
export type Acceptance = 'accepted' | 'rejected' | 'unknown';

/**
 * Memory that the ledger of one run may take; beyond it mailboxes are sampled. The whole storm of 2016 (840,000 mailboxes,
 * 594 messages to everybody) takes 380 MB at its dearest, addressed by the generator, and 255 MB through a list.
 */
export const MAX_LEDGER_BYTES = 400_000_000;

/** The mailboxes that a ledger follows where it cannot follow all. */
export interface LedgerSample {
  /** In ascending order; the place in this list is the mailbox's row. */
  readonly mailboxes: Int32Array;
  /** The row of every mailbox; -1 outside the sample. */
  readonly rowOf: Int32Array;
}

/** Sizes of the matrix. */
export interface LedgerShape {
  readonly mailboxes: number;
  readonly listMessages: number;
  /** By a list one acceptance stands for every member; by the generator each mailbox has its own. */
  readonly fanOut: 'list' | 'generator';
  /** Only these mailboxes are followed; absent: all of them. */
  readonly sample?: LedgerSample | undefined;
}

/** How many mailboxes are followed in `maxBytes`, at most all: four bits a copy, and two more under generator fan-out. */
export function ledgerRows(shape: Omit<LedgerShape, 'sample'>, maxBytes: number): number {
  const { mailboxes, listMessages, fanOut } = shape;
  const rowBytes = 4 * 4 * ((listMessages + 31) >> 5) + (fanOut === 'generator' ? (2 * listMessages) / 8 : 0);
  return Math.min(mailboxes, Math.floor(maxBytes / Math.max(1, rowBytes)));
}

/** A sample of these mailboxes, in any order, of so many. */
export function sampleOf(chosen: Iterable<number>, mailboxes: number): LedgerSample {
  const followed = Int32Array.from(new Set(chosen)).sort();
  const rows = new Int32Array(mailboxes).fill(-1);
  for (const [row, mailbox] of followed.entries()) rows[mailbox] = row;
  return { mailboxes: followed, rowOf: rows };
}

/** The mailbox's row of the matrix; -1 if the ledger does not follow it. */
export function rowOf({ sample }: LedgerShape, mailbox: number): number {
  return sample === undefined ? mailbox : (sample.rowOf[mailbox] ?? -1);
}

/** Of `copies` in all mailboxes, about how many lie in those that the ledger follows. */
export function copiesFollowed(shape: LedgerShape, copies: number): number {
  return (copies * rowsOf(shape)) / shape.mailboxes;
}

/** How many mailboxes the ledger follows. */
export function rowsOf({ mailboxes, sample }: LedgerShape): number {
  return sample === undefined ? mailboxes : sample.mailboxes.length;
}

/** The part of the ledger that all workers write, each its own bits: by mailbox and by author they belong to one shard. */
export interface LedgerMatrices {
  readonly shape: LedgerShape;
  /** By a list: one row, bits by message. By the generator: rows by message, bits by the mailbox's row. */
  readonly accepted: BitMatrix;
  readonly unknown: BitMatrix;
  /** Rows by mailbox, bits by list message. */
  readonly seen: BitMatrix;
  readonly asked: BitMatrix;
}

/** The part that each worker keeps for itself, and posts when it is done. */
export interface LedgerNotes {
  /** Mail to one person. Keys are copies: a stranger who sees a misdelivered copy says nothing of the right one. */
  readonly direct: CopyTable;
  /**
   * Under list fan-out, copies of messages to everybody whose acceptance is not their message's: of an author to whom the
   * list sends nothing back, and of whoever was addressed beside the list. At most two a message.
   */
  readonly apart: CopyTable;
  /** Copies in followed mailboxes that the target was heard to accept: counted apart from the matrices, against which it is held. */
  told: number;
  /** Copies of messages to everybody that were refused because their mailbox, a followed one, was full. */
  listOverQuota: number;
}

export interface LedgerShare extends LedgerMatrices, LedgerNotes {}

/** Flags of the table of direct mail. */
export const DIRECT = {
  accepted: 1,
  unknown: 2,
  rejected: 4,
  clinical: 8,
  seen: 16,
  asked: 32,
  /** Refused because the mailbox was full. */
  overQuota: 64,
} as const;

/** The submission of the copy ended, in whichever way. */
export const ENTERED = DIRECT.accepted | DIRECT.unknown | DIRECT.rejected;

export function emptyMatrices(shape: LedgerShape): LedgerMatrices {
  const { listMessages, fanOut } = shape;
  const byMessage = (): BitMatrix =>
    fanOut === 'list' ? bitMatrix(1, listMessages) : bitMatrix(listMessages, rowsOf(shape));
  const byMailbox = (): BitMatrix => bitMatrix(rowsOf(shape), listMessages);
  return { shape, accepted: byMessage(), unknown: byMessage(), seen: byMailbox(), asked: byMailbox() };
}

export function emptyNotes(): LedgerNotes {
  return { direct: emptyTable(), apart: emptyTable(), told: 0, listOverQuota: 0 };
}

export function emptyShare(shape: LedgerShape): LedgerShare {
  return { ...emptyMatrices(shape), ...emptyNotes() };
}

/** Adds what one worker kept for itself. Associative and commutative. */
export function mergeNotes(into: LedgerNotes, from: LedgerNotes): void {
  mergeTables(into.direct, from.direct);
  mergeTables(into.apart, from.apart);
  into.told += from.told;
  into.listOverQuota += from.listOverQuota;
}

/** Flags of the table of copies apart from their message: what holds for them instead. */
const APART: Readonly<Record<Acceptance, number>> = { accepted: 1, unknown: 2, rejected: 4 };

/** A copy of a message to everybody that the list's answer does not speak for. */
export interface CopyApart {
  readonly mailbox: number;
  /** `rejected` also where the path makes no copy. */
  readonly acceptance: Acceptance;
}

/**
 * Enters what a list answered, for all its members but those apart; `into.told` where it was accepted. Once a message.
 */
export function enterListMessage(
  share: LedgerShare,
  number: number,
  acceptance: Acceptance,
  apart: readonly CopyApart[] = [],
): void {
  const { shape } = share;
  if (shape.fanOut !== 'list') throw new Error('this storm has no list that answers for its members');
  // Messages of several authors, hence shards, lie in one word.
  if (acceptance !== 'rejected') setSharedBit(share[acceptance], 0, number);
  if (acceptance === 'accepted') share.told += rowsOf(shape);
  for (const copy of apart) {
    if (copy.acceptance === acceptance || rowOf(shape, copy.mailbox) < 0) continue;
    flagCopy(share.apart, number, copy.mailbox, APART[copy.acceptance]);
    if (copy.acceptance === 'accepted') share.told += 1;
    if (acceptance === 'accepted') share.told -= 1;
  }
}

/** Visits the copies apart from their message, by mailbox and message. */
export function eachApart(
  share: LedgerShare,
  visit: (number: number, mailbox: number, acceptance: Acceptance) => void,
): void {
  eachCopy(share.apart, (number, mailbox, flags) => {
    visit(
      number,
      mailbox,
      (flags & APART.accepted) !== 0 ? 'accepted' : (flags & APART.unknown) !== 0 ? 'unknown' : 'rejected',
    );
  });
}

/** Whether a message to everybody was accepted for anybody, or for some of them. */
export function isTaken(share: LedgerShare, number: number): boolean {
  const { accepted, shape } = share;
  if (shape.fanOut === 'list')
    return hasBit(accepted, 0, number) || mailboxWith(share.apart, number, APART.accepted) !== undefined;
  const at = number * accepted.words;
  return accepted.cells.subarray(at, at + accepted.words).some((word) => word !== 0);
}

/** Enters what was answered for one recipient of a message to everybody, where we address them one by one. */
export function enterListCopy(
  share: LedgerShare,
  number: number,
  mailbox: number,
  acceptance: Acceptance,
): void {
  if (share.shape.fanOut !== 'generator') throw new Error('the list answers for its members');
  const row = rowOf(share.shape, mailbox);
  if (row < 0 || acceptance === 'rejected') return;
  setBit(share[acceptance], number, row);
  if (acceptance === 'accepted') share.told += 1;
}

/** A copy of a message to everybody was refused because this mailbox was full. */
export function noteListOverQuota(share: LedgerShare, mailbox: number): void {
  if (rowOf(share.shape, mailbox) >= 0) share.listOverQuota += 1;
}

/** One message to one person, or a canary, and how its submission ended. */
export interface DirectEntry {
  readonly number: number;
  readonly recipient: number;
  readonly clinical: boolean;
  readonly acceptance: Acceptance;
  /** Refused because the mailbox was full. */
  readonly overQuota?: boolean;
}

export function enterDirect(share: LedgerShare, entry: DirectEntry): void {
  const { number, recipient, clinical, acceptance, overQuota } = entry;
  const flags =
    DIRECT[acceptance] | (clinical ? DIRECT.clinical : 0) | (overQuota === true ? DIRECT.overQuota : 0);
  flagCopy(share.direct, number, recipient, flags);
  if (acceptance === 'accepted' && rowOf(share.shape, recipient) >= 0) share.told += 1;
}

/** Enters that a copy was seen, or named by a delete of ours. `list`: it is one of a message to everybody. */
export function noteCopy(
  share: LedgerShare,
  what: 'seen' | 'asked',
  list: boolean,
  number: number,
  mailbox: number,
): void {
  if (list) setBit(share[what], rowOf(share.shape, mailbox), number);
  else flagCopy(share.direct, number, mailbox, DIRECT[what]);
}
