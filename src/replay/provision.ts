/** Gives mailboxes a past before a run: plausible sizes, clinical subjects, dates going back, marked so that purge finds them. */

import type { SmtpConnection } from '../protocol/smtp/connection.ts';
import { openSmtp } from '../protocol/smtp/open.ts';
import { logNormal, randomStream } from '../random.ts';
import { addressOf } from '../storm/audience.ts';
import { messageId, plainNumber, RUN_HEADER } from '../storm/numbering.ts';
import { submitSettings } from './context.ts';
import type { MailClient } from './clients/client.ts';
import { wordsOf } from './clients/words.ts';
import { listFolder } from './folder.ts';
import { allMailboxes, sweep, type SweepFailure, type SweepSettings } from './sweep.ts';

/** Median and spread of a message's size: 13 kB in 1997 and 70 to 95 kB in 2013-14 are reported means of storms. */
const SIZE_MEDIAN_BYTES = 12_000;
const SIZE_SIGMA = 1.1;
const SIZE_MAX_BYTES = 1_000_000;

/** Three months back, evenly. */
const PAST_MS = 90 * 86_400_000;

/** The last so many messages have not been read yet: somebody was away for a day. */
const UNREAD = 3;

/** Prefilled messages of one mailbox have numbers of their own below this. */
const MAX_PER_MAILBOX = 65_536;

/** Messages handed to the server before their answers are awaited: about 200 kB of mail. */
const AT_ONCE = 16;

export interface ProvisionSettings extends Omit<SweepSettings, 'mailboxes'> {
  readonly mailboxCount: number;
  readonly provisionId: string;
  readonly seed: number;
  /** Messages a mailbox, at most 65,536. */
  readonly messages: number;
  readonly subjects: readonly string[];
  /** Wall clock now, milliseconds since 1970: the past lies before it. */
  readonly nowMs: number;
  /** append: into the mailbox, with the date of then. lmtp: delivered now by the access's submission endpoint. */
  readonly way: 'append' | 'lmtp';
}

export interface ProvisionReport {
  readonly added: number;
  /** Messages of this provision that were there already. */
  readonly found: number;
  readonly bytes: number;
  readonly failures: readonly SweepFailure[];
}

/** Fills every mailbox up to what the provision's id, seed and size say: repeated, it adds what is missing. */
export async function provision(settings: ProvisionSettings): Promise<ProvisionReport> {
  const report = { added: 0, found: 0, bytes: 0 };
  const mailboxes = allMailboxes(settings.mailboxCount);
  const failures = await sweep({ ...settings, mailboxes }, async (mailbox, client) => {
    const listed = await listFolder(client, 'INBOX', true);
    if (typeof listed === 'string') return listed;
    const there = new Set(
      listed.filter(({ mark }) => mark === settings.provisionId).map(({ number }) => number),
    );
    const missing = allMailboxes(settings.messages)
      .map((index) => pastMessage(settings, mailbox, index))
      .filter(({ number }) => !there.has(number));
    report.found += there.size;
    return settings.way === 'append'
      ? appendAll(client, missing, report)
      : deliverAll(settings, mailbox, missing, report);
  });
  return { ...report, failures };
}

interface Sum {
  added: number;
  bytes: number;
}

async function appendAll(
  client: MailClient,
  messages: readonly PastMessage[],
  sum: Sum,
): Promise<string | undefined> {
  for (let at = 0; at < messages.length; at += AT_ONCE) {
    const some = messages.slice(at, at + AT_ONCE);
    const done = await Promise.all(some.map(({ bytes, date, seen }) => client.append(bytes, { seen, date })));
    for (const [index, { outcome }] of done.entries()) {
      if (outcome.kind !== 'ok') return `APPEND: ${wordsOf(outcome)}`;
      sum.added += 1;
      sum.bytes += (some[index] as PastMessage).bytes.length;
    }
  }
  return undefined;
}

async function deliverAll(
  settings: ProvisionSettings,
  mailbox: number,
  messages: readonly PastMessage[],
  sum: Sum,
): Promise<string | undefined> {
  if (messages.length === 0) return undefined;
  const { access, clock } = settings;
  const opening = await openSmtp(submitSettings(access, clock), undefined);
  const { connection } = opening;
  if (connection === undefined) return opening.message;
  try {
    for (const message of messages) {
      const problem = await deliver(connection, addressOf(access.accounts, mailbox), message);
      if (problem !== undefined) return problem;
      sum.added += 1;
      sum.bytes += message.bytes.length;
    }
    return undefined;
  } finally {
    await connection.quit();
  }
}

async function deliver(
  connection: SmtpConnection,
  address: string,
  message: PastMessage,
): Promise<string | undefined> {
  const { outcome } = await connection.submit({ from: message.author, to: [address] }, message.bytes);
  return outcome.kind === 'ok' ? undefined : `LMTP: ${wordsOf(outcome)}`;
}

/** One message of the past. */
export interface PastMessage {
  readonly number: number;
  readonly author: string;
  readonly date: Date;
  readonly seen: boolean;
  readonly bytes: Buffer;
}

/** A function of (seed, mailbox, index, id): the higher the index, the later the date. */
export function pastMessage(
  settings: Pick<
    ProvisionSettings,
    'seed' | 'subjects' | 'nowMs' | 'access' | 'mailboxCount' | 'provisionId' | 'messages'
  >,
  mailbox: number,
  index: number,
): PastMessage {
  const number = plainNumber('prefill', mailbox * MAX_PER_MAILBOX + index);
  const stream = randomStream(settings.seed, 'prefill', mailbox * MAX_PER_MAILBOX + index);
  const subject = settings.subjects[stream.integer(settings.subjects.length)] ?? 'Report';
  const sizeBytes = Math.min(SIZE_MAX_BYTES, Math.round(logNormal(stream, SIZE_MEDIAN_BYTES, SIZE_SIGMA)));
  // Mail lies in a mailbox in the order it came: one message in each share of the past.
  const ageMs = (1 - (index + stream.uniform()) / settings.messages) * PAST_MS;
  const date = new Date(Math.floor((settings.nowMs - ageMs) / 1_000) * 1_000);
  const author = addressOf(settings.access.accounts, stream.integer(settings.mailboxCount));
  const head = [
    `From: <${author}>`,
    `To: <${addressOf(settings.access.accounts, mailbox)}>`,
    `Subject: ${subject}`,
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId(settings.provisionId, settings.seed, number)}`,
    `${RUN_HEADER}: ${settings.provisionId}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'This is a synthetic message of a rehearsal. It holds no data about anybody.',
  ].join('\r\n');
  const line = `${'x'.repeat(70)}\r\n`;
  const padding = line.repeat(Math.max(0, Math.ceil((sizeBytes - head.length) / line.length)));
  const seen = index < settings.messages - UNREAD;
  return { number, author, date, seen, bytes: Buffer.from(`${head}\r\n${padding}`, 'utf8') };
}
