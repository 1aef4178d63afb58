/** Mail that our messages brought forth and nobody wrote: counted by kind and by mailbox, in neither count of copies. */

import type { NoticeKind } from './notices.ts';

/** Kinds of notices as a mailbox gets them: a message that tells of a delay is one of the bounces, for it costs as much room. */
export const NOTIFICATION_KINDS = ['autoReply', 'bounce', 'receipt'] as const satisfies readonly NoticeKind[];

export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

export type NotificationCounts = Readonly<Record<NotificationKind, number>>;

/** Counts by mailbox; a mailbox is entered with its first. */
export type NotificationBook = Map<number, Record<NotificationKind, number>>;

/** Enters one, or so many of a kind. */
export function noteNotification(
  book: NotificationBook,
  mailbox: number,
  kind: NotificationKind,
  count = 1,
): void {
  let counts = book.get(mailbox);
  if (counts === undefined) {
    counts = { autoReply: 0, bounce: 0, receipt: 0 };
    book.set(mailbox, counts);
  }
  counts[kind] += count;
}

/** What all mailboxes got, and what the one got that got most. */
export interface NotificationFigures {
  readonly all: NotificationCounts;
  readonly hottest: NotificationCounts;
}

/** Adds a book up. */
export function notificationFigures(book: NotificationBook): NotificationFigures {
  const all = { autoReply: 0, bounce: 0, receipt: 0 };
  let hottest: NotificationCounts = { ...all };
  for (const counts of book.values()) {
    for (const kind of NOTIFICATION_KINDS) all[kind] += counts[kind];
    if (notificationSum(counts) > notificationSum(hottest)) hottest = counts;
  }
  return { all, hottest };
}

export function notificationSum(counts: NotificationCounts): number {
  return NOTIFICATION_KINDS.reduce((sum, kind) => sum + counts[kind], 0);
}
