/** Read receipts: who sends one, to whom, how often; never to an address that only a message names. */

import { describe, expect, test } from 'vitest';

import { Recorder } from '../../src/measure/recorder.ts';
import type { ProtocolOutcome } from '../../src/measure/outcome.ts';
import { Receipts } from '../../src/replay/receipts.ts';
import type { PoolEnvelope, SubmitPool } from '../../src/replay/submit-pool.ts';
import { makeComposer } from '../../src/storm/messages.ts';
import { plainNumber } from '../../src/storm/numbering.ts';
import { listMessage } from '../../src/storm/plan.ts';
import { planOf, smokeWith } from '../storm/plans.ts';
import { contextOf } from './deletions.ts';

const TAKEN: ProtocolOutcome = { kind: 'ok', evidence: '250' };

function desk(granted = 1, outcome: ProtocolOutcome = TAKEN) {
  const plan = planOf(smokeWith({ amplifiers: { readReceipts: { requested: 1, granted } } }));
  const base = contextOf({ imapPort: 1, address: 'user0@lab.test', password: 'x' }, 'r1');
  const accounts = { pattern: 'user{n}@lab.test', first: 0 };
  const addressing = { runId: 'r1', accounts, list: 'all@lab.test', startedAtMs: 0 };
  const recorder = new Recorder();
  const composer = makeComposer(plan, addressing);
  const context = { ...base, plan, recorder, composer, access: { ...base.access, accounts } };
  const sent: { reader: number; envelope: PoolEnvelope; text: string }[] = [];
  const submit: SubmitPool['submit'] = async (reader, _phase, envelope, data) => {
    sent.push({ reader, envelope, text: data.toString() });
    const atUs = context.clock();
    return { outcome, recipients: [outcome], startedUs: atUs, endedUs: atUs };
  };
  const receipts = new Receipts(context, { submit } as unknown as SubmitPool);
  const bytesOf = (number: number): Buffer => composer.compose(listMessage(plan, number), 0);
  const open = (reader: number, number: number | undefined, body: Buffer): Promise<void> =>
    receipts.opened(reader, 'storm', { number, body });
  const counts = () =>
    recorder.drain().operations.find(({ operation }) => operation === 'smtp.submit')?.induced;
  return { context, plan, sent, open, bytesOf, counts };
}

/** Somebody who did not write that message. */
function readerOf(plan: ReturnType<typeof planOf>, number: number): number {
  return (listMessage(plan, number).author + 1) % 16;
}

describe('a receipt', () => {
  test('goes to the author from the null sender, once a message and reader, as an induced submission', async () => {
    const { plan, sent, open, bytesOf, counts } = desk();
    const reader = readerOf(plan, 2);
    await open(reader, 2, bytesOf(2));
    await open(reader, 2, bytesOf(2));
    expect(sent).toHaveLength(1);
    const author = `user${listMessage(plan, 2).author}@lab.test`;
    expect(sent[0]).toMatchObject({ reader, envelope: { from: '', outside: false } });
    expect(sent[0]?.envelope.to.addresses).toEqual([author]);
    await open(readerOf(plan, 3), 3, bytesOf(3));
    expect(sent).toHaveLength(2);
    expect(counts()).toMatchObject({ planned: 2, ok: 2 });
  });

  test('that is refused ends once, too', async () => {
    const tags = { temporary: false, limiter: false, greylist: false, overQuota: false };
    const { plan, open, bytesOf, counts } = desk(1, { kind: 'rejected', code: 550, ...tags, text: 'no' });
    await open(readerOf(plan, 2), 2, bytesOf(2));
    expect(counts()).toMatchObject({ planned: 1, ok: 0, rejected: 1 });
  });

  test('goes to the author, whatever address the message asks for', async () => {
    const { plan, sent, open } = desk();
    const forged = 'Disposition-Notification-To: <somebody@elsewhere.example>\r\n\r\nx';
    await open(readerOf(plan, 2), 2, Buffer.from(forged));
    expect(sent[0]?.envelope.to.addresses).toEqual([`user${listMessage(plan, 2).author}@lab.test`]);
  });

  test('is not sent for mail that is not ours, or that no storm sent, or that does not ask', async () => {
    const { plan, sent, open, bytesOf } = desk();
    const reader = readerOf(plan, 2);
    await open(reader, undefined, bytesOf(2));
    await open(reader, plainNumber('clinical', 7), bytesOf(2));
    await open(reader, plainNumber('receipt', 7), bytesOf(2));
    // A mail system may bear out any number: the first beyond the plan's, too.
    await open(reader, plan.cascade.length, bytesOf(2));
    await open(reader, 2, Buffer.from('Subject: x\r\n\r\nDisposition-Notification-To: <a@lab.test>\r\n'));
    expect(sent).toEqual([]);
  });

  test('is not sent to oneself, not where it is not granted, not when the run is being ended', async () => {
    const { plan, sent, open, bytesOf, context } = desk();
    await open(listMessage(plan, 2).author, 2, bytesOf(2));
    context.orders.stopping = true;
    await open(readerOf(plan, 2), 2, bytesOf(2));
    expect(sent).toEqual([]);
    const unwilling = desk(0);
    await unwilling.open(readerOf(unwilling.plan, 2), 2, unwilling.bytesOf(2));
    expect(unwilling.sent).toEqual([]);
  });
});
