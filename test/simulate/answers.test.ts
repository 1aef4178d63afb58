/** What nobody wrote, in virtual time: as many as the plan expects, in the queue like everything else, none with the switch off. */

import { expect, test } from 'vitest';

import { UNLIMITED_CAPACITY } from '../../src/capacity/config.ts';
import { OWN_CONNECTIONS } from '../../src/simulate/connections.ts';
import type { Profile } from '../../src/profile/schema.ts';
import { notificationSum } from '../../src/measure/notifications.ts';
import { simulate, type Simulated } from '../../src/simulate/simulate.ts';
import { expectedAmplification } from '../../src/storm/expected.ts';
import { planTotals } from '../../src/storm/plan.ts';
import { planOf, SMOKE, smokeWith } from '../storm/plans.ts';

/** A mail system with nothing scarce but deliveries. */
function run(profile: Profile, mailboxes: number, deliveriesPerSecond = 1e6): Simulated {
  return simulate(planOf(profile, { mailboxes }), {
    capacity: { ...UNLIMITED_CAPACITY, deliveriesPerSecond },
    discipline: 'fifo',
    mailboxLock: false,
    maxSessions: Number.POSITIVE_INFINITY,
    maxOwedCopies: Number.POSITIVE_INFINITY,
    caps: OWN_CONNECTIONS,
  });
}

test('with every switch off there is nothing but copies', () => {
  const { answers, copiesAccepted } = run(SMOKE, 40);
  expect(notificationSum(answers.all)).toBe(0);
  expect(notificationSum(answers.hottest)).toBe(0);
  expect(answers).toMatchObject({ recalls: 0, secondCopies: 0 });
  expect(copiesAccepted).toBeGreaterThan(40 * 20);
});

test('with the switches on there is what the plan expects, to the message', () => {
  const profile = smokeWith({
    deletesStart: 'atMaxDrain',
    list: { replyTo: 'list+sender', echo: false },
    amplifiers: { outOfOffice: { share: 0.1, days: 7 }, deadRecipients: 0.05, recalls: 0.3 },
  });
  const plan = planOf(profile, { mailboxes: 40 });
  const expected = expectedAmplification(plan);
  const { answers, copiesAccepted, readings } = run(profile, 40);
  expect(answers.all).toEqual({ autoReply: expected.autoReplies, bounce: expected.bounces, receipt: 0 });
  expect(answers).toMatchObject({ recalls: expected.recalls, secondCopies: expected.senderCopies });
  expect(expected.autoReplies).toBeGreaterThan(60);
  expect(expected.bounces).toBe(2 * plan.cascade.length);
  expect(copiesAccepted).toBe(planTotals(plan, () => 0).copies);
  expect(readings.at(-1)?.owed).toBe(0);
});

test('the hot mailbox gets one answer from everybody away, whatever its owner sends', () => {
  const alone = smokeWith({
    replies: { directReplies: 0 },
    bystanders: { rate: 0 },
    canaries: { rate: 0 },
    amplifiers: { outOfOffice: { share: 0.05, days: 7 } },
  });
  const { answers } = run(alone, 20_000);
  expect(answers.hottest).toEqual({ autoReply: 1_000, bounce: 0, receipt: 0 });
  expect(answers.all).toEqual(answers.hottest);
});

test('what comes back takes deliveries: the backlog is gone so much later', () => {
  const burst = { replies: { directReplies: 0 }, bystanders: { rate: 0 }, canaries: { rate: 0 } } as const;
  const usual = run(smokeWith(burst), 10_000, 1_000);
  const answered = run(
    smokeWith({ ...burst, amplifiers: { outOfOffice: { share: 0.2, days: 7 }, deadRecipients: 0.1 } }),
    10_000,
    1_000,
  );
  // 2,000 answers, 1,000 tries and as many bounces, at 1,000 a second; the blast's author may be away.
  const laterUs = answered.drainedUs - usual.drainedUs;
  expect(laterUs / 1e6).toBeGreaterThanOrEqual(3.998);
  expect(laterUs / 1e6).toBeLessThanOrEqual(4.001);
});

test('receipts come from those who grant them, one for a message and reader', () => {
  const asking = (granted: number, requested = 1): Simulated =>
    run(smokeWith({ amplifiers: { readReceipts: { requested, granted } } }), 16);
  const all = asking(1).answers.all.receipt;
  expect(all).toBeGreaterThan(5);
  expect(all).toBeLessThanOrEqual(
    expectedAmplification(planOf(smokeWith({ amplifiers: { readReceipts: { requested: 1, granted: 1 } } })))
      .receiptsAtMost,
  );
  expect(asking(0.3).answers.all.receipt).toBeLessThan(all);
  expect(asking(0).answers.all.receipt).toBe(0);
  expect(asking(1, 0).answers.all.receipt).toBe(0);
  const submitted = asking(1)
    .tally.operations()
    .filter(({ operation }) => operation === 'smtp.submit');
  expect(submitted.reduce((sum, { induced }) => sum + induced.ok, 0)).toBe(all);
  // Only the blast, and everybody looks again and again: each reader but its author sends one.
  const blast = smokeWith({
    replies: { directReplies: 0 },
    readers: { rate: 100 },
    amplifiers: { readReceipts: { requested: 1, granted: 1 } },
  });
  expect(run(blast, 16).answers.all.receipt).toBe(15);
});
