/** Mail that nobody wrote, and how many copies a path may make: counted apart, and only what is beyond is harm. */

import { describe, expect, test } from 'vitest';

import { emptyCensus, findListCopy, listPlace } from '../../src/measure/ledger-census.ts';
import type { LedgerShape } from '../../src/measure/ledger-share.ts';
import {
  noteNotification,
  notificationFigures,
  notificationSum,
  type NotificationBook,
} from '../../src/measure/notifications.ts';

describe('notifications', () => {
  test('add up over mailboxes; the hottest is the one with most of all kinds together', () => {
    const book: NotificationBook = new Map();
    noteNotification(book, 3, 'autoReply', 5);
    noteNotification(book, 9, 'autoReply');
    noteNotification(book, 9, 'bounce', 3);
    noteNotification(book, 9, 'receipt', 2);
    const { all, hottest } = notificationFigures(book);
    expect(all).toEqual({ autoReply: 6, bounce: 3, receipt: 2 });
    expect(hottest).toEqual({ autoReply: 1, bounce: 3, receipt: 2 });
    expect(notificationSum(all)).toBe(11);
  });

  test('of nothing are nothing', () => {
    const none = { autoReply: 0, bounce: 0, receipt: 0 };
    expect(notificationFigures(new Map())).toEqual({ all: none, hottest: none });
  });
});

describe('copies of one message in one mailbox', () => {
  const shape: LedgerShape = { mailboxes: 3, listMessages: 2, fanOut: 'list' };

  test.each([
    // allowed, found, duplicated, expected a second time
    [1, 1, 0, 0],
    [1, 2, 1, 0],
    [2, 1, 0, 0],
    [2, 2, 0, 1],
    [2, 3, 1, 1],
    [2, 4, 2, 1],
    [0, 1, 1, 0],
    [0, 2, 2, 0],
  ])('with %i allowed and %i found, %i are duplicates', (allowed, found, duplicated, second) => {
    const census = emptyCensus(shape);
    for (let copy = 0; copy < found; copy += 1)
      findListCopy(census, 1, 0, copy % 2 === 0 ? 'trashed' : 'present', allowed);
    expect(census.duplicated).toBe(duplicated);
    expect(census.second.size).toBe(second);
    // An echo that must not be is a duplicate, not a copy in a mailbox it was not for.
    expect(listPlace(census, 1, 0)).toBe(allowed === 0 ? undefined : 'trashed');
  });

  test('are told apart by message and mailbox', () => {
    const census = emptyCensus(shape);
    for (const number of [0, 1])
      for (const mailbox of [0, 1]) {
        findListCopy(census, mailbox, number, 'present', 2);
        findListCopy(census, mailbox, number, 'present', 2);
      }
    expect(census.duplicated).toBe(0);
    expect(census.second.size).toBe(4);
  });
});
