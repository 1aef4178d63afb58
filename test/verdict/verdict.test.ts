/** The verdict: a ledger failure beats unfitness, unfitness a threshold, a threshold no data, and no data is never a pass. */

import { describe, expect, test } from 'vitest';
import { judgedAt } from '../../src/profile/at-doors.ts';
import { exitOf } from '../../src/verdict/exit.ts';
import { type Case, judge, type VerdictStatus } from '../../src/verdict/verdict.ts';
import { USUAL_DOORS } from '../../src/words.ts';
import { enter, LIMITED, ramp } from '../measure/notebooks.ts';
import { canariesOf, caseOf, goodReads, ledgerOf, plannedOf, tallyOf, withThresholds } from './cases.ts';

const LATE = { dueUs: 1_000_000, startedUs: 1_000_000 };

/** Taken up a second late, each of a thousand journeys. */
const unfitTally = tallyOf((recorder) => {
  recorder.accepted(100);
  enter(
    recorder,
    'journey.read',
    ramp(1_000, 2_000).map((us) => us + 1_000_000),
    LATE,
  );
  enter(recorder, 'imap.signin', ramp(100));
});

/** Good reads, and no copy accepted. */
const silentTally = tallyOf((recorder) => {
  enter(recorder, 'journey.read', ramp(100, 1_000));
});

/** Too few journeys to judge their lag by a p99, and one of them too late to pass without. */
const unprovenTally = tallyOf((recorder) => {
  goodReads(recorder);
  enter(recorder, 'journey.read', [1_000_001], LATE);
});

const UNPROVEN = { tally: unprovenTally, planned: plannedOf(unprovenTally) };
const LOST = { ledger: ledgerOf(100, { lost: 1 }) };
const UNFIT = { tally: unfitTally, planned: plannedOf(unfitTally) };
const CROSSED = { profile: withThresholds('journey.read: p(90) < 10ms') };
const CROSSED_COUNT = {
  profile: withThresholds('canaries: count(late) <= 0'),
  canaries: canariesOf({ late: 1 }),
};
const NO_DATA = { profile: withThresholds('journey.read: p(99.9) < 1s') };
const BOTH = { profile: withThresholds('journey.read: p(90) < 10ms', 'journey.read: p(99.9) < 1s') };

const TABLE: readonly [string, Partial<Case>, VerdictStatus, number][] = [
  ['nothing wrong', {}, 'pass', 0],
  ['no data for a threshold', NO_DATA, 'no-data', 115],
  ['a threshold crossed', CROSSED, 'fail', 99],
  ['a threshold crossed, another without data', BOTH, 'fail', 115],
  ['no data to prove the generator fit', UNPROVEN, 'no-data', 115],
  ['unfit', UNFIT, 'invalid', 111],
  ['unfit, a time crossed', { ...UNFIT, ...CROSSED }, 'invalid', 111],
  ['unfit, a count crossed', { ...UNFIT, ...CROSSED_COUNT }, 'invalid', 111],
  ['unfit, no data', { ...UNFIT, ...NO_DATA }, 'invalid', 111],
  ['a copy lost', LOST, 'fail', 99],
  ['a copy lost, unfit', { ...LOST, ...UNFIT }, 'fail', 99],
  ['a copy lost, no data', { ...LOST, ...NO_DATA }, 'fail', 99],
  ['a copy lost, a threshold crossed', { ...LOST, ...CROSSED }, 'fail', 99],
  ['no ledger', { ledger: undefined }, 'no-data', 115],
  ['no ledger, a threshold crossed', { ledger: undefined, ...CROSSED }, 'fail', 115],
  ['no copy accepted', { ledger: ledgerOf(0), tally: silentTally }, 'no-data', 115],
  ['a storm refused altogether', { ledger: ledgerOf(100, { listCopiesAccepted: 0 }) }, 'no-data', 115],
  ['a ledger without what the workers told', { ledger: ledgerOf(99) }, 'fail', 99],
  ['an unknown copy that was found', { ledger: ledgerOf(101, { unknownResolved: 1 }) }, 'pass', 0],
  [
    'a stray copy although none was accepted',
    { ledger: ledgerOf(0, { misdelivered: 1 }), tally: silentTally },
    'fail',
    99,
  ],
  [
    'nothing at all',
    { tally: tallyOf(() => undefined), planned: new Map(), ledger: undefined },
    'no-data',
    115,
  ],
  ['a shard not heard', { shards: { heard: 1, expected: 2 } }, 'invalid', 111],
  ['no threshold set', { profile: withThresholds() }, 'pass', 0],
];

const find = (theCase: Case, check: string): object | undefined =>
  judge(theCase).verdict.findings.find((finding) => finding.check === check);

describe('a verdict', () => {
  test('says of each finding of which kind it is', () => {
    const { findings } = judge(caseOf()).verdict;
    const kindOf = (start: string) => findings.find(({ check }) => check.startsWith(start))?.kind;
    expect(kindOf('every planned operation')).toBe('ledger');
    expect(kindOf('generator: lag')).toBe('fitness');
    for (const { kind } of findings) expect(['ledger', 'fitness', 'threshold']).toContain(kind);
  });

  test.each(TABLE)('%s', (_, changes, status, code) => {
    const { verdict, reasons } = judge(caseOf(changes));
    expect(verdict.status).toBe(status);
    expect(exitOf(reasons).code).toBe(code);
  });

  test('is a pass exactly when the process would end with 0', () => {
    for (const [, changes] of TABLE) {
      const { verdict, reasons } = judge(caseOf(changes));
      expect(verdict.status === 'pass').toBe(exitOf(reasons).code === 0);
    }
  });

  test('lists all reasons, the deciding one first', () => {
    const { reasons } = judge(caseOf({ ...LOST, ...UNFIT, ...CROSSED_COUNT }));
    expect(reasons.map(({ name }) => name).toSorted()).toEqual(['ledger', 'threshold', 'unfit']);
    expect(exitOf(reasons).reason).toMatch(
      /^ledger: lost: 1 copies .*; generator: lag: .*; canaries: count\(late\)/,
    );
  });

  test('of an unfit generator voids findings about time, and no others', () => {
    const profile = withThresholds(
      'journey.read: p(90) < 10s',
      'journey.read: p(90) < 10ms',
      'journey.read: p(99.9) < 1s',
      'canaries: count(late) <= 0',
      'imap.signin: rate(rejected) <= 1%',
    );
    const theCase = caseOf({ ...UNFIT, profile, canaries: canariesOf({ late: 1 }) });
    const statuses = profile.thresholds.map(({ text }) => (find(theCase, text) as { status: string }).status);
    expect(statuses).toEqual(['invalid', 'invalid', 'no-data', 'fail', 'pass']);
    expect(find(theCase, 'journey.read: p(90) < 10s')).toMatchObject({
      because: expect.stringMatching(/not fit.* of 1000 samples$/) as string,
    });
    const byDeed = judgedAt(withThresholds('signin: p(90) < 10s'), USUAL_DOORS);
    expect(find(caseOf({ ...UNFIT, profile: byDeed }), 'signin: p(90) < 10s')).toMatchObject({
      status: 'invalid',
      because: expect.stringMatching(/not fit.* samples \(judged on imap\.signin\)$/) as string,
    });
  });

  test('has a finding for every threshold, every ledger rule and every measure of fitness', () => {
    const { verdict } = judge(
      caseOf({ profile: withThresholds('journey.read: p(90) < 1s', 'canaries: count(late) <= 0') }),
    );
    expect(verdict.findings.map(({ check }) => check)).toEqual([
      'every planned operation is accounted for',
      'every accepted copy is accounted for',
      'the storm reached the mail system',
      'ledger: goneUnasked',
      'ledger: lost',
      'ledger: misdelivered',
      'ledger: duplicated',
      'journey.read: p(90) < 1s',
      'canaries: count(late) <= 0',
      'generator: lag',
      'generator: taken up in time',
      'generator: event loop',
      'generator: CPU',
      'generator: garbage',
      'generator: all shards heard',
      'target: limiters',
    ]);
  });
});

describe('sums', () => {
  const broken = (changes: Partial<Case>): unknown =>
    find(caseOf(changes), 'every planned operation is accounted for');

  test('an operation that never ended breaks them', () => {
    const tally = tallyOf((recorder) => {
      goodReads(recorder);
      recorder.planned('imap.open', 'storm', true);
    });
    expect(broken({ tally })).toMatchObject({
      status: 'fail',
      because: 'imap.open in storm: 1 planned, 0 ended',
    });
    expect(judge(caseOf({ tally })).verdict.status).toBe('fail');
  });

  test('an operation that ended twice breaks them', () => {
    const tally = tallyOf((recorder) => {
      goodReads(recorder);
      recorder.dropped('journey.read', 'storm', false, 'late');
    });
    expect(broken({ tally })).toMatchObject({
      status: 'fail',
      because: 'journey.read in storm: 100 planned, 101 ended',
    });
  });

  test('the plan and the workers must agree, in every phase', () => {
    const planned = plannedOf(tallyOf(goodReads));
    planned.get('storm')?.set('journey.read', 101);
    expect(broken({ planned })).toMatchObject({
      status: 'fail',
      because: 'journey.read in storm: the plan has 101, the workers took 100',
    });
    const absent = new Map([
      ...plannedOf(tallyOf(goodReads)),
      ['recovery', new Map([['imap.open', 3]])],
    ] as const) as Case['planned'];
    expect(broken({ planned: absent })).toMatchObject({
      status: 'fail',
      because: /the plan has 3, the workers took 0/,
    });
  });

  test('induced operations do not count against the plan', () => {
    const tally = tallyOf((recorder) => {
      goodReads(recorder);
      enter(recorder, 'imap.poll', ramp(5), { induced: true });
    });
    expect(broken({ tally, planned: plannedOf(tallyOf(goodReads)) })).toMatchObject({ status: 'pass' });
  });
});

describe('the ledger', () => {
  test.each(['goneUnasked', 'lost', 'misdelivered', 'duplicated'] as const)(
    'one copy %s fails it',
    (name) => {
      const theCase = caseOf({ ledger: ledgerOf(100, { [name]: 1 }) });
      expect(find(theCase, `ledger: ${name}`)).toMatchObject({ status: 'fail', observed: '1 copies' });
      expect(judge(theCase).verdict.status).toBe('fail');
    },
  );

  test.each(['takenByStrategy', 'bounced', 'overdue', 'unknown', 'foreign', 'junked'] as const)(
    '%s fails it only through a threshold',
    (name) => {
      const ledger = ledgerOf(100, { [name]: 7 });
      expect(judge(caseOf({ ledger })).verdict.status).toBe('pass');
      if (name === 'junked') return;
      const profile = withThresholds(`ledger: count(${name}) <= 6`);
      expect(judge(caseOf({ ledger, profile })).verdict.status).toBe('fail');
    },
  );

  test('clinical mail kept out by a full mailbox is told with its ids, and decides nothing', () => {
    const check = 'clinical messages kept out by a mailbox that junk had filled';
    const named = Array.from({ length: 7 }, (_, index) => ({ number: 70 + index, mailbox: 3, junk: 9 }));
    const ledger = ledgerOf(100, { overQuota: { refused: 7, notified: 0, clinical: 7, named } });
    expect(find(caseOf({ ledger }), check)).toMatchObject({
      status: 'fail',
      severity: 'warn',
      observed: '7 messages',
      because: /^message 70 to mailbox 3 \(9 junk copies\), .* and 2 more$/,
    });
    expect(judge(caseOf({ ledger })).verdict.status).toBe('pass');
    const clinical = new Map([[70, 'present' as const]]);
    expect(find(caseOf({ ledger: ledgerOf(100, { clinical }) }), check)).toMatchObject({ status: 'pass' });
    // Nothing clinical was sent: nothing is said about it.
    const none = judge(caseOf({ ledger: ledgerOf(100, { clinical: new Map() }) })).verdict.findings;
    expect(none.filter((finding) => finding.check === check)).toEqual([]);
  });

  test('of a sample says so in every figure, and is held against what was told of the sample', () => {
    const ledger = ledgerOf(40, { sample: { mailboxes: 2, of: 10 }, copiesTold: 40, lost: 1 });
    const within = ' in a sample of 2 of 10 mailboxes';
    expect(find(caseOf({ ledger }), 'every accepted copy is accounted for')).toMatchObject({
      status: 'pass',
      observed: `40 of 40 copies${within}`,
    });
    expect(find(caseOf({ ledger }), 'ledger: lost')).toMatchObject({ observed: `1 copies${within}` });
    const profile = withThresholds('ledger: count(lost) <= 0');
    expect(find(caseOf({ ledger, profile }), 'ledger: count(lost) <= 0')).toMatchObject({
      observed: `1 copies${within}`,
    });
    const untold = ledgerOf(40, { sample: { mailboxes: 2, of: 10 }, copiesTold: 41 });
    expect(judge(caseOf({ ledger: untold })).verdict.status).toBe('fail');
  });

  test('of a sample of nobody has no data', () => {
    const ledger = ledgerOf(0, { sample: { mailboxes: 0, of: 10 }, copiesTold: 0 });
    const profile = withThresholds('ledger: count(lost) <= 0');
    for (const check of ['ledger: lost', 'ledger: count(lost) <= 0', 'the storm reached the mail system'])
      expect(find(caseOf({ ledger, profile }), check)).toMatchObject({ status: 'no-data' });
    expect(judge(caseOf({ ledger })).verdict.status).toBe('no-data');
  });

  test('dispositions that do not add up fail it', () => {
    for (const present of [99, 101]) {
      const theCase = caseOf({ ledger: ledgerOf(100, { present }) });
      expect(find(theCase, 'every accepted copy is accounted for')).toMatchObject({
        status: 'fail',
        observed: `${present} of 100 copies`,
      });
      expect(judge(theCase).reasons[0]?.name).toBe('ledger');
    }
  });

  test('without one it says why there is none', () => {
    expect(find(caseOf({ ledger: undefined }), 'every accepted copy is accounted for')).toMatchObject({
      status: 'no-data',
      because: 'nobody looked',
    });
  });
});

describe('what is unfit', () => {
  test('by a limiter is the target’s doing and still no judgement of the mail system', () => {
    const tally = tallyOf((recorder) => {
      goodReads(recorder);
      enter(recorder, 'smtp.submit', ramp(10), { outcome: LIMITED });
    });
    expect(judge(caseOf({ tally })).verdict.status).toBe('invalid');
  });
});
