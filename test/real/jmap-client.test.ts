/** The JMAP mail client against a real Cyrus: what it lists, finds, reads, puts there and removes, read again by imapflow. */

import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { INBOX } from '../../src/replay/clients/client.ts';
import { type JmapMailClient, openJmapMailbox } from '../../src/replay/clients/jmap-mailbox.ts';
import { FilterTrust } from '../../src/replay/jmap-search.ts';
import { settings } from '../protocol/peers/endpoint.ts';
import { type CyrusLab, missingForCyrus, startCyrus } from './cyrus.ts';
import { describeWith } from './gate.ts';
import { clientOf as imapClientOf } from './imap-eyes.ts';

const FIELDS = ['Message-ID', 'Subject', 'X-Name'];

let lab: CyrusLab;

async function clientOf(mailbox: number, trust = new FilterTrust()): Promise<JmapMailClient> {
  const door = { http: settings('jmap+http', lab.httpPort), trust };
  const login = lab.accounts[mailbox] ?? '';
  const { client, outcome } = await openJmapMailbox(door, { login, password: lab.password });
  if (client === undefined) throw new Error(JSON.stringify(outcome));
  onTestFinished(() => client.destroy());
  return client;
}

function imapOf(mailbox: number): ReturnType<typeof imapClientOf> {
  const { imapPort, password, accounts } = lab;
  return imapClientOf({ imapPort, password, address: accounts[mailbox] ?? '' });
}

async function deliver(mailbox: number, subjects: readonly string[]): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: lab.lmtpPort, lmtp: true, ignoreTLS: true });
  for (const subject of subjects)
    await transport.sendMail({
      from: 'a@lab.test',
      to: lab.accounts[mailbox] ?? '',
      subject,
      text: `about ${subject}`,
      messageId: `<${subject.replaceAll(' ', '.')}@lab.test>`,
      headers: { 'X-Name': `${'long '.repeat(30)}${subject}` },
    });
  transport.close();
}

const subjectsOf = (rows: readonly { readonly headers: ReadonlyMap<string, string> }[] = []): string[] =>
  rows.map(({ headers }) => headers.get('subject') ?? '');

describeWith(missingForCyrus(), 'the JMAP client on Cyrus', () => {
  beforeAll(async () => {
    lab = await startCyrus({ mailboxes: 12, jmap: true });
  }, 60_000);
  afterAll(() => lab?.stop());

  test('lists, names, finds and reads what was delivered', async () => {
    await deliver(0, ['one', 'two', 'three']);
    const client = await clientOf(0);
    const folders = (await client.folders()).value ?? [];
    expect(folders.map(({ name, place }) => `${name} ${place}`)).toEqual([
      'INBOX present',
      'Junk junked',
      'Trash trashed',
      'Drafts sent',
    ]);
    expect((await client.open(INBOX)).value?.exists).toBe(3);
    const rows = (await client.list(FIELDS)).value ?? [];
    expect(subjectsOf(rows).sort()).toEqual(['one', 'three', 'two']);
    const two = rows.find(({ headers }) => headers.get('subject') === 'two');
    expect(two?.headers.get('message-id')).toBe('<two@lab.test>');
    // Folded on the wire, and whole again here.
    expect(two?.headers.get('x-name')).toBe(`${'long '.repeat(30)}two`);
    expect((await client.find('<two@lab.test>')).value).toEqual([two?.uid]);
    expect((await client.find('<nobodys@lab.test>')).value).toEqual([]);
    const [whole] = (await client.bodies([two?.uid ?? 0])).value ?? [];
    expect(whole?.body.toString()).toContain('about two');
    const [part] = (await client.bodies([two?.uid ?? 0], { maxBytes: 100 })).value ?? [];
    expect(part?.body).toEqual(whole?.body.subarray(0, 100));
    expect((await client.bodies([])).outcome.kind).toBe('ok');
    expect(client.bytesRead).toBeGreaterThan(whole?.body.length ?? 0);
  });

  test('tells what came since a bookmark, also to another client, and counts it', async () => {
    await deliver(1, ['before']);
    const client = await clientOf(1);
    const { value: opened } = await client.open(INBOX);
    if (opened === undefined) throw new Error('not opened');
    const counted = (await client.arrivals()).value ?? 0;
    await deliver(1, ['one', 'two']);
    const news = (await client.news(opened.bookmark, FIELDS)).value;
    expect(subjectsOf(news?.rows).sort()).toEqual(['one', 'two']);
    expect((await client.arrivals()).value).toBe(counted + 2);
    await deliver(1, ['three']);
    const other = await clientOf(1);
    const later = (await other.news(news?.bookmark ?? opened.bookmark, FIELDS)).value;
    expect(subjectsOf(later?.rows)).toEqual(['three']);
    expect((await other.news(later?.bookmark ?? opened.bookmark, FIELDS)).value?.rows).toEqual([]);
  });

  test('what is expunged makes Cyrus forget: everything is read anew, and only what is new is news', async () => {
    await deliver(2, ['one', 'two']);
    const client = await clientOf(2);
    const { value: opened } = await client.open(INBOX);
    const [first] = (await client.list(FIELDS)).value ?? [];
    expect((await client.remove([first?.uid ?? 0])).outcome.kind).toBe('ok');
    await deliver(2, ['three']);
    const news = await client.news(opened?.bookmark ?? { door: 'jmap', state: '' }, FIELDS);
    expect(subjectsOf(news.value?.rows)).toEqual(['three']);
    const imap = await imapOf(2);
    expect((await imap.mailboxOpen('INBOX')).exists).toBe(2);
  });

  test('a message of the past is put there with its date and flags', async () => {
    await deliver(3, ['first']);
    const client = await clientOf(3);
    await client.open(INBOX);
    const date = new Date('2016-11-14T08:29:00Z');
    const message = Buffer.from('From: <a@lab.test>\r\nSubject: past\r\n\r\nx\r\n');
    expect((await client.append(message, { seen: true, date })).outcome).toMatchObject({ kind: 'ok' });
    const imap = await imapOf(3);
    await imap.mailboxOpen('INBOX');
    const found = await imap.fetchAll('1:*', { envelope: true, flags: true, internalDate: true });
    const past = found.find(({ envelope }) => envelope?.subject === 'past');
    expect(past?.flags).toContain(String.raw`\Seen`);
    expect(new Date(past?.internalDate ?? 0)).toEqual(date);
    expect(subjectsOf((await client.newest(5, FIELDS)).value).at(0)).toBe('past');
  });

  test('a message in two folders is listed once over all of them', async () => {
    await deliver(4, ['one', 'two']);
    const imap = await imapOf(4);
    await imap.mailboxCreate('Archive');
    await imap.mailboxOpen('INBOX');
    await imap.messageCopy('1:*', 'Archive');
    await imap.messageMove('1', 'Trash');
    const client = await clientOf(4);
    const listed: string[] = [];
    for (const { name } of (await client.folders()).value ?? []) {
      await client.open(name, { readOnly: true });
      listed.push(...subjectsOf((await client.list(FIELDS)).value).map((subject) => `${name} ${subject}`));
    }
    expect(listed.sort()).toEqual(['Archive one', 'INBOX two']);
  });

  test('two copies with the same bytes are one email to Cyrus', async () => {
    await deliver(7, ['one']);
    const imap = await imapOf(7);
    const twice = 'From: <a@lab.test>\r\nSubject: twice\r\n\r\nx\r\n';
    for (let n = 0; n < 2; n += 1) await imap.append('INBOX', twice);
    expect((await imap.mailboxOpen('INBOX')).exists).toBe(3);
    const client = await clientOf(7);
    await client.open(INBOX);
    expect(subjectsOf((await client.list(FIELDS)).value).sort()).toEqual(['one', 'twice']);
  });

  test('nobody can be waited for who does not tell: Cyrus has no stream of events', async () => {
    await deliver(5, ['one']);
    const client = await clientOf(5);
    await client.open(INBOX);
    const { signal } = new AbortController();
    expect(client.awaitNews({ forUs: 1_000_000, signal })).toBeUndefined();
    const push = client.connection.push(() => undefined);
    if (!('opened' in push)) throw new Error('nothing was opened');
    expect((await push.opened).outcome).toMatchObject({ kind: 'rejected', code: 'UNSUPPORTED' });
    expect(client.awaitNews({ forUs: 1_000_000, signal })).toBeUndefined();
  });

  test('a password that is changed in mid-life closes the client', async () => {
    await deliver(6, ['one']);
    const client = await clientOf(6);
    await client.open(INBOX);
    client.connection.signInAs({ login: lab.accounts[6] ?? '', password: 'changed' });
    const { outcome } = await client.list(FIELDS);
    expect(outcome).toMatchObject({ kind: 'rejected', code: 401, enhanced: 'AUTHENTICATIONFAILED' });
    expect(client.closed).toBe(true);
  });
});
