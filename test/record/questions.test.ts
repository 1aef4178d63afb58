/** Each of the 34 questions has an answer where its evidence is there, and none, with the reason, where it is not. */

import { describe, expect, test } from 'vitest';

import { answerQuestions, QUESTIONS } from '../../src/record/questions/questions.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { FAILING, PASSING, REFUSED, SPARSE } from '../report/fixtures.ts';
import { FULL, LACKING } from './full.ts';

/** What a storm came to of which four messages took one back. */
const AMPLIFIED: NonNullable<RunRecord['amplification']> = {
  intendedRecipients: 1_000,
  messages: 600,
  copies: 595_000,
  secondCopies: 0,
  autoReplies: 0,
  bounces: 0,
  receipts: 0,
  recalls: 4,
  hottest: null,
  deliveredPerMessage: null,
};

const ask = (record: RunRecord, id: number) => {
  const found = answerQuestions(record).find((one) => one.id === id);
  if (found === undefined) throw new Error(`no question ${id}`);
  return found;
};

test('there are 34, by number, in words', () => {
  expect(QUESTIONS.map(({ id }) => id)).toEqual(Array.from({ length: 34 }, (_, index) => index + 1));
  for (const { question, short } of QUESTIONS) {
    expect(question).toMatch(/^[A-Z].{20,}\?$/);
    expect(short.length).toBeLessThan(24);
  }
  expect(new Set(QUESTIONS.map(({ short }) => short)).size).toBe(34);
});

describe.each(QUESTIONS.map(({ id, short }) => [id, short] as const))('question %i (%s)', (id) => {
  test('is answered where there is evidence', () => {
    const { answer, evidence } = ask(FULL, id);
    expect(answer).not.toBeNull();
    // How often, of how many: an answer without a number of observations would be hearsay.
    expect(evidence).toMatch(/\d/);
  });

  // Whom a report names can always be counted.
  test.skipIf(id === 34)('is not answered without it, and says why', () => {
    const lacking = LACKING[id];
    if (lacking === undefined) throw new Error(`nothing to take away for ${id}`);
    const found = ask({ ...FULL, ...lacking }, id);
    expect(found.answer).toBeNull();
    expect(found.answer === null ? found.reason.length : 0).toBeGreaterThan(10);
  });

  test('is never 0 for what nobody knows', () => {
    for (const record of [REFUSED, { ...SPARSE, patience: null }]) {
      const { answer } = ask(record, id);
      expect(answer === null || id === 34).toBe(true);
    }
  });
});

test('records from before the questions are answered as far as they go', () => {
  for (const record of [PASSING, FAILING]) {
    const answers = answerQuestions(record);
    expect(answers.filter(({ answer }) => answer !== null).length).toBeGreaterThan(5);
    expect(answers.find(({ id }) => id === 2)?.answer).toBeNull();
  }
});

test('whoever takes a message back has not replied', () => {
  const plan = { ...(FULL.plan as NonNullable<RunRecord['plan']>), recalls: 7 };
  const uncounted = ask({ ...FULL, plan, amplification: null }, 5);
  expect(uncounted.answer).toBeNull();
  const counted = ask({ ...FULL, plan, amplification: AMPLIFIED }, 5);
  expect(counted.answer).toBe(590);
  expect(counted.evidence).toContain('beside the blast and 4 that take one back');
});

test('a blast that its author is not sent has reached everybody when all others have it', () => {
  const { readings } = FULL;
  if (readings === undefined) throw new Error('nothing was read');
  const asked = (of: number, seen: number) =>
    ask({ ...FULL, readings: { ...readings, blast: { ...readings.blast, of, seen } } }, 3);
  expect(asked(19, 19).answer).toBe(1);
  expect(asked(19, 18).answer).toBe(18 / 19);
  expect(asked(0, 0).answer).toBeNull();
});

test('the figures are those of the record', () => {
  expect(ask(FULL, 3).answer).toBe(1);
  expect(ask(FULL, 5).answer).toBe(594);
  expect(ask(FULL, 6).answer).toBe(1);
  expect(ask(FULL, 10).answer).toBe(0.9);
  expect(ask(FULL, 17).answer).toBe(51);
  expect(ask(FULL, 20).answer).toBe('offices waited longest');
  expect(ask(FULL, 21).answer).toBe(5e6);
  expect(ask(FULL, 22).answer).toBe(12e6);
  expect(ask(FULL, 24).answer).toBe(32e6);
  expect(ask(FULL, 25).answer).toBe(-16e6);
  expect(ask(FULL, 27).answer).toBe(0.1);
  expect(ask(FULL, 28).answer).toBe(20);
  expect(ask(FULL, 29).answer).toBe(15e6);
  expect(ask(FULL, 30).answer).toBe(150);
});

test('what was watched for and did not happen is a word, not a gap', () => {
  const { recovery, readings } = FULL as Required<RunRecord>;
  const calm = recovery.windows.map((one) => ({ ...one, state: 'asBefore' as const }));
  const quiet = {
    ...FULL,
    recovery: { ...recovery, windows: calm, firstWorseUs: null, majorIncidentUs: null },
  };
  expect(ask(quiet, 21).answer).toBe('never worse than before');
  expect(ask(quiet, 29).answer).toBe('not reached');
  const idle = { ...FULL, readings: { ...readings, guard: { ...readings.guard, firstUs: null } } };
  expect(ask(idle, 22).answer).toBe('never');
});

describe('confidentiality', () => {
  const { readings, ledger, target } = FULL as Required<RunRecord>;
  const lines = (plain: number) => ({ ...readings.lines, mailbox: { secured: 10, plain } });
  const answer = (change: Partial<RunRecord>) => ask({ ...FULL, ...change }, 31).answer;

  test('holds where every connection was under TLS and nothing lay in a stranger’s mailbox', () => {
    expect(answer({})).toBe('yes');
  });

  test('does not hold where a connection was in the clear', () => {
    expect(answer({ readings: { ...readings, lines: lines(1) } })).toContain('in the clear');
  });

  test('does not hold where one copy was misdelivered, TLS or not', () => {
    if (ledger === null) throw new Error('the fixture has a ledger');
    expect(answer({ ledger: { ...ledger, misdelivered: 1 } })).toContain('not for');
  });

  test('has no data without verified certificates, or in the clear by choice', () => {
    if (target === null) throw new Error('the fixture has a target');
    expect(answer({ target: { ...target, tlsVerified: false } })).toBeNull();
    const choice = { target: { ...target, tls: 'required/off' }, readings: { ...readings, lines: lines(3) } };
    expect(answer(choice)).toBeNull();
  });
});

test('what the guard refused as expected is no failed submission', () => {
  const operations = FULL.operations.map((one) =>
    one.operation === 'smtp.submit' && one.phase === 'storm'
      ? { ...one, planned: 100, ok: 90, rejected: 10, unknown: 0, dropped: 0, expected: 10 }
      : one,
  );
  expect(ask({ ...FULL, operations }, 9).answer).toBe(1);
  const unexpected = operations.map(({ expected: _expected, ...one }) => one);
  expect(ask({ ...FULL, operations: unexpected }, 9).answer).toBe(0.9);
});

test('an address in what the report prints is somebody named', () => {
  expect(ask(FULL, 34).answer).toBe(0);
  expect(ask({ ...FULL, exit: { code: 99, reason: 'mail of jo@example.org was lost' } }, 34).answer).toBe(1);
});

test('bounces of messages to everybody are told apart where they were traced', () => {
  const { ledger } = FULL;
  if (ledger === null) throw new Error('the fixture has a ledger');
  const notices = [
    { kind: 'bounce', about: 'list', count: 7 },
    { kind: 'bounce', about: 'clinical', count: 5 },
    { kind: 'autoReply', about: 'list', count: 3 },
  ];
  const traced = { ...FULL, ledger: { ...ledger, notices } } as unknown as RunRecord;
  expect(ask(traced, 22).evidence).toContain('bounces of messages to everybody: 7');
  expect(ask({ ...FULL, ledger: null }, 22).evidence).toContain('bounces: not known');
});

test('what is asked of a sample is answered of all, or says that it is a sample', () => {
  const { ledger } = FULL;
  if (ledger === null) throw new Error('the fixture has a ledger');
  const sampled = { ...FULL, ledger: { ...ledger, sample: { mailboxes: 7, of: 1_200 } } };
  expect(ask({ ...sampled, amplification: null }, 4)).toMatchObject({
    answer: null,
    reason: expect.stringContaining('only a sample was followed: 7 of 1,200 mailboxes'),
  });
  const amplification = { messages: 50, copies: 6_000, deliveredPerMessage: null };
  const told = { ...sampled, amplification } as unknown as RunRecord;
  expect(ask(told, 4)).toMatchObject({
    answer: 120,
    evidence: expect.stringContaining('6,000 copies of 50'),
  });
  for (const id of [4, 15, 16, 31])
    expect(ask(told, id).evidence).toContain('7 of 1,200 mailboxes, a sample');
  for (const id of [4, 15, 16, 31]) expect(ask(FULL, id).evidence).not.toContain('sample');
});

test('stalls are the queue’s where it was watched, else the silences that watchers felt', () => {
  const stalled = (looked: number) => ({ manner: 'stalled', count: 3, looked, named: [] }) as const;
  const watched = ask({ ...FULL, manners: [stalled(90)] }, 6);
  expect(watched).toMatchObject({ answer: 3, unit: 'stalls' });
  expect(watched.evidence).toMatch(
    /^90 s of looking.* silences at watched mailboxes of 2\.00 s or more: 1, the longest 4\.00 s/,
  );
  for (const manners of [null, [stalled(0)]])
    expect(ask({ ...FULL, manners }, 6)).toMatchObject({ answer: 1, unit: 'silences' });
});

test('amplifiers and coupled replies are told where a record holds them', () => {
  const found = (held: object, id: number) => ask({ ...FULL, ...held }, id);
  const amplification = {
    intendedRecipients: 1_003,
    autoReplies: 90,
    bounces: null,
    receipts: 4,
    deliveredPerMessage: 200.5,
  };
  expect(found({ amplification }, 4)).toMatchObject({
    answer: 200.5,
    evidence: expect.stringMatching(/auto-replies 90, bounces not known, receipts 4; .* 1,003 recipients/),
  });
  expect(found({ amplification: { ...amplification, deliveredPerMessage: null } }, 4).answer).toBe(
    ask(FULL, 4).answer,
  );
  const cascade = { mode: 'coupled', starved: { replies: 12 }, branchingRatio: 0.5 };
  expect(found({ cascade }, 5).evidence).toMatch(/\(12 never did\).* 0\.50 replies provoked by a reply/);
  expect(found({ cascade: null }, 5).evidence).toMatch(/0\.96 replies provoked by a reply/);
});
