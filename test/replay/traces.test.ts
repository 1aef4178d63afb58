/** What came of our messages, told from unmarked mail: by its headers where they say so, by its text where they do not. */

import { expect, onTestFinished, test } from 'vitest';

import { enterAs, unrecorded } from '../../src/replay/clients/enter.ts';
import { listFolder } from '../../src/replay/folder.ts';
import { traceNotices } from '../../src/replay/notices.ts';
import { messageId, RUN_HEADER } from '../../src/storm/numbering.ts';
import { ADA, BEN, PASSWORD, signIn, startLab } from '../target/lab.ts';
import { contextOf } from './deletions.ts';

const ours = (number: number): string => messageId('r1', 1, number);
const report = (type: string): string => `Content-Type: multipart/report; report-type=${type}; boundary="b"`;

const MAIL: readonly (readonly string[])[] = [
  // Threaded as RFC 3834 §3.1.5 asks for.
  [`From: Ben <${BEN}>`, `In-Reply-To: ${ours(1)}`, `References: ${ours(0)}`, '', 'away'],
  [`From: ${BEN}`, `References: <other@x.test> ${ours(2)}`, '', 'away'],
  // Not threaded, but quoting.
  [`From: "Ben" <BEN@lab.test>`, 'Subject: I am away', '', `your message ${ours(3)} came`],
  [report('delivery-status'), 'From: <MAILER-DAEMON@lab.test>', `In-Reply-To: ${ours(4)}`, ''].concat([
    '--b',
    '',
    'Final-Recipient: rfc822; Gone@lab.test',
    'Action: failed',
    '',
    ours(4),
  ]),
  ['From: MAILER-DAEMON@lab.test', '', 'This is the qmail-send program.', `Message-ID: ${ours(5)}`],
  [report('disposition-notification'), `From: ${BEN}`, '', '--b', '', `Original-Message-ID: ${ours(6)}`],
  // Somebody's own mail, and another run's answer.
  [`From: ${BEN}`, 'Subject: lunch?', 'In-Reply-To: <lunch@x.test>', '', 'yes'],
  [`From: ${BEN}`, `In-Reply-To: ${messageId('r2', 1, 1)}`, '', 'away'],
];

test('answers, bounces and receipts are told apart, and what they are about', async () => {
  const lab = await startLab();
  const client = await signIn(lab, ADA);
  for (const lines of MAIL) await client.append('INBOX', `${lines.join('\r\n')}\r\n`);
  await client.append('INBOX', `${RUN_HEADER}: r1\r\nMessage-ID: ${ours(9)}\r\n\r\nx\r\n`);
  const place = { imapPort: lab.ports.imapPort, address: ADA, password: PASSWORD };
  const { access, clock } = contextOf(place, 'r1');
  const entrance = { access, clock, mailbox: 0, patienceUs: 5_000_000, recorded: unrecorded };
  const reader = await enterAs(entrance);
  if ('failure' in reader) throw new Error(reader.words);
  onTestFinished(() => reader.destroy());
  const entries = await listFolder(reader, 'INBOX', true);
  if (typeof entries === 'string') throw new Error(entries);
  const unmarked = entries.filter(({ mark }) => mark === undefined);
  expect(unmarked).toHaveLength(MAIL.length);
  const traced = await traceNotices(reader, unmarked);
  if (typeof traced === 'string') throw new Error(traced);
  const { traces, unread } = traced;
  expect(unread).toBe(0);
  const mine = traces
    .filter(({ identity }) => identity.runId === 'r1')
    .toSorted((a, b) => a.uid - b.uid)
    .map(({ identity, kind, from, recipients }) => {
      const failed = recipients.filter(({ action }) => action === 'failed').map(({ address }) => address);
      return { number: identity.number, kind, from, failed };
    });
  expect(mine).toEqual([
    { number: 1, kind: 'autoReply', from: BEN, failed: [] },
    { number: 2, kind: 'autoReply', from: BEN, failed: [] },
    { number: 3, kind: 'autoReply', from: BEN, failed: [] },
    { number: 4, kind: 'bounce', from: 'mailer-daemon@lab.test', failed: ['gone@lab.test'] },
    { number: 5, kind: 'bounce', from: 'mailer-daemon@lab.test', failed: [] },
    { number: 6, kind: 'receipt', from: BEN, failed: [] },
  ]);
  expect(traces.filter(({ identity }) => identity.runId === 'r2')).toHaveLength(1);
  expect(traces).toHaveLength(7);
});
