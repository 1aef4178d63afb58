/** Gives mailboxes a past before a run: messages of plausible sizes with clinical subjects, by APPEND, marked so that purge finds them. */

import { logNormal, randomStream } from '../random.ts';
import { addressOf } from '../storm/audience.ts';
import { messageId, plainNumber, RUN_HEADER } from '../storm/numbering.ts';
import { allMailboxes, sweep, wordsOf, type SweepFailure, type SweepSettings } from './sweep.ts';

/** Median and spread of a message's size: 13 kB in 1997 and 70 to 95 kB in 2013-14 are reported means of storms. */
const SIZE_MEDIAN_BYTES = 12_000;
const SIZE_SIGMA = 1.1;
const SIZE_MAX_BYTES = 1_000_000;

/** Prefilled messages of one mailbox have numbers of their own below this. */
const MAX_PER_MAILBOX = 65_536;

export interface ProvisionSettings extends Omit<SweepSettings, 'mailboxes'> {
  readonly mailboxCount: number;
  readonly provisionId: string;
  readonly seed: number;
  /** Messages a mailbox, at most 65,536. */
  readonly messages: number;
  readonly subjects: readonly string[];
  /** Wall clock now, milliseconds since 1970: the past lies before it. */
  readonly nowMs: number;
}

export interface ProvisionReport {
  readonly appended: number;
  readonly bytes: number;
  readonly failures: readonly SweepFailure[];
}

/** Fills every mailbox. */
export async function provision(settings: ProvisionSettings): Promise<ProvisionReport> {
  let appended = 0;
  let bytes = 0;
  const mailboxes = allMailboxes(settings.mailboxCount);
  const failures = await sweep({ ...settings, mailboxes }, async (mailbox, connection) => {
    for (let index = 0; index < settings.messages; index += 1) {
      const message = pastMessage(settings, mailbox, index);
      const done = await connection.append('INBOX', message, ['\\Seen']);
      if (done.outcome.kind !== 'ok') return `APPEND: ${wordsOf(done.outcome)}`;
      appended += 1;
      bytes += message.length;
    }
    return undefined;
  });
  return { appended, bytes, failures };
}

/** One message of the past: bytes are a function of (seed, mailbox, index, id). */
export function pastMessage(settings: ProvisionSettings, mailbox: number, index: number): Buffer {
  const number = plainNumber('prefill', mailbox * MAX_PER_MAILBOX + index);
  const stream = randomStream(settings.seed, 'prefill', mailbox * MAX_PER_MAILBOX + index);
  const subject = settings.subjects[stream.integer(settings.subjects.length)] ?? 'Report';
  const sizeBytes = Math.min(SIZE_MAX_BYTES, Math.round(logNormal(stream, SIZE_MEDIAN_BYTES, SIZE_SIGMA)));
  const ageMs = Math.floor(stream.uniform() * 90 * 86_400_000);
  const author = addressOf(settings.access.accounts, stream.integer(settings.mailboxCount));
  const head = [
    `From: <${author}>`,
    `To: <${addressOf(settings.access.accounts, mailbox)}>`,
    `Subject: ${subject}`,
    `Date: ${new Date(settings.nowMs - ageMs).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId(settings.provisionId, settings.seed, number)}`,
    `${RUN_HEADER}: ${settings.provisionId}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'This is a synthetic message of a rehearsal. It holds no data about anybody.',
  ].join('\r\n');
  const line = `${'x'.repeat(70)}\r\n`;
  const padding = line.repeat(Math.max(0, Math.ceil((sizeBytes - head.length) / line.length)));
  return Buffer.from(`${head}\r\n${padding}`, 'utf8');
}
