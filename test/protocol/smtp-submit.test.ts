/** Submissions against scripted servers: groups, limits, servers without PIPELINING, LMTP. */

import { afterEach, describe, expect, it } from 'vitest';
import { close, DATA, finished, FROM, greet, group, open, short, users } from './peers/smtp.ts';

afterEach(close);

describe('pipelined submission', () => {
  it('writes the envelope as one group and gives each recipient its own outcome', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING', 'SIZE 5000');
      await group(peer, 3);
      peer.send('250 ok', '250 ok', '550 5.1.1 nobody', '250 ok', '354 go');
      expect(await peer.message()).toEqual(['Subject: test', '', 'hello']);
      peer.send('250 2.0.0 queued as 1');
    });
    const result = await connection.submit({ from: FROM, to: users(3) }, DATA);
    expect(result.recipients.map(short)).toEqual(['ok', 550, 'ok']);
    expect(short(result.outcome)).toBe(550);
    expect(result.transactions).toBe(1);
    expect(result.endedUs).toBeGreaterThanOrEqual(result.startedUs);
    expect(connection.sizeLimit).toBe(5_000);
    expect(connection.idle).toBe(true);
    await finished();
  });

  it('lets the next envelope ride behind the body, and starts its service time at the verdict before', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 1);
      peer.send('250 ok', '250 ok', '354 go');
      await peer.message();
      // The second group must be here before the verdict on the first message.
      await group(peer, 1);
      peer.send('250 first', '250 ok', '550 5.1.1 nobody', '554 no valid recipients');
      await peer.expect(/^RSET$/);
      peer.send('250 reset');
    });
    const first = connection.submit({ from: FROM, to: users(1) }, DATA);
    const second = connection.submit({ from: FROM, to: users(1) }, DATA);
    const results = await Promise.all([first, second]);
    expect(results.map((result) => short(result.outcome))).toEqual(['ok', 550]);
    expect(results[1].startedUs).toBeGreaterThanOrEqual(results[0].endedUs);
    await finished();
  });

  it('lets the goodbye ride behind the last message, and closes when it is answered', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 2);
      peer.send('250 ok', '250 ok', '452 4.5.3 too many', '354 go');
      await peer.message();
      await group(peer, 1);
      peer.send('250 one', '250 ok', '250 ok', '354 go');
      await peer.message();
      expect(peer.hasHeld).toBe(true);
      await peer.expect(/^QUIT$/);
      peer.send('250 two');
      peer.send('221 bye');
      expect(await peer.line()).toBeUndefined();
    });
    connection.leaveAfterLast();
    const result = await connection.submit({ from: FROM, to: users(2) }, DATA);
    expect(result.recipients.map(short)).toEqual(['ok', 'ok']);
    await connection.quit();
    await finished();
    expect(connection.closed).toBe(true);
  });

  it('says goodbye on its own where the last message never left', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 1);
      peer.send('250 ok', '550 no', '503 no');
      await peer.expect(/^RSET$/);
      peer.send('250 ok');
      await peer.expect(/^QUIT$/);
      peer.send('221 bye');
    });
    connection.leaveAfterLast();
    const result = await connection.submit({ from: FROM, to: users(1) }, DATA);
    expect(short(result.outcome)).toBe(550);
    await expect.poll(() => connection.idle, { interval: 5 }).toBe(true);
    await connection.quit();
    await finished();
  });

  it('sends a lone dot after 354 when every recipient was refused', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 2);
      peer.send('250 ok', '550 no', '551 no', '354 go anyway');
      expect(await peer.message()).toEqual([]);
      peer.send('554 no valid recipients');
      await group(peer, 1);
      peer.send('250 ok', '250 ok', '354 go');
      await peer.message();
      peer.send('250 ok');
    });
    const refused = await connection.submit({ from: FROM, to: users(2) }, DATA);
    expect(refused.recipients.map(short)).toEqual([550, 551]);
    const next = await connection.submit({ from: FROM, to: users(1) }, DATA);
    expect(short(next.outcome)).toBe('ok');
    await finished();
  });

  it.each([503, 554, 451])('resets after DATA is refused with %i', async (code) => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 1);
      peer.send('250 ok', '250 ok', `${code} not now`);
      await peer.expect(/^RSET$/);
      peer.send('250 ok');
    });
    const result = await connection.submit({ from: FROM, to: users(1) }, DATA);
    expect(result.recipients.map(short)).toEqual([code]);
    await finished();
    expect(connection.closed).toBe(false);
  });

  it('gives all recipients the refusal of MAIL', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 2);
      peer.send('552 5.3.4 too big', '503 no MAIL', '503 no MAIL', '503 no MAIL');
    });
    const result = await connection.submit({ from: FROM, to: users(2) }, DATA);
    expect(result.recipients.map(short)).toEqual([552, 552]);
    await finished();
  });

  it('sends nothing that could break out of its command', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 1);
      peer.send('250 ok', '250 ok', '354 go');
      await peer.message();
      peer.send('250 ok');
    });
    const to = ['x@lab.test>\r\nRCPT TO:<boss@lab.test', 'user1@lab.test', '', 'ü@lab.test'];
    const result = await connection.submit({ from: FROM, to }, DATA);
    expect(result.recipients.map(short)).toEqual(['ARGUMENT', 'ok', 'ARGUMENT', 'UNSUPPORTED']);
    await finished();
  });
});

describe('too many recipients', () => {
  it('takes the rest to a following transaction and remembers the limit', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 5);
      peer.send(
        '250 ok',
        '250 ok',
        '250 ok',
        '452 4.5.3 too many',
        '452 4.5.3 too many',
        '452 4.5.3 x',
        '354 go',
      );
      await peer.message();
      await group(peer, 2);
      peer.send('250 one', '250 ok', '250 ok', '250 ok', '354 go');
      await peer.message();
      await group(peer, 1);
      peer.send('250 two', '250 ok', '250 ok', '354 go');
      await peer.message();
      peer.send('250 three');
    });
    const result = await connection.submit({ from: FROM, to: users(5) }, DATA);
    expect(result.recipients.map(short)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(result.recipients.map((outcome) => outcome.kind === 'ok' && outcome.evidence)).toEqual([
      '250 one',
      '250 one',
      '250 two',
      '250 two',
      '250 three',
    ]);
    expect(result.transactions).toBe(3);
    expect(connection.maxRecipients).toBe(2);
    await finished();
  });

  it('chunks by LIMITS RCPTMAX', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING', 'LIMITS RCPTMAX=2');
      await group(peer, 2);
      peer.send('250 ok', '250 ok', '250 ok', '354 go');
      await peer.message();
      await group(peer, 1);
      peer.send('250 one', '250 ok', '250 ok', '354 go');
      await peer.message();
      peer.send('250 two');
    });
    const result = await connection.submit({ from: FROM, to: users(3) }, DATA);
    expect(result.recipients.map((outcome) => outcome.kind === 'ok' && outcome.evidence)).toEqual([
      '250 one',
      '250 one',
      '250 two',
    ]);
    await finished();
  });

  it('tells those never tried from those handed over', async () => {
    const connection = await open(
      async (peer) => {
        await greet(peer, 'PIPELINING');
        await group(peer, 1);
        peer.send('250 ok', '250 ok', '354 go');
        await peer.message();
        peer.end();
      },
      { maxRecipients: 1 },
    );
    const result = await connection.submit({ from: FROM, to: users(3) }, DATA);
    expect(result.recipients.map(short)).toEqual(['unknown', 'CLOSED', 'CLOSED']);
  });

  it('is a limiter refusal where not even one fits', async () => {
    const connection = await open(async (peer) => {
      await greet(peer, 'PIPELINING');
      await group(peer, 1);
      peer.send('250 ok', '452 4.5.3 too many recipients', '503 no');
      await peer.expect(/^RSET$/);
      peer.send('250 ok');
    });
    const result = await connection.submit({ from: FROM, to: users(1) }, DATA);
    expect(result.outcome).toMatchObject({ kind: 'rejected', code: 452, limiter: true, temporary: true });
    await finished();
  });
});

describe('without PIPELINING', () => {
  it('sends one command a round trip', async () => {
    const connection = await open(async (peer) => {
      await greet(peer);
      for (const [pattern, answer] of [
        [/^MAIL/, '250 ok'],
        [/^RCPT TO:<user0/, '250 ok'],
        [/^RCPT TO:<user1/, '550 no'],
        [/^DATA/, '354 go'],
      ] as const) {
        await peer.expect(pattern);
        expect(peer.hasHeld).toBe(false);
        peer.send(answer);
      }
      await peer.message();
      expect(peer.hasHeld).toBe(false);
      peer.send('250 ok');
      await peer.expect(/^MAIL/);
      peer.send('250 ok');
      await peer.expect(/^RCPT/);
      peer.send('550 no');
      await peer.expect(/^RSET/);
      peer.send('250 ok');
      await peer.expect(/^MAIL/);
      peer.send('451 4.3.0 no');
      await peer.expect(/^QUIT/);
      peer.send('221 bye');
    });
    const first = connection.submit({ from: FROM, to: users(2) }, DATA);
    const second = connection.submit({ from: FROM, to: users(1) }, DATA);
    const third = connection.submit({ from: FROM, to: users(1) }, DATA);
    expect((await first).recipients.map(short)).toEqual(['ok', 550]);
    expect(short((await second).outcome)).toBe(550);
    expect(short((await third).outcome)).toBe(451);
    await connection.quit();
    expect(connection.closed).toBe(true);
    await finished();
  });
});

describe('LMTP', () => {
  it('has a verdict a recipient', async () => {
    const connection = await open(
      async (peer) => {
        await greet(peer, 'PIPELINING');
        await group(peer, 4);
        peer.send('250 ok', '250 ok', '550 no', '250 ok', '250 ok', '354 go');
        await peer.message();
        await group(peer, 1);
        peer.send('250 one', '452 4.2.2 quota', '250 four', '250 ok', '250 ok', '354 go');
        await peer.message();
        peer.send('250 ok');
      },
      {},
      'lmtp',
    );
    const first = connection.submit({ from: FROM, to: users(4) }, DATA);
    const second = connection.submit({ from: FROM, to: users(1) }, DATA);
    const result = await first;
    expect(result.recipients.map(short)).toEqual(['ok', 550, 452, 'ok']);
    expect(result.recipients[2]).toMatchObject({ overQuota: true });
    expect(short((await second).outcome)).toBe('ok');
    await finished();
  });

  it('keeps the verdicts it got when the line drops among them', async () => {
    const connection = await open(
      async (peer) => {
        await greet(peer);
        await peer.expect(/^MAIL/);
        peer.send('250 ok');
        for (let i = 0; i < 3; i += 1) {
          await peer.expect(/^RCPT/);
          peer.send('250 ok');
        }
        await peer.expect(/^DATA/);
        peer.send('354 go');
        await peer.message();
        peer.send('250 ok', '550 no');
        peer.end();
      },
      {},
      'lmtp',
    );
    const result = await connection.submit({ from: FROM, to: users(3) }, DATA);
    expect(result.recipients.map(short)).toEqual(['ok', 550, 'unknown']);
  });
});
