/** A message to everybody by two paths, or without its author: what each answer says of which copy. */

import { describe, expect, test } from 'vitest';

import { closeLedger } from '../../src/measure/ledger.ts';
import { emptyCensus } from '../../src/measure/ledger-census.ts';
import { emptyShare } from '../../src/measure/ledger-share.ts';
import type { Outcome } from '../../src/measure/outcome.ts';
import type { Profile } from '../../src/profile/schema.ts';
import { everybodyOf, submitMessage } from '../../src/replay/send.ts';
import type { PoolEnvelope, SubmitPool } from '../../src/replay/submit-pool.ts';
import { Trail } from '../../src/replay/trail.ts';
import { type Journey, stepsOf } from '../../src/storm/journey.ts';
import { makeComposer } from '../../src/storm/messages.ts';
import { listMessage, makePlan } from '../../src/storm/plan.ts';
import { smokeWith } from '../storm/plans.ts';
import { contextOf } from './deletions.ts';

const MAILBOXES = 40;
const OK: Outcome = { kind: 'ok', evidence: '250 queued' };
const NO: Outcome = {
  kind: 'rejected',
  code: '550',
  enhanced: '5.7.1',
  temporary: false,
  limiter: false,
  greylist: false,
  overQuota: false,
  text: 'no',
};
const LATER: Outcome = { ...NO, code: '450', enhanced: '4.7.1', temporary: true };
const LOST: Outcome = { kind: 'unknown', because: 'no answer' };

/** Sends the first reply that addresses somebody beside the list, to a target that answers its recipients like this. */
async function send(
  list: Profile['list'],
  answers: (recipients: number) => readonly Outcome[],
  listed = true,
  guardExpected: Profile['guardExpected'] = { codes: [550] },
) {
  const profile = smokeWith({ guardExpected, ...(list === undefined ? {} : { list }) });
  const plan = makePlan(profile, { seed: 3, mailboxes: MAILBOXES, speed: 60 });
  const number = plan.cascade.findIndex(
    (one) => one.parent >= 0 && listMessage(plan, one.number).author !== listMessage(plan, one.parent).author,
  );
  const message = listMessage(plan, number);
  const base = contextOf({ imapPort: 1, address: 'a@lab.test', password: '' }, 'r1');
  const accounts = { pattern: 'user{n}@lab.test', first: 0 };
  const composer = makeComposer(plan, { runId: 'r1', accounts, list: 'all@lab.test', startedAtMs: 0 });
  const access = {
    ...base.access,
    accounts,
    list: listed ? 'all@lab.test' : undefined,
  };
  const ledger = emptyShare({
    mailboxes: MAILBOXES,
    listMessages: plan.cascade.length,
    fanOut: listed ? 'list' : 'generator',
  });
  const context = { ...base, plan, access, composer, ledger, everybody: everybodyOf(access, MAILBOXES) };
  const journey: Journey = {
    id: number,
    kind: 'send',
    phase: 'storm',
    offsetUs: 0,
    actor: message.author,
    message,
  };
  let to: readonly string[] = [];
  const pool: Pick<SubmitPool, 'submit'> = {
    submit: (_author, _phase, envelope: PoolEnvelope) => {
      to = envelope.to.addresses;
      const recipients = answers(to.length);
      const outcome = recipients.find(({ kind }) => kind !== 'ok') ?? OK;
      return Promise.resolve({ outcome, recipients, startedUs: 1, endedUs: 2 });
    },
  };
  const trail = new Trail(journey, stepsOf(context.plan.doors), 0, 0, context.recorder, () => 2);
  const { copies } = await submitMessage(context, pool as SubmitPool, trail, message);
  const [departure] = context.readings.departures;
  const figures = closeLedger(ledger, emptyCensus(ledger.shape), true);
  expect(figures.copiesTold).toBe(copies);
  expect(figures.copiesAccepted).toBe(copies);
  const lost = new Set(figures.named.lost.map(({ mailbox }) => mailbox));
  const taken = context.manners.taken.has(number);
  const { deferred } = context.manners.unsettledCounts;
  return { to, copies, unknown: figures.unknown, lost, message, departure, taken, deferred };
}

describe('a reply to the list and to whom it answers', () => {
  test.each([
    ['both take it', [OK, OK], MAILBOXES, 0],
    ['the list alone', [OK, NO], MAILBOXES, 0],
    ['the person alone', [NO, OK], 1, 0],
    ['neither', [NO, NO], 0, 0],
    ['nobody knows of the list', [LOST, OK], 1, MAILBOXES - 1],
    ['nobody knows of the person', [NO, LOST], 0, 1],
  ] as const)('%s: each copy is accounted for once', async (_, answers, copies, unknown) => {
    const sent = await send({ replyTo: 'list+sender' }, () => answers);
    expect(sent.to).toHaveLength(2);
    expect(sent).toMatchObject({ copies, unknown });
    if (copies === 1) expect([...sent.lost]).toEqual([sent.message.alsoTo]);
  });
});

describe('a message that some were refused', () => {
  const byUs = (answer: (at: number, last: number) => Outcome) =>
    send(
      undefined,
      (recipients) => Array.from({ length: recipients }, (_, at) => answer(at, recipients - 1)),
      false,
    );

  test('has left, and no guard stopped it', async () => {
    const { copies, departure, taken } = await byUs((at, last) => (at === last ? NO : OK));
    expect(copies).toBe(MAILBOXES - 1);
    expect(departure).toMatchObject({ acceptance: 'accepted', guarded: false });
    expect(taken).toBe(true);
  });

  test('has left, too, where others gave no answer; but nobody knows when the last was taken', async () => {
    const { departure, taken } = await byUs((at, last) => (at === last ? LOST : OK));
    expect(departure).toMatchObject({ acceptance: 'accepted', guarded: false });
    expect(taken).toBe(false);
  });

  test('was stopped by the guard where all were, or the list was', async () => {
    const all = await byUs(() => NO);
    expect(all.departure).toMatchObject({ acceptance: 'rejected', guarded: true });
    expect(all.taken).toBe(false);
    const listed = await send({ replyTo: 'list+sender' }, () => [NO, OK]);
    expect(listed.departure).toMatchObject({ acceptance: 'accepted', guarded: true });
    const beside = await send({ replyTo: 'list+sender' }, () => [OK, NO]);
    expect(beside.departure).toMatchObject({ acceptance: 'accepted', guarded: false });
  });
});

test('a refusal for now is deferred, but for what the profile expects of the guard', async () => {
  const deferred = async (codes: readonly number[]): Promise<number> =>
    (await send(undefined, () => [LATER], true, { codes: [...codes] })).deferred;
  expect(await deferred([550])).toBe(1);
  expect(await deferred([450])).toBe(0);
});

describe('a list that sends authors nothing back', () => {
  test('owes them nothing, by itself or fanned out by us', async () => {
    const bySelf = await send({ echo: false }, () => [OK]);
    const byUs = await send(
      { echo: false },
      (recipients) => Array.from({ length: recipients }, () => OK),
      false,
    );
    for (const { copies, lost, message } of [bySelf, byUs]) {
      expect(copies).toBe(MAILBOXES - 1);
      expect(lost.size).toBe(MAILBOXES - 1);
      expect(lost.has(message.author)).toBe(false);
    }
    expect(byUs.to).toHaveLength(MAILBOXES - 1);
  });

  test('may refuse one of us: whoever comes after the author keeps their own answer', async () => {
    const { lost, copies, message } = await send(
      { echo: false },
      (recipients) => Array.from({ length: recipients }, (_, at) => (at === recipients - 1 ? NO : OK)),
      false,
    );
    expect(message.author).not.toBe(MAILBOXES - 1);
    expect(copies).toBe(MAILBOXES - 2);
    expect(lost.has(MAILBOXES - 1)).toBe(false);
    expect(lost.has(MAILBOXES - 2)).toBe(true);
  });
});
