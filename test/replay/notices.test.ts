/** Notices in their text: which message of ours caused them, of what kind, for whom and why; bounded, and nothing read into other mail. */

import { describe, expect, test } from 'vitest';

import {
  countNotice,
  emptyNotices,
  enterNotice,
  isFailed,
  isOverQuotaCopy,
  noticeCauses,
} from '../../src/measure/notices.ts';
import { readNotice } from '../../src/replay/notices.ts';
import { messageId } from '../../src/storm/numbering.ts';

const OURS = messageId('r1', 3, 42);
const PARENT = messageId('r1', 3, 7);

const lines = (...some: readonly string[]): string => `${some.join('\r\n')}\r\n`;

interface Told {
  readonly address: string;
  readonly action: string;
  readonly status: string;
}

/** A notification as Postfix writes one: its own ids, words for people, a block a recipient, and the returned header. */
function report(
  recipients: readonly Told[],
  returned: readonly string[],
  subtype = 'delivery-status',
): string {
  return lines(
    'From: MAILER-DAEMON@mail.lab.test (Mail Delivery System)',
    'Auto-Submitted: auto-replied',
    `Content-Type: multipart/report; report-type=${subtype};`,
    '\tboundary="b1"',
    'Message-Id: <20261122.4E1@mail.lab.test>',
    '',
    '--b1',
    'Content-Type: text/plain',
    '',
    'The mail system could not deliver.',
    '',
    '--b1',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mail.lab.test',
    'X-Postfix-Sender: rfc822; user1@lab.test',
    '',
    ...recipients.flatMap(({ address, action, status }) => [
      `Final-Recipient: rfc822; ${address}`,
      'Original-Recipient: rfc822;all@lab.test',
      `Action: ${action}`,
      `Status: ${status}`,
      'Diagnostic-Code: smtp; 552 5.2.2 mailbox full',
      '',
    ]),
    '--b1',
    'Content-Type: text/rfc822-headers',
    '',
    ...returned,
    '',
    '--b1--',
  );
}

const FULL: Told = { address: 'User3@lab.test', action: 'failed', status: '5.2.2' };
const RETURNED = [
  'Received: by mail.lab.test',
  `In-Reply-To: ${PARENT}`,
  `Message-ID:`,
  ` ${OURS}`,
  `References: ${PARENT}`,
];

describe('a notice', () => {
  test('names the returned message, not the one that it answered; each recipient with status and action', () => {
    const late: Told = { address: 'user4@lab.test', action: 'delayed', status: '4.4.1' };
    expect(readNotice(report([FULL, late], RETURNED))).toEqual({
      identity: { runId: 'r1', seed: 3, number: 42 },
      kind: 'bounce',
      from: 'mailer-daemon@mail.lab.test',
      recipients: [
        { address: 'user3@lab.test', action: 'failed', status: '5.2.2' },
        { address: 'user4@lab.test', action: 'delayed', status: '4.4.1' },
      ],
    });
    expect(readNotice(report([late], RETURNED))?.kind).toBe('delay');
  });

  test('of a server that returns no header is traced by its own In-Reply-To', () => {
    const text = `In-Reply-To: ${OURS}\r\n${report([FULL], ['Subject: test'])}`;
    expect(readNotice(text)?.identity.number).toBe(42);
    expect(readNotice(report([FULL], ['Subject: test']))).toBeUndefined();
  });

  test('of a success, or of no recipient that we can read, blames nobody', () => {
    expect(readNotice(report([{ ...FULL, action: 'delivered' }], RETURNED))?.recipients).toEqual([]);
  });

  test('may be a person’s automatic reply, traced by what it answers', () => {
    const reply = (...fields: readonly string[]): string =>
      lines(
        'Auto-Submitted: auto-replied',
        ...fields,
        'Subject: I am away',
        '',
        'Back on Monday.',
        `> ${PARENT}`,
      );
    expect(readNotice(reply(`In-Reply-To: ${OURS}`, `References: ${PARENT}`, ` ${PARENT}`))).toEqual({
      identity: { runId: 'r1', seed: 3, number: 42 },
      kind: 'autoReply',
      from: '',
      recipients: [],
    });
    expect(readNotice(reply(`References: ${PARENT}`, ` ${OURS}`))?.identity.number).toBe(42);
    expect(readNotice(reply())?.identity.number).toBe(7);
    expect(readNotice(lines('Subject: lunch', '', 'Today at one?'))).toBeUndefined();
  });
});

describe('notices by cause', () => {
  test('are counted by kind, status and subject; a full mailbox is told apart; made-up codes are cut', () => {
    const notices = emptyNotices();
    countNotice(notices, 'bounce', '5.2.2', 'clinical');
    for (const _ of [1, 2]) countNotice(notices, 'autoReply', null, 'list');
    countNotice(notices, 'delay', '4.2.2', 'list');
    countNotice(notices, 'bounce', '5.1.1', 'list');
    expect(
      noticeCauses(notices).map(({ kind, status, about, count, overQuota }) => [
        kind,
        status,
        about,
        count,
        overQuota,
      ]),
    ).toEqual([
      ['autoReply', null, 'list', 2, 0],
      ['bounce', '5.1.1', 'list', 1, 0],
      ['bounce', '5.2.2', 'clinical', 1, 1],
      ['delay', '4.2.2', 'list', 1, 1],
    ]);
    for (let code = 0; code < 1_000; code += 1) countNotice(notices, 'bounce', `5.9.${code}`, 'list');
    const causes = noticeCauses(notices);
    expect(causes.length).toBeLessThan(110);
    expect(causes.reduce((sum, { count }) => sum + count, 0)).toBe(1_005);
  });

  test('a delay is no end: only what failed came back', () => {
    const notices = emptyNotices();
    enterNotice(notices, 1, 2, { failed: false, overQuota: true });
    enterNotice(notices, 1, 3, { failed: true, overQuota: false });
    enterNotice(notices, 1, 4, { failed: false, overQuota: false });
    expect(
      [2, 3, 4].map((mailbox) => [isFailed(notices, 1, mailbox), isOverQuotaCopy(notices, 1, mailbox)]),
    ).toEqual([
      [false, true],
      [true, false],
      [false, false],
    ]);
  });
});
