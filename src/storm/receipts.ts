/** The bytes of a read receipt: a disposition notification (RFC 8098) from a reader's client to a message's author. Pure; it decides nothing about who sends one. */

import { asksForReceipt, receiptNumber } from './amplifiers.ts';
import { addressOf } from './audience.ts';
import type { PlannedMessage } from './journey.ts';
import { rfc5322Date, type Addressing } from './messages.ts';
import { messageId, RUN_HEADER } from './numbering.ts';
import type { Plan } from './plan.ts';

/** Header fields that a storm's message bears for its amplifiers' sake; `from` is its sender's address. */
export function amplifierFields(
  { profile, seed }: Plan,
  message: Pick<PlannedMessage, 'class' | 'number'>,
  from: string,
): string[] {
  const asks = message.class === 'storm' && asksForReceipt(profile, seed, message.number);
  return [
    ...(profile.amplifiers?.autoSubmitted === true ? ['Auto-Submitted: auto-generated'] : []),
    ...(asks ? [`Disposition-Notification-To: <${from}>`] : []),
  ];
}

/** The receipt of `reader` for a message to everybody; `offsetMs` after the plan's zero is its date. */
export function composeReceipt(
  plan: Plan,
  { runId, accounts, startedAtMs }: Addressing,
  message: Pick<PlannedMessage, 'number' | 'author' | 'subject'>,
  reader: number,
  offsetMs: number,
): Buffer {
  const number = receiptNumber(plan.mailboxes, message.number, reader);
  const address = addressOf(accounts, reader);
  const original = messageId(runId, plan.seed, message.number);
  const boundary = `=_receipt_${number.toString(36)}`;
  const lines = [
    `From: <${address}>`,
    `To: <${addressOf(accounts, message.author)}>`,
    `Subject: Read: ${message.subject}`,
    `Date: ${rfc5322Date(startedAtMs + offsetMs)}`,
    `Message-ID: ${messageId(runId, plan.seed, number)}`,
    `In-Reply-To: ${original}`,
    `References: ${original}`,
    `${RUN_HEADER}: ${runId}`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=disposition-notification; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'Your message was displayed. This does not say that it was understood.',
    '',
    `--${boundary}`,
    'Content-Type: message/disposition-notification',
    '',
    `Final-Recipient: rfc822;${address}`,
    `Original-Message-ID: ${original}`,
    'Disposition: automatic-action/MDN-sent-automatically; displayed',
    '',
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'utf8');
}
