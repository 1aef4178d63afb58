/** The submission server as nodemailer sees it, and what becomes of what it took. */

import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPACITY } from '../../src/capacity/config.ts';
import { NO_SWITCHES } from '../../src/target/switches.ts';
import { ADA, BEN, CLEO, delivered, LIST, RawClient, send, signIn, startLab, until } from './lab.ts';

async function counts(lab: Parameters<typeof signIn>[0], users: readonly string[]): Promise<unknown[]> {
  await delivered(lab);
  const found: unknown[] = [];
  for (const user of users) {
    const client = await signIn(lab, user);
    const status = await client.status('INBOX', { messages: true });
    found.push(status === false ? undefined : status.messages);
    await client.logout();
  }
  return found;
}

describe('submission', () => {
  it('expands the list to every account', async () => {
    const lab = await startLab();
    const sent = await send(lab, { to: LIST, subject: 'test' });
    expect(sent.accepted).toEqual([LIST]);
    expect(sent.response).toMatch(/^250 2\.\d\.\d queued as /);
    expect(await counts(lab, [ADA, BEN, CLEO])).toEqual([1, 1, 1]);
  });

  it('expands the list to its members only, when they are named', async () => {
    const lab = await startLab({ listMembers: [BEN, CLEO] });
    await send(lab, { to: [LIST, BEN], subject: 'test' });
    expect(await counts(lab, [ADA, BEN, CLEO])).toEqual([0, 2, 1]);
  });

  it('refuses unknown and refused recipients one by one', async () => {
    const lab = await startLab({ switches: { ...NO_SWITCHES, refuseRecipients: ['Ben@lab.test'] } });
    const sent = await send(lab, { to: [ADA, BEN, 'nobody@lab.test'], subject: 'test' });
    expect(sent.accepted).toEqual([ADA]);
    expect(sent.rejected).toEqual([BEN, 'nobody@lab.test']);
    expect(sent.rejectedErrors?.map((error) => error.response?.slice(0, 9))).toEqual([
      '550 5.1.1',
      '550 5.1.1',
    ]);
  });

  it('wants a sign-in', async () => {
    const lab = await startLab();
    await expect(send(lab, { to: BEN, subject: 'x' }, { auth: { user: ADA, pass: 'no' } })).rejects.toThrow(
      /535/,
    );
    const client = new RawClient(lab.ports.submitPort);
    await client.hear(/^220 lab\.test .*\r\n/);
    client.say('EHLO me\r\n');
    const extensions = await client.hear(/^250 .*\r\n/m);
    for (const word of ['PIPELINING', '8BITMIME', 'ENHANCEDSTATUSCODES', 'SIZE', 'AUTH PLAIN LOGIN'])
      expect(extensions).toContain(word);
    expect(extensions).not.toContain('STARTTLS');
    client.say('MAIL FROM:<ada@lab.test>\r\n');
    expect(await client.hear(/\r\n/)).toMatch(/^530 5\.7\.0/);
  });

  it('offers STARTTLS and implicit TLS under a certificate that verifies', async () => {
    const lab = await startLab({ tls: true });
    const { ca = '', submitsPort = 0 } = lab.ports;
    await send(lab, { to: BEN, subject: 'x' }, { requireTLS: true, tls: { ca } });
    await send(lab, { to: BEN, subject: 'x' }, { port: submitsPort, secure: true, tls: { ca } });
    await expect(send(lab, { to: BEN, subject: 'x' }, { requireTLS: true })).rejects.toThrow(/certificate/);
    expect(await counts(lab, [BEN])).toEqual([2]);
  });

  it('greets at once', async () => {
    const lab = await startLab();
    const before = performance.now();
    await new RawClient(lab.ports.submitPort).hear(/^220 /);
    expect(performance.now() - before).toBeLessThan(90);
  });
});

describe('pipelining', () => {
  const START = 'EHLO me\r\nAUTH PLAIN AGFkYUBsYWIudGVzdABjb3JyZWN0IGhvcnNl\r\n';

  it('takes [body MAIL RCPT DATA] of the next message in one go', async () => {
    const lab = await startLab();
    const client = new RawClient(lab.ports.submitPort);
    await client.hear(/^220 .*\r\n/);
    client.say(START);
    await client.hear(/^235 .*\r\n/m);
    client.say('MAIL FROM:<ada@lab.test>\r\nRCPT TO:<ben@lab.test>\r\nDATA\r\n');
    await client.hear(/^354 .*\r\n/m);
    for (let i = 0; i < 20; i += 1) {
      client.say(
        `Subject: ${i}\r\n\r\n..dot\r\n.\r\nMAIL FROM:<ada@lab.test>\r\nRCPT TO:<ben@lab.test>\r\nDATA\r\n`,
      );
      expect(await client.hear(/^354 .*\r\n/m)).toMatch(/^250 .*queued.*\r\n250 .*\r\n250 .*\r\n354 /);
    }
    client.say('last\r\n.\r\nQUIT\r\n');
    expect(await client.closing()).toMatch(/^250 .*\r\n221 /);
    expect(await counts(lab, [BEN])).toEqual([21]);
    const reader = await signIn(lab, BEN);
    await reader.mailboxOpen('INBOX');
    const message = await reader.fetchOne('7', { source: true });
    expect(message && message.source?.toString()).toMatch(/Subject: 6\r\n\r\n\.dot\r\n$/);
  });

  it('refuses DATA after every recipient was refused, and goes on', async () => {
    const lab = await startLab();
    const client = new RawClient(lab.ports.submitPort);
    await client.hear(/^220 .*\r\n/);
    client.say(START);
    await client.hear(/^235 .*\r\n/m);
    client.say('MAIL FROM:<ada@lab.test>\r\nRCPT TO:<no@lab.test>\r\nDATA\r\nRSET\r\nNOOP\r\n');
    expect(await client.hear(/^503 .*\r\n250 .*\r\n250 .*\r\n/m)).toMatch(
      /^250 .*\r\n550 5\.1\.1 .*\r\n503 /,
    );
  });
});

describe('switches', () => {
  it('misses list members silently', async () => {
    const lab = await startLab({ switches: { ...NO_SWITCHES, listMisses: [BEN] } });
    await send(lab, { to: LIST, subject: 'test' });
    await send(lab, { to: BEN, subject: 'direct' });
    expect(await counts(lab, [ADA, BEN, CLEO])).toEqual([1, 1, 1]);
  });

  it('answers automatically, once, and never another machine', async () => {
    const lab = await startLab({ switches: { ...NO_SWITCHES, autoReply: [ADA, BEN] } });
    await send(lab, { to: [BEN], subject: 'are you there?' });
    expect(await counts(lab, [ADA, BEN])).toEqual([1, 1]);
    const client = await signIn(lab, ADA);
    await client.mailboxOpen('INBOX');
    const reply = await client.fetchOne('1', { headers: true, envelope: true });
    if (!reply) throw new Error('no reply');
    expect(reply.envelope?.inReplyTo).toMatch(/^<.*>$/);
    expect(reply.headers?.toString()).toContain('Auto-Submitted: auto-replied');
  });

  it('bounces with the original header', async () => {
    const lab = await startLab({ switches: { ...NO_SWITCHES, bounceRecipients: [CLEO] } });
    const sent = await send(lab, { from: BEN, to: LIST, subject: 'test' });
    expect(await counts(lab, [ADA, BEN, CLEO])).toEqual([1, 2, 0]);
    const client = await signIn(lab, BEN);
    await client.mailboxOpen('INBOX');
    const [uid] = (await client.search({ header: { 'content-type': 'multipart/report' } })) || [];
    const bounce = await client.fetchOne(String(uid), { bodyStructure: true, source: true });
    if (!bounce) throw new Error('no bounce');
    expect(bounce.bodyStructure?.childNodes?.map((node) => node.type)).toEqual([
      'text/plain',
      'message/delivery-status',
      'text/rfc822-headers',
    ]);
    expect(bounce.source?.toString()).toContain(`Message-ID: ${sent.messageId}`);
    expect(bounce.source?.toString()).toContain('Final-Recipient: rfc822; cleo@lab.test');
  });
});

describe('delivery', () => {
  it('keeps the order and the rate, and says what it owes', async () => {
    const accounts = Array.from({ length: 50 }, (_none, i) => `user${i}@lab.test`);
    const capacity = { ...DEFAULT_CAPACITY, deliveriesPerSecond: 500 };
    const lab = await startLab({ accounts, capacity, probePort: 0 });
    const before = performance.now();
    const auth = { user: accounts[0] ?? '', pass: 'correct horse' };
    for (const subject of ['one', 'two', 'three', 'four'])
      await send(lab, { from: auth.user, to: LIST, subject }, { auth });
    expect(lab.owed()).toBeGreaterThan(0);
    const probe = await fetch(`http://127.0.0.1:${lab.ports.probePort}/`);
    expect(Number(await probe.text())).toBeGreaterThan(0);
    await delivered(lab);
    const took = performance.now() - before;
    expect(took).toBeGreaterThan(200 / 0.5 - 5);
    const client = await signIn(lab, accounts[49] ?? '');
    await client.mailboxOpen('INBOX');
    const subjects: (string | undefined)[] = [];
    for await (const message of client.fetch('1:*', { envelope: true }))
      subjects.push(message.envelope?.subject);
    expect(subjects).toEqual(['one', 'two', 'three', 'four']);
    await until(async () => {
      const empty = await fetch(`http://127.0.0.1:${lab.ports.probePort}/`);
      return (await empty.text()) === '0\n';
    });
  });
});
