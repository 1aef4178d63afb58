/** People who are away and a list with ways of its own, on the embedded target: who answers whom, how often, and what it costs. */

import { describe, expect, it, onTestFinished } from 'vitest';

import { Capacity } from '../../src/capacity/capacity.ts';
import { DEFAULT_CAPACITY, UNLIMITED_CAPACITY } from '../../src/capacity/config.ts';
import { Message } from '../../src/target/message.ts';
import { Pace } from '../../src/target/pace.ts';
import { DeliveryQueue } from '../../src/target/queue.ts';
import { Store } from '../../src/target/store.ts';
import { NO_SWITCHES, readSwitches } from '../../src/target/switches.ts';
import { Vacation } from '../../src/target/vacation.ts';
import { ADA, BEN, CLEO, delivered, LIST, PASSWORD, send, signIn, startLab, until } from './lab.ts';

const DAY_US = 86_400_000_000;

function message(...fields: string[]): Message {
  return new Message(Buffer.from(['Subject: test', ...fields, '', 'x', ''].join('\r\n')));
}

describe('who is away', () => {
  it('answers each sender once in so many days', () => {
    const away = new Vacation([ADA], 7);
    const plain = message();
    const answers = (to: string, sender: string, days: number): boolean =>
      away.answers(to, plain, sender, days * DAY_US);
    expect(answers(ADA, BEN, 0)).toBe(true);
    expect(answers('Ada@LAB.test', 'BEN@lab.test', 1)).toBe(false);
    expect(answers(ADA, CLEO, 1)).toBe(true);
    expect(answers(ADA, BEN, 6.9)).toBe(false);
    expect(answers(ADA, BEN, 7)).toBe(true);
    expect(answers(ADA, BEN, 13.9)).toBe(false);
    expect(answers(CLEO, BEN, 0)).toBe(false);
  });

  it.each([
    ['Auto-Submitted: auto-generated'],
    ['Auto-Submitted: auto-replied; owner-email="a@b.test"'],
    ['List-Id: <all.lab.test>'],
    ['List-Unsubscribe: <mailto:leave@lab.test>'],
    ['Precedence: bulk'],
    ['Precedence: list'],
  ])('does not answer %s', (field) => {
    const away = new Vacation([ADA], 7);
    expect(away.answers(ADA, message(field), BEN, 0)).toBe(false);
    // And has not used up its answer.
    expect(away.answers(ADA, message('Auto-Submitted: no', 'Precedence: normal'), BEN, 0)).toBe(true);
  });

  it.each(['', ADA, 'MAILER-DAEMON@lab.test', 'owner-all@lab.test', 'all-request@lab.test'])(
    'does not answer the sender %j',
    (sender) => {
      expect(new Vacation([ADA], 7).answers(ADA, message(), sender, 0)).toBe(false);
    },
  );
});

describe('the hot mailbox', () => {
  const accounts = Array.from({ length: 40 }, (_, n) => `user${n}@lab.test`);
  const away = accounts.slice(0, 10);

  it('gets an answer from everybody who is away, once, and they take their turn in the queue', async () => {
    const capacity = { ...DEFAULT_CAPACITY, deliveriesPerSecond: 1e6 };
    const lab = await startLab({ accounts, capacity, outOfOffice: { accounts: away, days: 7 } });
    const from = 'user20@lab.test';
    const auth = { user: from, pass: PASSWORD };
    const sent = await send(lab, { from, to: LIST, subject: 'test' }, { auth });
    await send(lab, { from, to: LIST, subject: 'test again' }, { auth });
    await delivered(lab);
    const client = await signIn(lab, from);
    expect((await client.mailboxOpen('INBOX')).exists).toBe(2 + away.length);
    const answers = await client.fetchAll('1:*', { envelope: true, headers: ['auto-submitted'] });
    const auto = answers.filter(({ headers }) => /auto-replied/.test(headers?.toString() ?? ''));
    expect(auto.map(({ envelope }) => envelope?.from?.[0]?.address ?? '').toSorted()).toEqual(
      away.toSorted(),
    );
    // Traceable: each names the message it answers.
    expect(new Set(auto.map(({ envelope }) => envelope?.inReplyTo))).toEqual(new Set([sent.messageId]));
    // Nobody answers an answer: the others hold the two messages and nothing else.
    const other = await signIn(lab, away[0] ?? '');
    expect((await other.mailboxOpen('INBOX')).exists).toBe(2);
  });

  it('owes the answers too: what nobody wrote takes deliveries', async () => {
    const pace = new Pace(new Capacity({ ...UNLIMITED_CAPACITY, deliveriesPerSecond: 1e6 }));
    onTestFinished(() => pace.stop());
    const capacity = pace.capacity;
    const enqueued: number[] = [];
    const enqueue = capacity.enqueue.bind(capacity);
    capacity.enqueue = (nowUs, copies) => {
      enqueued.push(copies);
      enqueue(nowUs, copies);
    };
    const store = new Store(accounts, 1);
    const accountOf = (address: string) => store.account(address);
    const queue = new DeliveryQueue({
      pace,
      misbehaviour: readSwitches(NO_SWITCHES),
      domain: 'lab.test',
      accountOf,
      vacation: new Vacation(away, 7),
    });
    onTestFinished(() => queue.stop());
    const everybody = accounts.flatMap((address) => accountOf(address) ?? []);
    queue.accept(message(), 'user20@lab.test', everybody);
    await until(() => queue.owed() === 0);
    expect(enqueued).toEqual([accounts.length, ...away.map(() => 1)]);
  });
});

describe('the list', () => {
  const counts = async (lab: Awaited<ReturnType<typeof startLab>>): Promise<number[]> => {
    await delivered(lab);
    const found: number[] = [];
    for (const user of [ADA, BEN, CLEO]) {
      const client = await signIn(lab, user);
      found.push((await client.mailboxOpen('INBOX')).exists);
    }
    return found;
  };

  it('sends authors their own back, unless told otherwise', async () => {
    const echoing = await startLab();
    await send(echoing, { from: BEN, to: LIST, subject: 'test' });
    expect(await counts(echoing)).toEqual([1, 1, 1]);
    const other = await startLab({ listEcho: false });
    await send(other, { from: BEN, to: LIST, subject: 'test' });
    expect(await counts(other)).toEqual([1, 0, 1]);
    // Whoever is addressed beside the list has two: the path makes them.
    await send(other, { from: BEN, to: [LIST, CLEO], subject: 'Re: test' });
    expect(await counts(other)).toEqual([2, 0, 3]);
  });

  it('bounces from each member whose mailbox is gone, to whoever wrote', async () => {
    const lab = await startLab({ deadMembers: ['gone0@lab.test', 'gone1@lab.test'] });
    await send(lab, { from: BEN, to: LIST, subject: 'test' });
    expect(await counts(lab)).toEqual([1, 3, 1]);
    const client = await signIn(lab, BEN);
    await client.mailboxOpen('INBOX');
    const all = await client.fetchAll('1:*', { source: true });
    const failed = all.flatMap(
      ({ source }) => /^Final-Recipient: rfc822; (.*)\r$/m.exec(source?.toString() ?? '')?.[1] ?? [],
    );
    expect(failed.toSorted()).toEqual(['gone0@lab.test', 'gone1@lab.test']);
    await expect(send(lab, { from: BEN, to: 'gone0@lab.test', subject: 'x' })).rejects.toThrow(/550/);
  });
});
