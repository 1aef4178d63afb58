/** What may come back of a pilot: nothing, but what the profile declares and only from where it may. */

import { describe, expect, test } from 'vitest';

import type { Notice } from '../../src/replay/notices.ts';
import { noticeRules, PilotNotices, type NoticeRules } from '../../src/replay/pilot-notices.ts';
import { planOf, smokeWith } from '../storm/plans.ts';

const NOTHING_DECLARED: NoticeRules = {
  accounts: new Set(['user0@lab.test', 'user1@lab.test']),
  domains: new Set(['lab.test']),
  outOfOffice: false,
  deadMost: 0,
};

const AWAY = { ...NOTHING_DECLARED, outOfOffice: true };
const DEAD = { ...NOTHING_DECLARED, deadMost: 2 };

function trace(kind: Notice['kind'], from: string, ...addresses: string[]): Notice {
  const action = kind === 'delay' ? 'delayed' : 'failed';
  const recipients = addresses.map((address) => ({ address, action, status: null }) as const);
  return { identity: { runId: 'r1', seed: 1, number: 0 }, kind, from, recipients };
}

const ANSWER = trace('autoReply', 'user1@lab.test');
const DEAD_MEMBER = trace('bounce', 'mailer-daemon@lab.test', 'gone0@lab.test');

test('without a word in the profile everything stops the run', () => {
  expect(new PilotNotices(NOTHING_DECLARED).judge([])).toBeUndefined();
  expect(new PilotNotices(NOTHING_DECLARED).judge([ANSWER])).toMatch(/answered the pilot/);
  expect(new PilotNotices(NOTHING_DECLARED).judge([DEAD_MEMBER])).toMatch(/came back from gone0@lab\.test/);
});

describe('people who are away', () => {
  test('may answer, and are counted', () => {
    const notices = new PilotNotices(AWAY);
    expect(notices.judge([ANSWER, trace('autoReply', 'user0@lab.test')])).toBeUndefined();
    expect(notices.words).toBe('2 auto-replies');
  });

  test.each([
    ['somebody outside', trace('autoReply', 'user1@elsewhere.example')],
    ['somebody of the domain without a mailbox of ours', trace('autoReply', 'user7@lab.test')],
    ['nobody who says so', trace('autoReply', '')],
    ['a client that opened it', trace('receipt', 'user1@lab.test')],
    ['a dead member', DEAD_MEMBER],
  ])('but not %s', (_, notice) => {
    expect(new PilotNotices(AWAY).judge([ANSWER, notice])).toMatch(/answered the pilot|came back from/);
  });
});

describe('members whose mailbox is gone', () => {
  test('may send it back, each as often as it likes', () => {
    const notices = new PilotNotices(DEAD);
    expect(notices.judge([DEAD_MEMBER])).toBeUndefined();
    expect(notices.judge([DEAD_MEMBER, trace('bounce', '', 'gone1@lab.test')])).toBeUndefined();
    expect(notices.words).toBe('bounces from 2 addresses');
    expect(notices.judge([trace('bounce', '', 'gone2@lab.test')])).toMatch(/more than 2 addresses/);
  });

  test.each([
    ['an account', trace('bounce', '', 'user1@lab.test')],
    ['an address out of the house', trace('bounce', '', 'gone0@elsewhere.example')],
    ['one of both', trace('bounce', '', 'gone0@lab.test', 'gone0@elsewhere.example')],
    ['nobody named', trace('bounce', '')],
    ['an account, for now', trace('delay', '', 'user1@lab.test')],
    ['somebody who is away', ANSWER],
  ])('but not %s', (_, notice) => {
    expect(new PilotNotices(DEAD).judge([notice])).toMatch(/answered the pilot|came back from/);
  });
});

test('the rules are the profile’s, at the size of the run', () => {
  const profile = smokeWith({ amplifiers: { deadRecipients: 0.1, outOfOffice: { share: 0.1, days: 7 } } });
  const accounts = { pattern: 'User{n}@Lab.test', first: 0 };
  const rules = noticeRules(planOf(profile, { mailboxes: 20 }), { accounts, list: 'all@lists.lab.test' });
  expect(rules).toMatchObject({ outOfOffice: true, deadMost: 2 });
  expect(rules.accounts.has('user19@lab.test')).toBe(true);
  expect([...rules.domains]).toEqual(['lab.test', 'lists.lab.test']);
  const usual = noticeRules(planOf(smokeWith({})), { accounts, list: undefined });
  expect(usual).toMatchObject({ outOfOffice: false, deadMost: 0 });
});
