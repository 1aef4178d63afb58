/** The ledger: every accepted copy ends in exactly one disposition, the first that fits; what was not accepted stands beside. */

import { assert, boolean, constantFrom, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CopyFacts,
  type Disposition,
  disposeOf,
  DISPOSITIONS,
  MAX_NAMED,
  type Place,
} from '../../src/measure/dispositions.ts';
import { emptyCensus, findDirectCopy, findListCopy, type Census } from '../../src/measure/ledger-census.ts';
import {
  type Acceptance,
  emptyShare,
  enterDirect as enterSubmission,
  enterListCopy,
  enterListMessage,
  type LedgerShape,
  type LedgerShare,
  noteCopy,
} from '../../src/measure/ledger-share.ts';
import { closeLedger, type LedgerFigures } from '../../src/measure/ledger.ts';
import { enterNotice } from '../../src/measure/notices.ts';

const PLACES: readonly Place[] = ['present', 'trashed', 'junked'];
const SHAPE: LedgerShape = { mailboxes: 5, listMessages: 3, fanOut: 'generator' };

/** All that is known of one copy. */
type Copy = Omit<CopyFacts, 'junk'>;

const FAILED = { failed: true, overQuota: false };

const BLANK: Copy = { acceptance: 'accepted', place: undefined, seen: false, asked: false, bounced: false };

function enterList(share: LedgerShare, census: Census, number: number, mailbox: number, copy: Copy): void {
  if (copy.acceptance !== undefined) enterListCopy(share, number, mailbox, copy.acceptance);
  if (copy.seen) noteCopy(share, 'seen', true, number, mailbox);
  if (copy.asked) noteCopy(share, 'asked', true, number, mailbox);
  if (copy.place !== undefined) findListCopy(census, mailbox, number, copy.place);
  if (copy.bounced) enterNotice(census.notices, number, mailbox, FAILED);
}

function enterDirect(
  share: LedgerShare,
  census: Census,
  number: number,
  recipient: number,
  copy: Copy,
  clinical = true,
): void {
  enterSubmission(share, { number, recipient, clinical, acceptance: copy.acceptance ?? 'rejected' });
  if (copy.seen) noteCopy(share, 'seen', false, number, recipient);
  if (copy.asked) noteCopy(share, 'asked', false, number, recipient);
  if (copy.place !== undefined) findDirectCopy(census, recipient, number, copy.place);
  if (copy.bounced) enterNotice(census.notices, number, recipient, FAILED);
}

function closeWith(
  enter: (share: LedgerShare, census: Census) => void,
  quiescent = true,
  shape = SHAPE,
): LedgerFigures {
  const [share, census] = [emptyShare(shape), emptyCensus(shape)];
  enter(share, census);
  return closeLedger(share, census, quiescent);
}

const sumOf = (figures: LedgerFigures): number => DISPOSITIONS.reduce((sum, name) => sum + figures[name], 0);

/** Facts of an accepted copy, whether it is junk, whether the target was quiet, and where it must end. */
const TABLE: readonly [
  string,
  Partial<Copy>,
  'junk' | 'clinical' | 'either',
  boolean | 'either',
  Disposition,
][] = [
  ['in a folder', { place: 'present' }, 'either', 'either', 'present'],
  ['in Trash', { place: 'trashed' }, 'either', 'either', 'trashed'],
  ['in Junk', { place: 'junked' }, 'either', 'either', 'junked'],
  [
    'in a folder although seen and bounced',
    { place: 'present', seen: true, bounced: true },
    'either',
    'either',
    'present',
  ],
  [
    'asked for and still in a folder',
    { place: 'present', asked: true, seen: true },
    'either',
    'either',
    'present',
  ],
  ['asked for, in Trash', { place: 'trashed', asked: true, seen: true }, 'junk', 'either', 'trashed'],
  [
    'asked for, in Trash',
    { place: 'trashed', asked: true, seen: true },
    'clinical',
    'either',
    'takenByStrategy',
  ],
  ['asked for, nowhere', { asked: true, seen: true }, 'junk', 'either', 'expungedAsAsked'],
  ['asked for, nowhere', { asked: true, seen: true }, 'clinical', 'either', 'takenByStrategy'],
  ['asked for unseen, nowhere, bounced', { asked: true, bounced: true }, 'junk', 'either', 'expungedAsAsked'],
  [
    'asked for unseen, nowhere, bounced',
    { asked: true, bounced: true },
    'clinical',
    'either',
    'takenByStrategy',
  ],
  ['seen, nowhere', { seen: true }, 'either', 'either', 'goneUnasked'],
  ['seen, nowhere, bounced', { seen: true, bounced: true }, 'either', 'either', 'goneUnasked'],
  ['never seen, bounced', { bounced: true }, 'either', 'either', 'bounced'],
  ['never seen, target quiet', {}, 'either', true, 'lost'],
  ['never seen, target not quiet', {}, 'either', false, 'overdue'],
];

const CASES = TABLE.flatMap(([words, facts, kind, quiet, disposition]) =>
  (kind === 'either' ? (['junk', 'clinical'] as const) : [kind]).flatMap((one) =>
    (quiet === 'either' ? [true, false] : [quiet]).map((quiescent) => ({
      words,
      facts,
      kind: one,
      quiescent,
      disposition,
    })),
  ),
);

describe('dispositions', () => {
  test.each(CASES)(
    '$kind, $words (quiet: $quiescent): $disposition',
    ({ facts, kind, quiescent, disposition }) => {
      const copy = { ...BLANK, ...facts };
      expect(disposeOf({ ...copy, junk: kind === 'junk' }, quiescent)).toBe(disposition);
      const figures = closeWith((share, census) => {
        if (kind === 'junk') enterList(share, census, 1, 3, copy);
        else enterDirect(share, census, 77, 3, copy);
      }, quiescent);
      expect(figures[disposition]).toBe(1);
      expect([sumOf(figures), figures.copiesAccepted]).toEqual([1, 1]);
      expect(figures.clinical).toEqual(new Map(kind === 'clinical' ? [[77, disposition]] : []));
    },
  );

  test('every disposition is reached by the table, and every combination of facts by exactly one', () => {
    expect(new Set(CASES.map(({ disposition }) => disposition))).toEqual(new Set(DISPOSITIONS));
    const facts = record({
      acceptance: constantFrom<Acceptance>('accepted'),
      place: option(constantFrom(...PLACES), { nil: undefined }),
      seen: boolean(),
      asked: boolean(),
      bounced: boolean(),
      junk: boolean(),
    });
    assert(
      property(facts, boolean(), (one, quiescent) => {
        expect(DISPOSITIONS).toContain(disposeOf(one, quiescent));
      }),
    );
  });

  test('what a strategy took is split into trashed and expunged, and named', () => {
    const figures = closeWith((share, census) => {
      enterDirect(share, census, 70, 0, { ...BLANK, asked: true, seen: true, place: 'trashed' });
      enterDirect(share, census, 71, 1, { ...BLANK, asked: true, seen: true }, false);
      enterDirect(share, census, 72, 2, { ...BLANK, asked: true, seen: true });
    });
    expect(figures).toMatchObject({ takenByStrategy: 3, takenTrashed: 1, takenExpunged: 2 });
    expect(figures.named.takenByStrategy.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([
      70, 71, 72,
    ]);
    expect([...figures.clinical.keys()].toSorted((a, b) => a - b)).toEqual([70, 72]);
  });

  test('names so many of each harm and counts them all', () => {
    const shape: LedgerShape = { mailboxes: MAX_NAMED + 10, listMessages: 1, fanOut: 'list' };
    const figures = closeWith((share) => enterListMessage(share, 0, 'accepted'), true, shape);
    expect(figures.lost).toBe(MAX_NAMED + 10);
    expect(figures.named.lost).toEqual(
      Array.from({ length: MAX_NAMED }, (_, mailbox) => ({ number: 0, mailbox })),
    );
  });
});

describe('what was not accepted', () => {
  test.each([
    ['unknown, never found', { acceptance: 'unknown' }, { copiesAccepted: 0, unknown: 1 }],
    [
      'unknown, come back: it had been accepted',
      { acceptance: 'unknown', bounced: true },
      { copiesAccepted: 1, unknownResolved: 1, bounced: 1, unknown: 0 },
    ],
    [
      'unknown, found by the census',
      { acceptance: 'unknown', place: 'trashed' },
      { copiesAccepted: 1, unknown: 0, trashed: 1, copiesSeen: 1, misdelivered: 0 },
    ],
    [
      'unknown, seen and gone',
      { acceptance: 'unknown', seen: true },
      { copiesAccepted: 1, unknown: 0, goneUnasked: 1 },
    ],
    ['refused, not found', { acceptance: 'rejected' }, { copiesAccepted: 0, misdelivered: 0 }],
    [
      'refused, and found all the same',
      { acceptance: 'rejected', place: 'present' },
      { copiesAccepted: 0, misdelivered: 1, present: 0 },
    ],
  ] as const)('%s', (_, facts, expected) => {
    const direct = closeWith((share, census) => enterDirect(share, census, 77, 2, { ...BLANK, ...facts }));
    expect(direct).toMatchObject(expected);
    const acceptance = facts.acceptance === 'rejected' ? undefined : facts.acceptance;
    const list = closeWith((share, census) =>
      enterList(share, census, 2, 4, { ...BLANK, ...facts, acceptance }),
    );
    expect(list).toMatchObject(expected);
  });
});

describe('the census', () => {
  test('a second sight of a copy in its mailbox is a duplicate, wherever it lies; the first place counts', () => {
    const figures = closeWith((share, census) => {
      enterList(share, census, 0, 0, { ...BLANK, place: 'trashed' });
      findListCopy(census, 0, 0, 'present');
      findListCopy(census, 0, 0, 'trashed');
      enterDirect(share, census, 77, 1, { ...BLANK, place: 'present' });
      findDirectCopy(census, 1, 77, 'junked');
    });
    expect(figures).toMatchObject({ duplicated: 3, trashed: 1, present: 1, junked: 0, copiesAccepted: 2 });
  });

  test('a direct copy in a stranger’s mailbox is misdelivered, and does not stand for the right one', () => {
    const figures = closeWith((share, census) => {
      enterDirect(share, census, 77, 1, BLANK);
      findDirectCopy(census, 2, 77, 'present');
    });
    expect(figures).toMatchObject({ misdelivered: 1, lost: 1, present: 0, duplicated: 0 });
    expect(figures.named.misdelivered).toEqual([{ number: 77, mailbox: 2 }]);
  });

  test('a stranger’s copy that one of ours saw is misdelivered, though nothing is left of it', () => {
    const figures = closeWith((share, census) => {
      enterDirect(share, census, 77, 1, { ...BLANK, place: 'present' });
      noteCopy(share, 'seen', false, 77, 2);
      noteCopy(share, 'asked', false, 77, 2);
      noteCopy(share, 'seen', false, 77, 3);
      findDirectCopy(census, 3, 77, 'trashed');
      // Of a number that nobody sent, nothing is claimed here.
      noteCopy(share, 'seen', false, 78, 3);
    });
    expect(figures).toMatchObject({ misdelivered: 2, present: 1, copiesAccepted: 1 });
    expect(figures.named.misdelivered.map(({ mailbox }) => mailbox).toSorted((a, b) => a - b)).toEqual([
      2, 3,
    ]);
  });

  test('the same number in two mailboxes is two copies, not a duplicate', () => {
    const figures = closeWith((share, census) => {
      for (const mailbox of [0, 1]) enterList(share, census, 0, mailbox, { ...BLANK, place: 'present' });
    });
    expect(figures).toMatchObject({ duplicated: 0, present: 2 });
  });

  test('foreign and remaining copies are handed on as counted', () => {
    const figures = closeWith((_, census) => {
      census.foreign = 3;
      census.copiesRemaining = 9;
    });
    expect(figures).toMatchObject({ foreign: 3, copiesRemaining: 9, copiesAccepted: 0 });
  });
});

describe('fan-out', () => {
  test('by the target: one acceptance, every member; by the generator: each recipient for itself', () => {
    const found = (census: Census): void => {
      for (const mailbox of [0, 1]) findListCopy(census, mailbox, 1, 'present');
    };
    const accepted = (mailboxes: readonly number[]): LedgerFigures =>
      closeWith((share, census) => {
        for (const mailbox of mailboxes) enterListCopy(share, 1, mailbox, 'accepted');
        found(census);
      });
    const byList = closeWith(
      (share, census) => {
        enterListMessage(share, 1, 'accepted');
        found(census);
      },
      true,
      { ...SHAPE, fanOut: 'list' },
    );
    const whole = { copiesAccepted: 5, present: 2, lost: 3, misdelivered: 0, copiesTold: 5 };
    expect(byList).toMatchObject(whole);
    expect(accepted([0, 1, 2, 3, 4])).toMatchObject(whole);
    expect(accepted([0, 1])).toMatchObject({ copiesAccepted: 2, present: 2, lost: 0, copiesTold: 2 });
    expect(accepted([0])).toMatchObject({ copiesAccepted: 1, present: 1, misdelivered: 1 });
  });

  test('an unknown list message is resolved copy by copy; the rest of it stays unknown', () => {
    const figures = closeWith(
      (share, census) => {
        enterListMessage(share, 2, 'unknown');
        for (const mailbox of [1, 4]) findListCopy(census, mailbox, 2, 'trashed');
      },
      true,
      { ...SHAPE, fanOut: 'list' },
    );
    expect(figures).toMatchObject({ unknownResolved: 2, trashed: 2, unknown: 3, lost: 0, copiesTold: 0 });
  });

  test('neither way of entering takes the other’s shape', () => {
    const byList = emptyShare({ ...SHAPE, fanOut: 'list' });
    expect(() => enterListCopy(byList, 0, 0, 'accepted')).toThrow('list');
    expect(() => enterListMessage(emptyShare(SHAPE), 0, 'accepted')).toThrow('list');
  });
});

describe('full mailboxes', () => {
  const FULL = { failed: true, overQuota: true };
  const kept = (junk: boolean): LedgerFigures =>
    closeWith((share, census) => {
      if (junk) enterList(share, census, 1, 3, { ...BLANK, seen: true, asked: true });
      enterSubmission(share, {
        number: 70,
        recipient: 3,
        clinical: true,
        acceptance: 'rejected',
        overQuota: true,
      });
      enterDirect(share, census, 71, 3, BLANK);
      enterNotice(census.notices, 71, 3, FULL);
      enterDirect(share, census, 72, 3, BLANK, false);
      enterNotice(census.notices, 72, 3, FULL);
      enterDirect(share, census, 73, 4, BLANK);
      enterNotice(census.notices, 73, 4, FAILED);
    });

  test('clinical mail kept out is counted and named, where junk had come to the mailbox', () => {
    const figures = kept(true);
    expect(figures.overQuota).toMatchObject({ refused: 1, notified: 2, clinical: 2 });
    expect(figures.overQuota.named.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([70, 71]);
    expect(figures.overQuota.named[0]).toMatchObject({ mailbox: 3, junk: 1 });
    expect(figures).toMatchObject({ bounced: 3, lost: 0 });
  });

  test('a mailbox that was full without the storm is no headline', () => {
    expect(kept(false).overQuota).toEqual({ refused: 1, notified: 2, clinical: 0, named: [] });
  });
});
