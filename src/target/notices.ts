/** The mail that a mail system writes by itself: trace fields, bounces, auto-replies, mail from before. Pure. */

export interface Trace {
  readonly sender: string;
  readonly helo: string;
  readonly address: string;
  readonly domain: string;
  /** After `with`: ESMTPA (RFC 3848), HTTP. */
  readonly protocol: string;
  readonly queueId: string;
  readonly at: Date;
}

/** Puts Return-Path and Received on top of a submitted message (RFC 5321 §4.4). */
export function withTrace(raw: Buffer, trace: Trace): Buffer {
  const top = [
    `Return-Path: <${trace.sender}>`,
    `Received: from ${trace.helo} ([${trace.address}])`,
    `\tby ${trace.domain} with ${trace.protocol} id ${trace.queueId};`,
    `\t${mailDate(trace.at)}`,
    '',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(top, 'latin1'), raw]);
}

export interface NoticeContext {
  readonly domain: string;
  readonly queueId: string;
  readonly at: Date;
}

/** A delivery status notification for one recipient (RFC 3464), with the original's header (RFC 6522). */
export function bounceMessage(
  sender: string,
  recipient: string,
  originalHeader: string,
  context: NoticeContext,
): Buffer {
  const boundary = `=_bounce_${context.queueId}`;
  const lines = [
    'Return-Path: <>',
    `From: Mail Delivery System <MAILER-DAEMON@${context.domain}>`,
    `To: <${sender}>`,
    'Subject: Undelivered Mail Returned to Sender',
    `Date: ${mailDate(context.at)}`,
    `Message-ID: <${context.queueId}.bounce@${context.domain}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    `Your message could not be delivered to <${recipient}>: mailbox unavailable.`,
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    `Reporting-MTA: dns; ${context.domain}`,
    `Arrival-Date: ${mailDate(context.at)}`,
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 5.1.1 mailbox unavailable',
    '',
    `--${boundary}`,
    'Content-Type: text/rfc822-headers',
    '',
    originalHeader.trimEnd(),
    '',
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** An out-of-office answer (RFC 3834 §3.1) to one message. */
export function autoReplyMessage(
  from: string,
  to: string,
  original: { readonly subject: string; readonly messageId: string | undefined },
  context: NoticeContext,
): Buffer {
  const lines = [
    'Return-Path: <>',
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: Auto: ${original.subject}`,
    `Date: ${mailDate(context.at)}`,
    `Message-ID: <${context.queueId}.auto@${context.domain}>`,
    ...(original.messageId === undefined
      ? []
      : [`In-Reply-To: ${original.messageId}`, `References: ${original.messageId}`]),
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'I am out of the office.',
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** Mail that lay in the mailbox before any run. */
export function foreignMessage(to: string, number: number, context: NoticeContext): Buffer {
  const lines = [
    `From: <records@${context.domain}>`,
    `To: <${to}>`,
    `Subject: Clinic letter ${number}`,
    `Date: ${mailDate(context.at)}`,
    `Message-ID: <${context.queueId}.before@${context.domain}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'This was here before.',
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** RFC 5322 §3.3, in UTC. */
function mailDate(at: Date): string {
  return at.toUTCString().replace('GMT', '+0000');
}
