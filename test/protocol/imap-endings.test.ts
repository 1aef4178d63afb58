/** IMAP when it waits or breaks off: IDLE, BYE, dropped lines, silence, nonsense. */

import { afterEach, describe, expect, it } from 'vitest';
import { answer, close, finished, open } from './peers/imap.ts';
import { short } from './peers/smtp.ts';

afterEach(close);

describe('IDLE', () => {
  it('wakes at news and says when it came', async () => {
    const connection = await open(async (peer) => {
      const [, tag = ''] = await peer.expect(/^(R\d+) IDLE$/);
      peer.send('+ idling', '* OK still here', '* 4 EXISTS');
      await peer.expect(/^DONE$/);
      peer.send(`${tag} OK`);
    });
    const result = await connection.idle({ forUs: 60_000_000 });
    expect(result.value?.changed).toBe(true);
    expect(result.value?.changedUs).toBeLessThanOrEqual(result.endedUs);
    expect(connection.exists).toBe(4);
    await finished();
  });

  it('ends when time is up, when it is told to, and when another command waits', async () => {
    const connection = await open(async (peer) => {
      for (let i = 0; i < 4; i += 1) {
        const [, tag = ''] = await peer.expect(/^(R\d+) IDLE$/);
        peer.send('+ idling');
        await peer.expect(/^DONE$/);
        peer.send(`${tag} OK`);
      }
      await answer(peer, /NOOP/);
    });
    expect((await connection.idle({ forUs: 1_000 })).value).toEqual({ changed: false });
    expect(
      (await connection.idle({ forUs: 60_000_000, signal: AbortSignal.timeout(1) })).value?.changed,
    ).toBe(false);
    expect((await connection.idle({ forUs: 60_000_000, signal: AbortSignal.abort() })).value?.changed).toBe(
      false,
    );
    const idling = connection.idle({ forUs: 60_000_000 });
    const noop = connection.noop();
    expect((await idling).outcome.kind).toBe('ok');
    expect((await noop).outcome.kind).toBe('ok');
    await finished();
  });

  it('does not wait for news that has come', async () => {
    const connection = await open(async (peer) => {
      await answer(peer, /NOOP/, '* 5 EXISTS');
      await peer.ended();
    });
    const { arrivals } = connection;
    await connection.noop();
    expect((await connection.idle({ forUs: 60_000_000, sinceArrivals: arrivals })).value?.changed).toBe(true);
  });

  it('outlives the command deadline, but its end does not', async () => {
    const connection = await open(
      async (peer) => {
        await peer.expect(/IDLE$/);
        peer.send('+ idling');
        await peer.expect(/^DONE$/);
        await peer.ended();
      },
      { deadlines: { commandUs: 30_000 } },
    );
    const result = await connection.idle({ forUs: 90_000 });
    expect(result.outcome.kind).toBe('unknown');
    expect(result.endedUs - result.startedUs).toBeGreaterThan(100_000);
  });

  it('ends with the connection', async () => {
    const connection = await open(async (peer) => {
      await peer.expect(/IDLE$/);
      peer.send('+ idling');
      peer.end();
    });
    expect(short((await connection.idle({ forUs: 60_000_000 })).outcome)).toBe('CLOSED');
    expect(connection.closed).toBe(true);
  });
});

describe('endings', () => {
  it('takes BYE as the refusal of what only reads, and as unknown for what changes', async () => {
    const connection = await open(async (peer) => {
      await peer.expect(/NOOP$/);
      await peer.expect(/EXPUNGE$/);
      peer.send('* BYE Too many connections');
      peer.end();
    });
    const [noop, expunge] = await Promise.all([connection.noop(), connection.expunge()]);
    expect(noop.outcome).toMatchObject({ code: 'BYE', limiter: true, temporary: true });
    expect(expunge.outcome).toMatchObject({ kind: 'unknown', because: 'BYE Too many connections' });
    expect(short((await connection.noop()).outcome)).toBe('BYE');
    expect(connection.closed).toBe(true);
  });

  it('tells what was written from what was not when the line drops', async () => {
    const connection = await open(
      async (peer) => {
        await peer.expect(/\{3\}$/);
        peer.end();
      },
      {},
      'IMAP4rev1',
    );
    const append = connection.append('INBOX', Buffer.from('abc'));
    const store = connection.store('1', '+FLAGS', ['\\Deleted']);
    expect(short((await append).outcome)).toBe('CLOSED');
    expect(short((await store).outcome)).toBe('CLOSED');
  });

  it('gives up on silence', async () => {
    const connection = await open((peer) => peer.ended(), { deadlines: { commandUs: 30_000 } });
    const [noop, expunge] = await Promise.all([connection.noop(), connection.expunge()]);
    expect([noop, expunge].map((result) => short(result.outcome))).toEqual(['unknown', 'unknown']);
    expect(connection.closed).toBe(true);
  });

  it('is not kept waiting by chatter', async () => {
    const connection = await open(
      async (peer) => {
        while (!peer.isOver) {
          peer.send('* 1 EXISTS');
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      { deadlines: { commandUs: 50_000 } },
    );
    expect(short((await connection.noop()).outcome)).toBe('unknown');
  });

  it('logs out', async () => {
    const connection = await open(async (peer) => {
      await answer(peer, /LOGOUT/, '* BYE see you');
      await peer.ended();
    });
    await connection.logout();
    expect(connection.closed).toBe(true);
    await finished();
  });

  it('leaves a server that will not say goodbye', async () => {
    const connection = await open((peer) => peer.ended(), { deadlines: { goodbyeUs: 20_000 } });
    await connection.logout();
    expect(connection.closed).toBe(true);
  });

  it.each([
    ['an unknown tag', 'R999 OK'],
    ['garbage', 'HTTP/1.1 400 Bad Request'],
    ['a broken FETCH', '* 1 FETCH (UID'],
    ['an endless literal', '* 1 FETCH (UID 1 BODY[] {99999999999}'],
    ['an endless line', '* 1 FETCH '.padEnd(2_000_000, 'x')],
    ['a deep nest', `* 1 FETCH ${'('.repeat(1_000)}`],
  ])('leaves over %s', async (_what, line) => {
    const connection = await open(async (peer) => {
      await peer.expect(/UID FETCH/);
      peer.send(line);
      await peer.ended();
    });
    expect(short((await connection.fetchBody('1')).outcome)).toBe('PROTOCOL');
    expect(connection.closed).toBe(true);
    await finished();
  });

  it('survives a storm of untagged data', async () => {
    const connection = await open(async (peer) => {
      const [, tag = ''] = await peer.expect(/^(R\d+) NOOP$/);
      peer.raw(
        '* 1 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* X y\r\n* 1 EXPUNGE\r\n+ stray\r\n'.repeat(20_000),
      );
      peer.send(`${tag} OK`);
    });
    expect(short((await connection.noop()).outcome)).toBe('ok');
    expect(connection).toMatchObject({ exists: 0, expunged: 20_000, changes: 60_000 });
  });
});
