/** The ledger: every accepted copy ends in exactly one disposition, the first that fits; what was not accepted stands beside. */

import { array, assert, boolean, constantFrom, integer, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyRows, hasBit, mergeRows, setBit } from '../../src/measure/bitmap.ts';
import {
  copyKey,
  type Acceptance,
  type Census,
  closeLedger,
  type Disposition,
  disposeOf,
  DISPOSITIONS,
  emptyCensus,
  emptyShare,
  findDirectCopy,
  findListCopy,
  type LedgerFigures,
  type LedgerShape,
  type LedgerShare,
  mergeShare,
  type Place,
} from '../../src/measure/ledger.ts';

const PLACES: readonly Place[] = ['present', 'trashed', 'junked'];
const SHAPE: LedgerShape = { mailboxes: 5, listMessages: 3 };

/** All that is known of one copy. */
interface Copy {
  readonly acceptance: Acceptance | undefined;
  readonly place: Place | undefined;
  readonly seen: boolean;
  readonly asked: boolean;
  readonly bounced: boolean;
}

const BLANK: Copy = { acceptance: 'accepted', place: undefined, seen: false, asked: false, bounced: false };

function enterList(share: LedgerShare, census: Census, number: number, mailbox: number, copy: Copy): void {
  if (copy.acceptance === 'accepted') setBit(share.accepted, number, mailbox);
  if (copy.acceptance === 'unknown') setBit(share.unknown, number, mailbox);
  if (copy.seen) setBit(share.seen, mailbox, number);
  if (copy.asked) setBit(share.asked, mailbox, number);
  if (copy.place !== undefined) findListCopy(census, mailbox, number, copy.place);
  if (copy.bounced) census.bounced.add(copyKey(number, mailbox));
}

function enterDirect(
  share: LedgerShare,
  census: Census,
  number: number,
  recipient: number,
  copy: Copy,
  clinical = true,
): void {
  const entry = { number, recipient, clinical, acceptance: copy.acceptance ?? 'rejected' };
  share.direct.set(number, entry);
  if (copy.seen) share.directSeen.add(copyKey(number, recipient));
  if (copy.asked) share.directAsked.add(copyKey(number, recipient));
  if (copy.place !== undefined) findDirectCopy(census, recipient, entry, copy.place);
  if (copy.bounced) census.bounced.add(copyKey(number, recipient));
}

function closeWith(
  enter: (share: LedgerShare, census: Census) => void,
  quiescent = true,
  shape = SHAPE,
): LedgerFigures {
  const [share, census] = [emptyShare(shape), emptyCensus(shape)];
  enter(share, census);
  return closeLedger(shape, share, census, quiescent);
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
    expect(figures.named.takenByStrategy.map(({ number }) => number)).toEqual([70, 71, 72]);
    expect([...figures.clinical.keys()]).toEqual([70, 72]);
  });

  test('names at most 20 of each harm and counts them all', () => {
    const shape = { mailboxes: 30, listMessages: 1 };
    const figures = closeWith(
      (share, census) => {
        for (let mailbox = 0; mailbox < 30; mailbox += 1) enterList(share, census, 0, mailbox, BLANK);
      },
      true,
      shape,
    );
    expect(figures.lost).toBe(30);
    expect(figures.named.lost).toEqual(Array.from({ length: 20 }, (_, mailbox) => ({ number: 0, mailbox })));
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
      { copiesAccepted: 1, unknown: 0, trashed: 1, copiesSeen: 1 },
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
      findDirectCopy(census, 1, { number: 77, recipient: 1 }, 'junked');
    });
    expect(figures).toMatchObject({ duplicated: 3, trashed: 1, present: 1, junked: 0, copiesAccepted: 2 });
  });

  test('a direct copy in a stranger’s mailbox is misdelivered, and does not stand for the right one', () => {
    const figures = closeWith((share, census) => {
      enterDirect(share, census, 77, 1, BLANK);
      findDirectCopy(census, 2, { number: 77, recipient: 1 }, 'present');
    });
    expect(figures).toMatchObject({ misdelivered: 1, lost: 1, present: 0, duplicated: 0 });
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
    const accepted = (mailboxes: readonly number[]): LedgerFigures =>
      closeWith((share, census) => {
        for (const mailbox of mailboxes) setBit(share.accepted, 1, mailbox);
        for (const mailbox of [0, 1]) findListCopy(census, mailbox, 1, 'present');
      });
    expect(accepted([0, 1, 2, 3, 4])).toMatchObject({
      copiesAccepted: 5,
      present: 2,
      lost: 3,
      misdelivered: 0,
    });
    expect(accepted([0, 1])).toMatchObject({ copiesAccepted: 2, present: 2, lost: 0 });
    expect(accepted([0])).toMatchObject({ copiesAccepted: 1, present: 1, misdelivered: 1 });
  });
});

const copies = record({
  acceptance: option(constantFrom<Acceptance>('accepted', 'rejected', 'unknown'), { nil: undefined }),
  place: option(constantFrom(...PLACES), { nil: undefined }),
  seen: boolean(),
  asked: boolean(),
  bounced: boolean(),
});
const placed = record({
  copy: copies,
  list: boolean(),
  number: integer({ min: 0, max: 2 }),
  mailbox: integer({ min: 0, max: 4 }),
});

describe('sums', () => {
  test('hold for any shares and census: dispositions add up to copiesAccepted, and nothing is counted twice', () => {
    assert(
      property(array(placed, { maxLength: 40 }), boolean(), (entries, quiescent) => {
        const figures = closeWith((share, census) => {
          for (const [index, { copy, list, number, mailbox }] of entries.entries()) {
            if (list) enterList(share, census, number, mailbox, copy);
            else enterDirect(share, census, 1_000 + index, mailbox, copy, index % 2 === 0);
          }
        }, quiescent);
        expect(sumOf(figures)).toBe(figures.copiesAccepted);
        expect(figures.copiesSeen).toBeLessThanOrEqual(figures.copiesAccepted);
        expect(figures.copiesAccepted + figures.unknown).toBeLessThanOrEqual(entries.length);
        expect(figures.takenTrashed + figures.takenExpunged).toBe(figures.takenByStrategy);
        expect(quiescent ? figures.overdue : figures.lost).toBe(0);
      }),
    );
  });

  test('are the same however the workers’ shares are cut and merged', () => {
    assert(
      property(array(placed, { maxLength: 30 }), integer({ min: 1, max: 4 }), (entries, workers) => {
        const whole = emptyShare(SHAPE);
        const census = emptyCensus(SHAPE);
        const shares = Array.from({ length: workers }, () => emptyShare(SHAPE));
        for (const [index, { copy, list, number, mailbox }] of entries.entries()) {
          const share = shares[index % workers] ?? emptyShare(SHAPE);
          const nowhere = { ...copy, place: undefined };
          if (list) enterList(whole, census, number, mailbox, copy);
          else enterDirect(whole, census, 1_000 + index, mailbox, copy);
          if (list) enterList(share, emptyCensus(SHAPE), number, mailbox, nowhere);
          else enterDirect(share, emptyCensus(SHAPE), 1_000 + index, mailbox, nowhere);
        }
        const merge = (parts: readonly LedgerShare[]): LedgerFigures => {
          const into = emptyShare(SHAPE);
          for (const part of parts) mergeShare(into, structuredClone(part));
          const { named: _named, clinical, ...rest } = closeLedger(SHAPE, into, census, true);
          return { ...rest, clinical: new Map([...clinical].sort(([a], [b]) => a - b)), named: _named };
        };
        const direct = closeLedger(SHAPE, whole, census, true);
        for (const figures of [merge(shares), merge(shares.toReversed())])
          for (const name of [
            ...DISPOSITIONS,
            'copiesAccepted',
            'unknown',
            'misdelivered',
            'duplicated',
          ] as const)
            expect(figures[name]).toBe(direct[name]);
        expect(merge(shares).clinical).toEqual(direct.clinical);
      }),
    );
  });
});

describe('rows of bits', () => {
  const places = array(record({ row: integer({ min: 0, max: 5 }), bit: integer({ min: 0, max: 40 }) }));

  test('hold what was set and nothing else, and say what was new', () => {
    assert(
      property(places, (list) => {
        const bits = emptyRows(41);
        const known = new Set<string>();
        for (const { row, bit } of list) {
          expect(setBit(bits, row, bit)).toBe(!known.has(`${row}/${bit}`));
          known.add(`${row}/${bit}`);
        }
        for (let row = 0; row < 7; row += 1)
          for (let bit = 0; bit < 41; bit += 1)
            expect(hasBit(bits, row, bit)).toBe(known.has(`${row}/${bit}`));
      }),
      { numRuns: 50 },
    );
  });

  test('merge to the union in any order, and leave what they came from alone', () => {
    assert(
      property(places, places, (a, b) => {
        const rows = (...lists: (typeof a)[]): ReturnType<typeof emptyRows> => {
          const bits = emptyRows(41);
          for (const { row, bit } of lists.flat()) setBit(bits, row, bit);
          return bits;
        };
        const [ab, ba, from] = [rows(a), rows(b), rows(b)];
        mergeRows(ab, from);
        mergeRows(ba, rows(a));
        expect(ab).toEqual(rows(a, b));
        expect(ba).toEqual(ab);
        for (const row of [0, 1, 2]) setBit(ab, row, 40);
        expect(from).toEqual(rows(b));
      }),
      { numRuns: 50 },
    );
  });

  test('a bit beyond the width is nobody’s, and changes nothing', () => {
    const bits = emptyRows(8);
    setBit(bits, 0, 999);
    expect(hasBit(bits, 0, 999)).toBe(false);
    expect(bits.rows.get(0)).toEqual(new Uint8Array(1));
  });
});
