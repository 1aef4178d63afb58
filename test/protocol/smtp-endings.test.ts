/** Submissions that a server breaks off: dropped lines, 421, silence, nonsense. */

import { afterEach, describe, expect, it } from 'vitest';
import type { Peer } from './peers/dialogue.ts';
import { close, DATA, finished, FROM, greet, group, open, short, users } from './peers/smtp.ts';

afterEach(close);

/** Sends these, reads the message if one was asked for, and hangs up. */
function after(sent: readonly string[]): (peer: Peer) => Promise<void> {
  return async (peer) => {
    await greet(peer, 'PIPELINING');
    await group(peer, 2);
    peer.send(...sent);
    if (sent.at(-1)?.startsWith('354') === true) await peer.message();
    peer.end();
  };
}

describe('when the line drops', () => {
  it('is unknown after the final dot, for those who were accepted', async () => {
    const connection = await open(after(['250 ok', '250 ok', '550 no', '354 go']));
    const result = await connection.submit({ from: FROM, to: users(2) }, DATA);
    expect(result.recipients.map(short)).toEqual(['unknown', 550]);
    expect(short(result.outcome)).toBe('unknown');
    expect(connection.closed).toBe(true);
  });

  it('is a refusal before it', async () => {
    const connection = await open(after(['250 ok', '250 ok']));
    const result = await connection.submit({ from: FROM, to: users(2) }, DATA);
    expect(result.recipients.map(short)).toEqual(['CLOSED', 'CLOSED']);
    expect(result.outcome).toMatchObject({ temporary: true });
  });

  it('is the same with a reset', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 1);
      peer.send('250 ok', '250 ok', '354 go');
      await peer.message();
      peer.reset();
    });
    const result = await connection.submit({ from: FROM, to: users(1) }, DATA);
    expect(short(result.outcome)).toBe('unknown');
  });

  it('makes a time-out unknown for the message waited for, not for the one behind it', async () => {
    const connection = await open(
      async (peer) => {
        await greet(peer, 'PIPELINING');
        await group(peer, 2);
        peer.send('250 ok', '250 ok', '250 ok', '354 go');
        await peer.message();
        await peer.ended();
      },
      { deadlines: { finalDotUs: 30_000 } },
    );
    const first = connection.submit({ from: FROM, to: users(2) }, DATA);
    const second = connection.submit({ from: FROM, to: users(1) }, DATA);
    expect((await first).recipients.map(short)).toEqual(['unknown', 'unknown']);
    expect((await second).outcome).toMatchObject({ kind: 'rejected', code: 'TIMEOUT', temporary: true });
  });

  it('answers what waits, and what comes later, with a refusal', async () => {
    const connection = await open(after(['250 ok', '250 ok', '250 ok', '354 go']));
    const first = connection.submit({ from: FROM, to: users(2) }, DATA);
    const second = connection.submit({ from: FROM, to: users(1) }, DATA);
    const third = connection.submit({ from: FROM, to: users(1) }, DATA);
    expect(short((await first).outcome)).toBe('unknown');
    expect(short((await second).outcome)).toBe('CLOSED');
    expect(short((await third).outcome)).toBe('CLOSED');
    expect(short((await connection.submit({ from: FROM, to: users(1) }, DATA)).outcome)).toBe('CLOSED');
  });
});

describe('421', () => {
  const BYE = '421 4.7.0 too many messages on this connection';
  it.each([
    ['MAIL', [BYE], [421, 421]],
    ['RCPT', ['250 ok', '250 ok', BYE], [421, 421]],
    ['DATA', ['250 ok', '250 ok', '250 ok', BYE], [421, 421]],
    ['the dot', ['250 ok', '250 ok', '250 ok', '354 go', BYE], [421, 421]],
  ])('in answer to %s closes and refuses everything', async (_where, sent, expected) => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 2);
      for (const line of sent) {
        if (line === BYE && sent.includes('354 go')) await peer.message();
        peer.send(line);
      }
      await peer.ended();
    });
    const first = connection.submit({ from: FROM, to: users(2) }, DATA);
    const second = connection.submit({ from: FROM, to: users(1) }, DATA);
    const result = await first;
    expect(result.recipients.map(short)).toEqual(expected);
    expect(result.outcome).toMatchObject({ limiter: true, temporary: true });
    expect(short((await second).outcome)).toBe(421);
    expect(connection.closed).toBe(true);
    await finished();
  });

  it('out of the blue closes an idle connection', async () => {
    const connection = await open(async (peer) => {
      await greet(peer);
      peer.send('421 4.4.2 timeout');
      await peer.ended();
    });
    await finished();
    const result = await connection.submit({ from: FROM, to: users(1) }, DATA);
    expect(result.outcome).toMatchObject({ kind: 'rejected', code: 421 });
  });

  it('leaves recipients that did not fit with an answer too', async () => {
    const connection = await open(async (peer) => {
      await greet(peer);
      await peer.expect(/^MAIL/);
      peer.send('250 ok');
      await peer.expect(/^RCPT/);
      peer.send('250 ok');
      await peer.expect(/^RCPT/);
      peer.send('452 4.5.3 too many');
      await peer.expect(/^DATA/);
      peer.send('354 go');
      await peer.message();
      peer.send(BYE);
    });
    const result = await connection.submit({ from: FROM, to: users(2) }, DATA);
    expect(result.recipients.map(short)).toEqual([421, 421]);
  });
});

describe('a hostile server', () => {
  it.each([
    ['an endless line', (peer: Peer) => peer.raw('250 '.padEnd(20_000, 'x'))],
    ['an endless reply', (peer: Peer) => peer.raw('250-x\r\n'.repeat(1_000))],
    ['garbage', (peer: Peer) => peer.raw('\0\r\n\r\n')],
    ['a mixed reply', (peer: Peer) => peer.raw('250-x\r\n550 y\r\n')],
    ['a challenge', (peer: Peer) => peer.raw('334 x\r\n')],
    ['354 to MAIL', (peer: Peer) => peer.raw('354 x\r\n')],
    ['250 to DATA', (peer: Peer) => peer.raw('250 x\r\n250 x\r\n250 x\r\n')],
  ])('sends %s', async (_what, misbehave) => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 1);
      misbehave(peer);
      await peer.ended();
    });
    const result = await connection.submit({ from: FROM, to: users(1) }, DATA);
    expect(short(result.outcome)).toBe('PROTOCOL');
    expect(connection.closed).toBe(true);
  });

  it('answers more than was asked', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 1);
      peer.send('250 ok', '550 no', '554 no');
      await peer.expect(/^RSET$/);
      peer.raw('250 and another\r\n'.repeat(10_000));
      await peer.ended();
    });
    await connection.submit({ from: FROM, to: users(1) }, DATA);
    await finished();
    expect(connection.ending?.kind).toBe('protocol');
  });

  it('says nothing: the deadline makes it unknown and closes', async () => {
    const connection = await open(
      async (peer) => {
        await greet(peer, 'PIPELINING');
        await group(peer, 1);
        peer.send('250 ok');
        await peer.ended();
      },
      { deadlines: { commandUs: 50_000 } },
    );
    const result = await connection.submit({ from: FROM, to: users(1) }, DATA);
    expect(result.outcome).toMatchObject({ kind: 'unknown', because: 'no answer within 50 ms' });
    expect(connection.closed).toBe(true);
    await finished();
  });
});
