/** smtp-sink with its faults, and Postfix with its limits: every outcome is right, and what Postfix took is what we say it took. */

import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { Deadlines } from '../../src/protocol/deadlines.ts';
import type { SmtpConnection } from '../../src/protocol/smtp/connection.ts';
import { openSmtp } from '../../src/protocol/smtp/open.ts';
import { settings } from '../protocol/peers/endpoint.ts';
import { DATA, FROM, short, users } from '../protocol/peers/smtp.ts';
import { describeReal, describeWith, missingCommands } from './gate.ts';
import { type Lab, startLab } from './lab.ts';
import { type SmtpSink, startSmtpSink } from './smtp-sink.ts';

/** Long enough for a busy machine, far below the second that `-W` makes it wait. */
const SHORT_US = 400_000;

interface Fault {
  readonly name: string;
  readonly flags: readonly string[];
  readonly deadlines?: Partial<Deadlines>;
  /** Of three messages to one, three and two recipients. */
  readonly outcomes: readonly string[];
}

const same = (one: string): string[] => [1, 3, 2].map((count) => Array(count).fill(one).join(' '));

/** After a dropped line the rest was never tried; `CLOSED` either way before the dot. */
const FAULTS: readonly Fault[] = [
  { name: 'no fault', flags: [], outcomes: same('ok') },
  { name: 'MAIL refused for good', flags: ['-f', 'MAIL'], outcomes: same('500') },
  { name: 'RCPT refused for good', flags: ['-f', 'RCPT'], outcomes: same('500') },
  { name: 'DATA refused for good', flags: ['-f', 'DATA'], outcomes: same('500') },
  { name: 'the message refused for good', flags: ['-f', '.'], outcomes: same('500') },
  { name: 'MAIL refused for now', flags: ['-r', 'MAIL'], outcomes: same('450') },
  { name: 'RCPT refused for now', flags: ['-r', 'RCPT'], outcomes: same('450') },
  { name: 'DATA refused for now', flags: ['-r', 'DATA'], outcomes: same('450') },
  { name: 'the message refused for now', flags: ['-r', '.'], outcomes: same('450') },
  { name: 'a hang-up at MAIL', flags: ['-q', 'MAIL'], outcomes: same('CLOSED') },
  { name: 'a hang-up at RCPT', flags: ['-q', 'RCPT'], outcomes: same('CLOSED') },
  { name: 'a hang-up at DATA', flags: ['-q', 'DATA'], outcomes: same('CLOSED') },
  {
    name: 'a hang-up at the dot',
    flags: ['-q', '.'],
    outcomes: ['unknown', 'CLOSED CLOSED CLOSED', 'CLOSED CLOSED'],
  },
  { name: 'a verdict that takes a second', flags: ['-W', '.:1'], outcomes: same('ok') },
  {
    name: 'a verdict that comes too late',
    flags: ['-W', '.:1'],
    deadlines: { finalDotUs: SHORT_US },
    outcomes: ['unknown', 'TIMEOUT TIMEOUT TIMEOUT', 'TIMEOUT TIMEOUT'],
  },
  {
    name: 'RCPT answered too late',
    flags: ['-W', 'RCPT:1'],
    deadlines: { commandUs: SHORT_US },
    outcomes: ['unknown', 'TIMEOUT TIMEOUT TIMEOUT', 'TIMEOUT TIMEOUT'],
  },
  {
    name: 'DATA answered too late',
    flags: ['-W', 'DATA:1'],
    deadlines: { dataUs: SHORT_US },
    outcomes: ['unknown', 'TIMEOUT TIMEOUT TIMEOUT', 'TIMEOUT TIMEOUT'],
  },
];

describeWith(missingCommands({ 'smtp-sink': 'postfix' }), 'smtp-sink with its faults', () => {
  let sink: SmtpSink | undefined;
  let connection: SmtpConnection | undefined;
  afterEach(async () => {
    connection?.destroy();
    await sink?.stop();
  });

  async function submitThree(flags: readonly string[], deadlines: Partial<Deadlines>): Promise<string[]> {
    sink = await startSmtpSink(flags);
    const opening = await openSmtp({ ...settings('smtp', sink.port), deadlines }, undefined);
    connection = opening.connection;
    if (connection === undefined) throw new Error(opening.message);
    const submissions = [];
    for (const count of [1, 3, 2])
      submissions.push(connection.submit({ from: FROM, to: users(count) }, DATA));
    const results = await Promise.all(submissions);
    for (const { recipients, accepted } of results)
      expect(accepted).toBe(recipients.filter((outcome) => outcome.kind === 'ok').length);
    return results.map(({ recipients }) => recipients.map(short).join(' '));
  }

  describe.each([
    ['pipelined', []],
    ['one command a round trip', ['-p']],
  ] as const)('%s', (_how, how) => {
    // With `-W` smtp-sink goes on to the next command while one waits, and its replies come out of order: only in turn.
    test.each(FAULTS.filter(({ flags }) => how.length > 0 || !flags.includes('-W')))(
      '$name',
      async ({ flags, deadlines = {}, outcomes }) => {
        expect(await submitThree([...how, ...flags], deadlines)).toEqual(outcomes);
      },
    );

    test('an abort in the midst of the message', async () => {
      // `-A 0`: 354, then 550 without reading on, and the line closed: whether the 550 arrives before the end is the network's doing.
      const [first = '', ...rest] = await submitThree([...how, '-A', '0'], {});
      expect(['550', 'unknown']).toContain(first);
      for (const one of rest.join(' ').split(' ')) expect(['550', 'CLOSED', 'unknown']).toContain(one);
      expect(rest.join(' ')).not.toContain('ok');
    });
  });
});

describeReal('Postfix', () => {
  const MARK = 'X-Smtp-Mark';
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ mailboxes: 40, extraMainCf: ['smtpd_recipient_limit = 7'] });
  });
  afterAll(() => lab.stop());

  /** Every third of ten is nobody's address. */
  const to = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => (i % 3 === 2 ? `nobody${i}@lab.test` : `user${i}@lab.test`));

  test.each([
    ['pipelined', true],
    ['one command a round trip', false],
  ])('takes what we say it took, %s', async (how, pipelining) => {
    const ca = readFileSync(lab.ca, 'utf8');
    const opening = await openSmtp(
      { ...settings('smtp', lab.smtpPort, { tls: 'required', ca }), pipelining, maxRecipients: 100 },
      undefined,
    );
    const { connection } = opening;
    if (connection === undefined) throw new Error(opening.message);
    const counts = [1, 3, 20, 40, 2, 30];
    const results = await Promise.all(
      counts.map((count, index) => {
        const head = `From: <user0@lab.test>\r\n${MARK}: ${how} ${index}\r\nMessage-ID: <${index}.${pipelining}@lab.test>\r\n`;
        const data = Buffer.from(`${head}Subject: x\r\n\r\n.\r\nhello\r\n`);
        return connection.submit({ from: 'user0@lab.test', to: to(count) }, data);
      }),
    );
    await connection.quit();
    for (const [index, { recipients, accepted, transactions }] of results.entries()) {
      const addresses = to(counts[index] ?? 0);
      expect(recipients.map(short)).toEqual(
        addresses.map((address) => (address.startsWith('nobody') ? 550 : 'ok')),
      );
      expect(accepted).toBe(addresses.filter((address) => address.startsWith('user')).length);
      // Each verdict names its queue file: as many as there were transactions that took anybody.
      const queued = new Set(recipients.flatMap((one) => (one.kind === 'ok' ? [one.evidence] : [])));
      for (const one of queued) expect(one).toMatch(/queued as [0-9A-Za-z]+$/);
      expect(queued.size).toBeLessThanOrEqual(transactions);
      if (addresses.length > 7) expect(queued.size).toBeGreaterThan(1);
      await expect
        .poll(async () => (await lab.countMaildirs(MARK, `${how} ${index}`)).total, {
          timeout: 60_000,
          interval: 200,
        })
        .toBe(accepted);
    }
    // The limit was learned, not guessed: seven is what Postfix took.
    expect(connection.maxRecipients).toBe(7);
  });
});
