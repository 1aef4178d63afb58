/** Which operation stands for what, in records through all doors and in those that do not say. */

import { describe, expect, test } from 'vitest';

import { doorsOf, entryNoun, operationFor } from '../../src/record/doors.ts';
import { watchedIn } from '../../src/record/questions/answers.ts';
import { answerQuestions } from '../../src/record/questions/questions.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { sweepRow } from '../../src/report/simulation.ts';
import type { Deed } from '../../src/words.ts';
import { BY_HTTP, BY_JMAP } from '../report/door-fixtures.ts';
import { operation } from '../report/parts.ts';
import { FULL } from './full.ts';

const JMAP = doorsOf(BY_JMAP);
const HTTP = doorsOf(BY_HTTP);

const DEEDS: readonly Deed[] = ['signIn', 'open', 'look', 'submit'];

const names = (record: Pick<RunRecord, 'doors'>) => DEEDS.map((deed) => operationFor(record, deed));

const answered = (record: RunRecord, id: number) => answerQuestions(record).find((one) => one.id === id);

describe('what stands for a deed', () => {
  test('follows each door by itself', () => {
    expect(names({ doors: { submit: 'http', mailbox: 'jmap' } })).toEqual([
      'jmap.session',
      'jmap.query',
      'jmap.poll',
      'http.submit',
    ]);
    expect(names({ doors: { submit: 'jmap', mailbox: 'http' } })).toEqual([
      'http.list',
      'http.list',
      'http.poll',
      'jmap.submit',
    ]);
  });

  test('is of SMTP and IMAP in a record that does not say', () => {
    expect(names({})).toEqual(['imap.signin', 'imap.open', 'imap.poll', 'smtp.submit']);
    expect(doorsOf({})).toEqual({ submit: 'smtp', mailbox: 'imap' });
    expect(entryNoun({}).many).toBe('sign-ins');
  });
});

describe('the questions of access', () => {
  // Getting in, opening, sending.
  test.each([7, 8, 9])('%i is answered by the operations of the doors', (id) => {
    const usual = answered({ ...FULL, operations: BY_JMAP.operations }, id);
    expect(usual?.answer).toBeNull();
    const byJmap = answered({ ...FULL, operations: BY_JMAP.operations, doors: JMAP }, id);
    const before = answered(FULL, id);
    expect(byJmap?.answer).not.toBeNull();
    expect(byJmap).toEqual(before);
    expect(answered({ ...FULL, doors: { submit: 'smtp', mailbox: 'imap' } }, id)).toEqual(before);
  });

  test('who signs in nowhere is not said to', () => {
    const record = { ...FULL, operations: BY_HTTP.operations, doors: HTTP };
    expect(answered(record, 7)?.evidence).toContain('1,616 of 1,672 listings');
    for (const id of [7, 14, 21, 24, 29]) expect(answered(record, id)?.evidence).not.toContain('sign-in');
    for (const id of [7, 14, 21, 24, 29]) expect(answered(FULL, id)?.evidence).toContain('sign-in');
  });
});

test('looks are those at the mailboxes of the run', () => {
  const looks = (['imap.poll', 'jmap.poll', 'http.poll'] as const).map((name, index) =>
    operation(name, 'storm', 1_000, { ok: index + 1 }),
  );
  const record = { ...FULL, operations: looks };
  expect(watchedIn(record)).toContain(', 1 looks');
  expect(watchedIn({ ...record, doors: { submit: 'smtp', mailbox: 'jmap' } })).toContain(', 2 looks');
  expect(watchedIn({ ...record, doors: { submit: 'smtp', mailbox: 'http' } })).toContain(', 3 looks');
});

test('a row of a sweep shows what stands for signing in', () => {
  const rows = sweepRow('1', BY_JMAP).slice(-3);
  expect(rows).toEqual(['5.54 s', '1.54 s', '1.53 s']);
  expect(sweepRow('1', { ...BY_JMAP, doors: { submit: 'smtp', mailbox: 'imap' } }).slice(-3)).toEqual([
    '–',
    '–',
    '–',
  ]);
});
