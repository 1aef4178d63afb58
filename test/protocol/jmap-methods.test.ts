/** What a whole run asks over JMAP beside the first calls: entry, news, folders made, parts of blobs, one message to many; each against answers that do not fit, too. */

import { afterEach, describe, expect, test } from 'vitest';

import { HttpConnection } from '../../src/protocol/http/connection.ts';
import type { JmapConnection } from '../../src/protocol/jmap/connection.ts';
import { openJmap } from '../../src/protocol/jmap/open.ts';
import { clock, settings } from './peers/endpoint.ts';
import { answer } from './peers/http.ts';
import { type JmapHabits, type JmapPeer, jmapPeer } from './peers/jmap.ts';

const open: (JmapPeer | HttpConnection)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await ('destroy' in one ? one.destroy() : one.close());
});

async function connected(subjects: readonly string[] = [], habits: Partial<JmapHabits> = {}) {
  const peer = await jmapPeer(subjects, habits);
  const http = new HttpConnection(settings('jmap+http', peer.port));
  open.push(http, peer);
  const place = { endpoint: settings('jmap+http', peer.port).endpoint, clock };
  const opened = await openJmap(http, place, { login: 'user0@lab.test', password: 'secret' });
  if (opened.connection === undefined) throw new Error(JSON.stringify(opened.outcome));
  return { peer, connection: opened.connection };
}

const SUBJECT = 'header:Subject:asRaw:all';

describe('an entry', () => {
  test('is folders and state in one request', async () => {
    const { peer, connection } = await connected(['a', 'b']);
    const before = peer.lines.length;
    const { value } = await connection.enter();
    expect(value?.mailboxes.map(({ role, totalEmails }) => [role, totalEmails])).toEqual([
      ['inbox', 2],
      ['trash', 0],
      ['drafts', 0],
    ]);
    expect(value?.state).toBe('0');
    expect(peer.lines).toHaveLength(before + 1);
  });

  test('without a state, or with folders of nonsense, is none', async () => {
    for (const [name, args] of [
      ['Email/get', { list: [] }],
      ['Mailbox/get', { list: [{ id: 1, name: 'x' }] }],
      ['Mailbox/get', {}],
    ] as const) {
      const { connection } = await connected([], {
        method: (called) => (called === name ? [name, args] : undefined),
      });
      expect((await connection.enter()).outcome).toMatchObject({ kind: 'rejected', code: 'PROTOCOL' });
    }
  });

  test('that is refused for a while says for how long, before there is a session', async () => {
    const peer = await jmapPeer([], { instead: () => answer('503 Busy', '', { 'Retry-After': '7' }) });
    const http = new HttpConnection(settings('jmap+http', peer.port));
    open.push(http, peer);
    const place = { endpoint: settings('jmap+http', peer.port).endpoint, clock };
    const opened = await openJmap(http, place, { login: 'user0@lab.test', password: 'secret' });
    expect(opened).toMatchObject({ outcome: { code: 503, temporary: true }, retryAfterUs: 7_000_000 });
  });
});

describe('news', () => {
  test('are changes and what they created, in one request', async () => {
    const { peer, connection } = await connected(['old']);
    peer.deliver({ subject: 'one', fields: [['X-A', ' b']] }, { subject: 'two', box: 'B2' });
    const before = peer.lines.length;
    const { value } = await connection.news('0', 50, ['mailboxIds', SUBJECT]);
    expect(value).toMatchObject({ created: ['N1', 'N2'], newState: '2', hasMore: false });
    expect(value?.rows.map((row) => [row['mailboxIds'], row[SUBJECT]])).toEqual([
      [{ B1: true }, [' one']],
      [{ B2: true }, [' two']],
    ]);
    expect(peer.lines).toHaveLength(before + 1);
  });

  test('keep to what the server gives at once, and tell what it has forgotten', async () => {
    const { peer, connection } = await connected([], { limits: { maxObjectsInGet: 10 }, forgottenBefore: 1 });
    expect((await connection.news('0', 11, [])).outcome).toMatchObject({ code: 'ARGUMENT' });
    expect(peer.calls).toEqual([]);
    expect((await connection.news('0', 10, [])).outcome).toMatchObject({
      code: 'error',
      enhanced: 'cannotCalculateChanges',
    });
  });

  test.each([
    ['Email/changes', { created: [], updated: [], newState: '1' }],
    ['Email/changes', { created: [1], updated: [], destroyed: [], newState: '1' }],
    ['Email/get', { list: [null], state: '1' }],
  ])('with %s %j are none', async (name, args) => {
    const { connection } = await connected([], {
      method: (called) => (called === name ? [name, args] : undefined),
    });
    expect((await connection.news('0', 10, [])).outcome).toMatchObject({ code: 'PROTOCOL' });
  });
});

describe('a folder that is made', () => {
  test('has an id, and its role where the server lets it', async () => {
    const { connection } = await connected([], { boxes: [{ id: 'B1', name: 'Inbox', role: 'inbox' }] });
    expect((await connection.createMailbox('Trash', 'trash')).value).toBe('B2');
    expect((await connection.mailboxes()).value?.at(-1)).toMatchObject({ name: 'Trash', role: 'trash' });
    const strict = await connected([], { keepsRoles: true });
    expect((await strict.connection.createMailbox('Trash', 'trash')).outcome).toMatchObject({
      code: 'notCreated',
      enhanced: 'invalidProperties',
    });
    expect((await strict.connection.createMailbox('Trash', null)).value).toBe('B4');
  });

  test('of which nothing is said may be there', async () => {
    const { connection } = await connected([], { method: (name) => [name, {}] });
    expect((await connection.createMailbox('Trash', null)).outcome.kind).toBe('unknown');
  });
});

describe('a blob', () => {
  async function uploaded(habits: Partial<JmapHabits> = {}) {
    const { peer, connection } = await connected([], habits);
    const blob = (await connection.upload(Buffer.from('0123456789'))).value ?? '';
    return { peer, connection, blob };
  }
  const text = async (connection: JmapConnection, blob: string, maxBytes?: number): Promise<string> => {
    const { value, outcome } = await connection.download(blob, maxBytes);
    return value === undefined ? JSON.stringify(outcome) : String(value);
  };

  test.each([true, false])('comes in part where that is asked for: ranges %s', async (ranges) => {
    const { connection, blob } = await uploaded({ ranges });
    expect(await text(connection, blob)).toBe('0123456789');
    expect(await text(connection, blob, 4)).toBe('0123');
    expect(await text(connection, blob, 50)).toBe('0123456789');
    expect(await text(connection, blob, 0)).toBe('');
  });

  const PARTS: readonly (readonly [string, number | undefined, Readonly<Record<string, string>>])[] = [
    ['another part', 4, { 'Content-Range': 'bytes 5-9/10' }],
    ['a part without a place', 4, {}],
    ['a part that was not asked for', undefined, { 'Content-Range': 'bytes 0-4/10' }],
  ];

  test.each(PARTS)('answered by %s is none', async (_, maxBytes, fields) => {
    const { peer, connection, blob } = await uploaded();
    peer.habits.instead = () => answer('206 Partial Content', '56789', fields);
    expect((await connection.download(blob, maxBytes)).outcome).toMatchObject({ code: 'PROTOCOL' });
  });

  test('is imported with its flags and its time', async () => {
    const { peer, connection, blob } = await uploaded();
    const receivedAtMs = Date.UTC(2016, 10, 14, 8, 29);
    for (const [seen, ms] of [
      [true, 0],
      [false, 250],
    ] as const)
      await connection.import(blob, 'B1', { seen, receivedAtMs: receivedAtMs + ms });
    await connection.import(blob, 'B1');
    expect(peer.mail.map(({ keywords, receivedAt }) => [keywords, receivedAt])).toEqual([
      [{ $seen: true }, '2016-11-14T08:29:00Z'],
      [{}, '2016-11-14T08:29:00.250Z'],
      [undefined, undefined],
    ]);
  });
});

describe('one message to several envelopes', () => {
  const envelopes = [['a@lab.test', 'b@lab.test'], ['c@lab.test']].map((to) => ({ from: 'x@lab.test', to }));

  async function posted(habits: Partial<JmapHabits> = {}) {
    const { peer, connection } = await connected([], habits);
    const blobId = (await connection.upload(Buffer.from('x'))).value ?? '';
    const answered = await connection.post({ blobId, mailboxId: 'B3' }, 'I1', envelopes);
    return { peer, connection, answered };
  }

  test('is one request, each with its outcome', async () => {
    const { peer, answered } = await posted();
    expect(answered.value?.sent.map(({ id }) => id)).toEqual(['S1', 'S2']);
    expect(peer.calls.map(([name]) => name)).toEqual(['Email/import', 'EmailSubmission/set']);
    expect(peer.mail).toEqual([]);
  });

  test('that is too many for one tells how many it takes', async () => {
    const { peer, answered } = await posted({ maxRecipients: 1 });
    const [first, second] = answered.value?.sent ?? [];
    expect(first).toMatchObject({
      outcome: { enhanced: 'tooManyRecipients', limiter: true },
      maxRecipients: 1,
    });
    expect(second).toMatchObject({ outcome: { kind: 'ok' }, id: 'S1' });
    expect(peer.submitted.map(({ to }) => to)).toEqual([['c@lab.test']]);
  });

  test('that was imported before is submitted as it lies there', async () => {
    const { peer, connection, answered } = await posted({ maxRecipients: 0 });
    const { emailId = '' } = answered.value ?? {};
    expect(peer.mail.map(({ id }) => id)).toEqual([emailId]);
    peer.habits.maxRecipients = 5;
    const again = await connection.post({ emailId }, 'I1', envelopes);
    expect(again.value?.sent.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok']);
    expect(peer.uploads).toHaveLength(1);
    expect(peer.mail).toEqual([]);
  });

  test('of which one is not answered for is unknown there', async () => {
    const { answered } = await posted({
      method: (name) =>
        name === 'EmailSubmission/set' ? [name, { created: { s0: { id: 'S' } } }] : undefined,
    });
    expect(answered.value?.sent.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'unknown']);
  });

  test('keeps to the server’s limits, and needs a server that takes messages', async () => {
    const few = await connected([], { limits: { maxObjectsInSet: 1 } });
    expect((await few.connection.post({ emailId: 'M1' }, 'I1', envelopes)).outcome).toMatchObject({
      code: 'ARGUMENT',
    });
    const primaryAccounts = { 'urn:ietf:params:jmap:mail': 'A' };
    const capabilities = { 'urn:ietf:params:jmap:core': {}, 'urn:ietf:params:jmap:mail': {} };
    const none = await connected([], { session: { primaryAccounts, capabilities } });
    for (const asked of [
      none.connection.post({ emailId: 'M1' }, 'I1', envelopes),
      none.connection.outgoing(),
    ])
      expect((await asked).outcome).toMatchObject({ code: 'UNSUPPORTED' });
    expect([...few.peer.calls, ...none.peer.calls]).toEqual([]);
  });
});
