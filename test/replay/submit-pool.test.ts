/** Submission connections of a worker against smtp-server: as whom they sign in, how many there are, where they come from, how long they wait. */

import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';

import { emptyReadings } from '../../src/measure/readings.ts';
import { emptyManners } from '../../src/measure/manners.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { approveTarget, type EndpointRequest } from '../../src/profile/guard.ts';
import { Recipients } from '../../src/protocol/smtp/recipients.ts';
import type { WorkerContext } from '../../src/replay/context.ts';
import { PLAIN_POLICY, type SubmitPolicy } from '../../src/replay/submit-policy.ts';
import { SubmitPool } from '../../src/replay/submit-pool.ts';
import { type TokenAnswer, TokenSource } from '../../src/replay/tokens.ts';
import { shippedProfile } from '../profile/shipped.ts';

interface Seen {
  /** Who signed in, a connection each, in order. */
  readonly logins: string[];
  readonly addresses: string[];
  readonly senders: string[];
}

interface Options {
  readonly limit?: number;
  /** Who signs in, or sends, is never answered. */
  readonly silent?: boolean | 'at sign-in';
  readonly shard?: number;
  readonly inbound?: EndpointRequest;
  readonly tokens?: TokenSource;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function poolWith(
  policy: Partial<SubmitPolicy> & { relay?: { login: string; password: string } },
  { limit = 2, silent = false, shard = 0, inbound, tokens }: Options = {},
): Promise<{ pool: SubmitPool; seen: Seen; port: number }> {
  const seen: Seen = { logins: [], addresses: [], senders: [] };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    onConnect: (session, done) => {
      seen.addresses.push(session.remoteAddress);
      done();
    },
    onAuth: ({ username = '', password }, _session, done) => {
      seen.logins.push(`${username} ${password ?? ''}`);
      if (silent !== 'at sign-in') done(null, { user: username });
    },
    onMailFrom: ({ address }, _session, done) => {
      seen.senders.push(address);
      if (silent !== true) done();
    },
    onData: (stream, _session, done) => {
      stream.resume();
      stream.on('end', () => done());
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const endpoint = { protocol: 'smtp', host: '127.0.0.1', port, tls: 'off' } as const;
  const decision = approveTarget({
    submit: endpoint,
    mailbox: endpoint,
    ...(inbound === undefined ? {} : { inbound, inboundAddresses: ['127.0.0.1'] }),
    submitAddresses: ['127.0.0.1'],
    mailboxAddresses: ['127.0.0.1'],
    domains: ['lab.test'],
    hasStopCondition: false,
    hasCaps: false,
  });
  if (!decision.ok) throw new Error(decision.refusals.join('; '));
  const context = {
    clock: () => Math.floor(performance.now() * 1_000),
    recorder: new Recorder(),
    readings: emptyReadings(),
    manners: emptyManners(1),
    shard: { index: shard, count: 2 },
    plan: { profile: shippedProfile('smoke') },
    signedIn: () => undefined,
    access: {
      target: decision.target,
      accounts: { pattern: 'user{n}@lab.test', first: 0 },
      signIns: tokens === undefined ? { kind: 'password', password: 'own' } : { kind: 'token' },
      tokens,
      relay: policy.relay,
      submission: { ...PLAIN_POLICY, ...policy },
    },
  } as unknown as WorkerContext;
  const pool = new SubmitPool(context, limit);
  closers.push(async () => {
    pool.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { pool, seen, port };
}

/** One message after the other; the outcomes' kinds. */
async function sendAs(
  pool: SubmitPool,
  authors: readonly number[],
  outside: readonly number[] = [],
): Promise<string[]> {
  const kinds: string[] = [];
  const to = new Recipients(['user9@lab.test']);
  for (const author of authors) {
    const envelope = { from: `user${author}@lab.test`, to, outside: outside.includes(author) };
    const { outcome } = await pool.submit(author, 'storm', envelope, Buffer.from('x\r\n'));
    kinds.push(outcome.kind);
  }
  return kinds;
}

describe('who signs in', () => {
  it('is each author, over a connection of his own that is kept', async () => {
    const { pool, seen } = await poolWith({});
    expect(await sendAs(pool, [1, 2, 1, 2])).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(seen.logins).toEqual(['user1@lab.test own', 'user2@lab.test own']);
    expect(seen.senders).toEqual([1, 2, 1, 2].map((author) => `user${author}@lab.test`));
  });

  it('is the author again where connections are fewer than authors', async () => {
    const { pool, seen } = await poolWith({}, { limit: 1 });
    await sendAs(pool, [1, 2, 1]);
    expect(seen.logins).toEqual(['user1@lab.test own', 'user2@lab.test own', 'user1@lab.test own']);
  });

  it('is the relay account for all of them, over one connection; they stay the senders', async () => {
    const { pool, seen } = await poolWith({ relay: { login: 'relay@lab.test', password: 'theirs' } });
    expect(await sendAs(pool, [1, 2, 3])).toEqual(['ok', 'ok', 'ok']);
    expect(seen.logins).toEqual(['relay@lab.test theirs']);
    expect(seen.senders).toEqual([1, 2, 3].map((author) => `user${author}@lab.test`));
  });
});

describe('the door for mail from outside', () => {
  /** A server of its own, at which nobody can sign in. */
  async function openDoor(): Promise<{ endpoint: EndpointRequest; senders: string[] }> {
    const senders: string[] = [];
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      authOptional: true,
      closeTimeout: 1,
      onMailFrom: ({ address }, _session, done) => {
        senders.push(address);
        done();
      },
      onData: (stream, _session, done) => {
        stream.resume();
        stream.on('end', () => done());
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.server.address() as AddressInfo;
    return { endpoint: { protocol: 'smtp', host: '127.0.0.1', port, tls: 'off' }, senders };
  }

  it('takes what comes from outside, and nobody signs in there; the rest goes the usual way', async () => {
    const door = await openDoor();
    const { pool, seen } = await poolWith({}, { inbound: door.endpoint });
    expect(await sendAs(pool, [1, 2, 3, 2], [2])).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(door.senders).toEqual(['user2@lab.test', 'user2@lab.test']);
    expect(seen.senders).toEqual(['user1@lab.test', 'user3@lab.test']);
    expect(seen.logins).toEqual(['user1@lab.test own', 'user3@lab.test own']);
  });

  it('is everybody’s outside: one connection, within the cap of all', async () => {
    const door = await openDoor();
    const { pool } = await poolWith({}, { inbound: door.endpoint, limit: 1 });
    expect(await sendAs(pool, [1, 2, 1, 2], [2])).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(door.senders).toHaveLength(2);
  });
});

describe('connections', () => {
  it('are never more than the cap, and every message has its turn', async () => {
    const { pool, seen } = await poolWith({}, { limit: 2 });
    const authors = [1, 2, 3, 4, 5, 6];
    const kinds = await Promise.all(authors.map((author) => sendAs(pool, [author])));
    expect(kinds.flat()).toEqual(authors.map(() => 'ok'));
    expect(seen.addresses).toHaveLength(6);
  });

  it('are one a message where that is asked for', async () => {
    const { pool, seen } = await poolWith({ reconnect: true });
    expect(await sendAs(pool, [1, 1, 1])).toEqual(['ok', 'ok', 'ok']);
    expect(seen.addresses).toHaveLength(3);
  });

  it.runIf(process.platform === 'linux')(
    'come from each address in turn, each worker from another first',
    async () => {
      const sourceAddresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
      const { pool, seen } = await poolWith({ reconnect: true, sourceAddresses }, { shard: 1 });
      await sendAs(pool, [1, 1, 1, 1]);
      expect(seen.addresses).toEqual(['127.0.0.3', '127.0.0.4', '127.0.0.2', '127.0.0.3']);
    },
  );

  it('wait no longer than the deadline that was set', async () => {
    const { pool } = await poolWith({ deadlines: { commandUs: 60_000 } }, { silent: true });
    expect(await sendAs(pool, [1])).toEqual(['unknown']);
  });

  it('that are still opening end with the run, each opening told', async () => {
    const { pool, seen } = await poolWith({}, { limit: 1, silent: 'at sign-in' });
    const kinds = Promise.all([sendAs(pool, [1]), sendAs(pool, [2])]);
    await expect.poll(() => seen.logins.length).toBe(1);
    pool.destroy();
    expect(await kinds).toEqual([['dropped'], ['dropped']]);
    expect(await sendAs(pool, [3])).toEqual(['dropped']);
  });

  it('that wait for a token end with the run, and knock no more when it comes', async () => {
    let tell: (answer: TokenAnswer) => void = () => undefined;
    let asked = 0;
    const fetch = (): Promise<TokenAnswer> => {
      asked += 1;
      return new Promise((resolve) => {
        tell = resolve;
      });
    };
    const { pool, seen, port } = await poolWith({}, { tokens: new TokenSource(fetch, () => 0, 1) });
    const kinds = sendAs(pool, [1]);
    await expect.poll(() => asked).toBe(1);
    pool.destroy();
    expect(await kinds).toEqual(['dropped']);
    tell({ token: 'late' });
    // Whoever comes after it would come second.
    await new Promise((resolve) => setImmediate(resolve));
    const next = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.1' });
    await once(next, 'data');
    next.destroy();
    expect(seen.addresses).toHaveLength(1);
  });
});
