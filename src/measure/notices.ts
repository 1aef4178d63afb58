/** Mail that nobody wrote and that came of ours: by cause, by mailbox, and with the copies it speaks of. Bounded; it reads no mail itself. */

import { eachCopy, emptyTable, flagCopy, flagsOf, type CopyTable } from './copy-table.ts';
import type { NotificationBook } from './notifications.ts';

/**
 * `bounce`: delivery failed for good; `delay`: it is still being tried (RFC 3464 §2.3.3); `autoReply`: a person's machine
 * answered (RFC 3834); `receipt`: a client says that it was opened (RFC 8098).
 */
export type NoticeKind = 'bounce' | 'delay' | 'autoReply' | 'receipt';

/** What a notice was about. The pilot's are in no count. */
export type NoticeSubject = 'list' | 'bystander' | 'clinical' | 'other';

/** Notices of one cause. */
export interface NoticeCause {
  readonly kind: NoticeKind;
  /** Status of RFC 3463, as 5.2.2; null for an answer or a receipt, or where none was given. */
  readonly status: string | null;
  readonly about: NoticeSubject;
  /** Recipients named; for auto-replies and receipts the messages. */
  readonly count: number;
  /** Of the count: the mailbox was full (RFC 3463 §3.3, x.2.2). */
  readonly overQuota: number;
}

export interface Notices {
  /** Copies that a notification spoke of: flags below. */
  readonly copies: CopyTable;
  readonly causes: Map<string, NoticeCause>;
  /** The same as messages, however many recipients each names, by the mailbox that got them. */
  readonly mail: NotificationBook;
  /** Mail that may have been a notice and was not read, since there was too much of it. */
  untraced: number;
}

/** Causes kept one by one; a server has a dozen codes, one that makes up thousands is cut here. */
const MAX_CAUSES = 100;

/** Copies kept: 4 % of the storm of 2016, 60 MB; what comes beyond is untraced. */
const MAX_COPIES = 2_000_000;

const FAILED = 1;
const OVER_QUOTA = 2;

export function emptyNotices(): Notices {
  return { copies: emptyTable(), causes: new Map(), mail: new Map(), untraced: 0 };
}

/** Enters what a notice says of a copy: that it came back, or that a full mailbox keeps it waiting or out. */
export function enterNotice(
  notices: Notices,
  number: number,
  mailbox: number,
  says: { readonly failed: boolean; readonly overQuota: boolean },
): void {
  const flags = (says.failed ? FAILED : 0) | (says.overQuota ? OVER_QUOTA : 0);
  if (notices.copies.size >= MAX_COPIES) notices.untraced += 1;
  else flagCopy(notices.copies, number, mailbox, flags);
}

/** Counts a notice by its cause. */
export function countNotice(
  notices: Notices,
  kind: NoticeKind,
  status: string | null,
  about: NoticeSubject,
): void {
  const { causes } = notices;
  const wanted = `${kind} ${status ?? '-'} ${about}`;
  const known = causes.has(wanted) || causes.size < MAX_CAUSES;
  const key = known ? wanted : `${kind} - other`;
  const before = causes.get(key);
  causes.set(key, {
    kind,
    status: known ? status : null,
    about: known ? about : 'other',
    count: (before?.count ?? 0) + 1,
    overQuota: (before?.overQuota ?? 0) + (isOverQuota(status) ? 1 : 0),
  });
}

/** The mailbox was full: x.2.2 for good or for now. */
export function isOverQuota(status: string | null): boolean {
  return status !== null && /^[45]\.2\.2$/.test(status);
}

export function isFailed(notices: Notices, number: number, mailbox: number): boolean {
  return (flagsOf(notices.copies, number, mailbox) & FAILED) !== 0;
}

export function isOverQuotaCopy(notices: Notices, number: number, mailbox: number): boolean {
  return (flagsOf(notices.copies, number, mailbox) & OVER_QUOTA) !== 0;
}

/** Visits the copies that came back. */
export function eachFailure(notices: Notices, visit: (number: number, mailbox: number) => void): void {
  eachCopy(notices.copies, (number, mailbox, flags) => {
    if ((flags & FAILED) !== 0) visit(number, mailbox);
  });
}

/** Visits the copies that a full mailbox keeps waiting or out. */
export function eachOverQuota(notices: Notices, visit: (number: number, mailbox: number) => void): void {
  eachCopy(notices.copies, (number, mailbox, flags) => {
    if ((flags & OVER_QUOTA) !== 0) visit(number, mailbox);
  });
}

/** Most frequent first, equals by name. */
export function noticeCauses({ causes }: Notices): readonly NoticeCause[] {
  return [...causes]
    .sort(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1))
    .map(([, cause]) => cause);
}
