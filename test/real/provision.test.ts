/** A past on real servers, by APPEND and by LMTP: how it looks to another client, completed, and taken away. */

import { ImapFlow } from 'imapflow';
import { describe, expect, onTestFinished, test } from 'vitest';

import { missingForCyrus, startCyrus } from './cyrus.ts';
import { describeWith } from './gate.ts';
import { missingForLab, startLab } from './lab.ts';
import { replystorm } from './program.ts';

const MAILBOXES = 3;
const MESSAGES = 25;
const DAY_MS = 86_400_000;

interface Server {
  readonly imapPort: number;
  readonly lmtpPort: number;
  readonly ca: string;
  readonly password: string;
}

interface Seen {
  readonly subject: string;
  readonly size: number;
  readonly ageMs: number;
  readonly seen: boolean;
}

async function inboxOf({ imapPort: port, password: pass }: Server, mailbox: number): Promise<Seen[]> {
  const auth = { user: `user${mailbox}@lab.test`, pass };
  const where = { host: '127.0.0.1', port, secure: false, doSTARTTLS: false } as const;
  const client = new ImapFlow({ ...where, auth, logger: false });
  client.on('error', () => undefined);
  await client.connect();
  const found: Seen[] = [];
  const { exists } = await client.mailboxOpen('INBOX', { readOnly: true });
  const wanted = { envelope: true, size: true, internalDate: true, flags: true } as const;
  if (exists > 0) {
    for await (const { envelope, size = 0, internalDate, flags } of client.fetch('1:*', wanted))
      found.push({
        subject: envelope?.subject ?? '',
        size,
        ageMs: Date.now() - new Date(internalDate ?? 0).getTime(),
        seen: flags?.has(String.raw`\Seen`) ?? false,
      });
  }
  await client.logout();
  return found;
}

function pasts(start: () => Promise<Server & { stop(): Promise<void> }>): void {
  test.each(['append', 'lmtp'])('by %s: believable, completed, taken away', async (way) => {
    const lab = await start();
    onTestFinished(() => lab.stop());
    const mailbox = `imap://localhost:${lab.imapPort}?tls=required`;
    const access = ['--mailbox', mailbox, '--accounts', 'user{n}@lab.test', '--tls-ca', lab.ca];
    const size = ['--mailboxes', String(MAILBOXES)];
    const lmtp = way === 'lmtp' ? ['--lmtp', `lmtp://localhost:${lab.lmtpPort}?tls=off`] : [];
    const say = (...words: string[]) => replystorm([...words, ...size, ...access], lab.password);
    const first = await say('provision', 'nhs-2016', '--messages', '10', ...lmtp);
    expect(first.code, first.stderr).toBe(0);
    const id = first.stdout.trim();
    const rest = await say('provision', 'nhs-2016', '--messages', String(MESSAGES), '--id', id, ...lmtp);
    expect(rest.stderr).toMatch(/added 45 messages, .*, found 30 there already/);
    const inbox = await inboxOf(lab, 1);
    expect(inbox).toHaveLength(MESSAGES);
    expect(inbox.some(({ subject }) => subject === 'Blood test results')).toBe(true);
    const sizes = inbox.map((message) => message.size).sort((a, b) => a - b);
    expect(sizes[Math.floor(MESSAGES / 2)]).toBeGreaterThan(4_000);
    expect((sizes.at(-1) ?? 0) / (sizes[0] ?? 1)).toBeGreaterThan(5);
    const oldest = Math.max(...inbox.map(({ ageMs }) => ageMs));
    if (way === 'append') {
      expect(oldest).toBeGreaterThan(60 * DAY_MS);
      expect(inbox.filter(({ seen }) => !seen).length).toBeLessThan(MESSAGES / 2);
    } else expect(oldest).toBeLessThan(DAY_MS);
    const purged = await say('purge', '--run', id);
    expect(purged.stdout).toContain(`removed ${MAILBOXES * MESSAGES} messages`);
    expect(await inboxOf(lab, 1)).toEqual([]);
  });
}

describe('a past', () => {
  describeWith(missingForLab(), 'on Dovecot', () => pasts(() => startLab({ mailboxes: MAILBOXES })));
  describeWith(missingForCyrus(), 'on Cyrus', () => pasts(() => startCyrus({ mailboxes: MAILBOXES })));
});
