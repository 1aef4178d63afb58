/** Authors at their mailboxes, against the embedded target: they find what was there, hear of what comes, survive a lost line, and leave. */

import { connect, createServer, type Socket } from 'node:net';
import type { ImapFlow } from 'imapflow';
import { describe, expect, onTestFinished, test } from 'vitest';

import { emptyShare } from '../../src/measure/ledger.ts';
import { Authors } from '../../src/replay/authors.ts';
import type { WorkerContext } from '../../src/replay/context.ts';
import { SessionPlaces } from '../../src/replay/places.ts';
import { Watch } from '../../src/replay/watch.ts';
import { awaitedBy } from '../../src/storm/awaited.ts';
import { messageId, RUN_HEADER } from '../../src/storm/numbering.ts';
import { makePlan } from '../../src/storm/plan.ts';
import { NO_SWITCHES } from '../../src/target/switches.ts';
import { smokeWith } from '../storm/plans.ts';
import { ADA, BEN, PASSWORD, signIn, startLab } from '../target/lab.ts';
import { contextOf } from './deletions.ts';

const RUN = 'r1';

/** Two mailboxes, so that each author waits for several messages. */
const PLAN = makePlan(smokeWith({ readers: { patience: 5_000_000 } }), {
  seed: 3,
  mailboxes: 2,
  speed: 60,
  mode: 'coupled',
});

const awaitedIn = (mailbox: number): number[] =>
  awaitedBy(PLAN)
    .filter((one) => one.mailbox === mailbox)
    .map(({ parent }) => parent);

/** Passes everything on to a port, until it is cut. */
async function between(to: number): Promise<{ readonly port: number; readonly cut: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return { port: typeof address === 'object' && address !== null ? address.port : 0, cut };
}

async function stage(hiddenCapabilities: readonly string[] = []) {
  const lab = await startLab({ switches: { ...NO_SWITCHES, hiddenCapabilities } });
  const line = await between(lab.ports.imapPort);
  const base = contextOf({ imapPort: line.port, address: ADA, password: PASSWORD }, RUN);
  const held: number[] = [];
  class Places extends SessionPlaces {
    override hold(mailbox: number): void {
      held.push(mailbox);
      super.hold(mailbox);
    }

    override letGo(mailbox: number): void {
      held.splice(held.indexOf(mailbox), 1);
      super.letGo(mailbox);
    }
  }
  const context: WorkerContext = {
    ...base,
    plan: PLAN,
    access: { ...base.access, accounts: { addresses: [ADA, BEN] } },
    ledger: emptyShare({ mailboxes: 2, listMessages: PLAN.cascade.length }),
    places: new Places(10, undefined),
  };
  const seen: string[] = [];
  const authors = new Authors(context, {
    shard: { index: 0, count: 1 },
    seen: (mailbox, parent) => seen.push(`${mailbox}/${parent}`),
  });
  onTestFinished(async () => {
    authors.close();
    await authors.ended();
    expect(held).toEqual([]);
  });
  const clients: readonly (ImapFlow | undefined)[] = [await signIn(lab, ADA), await signIn(lab, BEN)];
  const put = async (mailbox: number, number: number): Promise<void> => {
    const client = clients[mailbox];
    if (client !== undefined) await arrive(client, number);
  };
  /** Every message is out: from an instant on by which all could be seen. */
  const begin = (watched: ReadonlyMap<number, Watch> = new Map()): void =>
    authors.begin(context.clock() - PLAN.lengthsUs.storm, watched);
  return { authors, context, seen, held, put, begin, line };
}

async function arrive(client: ImapFlow, number: number): Promise<void> {
  const lines = [
    `Message-ID: ${messageId(RUN, PLAN.seed, number)}`,
    `${RUN_HEADER}: ${RUN}`,
    'Subject: test',
    '',
    'test',
    '',
  ];
  await client.append('INBOX', lines.join('\r\n'));
}

const sorted = (keys: readonly string[]): string[] => keys.toSorted();

describe('an author', () => {
  test('finds what came before the session stood', async () => {
    const { put, begin, seen } = await stage();
    const parents = awaitedIn(0);
    expect(parents.length).toBeGreaterThan(1);
    await Promise.all(parents.map((parent) => put(0, parent)));
    begin();
    await expect.poll(() => sorted(seen)).toEqual(sorted(parents.map((parent) => `0/${parent}`)));
  });

  test.each([
    ['by IDLE', []],
    ['by looking, where IDLE is not offered', ['IDLE']],
  ])('hears of what comes later %s, in the own mailbox alone, and then leaves', async (_, hidden) => {
    const { put, begin, seen, held, context } = await stage(hidden);
    begin();
    await expect.poll(() => held.toSorted((a, b) => a - b)).toEqual([0, 1]);
    const parents = awaitedIn(0);
    for (const parent of parents) await put(0, parent);
    await expect.poll(() => sorted(seen)).toEqual(sorted(parents.map((parent) => `0/${parent}`)));
    await expect.poll(() => held).toEqual([1]);
    // What was seen is in the ledger, and what it took is induced: no plan listed it.
    const { operations } = context.recorder.drain();
    const names = operations.map(({ operation }) => operation);
    expect(names).toEqual(expect.arrayContaining(['imap.connect', 'imap.signin', 'imap.open', 'imap.poll']));
    for (const { intents } of operations) expect(intents.planned).toBe(0);
  });

  test('who loses the line comes back, and misses nothing that came meanwhile', async () => {
    const { put, begin, seen, line } = await stage();
    const [first = -1, ...rest] = awaitedIn(0);
    begin();
    await put(0, first);
    await expect.poll(() => seen).toContain(`0/${first}`);
    line.cut();
    for (const parent of rest) await put(0, parent);
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(1 + rest.length);
  });

  test('who sat there before the baseline loses an empty mailbox’s line, and misses nothing either', async () => {
    const { authors, put, seen, line, begin } = await stage();
    await authors.open(new Map(), 4);
    line.cut();
    await put(0, 0);
    begin();
    await expect.poll(() => seen, { timeout: 10_000 }).toContain('0/0');
  });

  test('whose mailbox is watched for canaries needs no second session', async () => {
    const { authors, put, seen, begin, held, context } = await stage();
    const watch = new Watch(context, 0, (number, seenUs) => authors.saw(0, number, seenUs));
    await watch.open();
    const over = watch.run();
    const watched = new Map([[0, watch]]);
    await authors.open(watched, 4);
    begin(watched);
    await expect.poll(() => held).toEqual([1]);
    for (const parent of awaitedIn(0)) await put(0, parent);
    await expect.poll(() => seen.length).toBe(awaitedIn(0).length);
    watch.close();
    await over;
  });

  test('is not told twice, nor of what nobody answers', async () => {
    const { authors, seen } = await stage();
    const unanswered = PLAN.cascade.findIndex(({ number }) => !awaitedIn(0).includes(number));
    authors.saw(0, unanswered, 1);
    authors.saw(0, 0, 2);
    authors.saw(0, 0, 3);
    expect(seen).toEqual(['0/0']);
  });
});
