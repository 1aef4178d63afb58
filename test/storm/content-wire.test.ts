/** What arrives is what was composed: the storm's messages through our SMTP client into smtp-server, dots, long lines and eight bits included. */

import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { openSmtp } from '../../src/protocol/smtp/open.ts';
import { makeComposer } from '../../src/storm/messages.ts';
import { listMessage } from '../../src/storm/plan.ts';
import { settings } from '../protocol/peers/endpoint.ts';
import { planOf, smokeWith } from './plans.ts';
import { ADDRESSING } from './wire-lines.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server that keeps every message's bytes as it unstuffed them (RFC 5321 §4.5.2). */
async function keeper(): Promise<{ readonly port: number; readonly received: Buffer[] }> {
  const received: Buffer[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        received.push(Buffer.concat(parts));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, received };
}

test('every byte of every kind of message arrives', async () => {
  const { port, received } = await keeper();
  const body = ['.', '..', '.\r.', '...and on', `.${'x'.repeat(898)}`, 'ж'.repeat(449), '  ', ''].join('\n');
  const content = {
    words: { median: 120, sigma: 1 },
    disclaimer: 500,
    html: 0.5,
    pictures: { share: 0.3, jokes: 1, median: 40_000, sigma: 0.5 },
  };
  const plan = planOf(smokeWith({ content, blast: { subject: `Prüfung ${'lang '.repeat(30)}`, body } }), {
    seed: 4,
  });
  const composer = makeComposer(plan, ADDRESSING);
  const composed = plan.cascade.map(({ number }) => composer.compose(listMessage(plan, number), 0));
  const { connection, message } = await openSmtp(settings('smtp', port), undefined);
  if (connection === undefined) throw new Error(message);
  const submitted = composed.map((data) =>
    connection.submit({ from: 'user1@lab.test', to: ['everyone@lab.test'] }, data),
  );
  for (const { recipients } of await Promise.all(submitted))
    expect(recipients.map(({ kind }) => kind)).toEqual(['ok']);
  await connection.quit();
  expect(received).toHaveLength(composed.length);
  for (const [index, bytes] of composed.entries()) expect(received[index]?.equals(bytes)).toBe(true);
  // Otherwise nothing was to be stuffed, decoded or told apart.
  const all = Buffer.concat(composed).toString('latin1');
  expect(all).toMatch(/\r\n\.\r\n/);
  expect(all).toMatch(/\r\n\.\.\r\n/);
  expect(all).toMatch(/[\x80-\xff]/);
  expect(all).toContain('multipart/related');
  expect(all).toContain('multipart/alternative');
  expect(Math.max(...all.split('\r\n').map(({ length }) => length))).toBeGreaterThan(895);
});
