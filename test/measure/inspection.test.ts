/** The census against the workers' notes: each manner is found where it is, named, and nowhere else. */

import { describe, expect, test } from 'vitest';

import { inspectionOf } from '../../src/cli/run-manners.ts';
import { setBit } from '../../src/measure/bitmap.ts';
import type { FoundCopy, InspectionFacts } from '../../src/measure/inspection.ts';
import { emptyShare, enterDirect, type LedgerShare, sampleOf } from '../../src/measure/ledger-share.ts';
import {
  copyKey,
  emptyManners,
  mergeManners,
  noteBody,
  noteListing,
  noteTaken,
  noteUnsettled,
  type Manner,
  type MannerFigure,
  type MannerNotes,
} from '../../src/measure/manners.ts';
import { ledgerOf } from '../verdict/cases.ts';

const SHAPE = { mailboxes: 4, listMessages: 10, fanOut: 'list' } as const;
const DIRECT = 2 ** 40;

const list = (uid: number, number: number, inInbox = true): FoundCopy => ({
  uid,
  number,
  kind: 'list',
  inInbox,
});

const facts = (changes: Partial<InspectionFacts> = {}): InspectionFacts => ({
  ledger: ledgerOf(100),
  remaining: 50,
  foreign: { now: 0, before: 0 },
  lines: { tried: 30, withoutTls: 0 },
  fullMailboxes: 0,
  queue: { stalls: 0, watchedSeconds: 20 },
  ...changes,
});

/** What an inspection says that has seen these mailboxes, by manner. */
function figuresOf(
  mailboxes: readonly (readonly FoundCopy[])[],
  prepare: (notes: MannerNotes, share: LedgerShare) => void = () => undefined,
  changes: Partial<InspectionFacts> = {},
): ReadonlyMap<Manner, MannerFigure> {
  const share = emptyShare(SHAPE);
  const notes = emptyManners(SHAPE.mailboxes);
  enterDirect(share, { number: DIRECT, recipient: 1, clinical: false, acceptance: 'accepted' });
  prepare(notes, share);
  const inspection = inspectionOf(share, notes);
  for (const [mailbox, copies] of mailboxes.entries()) inspection.enterMailbox(mailbox, copies);
  const before = inspection.takenBefore();
  const ledger = ledgerOf(100, before);
  const figures = inspection.figures(facts({ ledger, ...changes }));
  return new Map(figures.map((figure) => [figure.manner, figure]));
}

/** Manners of which there is any. */
function found(figures: ReadonlyMap<Manner, MannerFigure>): Record<string, number> {
  return Object.fromEntries(
    [...figures].filter(([, { count }]) => count > 0).map(([name, { count }]) => [name, count]),
  );
}

describe('the census', () => {
  test('of a mail system that behaved finds nothing, and says how hard it looked', () => {
    const figures = figuresOf([[list(1, 0), list(2, 1)]], (notes) => {
      notes.taken.set(0, [0, 10]);
      notes.taken.set(1, [20, 30]);
    });
    expect(found(figures)).toEqual({});
    expect(figures.get('reordered')?.looked).toBe(2);
    expect(figures.get('corrupted')?.looked).toBe(0);
    expect(figures.get('stalled')?.looked).toBe(20);
  });

  test('finds what nobody sent, with or without a number', () => {
    const figures = figuresOf([
      [
        { uid: 7, number: undefined, kind: 'nobodys', inInbox: true },
        { uid: 8, number: 99, kind: 'nobodys', inInbox: true },
        { uid: 9, number: 5 * 2 ** 40, kind: 'own', inInbox: true },
      ],
    ]);
    expect(found(figures)).toEqual({ invented: 2 });
    expect(figures.get('invented')?.named).toEqual([
      { number: -7, mailbox: 0 },
      { number: 99, mailbox: 0 },
    ]);
  });

  test('takes for overtaken what was taken before its forerunner had begun, and nothing that overlapped', () => {
    const times: (notes: MannerNotes) => void = ({ taken }) => {
      taken.set(0, [0, 100]);
      taken.set(1, [50, 150]);
      taken.set(2, [200, 300]);
    };
    expect(found(figuresOf([[list(1, 1), list(2, 0), list(3, 2)]], times))).toEqual({});
    const figures = figuresOf([[list(1, 2), list(2, 0), list(3, 1)]], times);
    expect(found(figures)).toEqual({ reordered: 2 });
    expect(figures.get('reordered')?.named).toEqual([
      { number: 0, mailbox: 0 },
      { number: 1, mailbox: 0 },
    ]);
    // Whoever threw it into Trash made the order there.
    expect(found(figuresOf([[list(1, 2, false), list(2, 0, false)]], times))).toEqual({});
  });

  test('tells what would not go from what came back, where the delete was confirmed', () => {
    const deleted = (upTo: number) => (notes: MannerNotes, share: LedgerShare) => {
      notes.confirmedUpTo[0] = upTo;
      setBit(share.asked, 0, 3);
      setBit(share.asked, 0, 4);
    };
    expect(found(figuresOf([[list(5, 3), list(12, 4)]], deleted(10)))).toEqual({
      refusedToGo: 1,
      resurrected: 1,
    });
    // Not confirmed: nobody promised anything. Not asked for: it may stay. In Trash: that is where it was to go.
    expect(found(figuresOf([[list(5, 3), list(12, 4)]], deleted(0)))).toEqual({});
    expect(found(figuresOf([[list(5, 5)]], deleted(10)))).toEqual({});
    expect(found(figuresOf([[list(5, 3, false)]], deleted(10)))).toEqual({});
  });

  test('without UIDs tells what is there after all, and of what came back that nobody could look', () => {
    const share = emptyShare(SHAPE);
    const notes = emptyManners(SHAPE.mailboxes);
    for (const mailbox of [0, 1]) notes.confirmedUpTo[mailbox] = 10;
    setBit(share.asked, 0, 3);
    const inspection = inspectionOf(share, notes);
    const figure = (wanted: Manner) => inspection.figures(facts()).find(({ manner }) => manner === wanted);
    inspection.enterMailbox(0, [list(12, 3)], false);
    expect(figure('refusedToGo')).toMatchObject({ count: 1, looked: 1 });
    expect(figure('resurrected')).toMatchObject({ count: 0, looked: 0 });
    inspection.enterMailbox(1, [], true);
    expect(figure('refusedToGo')).toMatchObject({ count: 1, looked: 2 });
    expect(figure('resurrected')).toMatchObject({ count: 0, looked: 1 });
  });

  test('names copies in the wrong mailbox, and those beyond the first', () => {
    const stray: FoundCopy = { uid: 3, number: DIRECT, kind: 'direct', inInbox: true };
    const figures = figuresOf([[stray, list(4, 2), list(5, 2), list(6, 2)], [stray]]);
    expect(figures.get('misdelivered')?.named).toEqual([{ number: DIRECT, mailbox: 0 }]);
    expect(figures.get('duplicated')?.named).toEqual([{ number: 2, mailbox: 0 }]);
  });

  test('adds what a delete took before it could look, and counts nothing twice', () => {
    const took: (notes: MannerNotes) => void = (notes) => {
      noteListing(notes, 2, [1, 2, 1, 1], () => true);
      noteTaken(notes, 3, DIRECT);
      noteTaken(notes, 1, DIRECT);
    };
    expect(found(figuresOf([], took))).toEqual({ duplicated: 2 });
    const share = emptyShare(SHAPE);
    const notes = emptyManners(SHAPE.mailboxes);
    took(notes);
    const inspection = inspectionOf(share, notes);
    inspection.enterMailbox(2, [list(1, 1), list(2, 1), list(3, 1)]);
    expect(inspection.takenBefore().duplicated).toBe(0);
  });

  test('counts as doubled only what is beyond the copies that the path makes, and their order for nothing', () => {
    const notes = emptyManners(SHAPE.mailboxes);
    // Message 1 is the author's own, where the list sends nothing back; of message 2 the path makes two.
    const inspection = inspectionOf(emptyShare(SHAPE), notes, (number) =>
      number > 2 ? 1 : number === 1 ? 0 : 2,
    );
    notes.taken.set(2, [0, 10]);
    notes.taken.set(3, [20, 30]);
    inspection.enterMailbox(0, [list(1, 2), list(2, 3), list(3, 2)]);
    noteListing(notes, 3, [2, 2, 3], () => true);
    expect(inspection.takenBefore().duplicated).toBe(0);
    const clean = inspection.figures(facts({ ledger: ledgerOf(100) }));
    expect(found(new Map(clean.map((one) => [one.manner, one])))).toEqual({});
    inspection.enterMailbox(1, [list(1, 1), list(2, 2), list(3, 2), list(4, 2)]);
    noteListing(notes, 2, [2, 2, 2, 3, 3], () => true);
    expect(inspection.takenBefore().duplicated).toBe(2);
    const named = inspection.figures(facts()).find(({ manner }) => manner === 'duplicated')?.named;
    expect(named?.map(({ number, mailbox }) => `${number}/${mailbox}`).sort()).toEqual([
      '1/1',
      '2/1',
      '2/2',
      '3/2',
    ]);
  });

  test('passes on what else was noted', () => {
    const figures = figuresOf(
      [],
      (notes) => {
        notes.submissions.count = 9;
        noteUnsettled(notes, 4, 'unanswered');
        noteUnsettled(notes, 5, 'deferred');
        noteUnsettled(notes, 6, 'overQuota');
        noteBody(notes, 1, 4, true);
        noteBody(notes, 2, 4, false);
        noteListing(notes, 0, [77], (number) => number < 10);
      },
      {
        foreign: { now: 5, before: 3 },
        lines: { tried: 30, withoutTls: 1 },
        fullMailboxes: 2,
        queue: { stalls: 1, watchedSeconds: 20 },
      },
    );
    expect(found(figures)).toEqual({
      invented: 1,
      corrupted: 1,
      downgraded: 1,
      unanswered: 1,
      deferred: 1,
      overQuota: 3,
      strayed: 2,
      stalled: 1,
    });
    expect(figures.get('corrupted')).toMatchObject({ looked: 2, named: [{ number: 4, mailbox: 2 }] });
    expect(figures.get('unanswered')).toMatchObject({ looked: 9, named: [{ number: 4, mailbox: null }] });
  });
});

test('of a sample says nothing of mailboxes that it did not read', () => {
  const shape = { ...SHAPE, sample: sampleOf([1], SHAPE.mailboxes) };
  const share = emptyShare(shape);
  const notes = emptyManners(shape.mailboxes);
  enterDirect(share, { number: DIRECT, recipient: 1, clinical: false, acceptance: 'accepted' });
  for (const mailbox of [0, 1]) noteListing(notes, mailbox, [5, 5], () => true);
  notes.confirmedUpTo[0] = 9;
  noteTaken(notes, 0, DIRECT);
  const inspection = inspectionOf(share, notes);
  inspection.enterMailbox(1, []);
  const before = inspection.takenBefore();
  expect(before).toEqual({ duplicated: 1 });
  const figuresNow = () =>
    new Map(inspection.figures(facts({ ledger: ledgerOf(100, before) })).map((one) => [one.manner, one]));
  expect(figuresNow().get('duplicated')?.named).toEqual([{ number: 5, mailbox: 1 }]);
  expect(figuresNow().get('misdelivered')?.named).toEqual([]);
  for (const manner of ['refusedToGo', 'resurrected'] as const)
    expect(figuresNow().get(manner)?.looked).toBe(0);
  notes.confirmedUpTo[2] = 9;
  inspection.enterMailbox(2, []);
  // However often somebody asks.
  for (const manner of ['refusedToGo', 'resurrected'] as const)
    expect(figuresNow().get(manner)?.looked).toBe(1);
});

test('notes of several workers add up in any order', () => {
  const one = emptyManners(4);
  const two = emptyManners(4);
  noteUnsettled(one, 1, 'deferred');
  noteListing(one, 0, [3, 3], () => true);
  one.confirmedUpTo[0] = 8;
  noteBody(two, 1, 2, false);
  two.taken.set(0, [1, 2]);
  two.confirmedUpTo[3] = 9;
  const sum = (parts: readonly MannerNotes[]): MannerNotes => {
    const into = emptyManners(4);
    for (const part of parts) mergeManners(into, part);
    return into;
  };
  expect(sum([one, two])).toEqual(sum([two, one]));
  expect(sum([one, two])).toMatchObject({ bodies: { compared: 1 }, unsettledCounts: { deferred: 1 } });
  expect([...sum([one, two]).confirmedUpTo]).toEqual([8, 0, 0, 9]);
  expect(sum([one, two]).doubled).toEqual(new Map([[copyKey(3, 0), 1]]));
});
