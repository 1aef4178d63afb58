/** What makes a storm larger than its messages, as planned: absent unless set, exact where set, and never in the way of the rest. */

import PostalMime from 'postal-mime';
import { describe, expect, test } from 'vitest';

import {
  asksForReceipt,
  awayMailboxes,
  deadMembers,
  grantsReceipt,
  pathCopies,
} from '../../src/storm/amplifiers.ts';
import { expectedAmplification, pilotAuthor } from '../../src/storm/expected.ts';
import { makeComposer } from '../../src/storm/messages.ts';
import { parseMessageId, streamOf } from '../../src/storm/numbering.ts';
import { copiesOf, listMessage, phaseJourneys, planTotals } from '../../src/storm/plan.ts';
import { journeysOf, planOf, SMOKE, smokeWith } from './plans.ts';

const ADDRESSING = {
  runId: 'r1',
  accounts: { pattern: 'user{n}@lab.test', first: 0 },
  list: 'all@lab.test',
  startedAtMs: 0,
};

const NOTHING = {
  away: 0,
  autoReplies: 0,
  dead: 0,
  bounces: 0,
  receiptsAtMost: 0,
  recalls: 0,
  senderCopies: 0,
};

test('a profile that sets no amplifier has none', () => {
  const plan = planOf(SMOKE);
  expect('amplifiers' in SMOKE).toBe(false);
  expect('list' in SMOKE).toBe(false);
  expect(expectedAmplification(plan)).toEqual(NOTHING);
  const bytes = makeComposer(plan, ADDRESSING).compose(listMessage(plan, 1), 0).toString();
  expect(bytes).not.toMatch(/^(Auto-Submitted|Disposition-Notification-To):/im);
});

describe('people who are away', () => {
  const AWAY = smokeWith({ amplifiers: { outOfOffice: { share: 0.25, days: 7 } } });

  test('are as many as the share says, others with another seed', () => {
    expect(awayMailboxes(AWAY, 1, 16)).toHaveLength(4);
    expect(awayMailboxes(AWAY, 1, 16)).toEqual(awayMailboxes(AWAY, 1, 16));
    expect(awayMailboxes(AWAY, 2, 1_000)).not.toEqual(awayMailboxes(AWAY, 3, 1_000));
    expect(awayMailboxes(SMOKE, 1, 16)).toEqual([]);
  });

  test('answer each sender once: as counted copy by copy', () => {
    const plan = planOf(AWAY, { mailboxes: 40 });
    const away = new Set(awayMailboxes(AWAY, plan.seed, 40));
    const answered = new Set<string>();
    for (const { message } of journeysOf(plan)) {
      if (message === undefined) continue;
      const { author, recipient } = message;
      const reached =
        recipient === 'list' ? Array.from({ length: 40 }, (_, mailbox) => mailbox) : [recipient];
      for (const one of reached) if (away.has(one) && one !== author) answered.add(`${one} to ${author}`);
    }
    expect(away.size).toBe(10);
    expect(expectedAmplification(plan)).toEqual({ ...NOTHING, away: 10, autoReplies: answered.size });
    // Whom the pilot made answer already answers nothing more.
    const blast = listMessage(plan, 0).author;
    const toOne = [...answered].filter((pair) => pair.endsWith(` to ${blast}`)).length;
    expect(toOne).toBeGreaterThan(8);
    const { autoReplies } = expectedAmplification(plan, { answered: blast });
    expect(autoReplies).toBe(answered.size - toOne);
  });

  test('are silent where the mail says that it was written by a machine', () => {
    const polite = smokeWith({ amplifiers: { ...AWAY.amplifiers, autoSubmitted: true } });
    const plan = planOf(polite);
    expect(expectedAmplification(plan)).toEqual({ ...NOTHING, away: 4 });
    const composer = makeComposer(plan, ADDRESSING);
    const mail = journeysOf(plan).flatMap(({ message }) => message ?? []);
    expect(new Set(mail.map((message) => message.class)).size).toBe(3);
    for (const message of mail.slice(0, 200))
      expect(composer.compose(message, 0).toString()).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  });

  test('have the pilot sent by somebody who writes nothing to everybody, if there is one', () => {
    const many = planOf(AWAY, { mailboxes: 500 });
    const authors = new Set(many.cascade.map(({ number }) => listMessage(many, number).author));
    expect(authors.has(pilotAuthor(many))).toBe(false);
    const few = planOf(AWAY, { mailboxes: 2 });
    expect(pilotAuthor(few)).toBe(listMessage(few, 0).author);
    const usual = planOf(SMOKE, { mailboxes: 500 });
    expect(pilotAuthor(usual)).toBe(listMessage(usual, 0).author);
  });
});

describe('recalls', () => {
  const RECALLING = smokeWith({ amplifiers: { recalls: 0.5 } });

  test('come beyond the replies and leave those as they were', () => {
    const without = planOf(SMOKE);
    const plan = planOf(RECALLING);
    const replies = without.cascade.length;
    expect(plan.cascade.slice(0, replies)).toEqual(without.cascade);
    const recalls = plan.cascade.slice(replies);
    expect(recalls.length).toBeGreaterThan(5);
    expect(recalls.length).toBeLessThan(replies);
    for (const [index, recall] of recalls.entries()) {
      const recalled = plan.cascade[recall.parent];
      expect(recall).toMatchObject({ number: replies + index, role: 'recall', isRecall: true });
      expect(recall.parent).toBeGreaterThan(0);
      expect(recall.parent).toBeLessThan(replies);
      expect(recall.persona).toBe(recalled?.persona);
      expect(recall.stormUs - recall.thinkingUs).toBe(recalled?.stormUs);
      expect(recall.stormUs).toBeLessThan(SMOKE.phases.storm);
      expect(listMessage(plan, recall.number).subject).toBe('Recall: test');
    }
    expect(expectedAmplification(plan)).toEqual({ ...NOTHING, recalls: recalls.length });
    expect(planTotals(plan, () => 0).listMessages).toBe(replies + recalls.length);
  });

  test('take back replies, never the blast, however many do', () => {
    const plan = planOf(smokeWith({ amplifiers: { recalls: 1 } }));
    const recalls = plan.cascade.filter(({ isRecall }) => isRecall === true);
    expect(recalls.length).toBeGreaterThan(20);
    expect(recalls.map(({ parent }) => parent)).not.toContain(0);
    expect(new Set(recalls.map(({ parent }) => parent)).size).toBe(recalls.length);
  });

  test('leave in their turn, whoever plans them', () => {
    const plan = planOf(RECALLING);
    const offsets = [...phaseJourneys(plan, 'storm')].map(({ offsetUs }) => offsetUs);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    const sent = journeysOf(plan).filter(({ message }) => message?.recipient === 'list');
    expect(sent).toHaveLength(plan.cascade.length);
    const shards = [0, 1, 2].flatMap((index) => journeysOf(plan, { index, count: 3 }));
    expect(shards.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(
      journeysOf(plan)
        .map(({ id }) => id)
        .toSorted((a, b) => a - b),
    );
  });

  test('quote what they take back, in its thread', () => {
    const plan = planOf(RECALLING);
    const recall = plan.cascade.at(-1);
    if (recall?.isRecall !== true) throw new Error('the last is a recall');
    const bytes = makeComposer(plan, ADDRESSING).compose(listMessage(plan, recall.number), 0).toString();
    const parent = /^In-Reply-To: (.*)\r$/m.exec(bytes)?.[1] ?? '';
    expect(parseMessageId(parent)?.number).toBe(recall.parent);
  });
});

describe('a list of another kind', () => {
  test('replies go to the list and to whom they answer, never to oneself', () => {
    const profile = smokeWith({ list: { replyTo: 'list+sender' } });
    const plan = planOf(profile);
    const messages = plan.cascade.map(({ number }) => listMessage(plan, number));
    let beside = 0;
    for (const message of messages) {
      const answered = message.parent < 0 ? undefined : listMessage(plan, message.parent).author;
      expect(message.alsoTo).toBe(answered === message.author ? undefined : answered);
      if (message.alsoTo === undefined) continue;
      beside += 1;
      expect(copiesOf(plan, message)).toBe(16);
      expect(pathCopies(profile, message, message.alsoTo, true)).toBe(2);
      expect(pathCopies(profile, message, message.alsoTo, false)).toBe(1);
      expect(pathCopies(profile, message, message.author, true)).toBe(1);
    }
    expect(beside).toBeGreaterThan(10);
    expect(expectedAmplification(plan)).toEqual({ ...NOTHING, senderCopies: beside });
    expect(expectedAmplification(plan, { expanded: false })).toEqual(NOTHING);
    const reply = messages.find(({ alsoTo }) => alsoTo !== undefined);
    if (reply === undefined) throw new Error('nobody answered somebody else');
    const bytes = makeComposer(plan, ADDRESSING).compose(reply, 0).toString();
    expect(bytes).toContain(`To: <user${reply.alsoTo}@lab.test>, <all@lab.test>\r\n`);
    expect(planTotals(plan, () => 0).copies).toBe(planTotals(planOf(SMOKE), () => 0).copies);
  });

  test('one that sends authors nothing back makes a copy less of each message', () => {
    const profile = smokeWith({ list: { echo: false } });
    const plan = planOf(profile);
    const message = listMessage(plan, 2);
    expect(copiesOf(plan, message)).toBe(15);
    expect(pathCopies(profile, message, message.author, true)).toBe(0);
    expect(pathCopies(profile, message, (message.author + 1) % 16, true)).toBe(1);
    const usual = planTotals(planOf(SMOKE), () => 0).copies;
    expect(planTotals(plan, () => 0).copies).toBe(usual - plan.cascade.length);
  });
});

test('each message bounces from each member whose mailbox is gone', () => {
  const plan = planOf(smokeWith({ amplifiers: { deadRecipients: 0.125 } }));
  expect(deadMembers(plan.profile, 16)).toBe(2);
  expect(expectedAmplification(plan)).toEqual({ ...NOTHING, dead: 2, bounces: 2 * plan.cascade.length });
  // Whom we address one by one is no list's dead member.
  expect(expectedAmplification(plan, { expanded: false })).toEqual(NOTHING);
});

describe('read receipts', () => {
  const ASKING = smokeWith({ amplifiers: { readReceipts: { requested: 0.5, granted: 0.5 } } });

  test('are asked for by some messages, and granted by some people', () => {
    const plan = planOf(ASKING);
    const composer = makeComposer(plan, ADDRESSING);
    const asking = plan.cascade.filter(({ number }) => asksForReceipt(ASKING, plan.seed, number));
    expect(asking.length).toBeGreaterThan(5);
    expect(asking.length).toBeLessThan(plan.cascade.length - 5);
    for (const { number } of plan.cascade) {
      const message = listMessage(plan, number);
      const asked = /^Disposition-Notification-To: <(.*)>\r$/m.exec(
        composer.compose(message, 0).toString(),
      )?.[1];
      expect(asked).toBe(
        asking.some((one) => one.number === number) ? `user${message.author}@lab.test` : undefined,
      );
    }
    const granting = Array.from({ length: 1_000 }, (_, mailbox) => grantsReceipt(ASKING, 1, mailbox));
    expect(granting.filter(Boolean).length).toBeGreaterThan(400);
    expect(granting.filter(Boolean).length).toBeLessThan(600);
    const { receiptsAtMost } = expectedAmplification(plan);
    const reads = journeysOf(plan).filter(({ kind }) => kind === 'read').length;
    expect(receiptsAtMost).toBeGreaterThan(0);
    expect(receiptsAtMost).toBeLessThan(reads);
  });

  test('are reports that another reads, traceable to their message', async () => {
    const plan = planOf(ASKING);
    const message = listMessage(plan, 3);
    const bytes = makeComposer(plan, ADDRESSING).receipt(message, 7, 5_000);
    const read = await new PostalMime().parse(bytes);
    expect(read.from?.address).toBe('user7@lab.test');
    expect(read.to?.map(({ address }) => address)).toEqual([`user${message.author}@lab.test`]);
    expect(parseMessageId(read.inReplyTo ?? '')?.number).toBe(3);
    expect(streamOf(parseMessageId(read.messageId ?? '')?.number ?? -1)).toBe('receipt');
    const fields = Object.fromEntries(read.headers.map(({ key, value }) => [key, value]));
    expect(fields['auto-submitted']).toBe('auto-replied');
    expect(fields['x-replystorm-run']).toBe('r1');
    expect(fields['content-type']).toContain('report-type=disposition-notification');
    const text = bytes.toString();
    expect(text).toMatch(/^Final-Recipient: rfc822;user7@lab\.test\r$/m);
    expect(text).toMatch(/^Disposition: automatic-action\/MDN-sent-automatically; displayed\r$/m);
    // One number for each message and reader.
    const other = makeComposer(plan, ADDRESSING).receipt(message, 8, 5_000).toString();
    expect(/^Message-ID: (.*)$/m.exec(other)?.[1]).not.toBe(/^Message-ID: (.*)$/m.exec(text)?.[1]);
  });
});
