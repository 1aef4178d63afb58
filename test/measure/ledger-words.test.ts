/** The ledger word by word against the ledger cell by cell; sums, merges and shards for any history; samples that say so. */

import {
  array,
  assert,
  boolean,
  constantFrom,
  integer,
  option,
  property,
  record,
  type Arbitrary,
} from 'fast-check';
import { describe, expect, test } from 'vitest';

import { DISPOSITIONS, NAMED, type Named, type Place } from '../../src/measure/dispositions.ts';
import { emptyCensus, findDirectCopy, findListCopy, type Census } from '../../src/measure/ledger-census.ts';
import {
  type Acceptance,
  copiesFollowed,
  emptyMatrices,
  emptyNotes,
  emptyShare,
  enterDirect,
  enterListCopy,
  enterListMessage,
  isTaken,
  type LedgerNotes,
  ledgerRows,
  type LedgerShape,
  type LedgerShare,
  mergeNotes,
  noteCopy,
  noteListOverQuota,
  rowOf,
  sampleOf,
} from '../../src/measure/ledger-share.ts';
import { closeLedger, type LedgerFigures } from '../../src/measure/ledger.ts';
import { enterNotice } from '../../src/measure/notices.ts';
import { shardOfMailbox } from '../../src/storm/audience.ts';
import { closeCells } from './ledger-oracle.ts';

/** More than two words of messages, more than two blocks of mailboxes. */
const MOST = 70;

/** Numbers of direct mail lie far above those of messages to everybody. */
const DIRECT_FROM = 2 ** 40;

/** One thing that happened. */
interface Step {
  readonly what: 'submitted' | 'seen' | 'asked' | 'found' | 'bounced';
  readonly list: boolean;
  readonly number: number;
  readonly mailbox: number;
  readonly acceptance: Acceptance;
  /** What holds for the copy in `mailbox` alone, where the list answered for the others. */
  readonly apart: Acceptance | undefined;
  readonly place: Place;
  /** How many of the copy the path makes. */
  readonly allowed: number;
}

/** Few places, at the edges of words and blocks, so that much happens to the same copy. */
const somewhere = constantFrom(0, 1, 31, 32, 33, 63, 64, MOST - 1);

const below = (limit: number): Arbitrary<number> => integer({ min: 0, max: limit - 1 });

const steps = array(
  record({
    what: constantFrom<Step['what']>('submitted', 'submitted', 'seen', 'asked', 'found', 'found', 'bounced'),
    list: boolean(),
    number: somewhere,
    mailbox: somewhere,
    acceptance: constantFrom<Acceptance>('accepted', 'accepted', 'rejected', 'unknown'),
    apart: constantFrom<Acceptance | undefined>(undefined, 'accepted', 'rejected', 'unknown'),
    place: constantFrom<Place>('present', 'trashed', 'junked'),
    allowed: constantFrom(0, 1, 1, 1, 2),
  }),
  { maxLength: 300, size: 'max' },
);

const shapes: Arbitrary<LedgerShape> = record({
  mailboxes: integer({ min: 1, max: MOST }),
  listMessages: integer({ min: 1, max: MOST }),
  fanOut: constantFrom('list' as const, 'generator' as const),
  chosen: option(array(below(MOST), { maxLength: 40 }), { nil: undefined }),
}).map(({ chosen, ...shape }) => ({
  ...shape,
  ...(chosen === undefined
    ? {}
    : {
        sample: sampleOf(
          chosen.filter((mailbox) => mailbox < shape.mailboxes),
          shape.mailboxes,
        ),
      }),
}));

/** Enters a step where it belongs to this shape; direct mail has one recipient, its number's. */
function enter(shape: LedgerShape, share: LedgerShare, census: Census | undefined, step: Step): void {
  const number = step.number % shape.listMessages;
  const mailbox = step.mailbox % shape.mailboxes;
  const direct = DIRECT_FROM + step.number;
  const recipient = step.number % shape.mailboxes;
  const followed = rowOf(shape, mailbox) >= 0;
  switch (step.what) {
    case 'submitted':
      if (!step.list)
        enterDirect(share, {
          number: direct,
          recipient,
          clinical: step.number % 2 === 0,
          acceptance: step.acceptance,
        });
      else if (shape.fanOut === 'list') {
        const apart = step.apart === undefined ? [] : [{ mailbox, acceptance: step.apart }];
        enterListMessage(share, number, step.acceptance, apart);
      } else enterListCopy(share, number, mailbox, step.acceptance);
      return;
    case 'seen':
    case 'asked':
      return noteCopy(share, step.what, step.list, step.list ? number : direct, mailbox);
    case 'found':
      if (census === undefined || !followed) return;
      if (step.list) findListCopy(census, mailbox, number, step.place, step.allowed);
      else findDirectCopy(census, mailbox, direct, step.place);
      return;
    case 'bounced':
      if (census !== undefined)
        enterNotice(census.notices, step.list ? number : direct, mailbox, { failed: true, overQuota: false });
  }
}

/** What does not depend on the order in which things were told; names in order, their number held to the cap elsewhere. */
function comparable(figures: LedgerFigures): unknown {
  const named = Object.fromEntries(
    NAMED.map((kind) => [
      kind,
      figures.named[kind].map(({ number, mailbox }) => `${number}/${mailbox}`).sort(),
    ]),
  );
  return { ...figures, named, clinical: new Map([...figures.clinical].sort(([a], [b]) => a - b)) };
}

describe('a ledger closed 32 copies at a time', () => {
  test('gives what one gives that is closed cell by cell, whatever happened', () => {
    assert(
      property(shapes, steps, boolean(), (shape, history, quiescent) => {
        const [share, census] = [emptyShare(shape), emptyCensus(shape)];
        for (const step of history) if (step.list) enter(shape, share, census, step);
        const figures = closeLedger(share, census, quiescent);
        const { copies, dispositions, ...sums } = closeCells(share, census, quiescent);
        expect(figures).toMatchObject({ ...dispositions, ...sums, listCopiesAccepted: sums.copiesAccepted });
        for (const kind of NAMED) {
          if (kind === 'duplicated') continue;
          const expected = [...copies].filter(([, disposition]) => disposition === kind);
          const found = figures.named[kind].map(({ number, mailbox }) => `${number}/${mailbox}`);
          expect(new Set(found).size).toBe(found.length);
          expect(found.length).toBe(Math.min(expected.length, 100));
          for (const key of found) expect(copies.get(key)).toBe(kind satisfies Named);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('adds up to the copies accepted for any history, list and direct mail together', () => {
    assert(
      property(shapes, steps, boolean(), (shape, history, quiescent) => {
        const [share, census] = [emptyShare(shape), emptyCensus(shape)];
        for (const step of history) enter(shape, share, census, step);
        const figures = closeLedger(share, census, quiescent);
        const sum = DISPOSITIONS.reduce((total, name) => total + figures[name], 0);
        expect(sum).toBe(figures.copiesAccepted);
        expect(figures.copiesSeen).toBeLessThanOrEqual(figures.copiesAccepted);
        expect(figures.takenTrashed + figures.takenExpunged).toBe(figures.takenByStrategy);
        expect(quiescent ? figures.overdue : figures.lost).toBe(0);
      }),
    );
  });
});

describe('copies that the list does not speak for', () => {
  const shape: LedgerShape = { mailboxes: 70, listMessages: 40, fanOut: 'list' };

  test.each<readonly [Acceptance, Acceptance, number, number]>([
    // the list, one mailbox apart, copies accepted, unknown
    ['accepted', 'accepted', 70, 0],
    ['accepted', 'rejected', 69, 0],
    ['accepted', 'unknown', 69, 1],
    ['rejected', 'accepted', 1, 0],
    ['rejected', 'rejected', 0, 0],
    ['unknown', 'accepted', 1, 69],
    ['unknown', 'rejected', 0, 69],
  ])('list %s, one apart %s: %i accepted, %i unknown', (listed, one, copiesAccepted, unknown) => {
    for (const mailbox of [0, 33, 69]) {
      const share = emptyShare(shape);
      enterListMessage(share, 35, listed, [{ mailbox, acceptance: one }]);
      const figures = closeLedger(share, emptyCensus(shape), true);
      expect(figures).toMatchObject({ copiesAccepted, copiesTold: copiesAccepted, unknown });
      expect(isTaken(share, 35)).toBe(copiesAccepted > 0);
      expect(isTaken(share, 34)).toBe(false);
      const lost = new Set(figures.named.lost.map((copy) => copy.mailbox));
      expect(lost.has(mailbox)).toBe(one === 'accepted');
    }
  });

  test('are followed in a sample where their mailbox is', () => {
    const sampled = { ...shape, sample: sampleOf([7, 33], 70) };
    const share = emptyShare(sampled);
    enterListMessage(share, 0, 'accepted', [
      { mailbox: 33, acceptance: 'rejected' },
      { mailbox: 34, acceptance: 'rejected' },
    ]);
    const figures = closeLedger(share, emptyCensus(sampled), true);
    expect(figures).toMatchObject({ copiesAccepted: 1, copiesTold: 1, lost: 1 });
  });
});

describe('shares', () => {
  test('write one matrix, and what each worker kept for itself merges to the same whole in any order and any grouping', () => {
    assert(
      property(shapes, steps, integer({ min: 1, max: 4 }), (shape, history, workers) => {
        const whole = emptyShare(shape);
        const census = emptyCensus(shape);
        for (const step of history) enter(shape, whole, census, step);
        const all = Array.from({ length: workers }, (_, worker) => worker);
        const mergedBy = (merge: (notes: readonly LedgerNotes[]) => LedgerNotes): LedgerShare => {
          const matrices = emptyMatrices(shape);
          const shares = all.map((): LedgerShare => ({ ...matrices, ...emptyNotes() }));
          for (const [worker, share] of shares.entries())
            for (const [index, step] of history.entries())
              if (index % workers === worker) enter(shape, share, undefined, step);
          return { ...matrices, ...merge(shares) };
        };
        const sum = (notes: readonly LedgerNotes[]): LedgerNotes => {
          const into = emptyNotes();
          for (const one of notes) mergeNotes(into, one);
          return into;
        };
        const inTurn = mergedBy(sum);
        const backwards = mergedBy((notes) => sum(notes.toReversed()));
        // a + (b + (c + d)) beside ((a + b) + c) + d
        const nested = mergedBy((notes) => notes.reduceRight((right, left) => sum([left, right])));
        const expected = comparable(closeLedger(whole, census, true));
        for (const merged of [inTurn, backwards, nested])
          expect(comparable(closeLedger(merged, census, true))).toEqual(expected);
      }),
    );
  });

  test('of shards touch words of their own: by mailbox, and under generator fan-out by author', () => {
    const shape: LedgerShape = { mailboxes: 200, listMessages: 100, fanOut: 'generator' };
    const shards = 3;
    const touched = Array.from({ length: shards }, (_, shard) => {
      const share = emptyShare(shape);
      for (let mailbox = 0; mailbox < shape.mailboxes; mailbox += 1) {
        if (shardOfMailbox(mailbox, shards) !== shard) continue;
        for (let number = 0; number < shape.listMessages; number += 1) {
          noteCopy(share, 'seen', true, number, mailbox);
          noteCopy(share, 'asked', true, number, mailbox);
        }
      }
      for (let number = 0; number < shape.listMessages; number += 1)
        if (shardOfMailbox(number, shards) === shard)
          for (let mailbox = 0; mailbox < shape.mailboxes; mailbox += 1)
            enterListCopy(share, number, mailbox, 'accepted');
      return share;
    });
    for (const part of ['seen', 'asked', 'accepted'] as const) {
      const writers = new Map<number, number>();
      for (const share of touched)
        share[part].cells.forEach((word, at) => {
          if (word !== 0) writers.set(at, (writers.get(at) ?? 0) + 1);
        });
      expect(new Set(writers.values())).toEqual(new Set([1]));
      expect(writers.size).toBe(touched[0]?.[part].cells.length);
    }
  });
});

describe('a sample', () => {
  const shape: LedgerShape = { mailboxes: 10, listMessages: 3, fanOut: 'list' };
  const sampled: LedgerShape = { ...shape, sample: sampleOf([7, 2, 7], 10) };

  test('follows its mailboxes alone, in the ledger and in what was told, and says so', () => {
    const [share, census] = [emptyShare(sampled), emptyCensus(sampled)];
    enterListMessage(share, 1, 'accepted');
    findListCopy(census, 7, 1, 'present');
    for (const [number, recipient] of [
      [DIRECT_FROM, 2],
      [DIRECT_FROM + 1, 5],
    ] as const)
      enterDirect(share, { number, recipient, clinical: false, acceptance: 'accepted' });
    const figures = closeLedger(share, census, true);
    expect(figures).toMatchObject({ copiesAccepted: 3, copiesTold: 3, present: 1, lost: 2 });
    expect(figures.sample).toEqual({ mailboxes: 2, of: 10 });
    expect(figures.named.lost).toEqual([
      { number: 1, mailbox: 2 },
      { number: DIRECT_FROM, mailbox: 2 },
    ]);
  });

  test('proves nothing lost whose bounce may lie in a mailbox that nobody read', () => {
    const history = (share: LedgerShare): void => {
      for (const number of [0, 1, 2]) enterListMessage(share, number, 'accepted');
      for (const number of [DIRECT_FROM, DIRECT_FROM + 1])
        enterDirect(share, { number, recipient: 2, clinical: true, acceptance: 'accepted' });
    };
    const share = emptyShare(sampled);
    history(share);
    const census = emptyCensus(sampled);
    enterNotice(census.notices, 1, 7, { failed: true, overQuota: false });
    const read = (number: number): boolean => number === 1 || number === DIRECT_FROM;
    const figures = closeLedger(share, census, true, read);
    expect(figures).toMatchObject({ copiesAccepted: 8, lost: 2, bounced: 1, overdue: 5 });
    expect(figures.named.lost).toEqual([
      { number: 1, mailbox: 2 },
      { number: DIRECT_FROM, mailbox: 2 },
    ]);
    expect(figures.named.overdue).toHaveLength(5);
    expect(figures.clinical.get(DIRECT_FROM)).toBe('lost');
    expect(figures.clinical.get(DIRECT_FROM + 1)).toBe('overdue');
    expect(closeLedger(share, census, true)).toMatchObject({ lost: 7, overdue: 0 });
    expect(closeLedger(share, census, false, read)).toMatchObject({ lost: 0, overdue: 7 });
  });

  test('keeps to itself what full mailboxes outside it refused, and bodies to compare in proportion', () => {
    const share = emptyShare(sampled);
    for (const mailbox of [1, 2, 3, 7]) noteListOverQuota(share, mailbox);
    expect(share.listOverQuota).toBe(2);
    expect(copiesFollowed(sampled, 1_000)).toBe(200);
    expect(copiesFollowed(shape, 1_000)).toBe(1_000);
  });

  test('is needed where the memory does not hold all; the whole storm of 2016 needs none', () => {
    for (const fanOut of ['list', 'generator'] as const) {
      const whole = { mailboxes: 840_000, listMessages: 594, fanOut };
      expect(ledgerRows(whole, 400_000_000)).toBe(840_000);
      expect(ledgerRows({ ...whole, listMessages: 2_000 }, 400_000_000)).toBeLessThan(500_000);
      expect(ledgerRows(whole, 0)).toBe(0);
    }
  });
});
