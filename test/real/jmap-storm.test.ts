/** A whole storm on Cyrus through JMAP: mailboxes alone, and both doors; the ledger held against the same store read over IMAP by another client's hand. */

import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { RunRecord } from '../../src/record/record.ts';
import { expectAccounted } from './accounted.ts';
import { type CyrusLab, missingForCyrus, startCyrus } from './cyrus.ts';
import { describeWith } from './gate.ts';
import { type Lab, missingForLab, startLab } from './lab.ts';
import { replystorm, shortStorm } from './program.ts';

const MAILBOXES = 16;

const MARK = 'x-replystorm-run';

let postfix: Lab;
let cyrus: CyrusLab;

/** Messages of a run by folder, over all mailboxes, as IMAP tells it. */
async function byImap(runId: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const user of cyrus.accounts) {
    const reader = new ImapFlow({
      host: '127.0.0.1',
      port: cyrus.imapPort,
      secure: false,
      auth: { user, pass: cyrus.password },
      logger: false,
      doSTARTTLS: false,
    });
    await reader.connect();
    for (const { path } of await reader.list()) {
      const { exists } = await reader.mailboxOpen(path, { readOnly: true });
      if (exists === 0) continue;
      for await (const { headers } of reader.fetch('1:*', { headers: [MARK] })) {
        const isOurs = headers?.toString().toLowerCase().includes(runId) === true;
        if (isOurs) counts.set(path, (counts.get(path) ?? 0) + 1);
      }
    }
    await reader.logout();
  }
  return counts;
}

/** What must hold of every storm on a mail system that keeps its mail, by our own books and by IMAP's. */
async function expectKept(record: RunRecord): Promise<void> {
  const ledger = expectAccounted(record);
  expect(ledger.takenByStrategy).toBeGreaterThan(0);
  const found = await byImap(record.runId);
  const inFolder = (name: string): number => found.get(name) ?? 0;
  const inAll = [...found.values()].reduce((total, count) => total + count, 0);
  expect({
    all: inAll,
    inbox: inFolder('INBOX'),
    trash: inFolder('Trash'),
    drafts: inFolder('Drafts'),
  }).toEqual({
    all: ledger.copiesRemaining,
    inbox: ledger.present,
    trash: ledger.trashed + ledger.takenTrashed,
    drafts: 0,
  });
}

function mailboxFlags(): string[] {
  return ['--mailbox', `jmap+http://127.0.0.1:${cyrus.httpPort}`, '--accounts', 'user{n}@lab.test'];
}

describeWith([...missingForCyrus(), ...missingForLab()], 'a storm on Cyrus through JMAP', () => {
  beforeAll(async () => {
    // Each needs to know the other's port: Postfix is told of Cyrus when both stand.
    postfix = await startLab({
      mailboxes: MAILBOXES,
      extraMainCf: ['transport_maps = hash:$config_directory/transport'],
      maps: { transport: '' },
    });
    const extra = ['smtp_backend: host', `smtp_host: 127.0.0.1:${postfix.smtpPort}`];
    cyrus = await startCyrus({ mailboxes: MAILBOXES, jmap: true, extra });
    await postfix.setMap('transport', `lab.test lmtp:inet:127.0.0.1:${cyrus.lmtpPort}\n`);
    // Cyrus makes a mailbox at its first delivery or IMAP sign-in, and at no JMAP one.
    await byImap('nobody');
  });
  afterAll(async () => {
    await cyrus?.stop();
    await postfix?.stop();
  });

  test.each([
    ['handed in by SMTP', () => ['--submit', `smtp://localhost:${postfix.submitPort}?tls=required`]],
    ['handed in by JMAP', () => ['--submit', `jmap+http://127.0.0.1:${cyrus.httpPort}`]],
  ])('%s: every copy is where IMAP finds it, and purge over JMAP leaves nothing', async (_title, submit) => {
    const size = ['--mailboxes', String(MAILBOXES)];
    const rest = ['--list', 'all@lab.test', '--queue-probe', postfix.queueProbe, '--tls-ca', postfix.ca];
    const { code, record, stderr } = await shortStorm(
      [...size, ...submit(), ...mailboxFlags(), ...rest],
      cyrus.password,
    );
    // Figures of time are for a machine that is not shared; the ledger is not.
    expect([0, 99, 111], `${code}: ${stderr}`).toContain(code);
    await expectKept(record);
    const sessions = record.operations.filter(({ operation }) => operation === 'jmap.session');
    expect(sessions.length).toBeGreaterThan(0);
    expect(record.operations.some(({ operation }) => operation.startsWith('imap.'))).toBe(false);
    const purge = ['purge', '--run', record.runId, ...size, ...mailboxFlags()];
    const { copiesRemaining } = record.ledger ?? { copiesRemaining: -1 };
    const first = await replystorm(purge, cyrus.password);
    expect(first.stdout, first.stderr).toContain(`removed ${copiesRemaining.toLocaleString('en')} messages`);
    expect([...(await byImap(record.runId))]).toEqual([]);
  });
});
