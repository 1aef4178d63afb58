/** What a run learns of lines and full mailboxes, by the operations of its own doors. */

import { describe, expect, test } from 'vitest';

import { concludeManners, inspectionOf, type MannerFacts } from '../../src/cli/run-manners.ts';
import { closeLedger } from '../../src/measure/ledger.ts';
import { emptyCensus } from '../../src/measure/ledger-census.ts';
import { emptyShare } from '../../src/measure/ledger-share.ts';
import { emptyManners, type Manner } from '../../src/measure/manners.ts';
import type { Outcome, Rejected } from '../../src/measure/outcome.ts';
import { emptyReadings, noteLine } from '../../src/measure/readings.ts';
import type { Recorder } from '../../src/measure/recorder.ts';
import type { Conducted } from '../../src/replay/conduct.ts';
import { USUAL_DOORS, type Doors, type OperationName } from '../../src/words.ts';
import { enter, OK, REJECTED } from '../measure/notebooks.ts';
import { tallyOf } from '../verdict/cases.ts';

const SHAPE = { mailboxes: 4, listMessages: 1, fanOut: 'list' } as const;

interface Ran {
  readonly doors?: Doors;
  readonly plainSides?: readonly string[];
  /** Lines of mailboxes that came out in the clear. */
  readonly plain?: number;
}

/** The figure of a manner after a run in which so much happened. */
function figure(manner: Manner, tell: (recorder: Recorder) => void, ran: Ran = {}) {
  const share = emptyShare(SHAPE);
  const census = emptyCensus(share.shape);
  const readings = emptyReadings();
  for (let line = 0; line < (ran.plain ?? 0); line += 1) noteLine(readings, 'mailbox', false);
  const conducted = { tally: tallyOf(tell), report: { readings }, zeroUs: 0 } as unknown as Conducted;
  const facts: MannerFacts = {
    inspection: inspectionOf(share, emptyManners(SHAPE.mailboxes)),
    census,
    ledger: closeLedger(share, census, true),
    doors: ran.doors ?? USUAL_DOORS,
    conducted,
    readings: [],
    plainSides: ran.plainSides ?? [],
    foreignBefore: 0,
  };
  const found = concludeManners(facts).manners.find((one) => one.manner === manner);
  return { count: found?.count, looked: found?.looked };
}

/** Operations by name, so often each. */
const opened =
  (...operations: readonly (readonly [OperationName, number, Outcome?])[]) =>
  (recorder: Recorder): void => {
    for (const [operation, count, outcome = OK] of operations)
      enter(
        recorder,
        operation,
        Array.from({ length: count }, () => 1),
        { outcome },
      );
  };

const NO = REJECTED as Rejected;
const NO_TLS: Rejected = { ...NO, code: 'TLS' };
const BOTH_JMAP: Doors = { submit: 'jmap', mailbox: 'jmap' };

describe('lines that may be downgraded', () => {
  test('are what opens the doors of the run', () => {
    const all = opened(['smtp.connect', 1], ['imap.connect', 2], ['jmap.session', 4], ['http.list', 8]);
    expect(figure('downgraded', all)).toEqual({ count: 0, looked: 3 });
    expect(figure('downgraded', all, { doors: { submit: 'smtp', mailbox: 'jmap' } }).looked).toBe(5);
    expect(figure('downgraded', all, { doors: { submit: 'jmap', mailbox: 'imap' } }).looked).toBe(6);
    // One operation opens both doors, and each opening is one line.
    expect(figure('downgraded', all, { doors: BOTH_JMAP }).looked).toBe(4);
    expect(figure('downgraded', all, { doors: { submit: 'http', mailbox: 'http' } }).looked).toBe(0);
  });

  test('are none at a door that was in the clear from the start', () => {
    const sessions = opened(['jmap.session', 4], ['smtp.connect', 1]);
    const doors: Doors = { submit: 'smtp', mailbox: 'jmap' };
    expect(figure('downgraded', sessions, { doors, plainSides: ['mailbox'] }).looked).toBe(1);
    expect(figure('downgraded', sessions, { doors, plainSides: ['submit'] }).looked).toBe(4);
    expect(
      figure('downgraded', sessions, { doors: BOTH_JMAP, plainSides: ['submit', 'mailbox'] }).looked,
    ).toBe(0);
  });

  test('count where TLS could not be had, and where it was not', () => {
    const refused = opened(['jmap.session', 3, NO_TLS], ['jmap.session', 4], ['imap.connect', 1, NO_TLS]);
    const doors: Doors = { submit: 'smtp', mailbox: 'jmap' };
    expect(figure('downgraded', refused, { doors, plain: 2 })).toEqual({ count: 5, looked: 7 });
    expect(figure('downgraded', refused, { plain: 2 })).toEqual({ count: 3, looked: 1 });
  });
});

describe('full mailboxes', () => {
  const refused = (operation: OperationName, code: string | number, enhanced?: string): number | undefined =>
    figure(
      'overQuota',
      opened([operation, 2, { ...NO, code, ...(enhanced === undefined ? {} : { enhanced }) }]),
    ).count;

  test.each([
    ['imap.move', 'NO', 'OVERQUOTA'],
    ['jmap.set', 'notUpdated', 'overQuota'],
    ['jmap.set', 507, undefined],
    ['http.delete', 507, undefined],
  ] as const)('%s %s %s is one', (operation, code, enhanced) => {
    expect(refused(operation, code, enhanced)).toBe(2);
  });

  test.each([
    ['imap.move', 'NO', 'LIMIT'],
    ['imap.move', 507, undefined],
    ['jmap.set', 'notUpdated', 'rateLimit'],
    ['http.list', 503, undefined],
    // Told with the message that was handed in, and counted there.
    ['smtp.submit', 452, '4.2.2'],
    ['jmap.submit', 'notCreated', 'overQuota'],
    ['http.submit', 507, undefined],
  ] as const)('%s %s %s is none', (operation, code, enhanced) => {
    expect(refused(operation, code, enhanced)).toBe(0);
  });
});
