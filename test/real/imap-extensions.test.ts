/** The IMAP client's extensions against a real Dovecot: what scripted dialogues claim, a server that others wrote confirms. When its NOTIFY speaks is its own affair. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { approveTarget } from '../../src/profile/guard.ts';
import type { ImapConnection } from '../../src/protocol/imap/connection.ts';
import type { MailboxEvent } from '../../src/protocol/imap/mailbox.ts';
import { openImap } from '../../src/protocol/imap/open.ts';
import { describeReal } from './gate.ts';
import { type Lab, startLab } from './lab.ts';

describeReal('IMAP extensions', () => {
  let lab: Lab;
  const open: ImapConnection[] = [];
  beforeAll(async () => {
    lab = await startLab({ mailboxes: 4 });
  });
  afterAll(async () => {
    for (const connection of open) connection.destroy();
    await lab.stop();
  });

  async function enter(mailbox: number): Promise<ImapConnection> {
    const request = { protocol: 'imap', host: 'localhost', port: lab.imapPort, tls: 'required' } as const;
    const decision = approveTarget({
      submit: request,
      mailbox: request,
      submitAddresses: ['127.0.0.1'],
      mailboxAddresses: ['127.0.0.1'],
      domains: [lab.domain],
      hasStopCondition: false,
      hasCaps: false,
    });
    if (!decision.ok) throw new Error(decision.refusals.join('; '));
    const clock = (): number => Math.round(performance.now() * 1_000);
    const ca = readFileSync(lab.ca, 'utf8');
    const { connection, message } = await openImap({ endpoint: decision.target.mailbox, clock, ca });
    if (connection === undefined) throw new Error(message);
    open.push(connection);
    const login = lab.accounts[mailbox] ?? '';
    const signedIn = await connection.signIn({ login, password: lab.password });
    expect(signedIn.outcome.kind).toBe('ok');
    return connection;
  }

  const message = (subject: string): Buffer => Buffer.from(`Subject: ${subject}\r\n\r\nx\r\n`);

  test('appends with a date, finds by set, saves what it found and deletes exactly that', async () => {
    const connection = await enter(0);
    const date = new Date(Date.UTC(2016, 10, 14, 9, 29, 0));
    const placed = [];
    for (const subject of ['test', 'Blood test results', 'lunch', 'Test'])
      placed.push((await connection.append('INBOX', message(subject), ['\\Seen'], date)).value);
    expect(placed.map((one) => one?.uid)).toEqual([1, 2, 3, 4]);
    const opened = await connection.select('INBOX', { condstore: true });
    expect(opened.value).toMatchObject({ exists: 4, uidValidity: placed[0]?.uidValidity });
    expect(opened.value?.highestModSeq).toBeGreaterThan(0);
    expect(connection.offers('ESEARCH') && connection.offers('SEARCHRES')).toBe(true);
    expect((await connection.search({ subject: 'lunch' })).value).toEqual([3]);
    expect((await connection.search({ subject: 'nothing such' })).value).toEqual([]);
    expect((await connection.search({ subject: 'TEST' }, { save: true })).value).toEqual([1, 2, 4]);
    expect((await connection.store('$', '+FLAGS.SILENT', ['\\Deleted'])).outcome.kind).toBe('ok');
    expect((await connection.search({ deleted: true })).value).toEqual([1, 2, 4]);
    expect((await connection.uidExpunge('1:2')).value).toEqual({ sequences: [2, 1], uids: [] });
    expect((await connection.expunge()).value).toEqual({ sequences: [2], uids: [] });
    expect(connection).toMatchObject({ exists: 1, expunged: 3 });
  });

  test('resynchronises: what went meanwhile is told, and counts as gone before', async () => {
    const [watcher, other] = [await enter(1), await enter(1)];
    for (let i = 0; i < 5; i += 1) await other.append('INBOX', message(`m${i}`));
    expect((await watcher.enable('QRESYNC')).value?.has('QRESYNC')).toBe(true);
    const before = (await watcher.select('INBOX')).value;
    expect((await watcher.unselect()).outcome.kind).toBe('ok');
    expect(watcher.folder).toBeUndefined();
    await other.select('INBOX');
    await other.store('2,4', '+FLAGS.SILENT', ['\\Deleted']);
    expect((await other.expunge()).value?.sequences).toHaveLength(2);
    await other.store('5', '+FLAGS.SILENT', ['\\Flagged']);
    const qresync = { uidValidity: before?.uidValidity ?? 0, modSeq: before?.highestModSeq ?? 0 };
    const after = (await watcher.select('INBOX', { qresync })).value;
    expect(after).toMatchObject({ exists: 3, vanished: [2, 4], changed: [5] });
    expect(watcher).toMatchObject({ exists: 3, expunged: 0 });
    const events: MailboxEvent[] = [];
    watcher.onEvent = (event) => events.push(event);
    await other.store('1', '+FLAGS.SILENT', ['\\Deleted']);
    await other.expunge();
    await watcher.noop();
    expect(events).toContainEqual({ kind: 'vanished', uids: '1', earlier: false });
    expect(watcher).toMatchObject({ exists: 2, expunged: 1 });
  });

  test('refuses the UIDVALIDITY of another life, and knows the server by name', async () => {
    const connection = await enter(2);
    expect((await connection.id({ name: 'storm' })).value?.get('name')).toBe('Dovecot');
    const { outcome } = await connection.select('INBOX', { uidValidity: 1 });
    expect(outcome).toMatchObject({ kind: 'rejected', code: 'UIDVALIDITY' });
    expect((await connection.search({})).outcome).toMatchObject({ code: 'UIDVALIDITY' });
    expect((await connection.select('INBOX')).outcome.kind).toBe('ok');
    expect((await connection.select('Nowhere')).outcome).toMatchObject({
      code: 'NO',
      enhanced: 'NONEXISTENT',
    });
    expect((await connection.copy('1', 'Nowhere')).outcome.kind).toBe('rejected');
  });

  test('says NOTIFY as the server reads it', async () => {
    const connection = await enter(3);
    expect((await connection.select('INBOX')).outcome.kind).toBe('ok');
    expect(connection.offers('NOTIFY')).toBe(true);
    for (const scope of ['selected', 'personal', 'none'] as const)
      expect((await connection.notify(scope)).outcome, scope).toMatchObject({ kind: 'ok' });
  });
});
