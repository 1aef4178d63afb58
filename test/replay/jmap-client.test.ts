/** A mailbox over JMAP as journeys use it: folders, listings, finding, news, waiting, removing, against a small server that may forget, lie or turn us away. */

import { describe, expect, test } from 'vitest';

import { INBOX, type Bookmark } from '../../src/replay/clients/client.ts';
import { type JmapMailClient, openJmapMailbox } from '../../src/replay/clients/jmap-mailbox.ts';
import { FilterTrust } from '../../src/replay/jmap-search.ts';
import { settings } from '../protocol/peers/endpoint.ts';
import { answer } from '../protocol/peers/http.ts';
import type { JmapHabits } from '../protocol/peers/jmap.ts';
import { CREDENTIALS, entered, FIELDS, mailbox, served, subjectsOf } from './jmap-mailboxes.ts';

const uidsOf = (rows: readonly { readonly uid: number }[] | undefined): unknown =>
  rows?.map(({ uid }) => uid);
const at = (second: number): string => `2016-11-14T08:29:${String(second).padStart(2, '0')}Z`;

describe('signing in', () => {
  test('is a session and an entry over a connection of its own; opening INBOX asks nothing more', async () => {
    const { peer, client, opened } = await mailbox(['a', 'b']);
    expect(peer.lines.map((line) => line.split(' ')[1])).toEqual(['/.well-known/jmap', '/session', '/api']);
    expect(opened).toEqual({ exists: 2, bookmark: { door: 'jmap', state: '0' } });
    expect([client.door, client.isExact, client.hasUids, client.tls, client.closed]).toEqual([
      'jmap',
      true,
      false,
      false,
      false,
    ]);
    expect(client.bytesRead).toBeGreaterThan(500);
  });

  test('ends with the refusal, and tells of the client before it', async () => {
    const peer = await served();
    const door = { http: settings('jmap+http', peer.port), trust: new FilterTrust() };
    let early: JmapMailClient | undefined;
    const refused = await openJmapMailbox(door, { login: 'user0@lab.test', password: 'wrong' }, (client) => {
      early = client;
    });
    expect(refused).toMatchObject({ outcome: { code: 401, enhanced: 'AUTHENTICATIONFAILED' } });
    expect(refused.client).toBeUndefined();
    expect(early?.closed).toBe(true);
    peer.habits.instead = ({ line }) =>
      line.startsWith('POST') ? answer('503 Busy', '', { 'Retry-After': '9' }) : 'as usual';
    expect(await openJmapMailbox(door, CREDENTIALS)).toMatchObject({
      outcome: { code: 503, temporary: true },
      retryAfterUs: 9_000_000,
    });
  });

  test('that may wait no longer is cut', async () => {
    const peer = await served([], { instead: () => undefined });
    const door = { http: settings('jmap+http', peer.port), trust: new FilterTrust() };
    const { outcome } = await openJmapMailbox(door, CREDENTIALS, (client) =>
      setImmediate(() => client.destroy()),
    );
    expect(outcome).toMatchObject({ kind: 'rejected', code: 'CLOSED' });
  });
});

describe('folders', () => {
  test('are told by role, then by name; virtual ones are left out', async () => {
    const boxes = [
      { id: '1', name: 'Gesendet', role: 'sent' },
      { id: '2', name: 'Deleted Items', role: null },
      { id: '3', name: 'Everything', role: 'all' },
      { id: '4', name: 'Entwürfe', role: 'drafts' },
      { id: '5', name: 'Spam', role: 'junk' },
      { id: '6', name: '2016', role: null, parentId: '7' },
      { id: '7', name: 'Archive', role: 'archive' },
      { id: '8', name: 'Posteingang', role: 'inbox' },
      { id: '9', name: 'Archive/2016', role: null },
    ];
    const { client } = await mailbox([], { boxes });
    const folders = (await client.folders()).value ?? [];
    expect(folders.map(({ name, place, isInbox }) => `${name} ${place}${isInbox ? ' !' : ''}`)).toEqual([
      'INBOX present !',
      'Archive/2016 present',
      'Archive present',
      '9 present',
      'Spam junked',
      'Deleted Items trashed',
      'Gesendet sent',
      'Entwürfe sent',
    ]);
    expect((await client.open('Posteingang')).outcome).toMatchObject({ code: 'NONEXISTENT' });
  });

  test('that lie in each other in a circle do not hold us', async () => {
    const circle = [
      { id: '1', name: 'a', role: null, parentId: '2' },
      { id: '2', name: 'b', role: null, parentId: '1' },
      { id: '3', name: 'Inbox', role: 'inbox' },
    ];
    const { client } = await mailbox([], { boxes: circle });
    expect((await client.folders()).value).toHaveLength(3);
  });

  test('are counted anew when one is opened again, or something was changed', async () => {
    const { peer, client } = await mailbox(['a', 'b', 'c']);
    peer.deliver({ subject: 'd' });
    expect((await client.open(INBOX)).value).toMatchObject({ exists: 4, bookmark: { state: '1' } });
    await client.folders();
    const requests = peer.lines.length;
    await client.open(INBOX);
    await client.open('Trash');
    expect(peer.lines).toHaveLength(requests);
    const [first] = (await client.listFolder('B1', FIELDS)).value ?? [];
    await client.remove([first?.uid ?? 0]);
    expect((await client.open('Drafts')).value?.exists).toBe(0);
    expect((await client.open(INBOX)).value?.exists).toBe(3);
  });

  test('without an INBOX are an account that nobody can use', async () => {
    const peer = await served([], { boxes: [] });
    const client = await entered(peer);
    const nothing: Bookmark = { door: 'jmap', state: '0' };
    for (const asked of [
      client.open(INBOX),
      client.list(FIELDS),
      client.newest(5, FIELDS),
      client.find('<x>'),
      client.news(nothing, FIELDS),
      client.arrivals(),
      client.append(Buffer.from('x'), { seen: true, date: new Date(0) }),
    ])
      expect((await asked).outcome.kind).toBe('rejected');
  });
});

describe('a listing', () => {
  test('is oldest first, in pages, each message once, with numbers that ascend', async () => {
    const { peer, client } = await mailbox([], { limits: { maxObjectsInGet: 3 }, page: 2 });
    peer.deliver(...[4, 1, 3, 0, 2].map((n) => ({ subject: `m ${n}`, receivedAt: at(n) })));
    const { value } = await client.list(FIELDS);
    expect(subjectsOf(value)).toEqual(['m 0', 'm 1', 'm 2', 'm 3', 'm 4']);
    expect(uidsOf(value)).toEqual([1, 2, 3, 4, 5]);
    const newest = await client.newest(2, FIELDS);
    expect([subjectsOf(newest.value), uidsOf(newest.value)]).toEqual([
      ['m 3', 'm 4'],
      [4, 5],
    ]);
    const some = await client.headers([5, 99, 1, 3, 2], ['Subject']);
    expect([subjectsOf(some.value), uidsOf(some.value)]).toEqual([
      ['m 0', 'm 1', 'm 2', 'm 4'],
      [1, 2, 3, 5],
    ]);
    expect((await client.headers([], FIELDS)).value).toEqual([]);
  });

  test('has fields as they stand, unfolded and trimmed; of a repeated one the first', async () => {
    const { peer, client } = await mailbox();
    const fields = [
      ['Message-ID', ' <a@b>'],
      ['X-Folded', '\r\n one\r\n\ttwo \r\n  three '],
      ['X-Twice', ' first'],
      ['x-twice', ' second'],
      ['X-Empty', ''],
    ] as const;
    peer.deliver({ subject: '=?utf-8?Q?caf=C3=A9?=', fields });
    const { value } = await client.list([
      'Subject',
      'Message-ID',
      'X-Folded',
      'X-Twice',
      'X-Empty',
      'X-None',
    ]);
    expect([...(value?.[0]?.headers ?? [])].toSorted(([one], [other]) => (one < other ? -1 : 1))).toEqual([
      ['message-id', '<a@b>'],
      ['subject', '=?utf-8?Q?caf=C3=A9?='],
      ['x-empty', ''],
      ['x-folded', 'one\ttwo   three'],
      ['x-twice', 'first'],
    ]);
  });

  test('over all folders has each message once, and one that was moved where it lies now', async () => {
    const { peer, client } = await mailbox(['inbox only', 'moved', 'in both']);
    const both = peer.mail.find(({ subject }) => subject === 'in both');
    if (both !== undefined) both.alsoIn = 'B2';
    expect(subjectsOf((await client.list(FIELDS)).value)).toEqual(['inbox only', 'moved', 'in both']);
    const moved = peer.mail.find(({ subject }) => subject === 'moved');
    if (moved !== undefined) moved.box = 'B2';
    await client.open('Trash');
    expect(subjectsOf((await client.list(FIELDS)).value)).toEqual(['moved']);
    // Whoever asks for the same folder again gets the same.
    await client.open(INBOX);
    expect(subjectsOf((await client.list(FIELDS)).value)).toEqual(['inbox only', 'in both']);
  });
});

describe('a message', () => {
  const MAIL = ['a', 'b', 'c'].map((subject) => ({
    subject,
    fields: [['Message-ID', ` <${subject}@x>`]] as const,
  }));
  const WAYS: readonly (readonly [Partial<JmapHabits>, boolean])[] = [
    [{}, false],
    [{ header: 'fails' }, true],
    [{ header: 'silent' }, true],
  ];

  test.each(WAYS)('is found by its Message-ID where the filter %j', async (habits, isSpoilt) => {
    const peer = await served([], habits);
    const trust = new FilterTrust();
    const client = await entered(peer, trust);
    peer.deliver(...MAIL);
    await client.open(INBOX);
    expect((await client.find('<b@x>')).value).toHaveLength(1);
    expect(trust.isSpoilt('header')).toBe(isSpoilt);
    const asked = peer.calls.length;
    expect((await client.find('<b@x>')).value).toHaveLength(1);
    expect(peer.calls.slice(asked).map(([name]) => name)).toEqual(['Email/query', 'Email/get']);
    // A part of an id is no id, whatever a filter makes of it.
    expect((await client.find('<b')).value).toEqual([]);
  });

  test('that came while it was looked for spoils no filter', async () => {
    const { peer } = await mailbox();
    const trust = new FilterTrust();
    const client = await entered(peer, trust);
    await client.open(INBOX);
    let queries = 0;
    peer.habits.method = (name) => {
      if (name === 'Email/query') queries += 1;
      if (name === 'Email/query' && queries === 2) peer.deliver(...MAIL);
      return undefined;
    };
    expect((await client.find('<b@x>')).value).toHaveLength(1);
    expect(trust.isSpoilt('header')).toBe(false);
  });

  test('comes as it lies there, whole or in part; what is gone is left out', async () => {
    const { peer, client } = await mailbox();
    peer.deliver({ subject: 'a', body: 'hello' }, { subject: 'b', body: 'there' }, { subject: 'c' });
    const [a = 0, b = 0, c = 0] = (await client.list(FIELDS)).value?.map(({ uid }) => uid) ?? [];
    expect((await client.bodies([a, b])).value?.map(({ body }) => body.toString())).toEqual([
      'Subject: a\r\n\r\nhello',
      'Subject: b\r\n\r\nthere',
    ]);
    expect((await client.bodies([b], { maxBytes: 10 })).value?.[0]?.body.toString()).toBe('Subject: b');
    peer.mail.splice(2, 1);
    expect((await client.bodies([c, a])).value?.map(({ uid }) => uid)).toEqual([a]);
    const empty = await client.bodies([]);
    expect([empty.outcome.kind, empty.value]).toEqual(['ok', []]);
    expect(peer.calls.at(-1)).toMatchObject(['Email/get', { ids: [] }]);
    peer.habits.instead = () => answer('429 Too Many', '', { 'Retry-After': '4' });
    expect(await client.bodies([a])).toMatchObject({ outcome: { limiter: true }, retryAfterUs: 4_000_000 });
  });

  test('found by another of its kind can be read, though it was never listed', async () => {
    const { peer, client } = await mailbox();
    peer.deliver(...MAIL);
    const [uid = 0] = (await client.find('<c@x>')).value ?? [];
    expect((await client.bodies([uid])).value?.[0]?.body.toString()).toContain('Subject: c');
    expect(subjectsOf((await client.headers([uid], ['Subject'])).value)).toEqual(['c']);
  });

  test('of the past is put into INBOX, seen or not, with its time', async () => {
    const { peer, client } = await mailbox();
    const date = new Date(Date.UTC(2016, 10, 14));
    expect((await client.append(Buffer.from('Subject: x\r\n\r\n'), { seen: true, date })).outcome.kind).toBe(
      'ok',
    );
    expect(peer.mail).toMatchObject([
      { box: 'B1', keywords: { $seen: true }, receivedAt: '2016-11-14T00:00:00Z' },
    ]);
    peer.habits.method = (name) => [name, { notCreated: { m: { type: 'overQuota' } } }];
    expect((await client.append(Buffer.from('x'), { seen: false, date })).outcome).toMatchObject({
      overQuota: true,
    });
  });

  test('is removed in chunks, for good; one that is gone already is no refusal', async () => {
    const { peer, client } = await mailbox(['a', 'b', 'c', 'd', 'e'], { limits: { maxObjectsInSet: 2 } });
    const uids = (await client.list(FIELDS)).value?.map(({ uid }) => uid) ?? [];
    peer.mail.splice(1, 1);
    expect((await client.remove(uids.slice(0, 4))).outcome.kind).toBe('ok');
    expect(peer.mail.map(({ subject }) => subject)).toEqual(['e']);
    expect(peer.calls.filter(([name]) => name === 'Email/set')).toHaveLength(2);
    expect((await client.remove([])).outcome.kind).toBe('ok');
    peer.habits.method = (name) => [name, { notDestroyed: { M4: { type: 'forbidden' } } }];
    expect((await client.remove([uids[4] ?? 0])).outcome).toMatchObject({
      code: 'notDestroyed',
      enhanced: 'forbidden',
    });
  });
});

describe('news', () => {
  test('are what was made in INBOX since then, oldest first, in pages, also to another client', async () => {
    const { peer, client, opened } = await mailbox(['old'], { limits: { maxObjectsInGet: 2 } });
    peer.deliver(
      { subject: 'second', receivedAt: at(2) },
      { subject: 'elsewhere', box: 'B2' },
      { subject: 'first', receivedAt: '2016-11-14T08:29:01.5Z' },
      { subject: 'zeroth', receivedAt: at(1) },
      { subject: 'gone' },
    );
    peer.mail.pop();
    const news = await client.news(opened.bookmark, FIELDS);
    expect(subjectsOf(news.value?.rows)).toEqual(['zeroth', 'first', 'second']);
    expect(news.value?.bookmark).toEqual({ door: 'jmap', state: '5' });
    expect(peer.calls.filter(([name]) => name === 'Email/changes')).toHaveLength(3);
    const other = await entered(peer);
    expect(subjectsOf((await other.news(opened.bookmark, FIELDS)).value?.rows)).toEqual([
      'zeroth',
      'first',
      'second',
    ]);
    const again = await client.news(news.value?.bookmark ?? opened.bookmark, FIELDS);
    expect(again.value).toEqual({ rows: [], bookmark: { door: 'jmap', state: '5' } });
    expect((await client.news({ door: 'imap', uidNext: 1 }, FIELDS)).outcome).toMatchObject({
      code: 'ARGUMENT',
    });
  });

  test.each(['cannotCalculateChanges', 'tooManyChanges'])(
    'after %s are what this client did not know',
    async (type) => {
      const { peer, client, opened } = await mailbox(['a', 'b']);
      await client.list(FIELDS);
      peer.deliver({ subject: 'c' });
      peer.habits.method = (name) => (name === 'Email/changes' ? ['error', { type }] : undefined);
      const news = await client.news(opened.bookmark, FIELDS);
      expect([subjectsOf(news.value?.rows), news.value?.bookmark]).toEqual([
        ['c'],
        { door: 'jmap', state: '1' },
      ]);
      expect(news.outcome.kind).toBe('ok');
      expect((await client.news(opened.bookmark, FIELDS)).value?.rows).toEqual([]);
    },
  );

  test('that are refused are refused, with how long to wait', async () => {
    const { peer, client, opened } = await mailbox();
    peer.habits.instead = () => answer('503 Busy', '', { 'Retry-After': '3' });
    expect(await client.news(opened.bookmark, FIELDS)).toMatchObject({
      outcome: { kind: 'rejected', temporary: true },
      retryAfterUs: 3_000_000,
    });
    expect(client.closed).toBe(false);
  });

  test('are counted as arrivals, whatever leaves meanwhile', async () => {
    const { peer, client } = await mailbox(['a', 'b']);
    const first = (await client.arrivals()).value ?? 0;
    peer.deliver({ subject: 'c' }, { subject: 'd' }, { subject: 'not here', box: 'B3' });
    peer.mail.shift();
    expect((await client.arrivals()).value).toBe(first + 2);
    expect((await client.arrivals()).value).toBe(first + 2);
    peer.habits.method = (name) =>
      name === 'Email/changes' ? ['error', { type: 'cannotCalculateChanges' }] : undefined;
    peer.deliver({ subject: 'e' });
    expect((await client.arrivals()).value).toBe(first + 3);
    expect((await client.arrivals()).value).toBe(first + 3);
  });
});

describe('a client whose credentials are refused in mid-life', () => {
  test('is closed, and says why; its owner signs in anew', async () => {
    const { peer, client } = await mailbox(['a']);
    peer.habits.authorization = 'Bearer other';
    expect((await client.list(FIELDS)).outcome).toMatchObject({
      code: 401,
      enhanced: 'AUTHENTICATIONFAILED',
    });
    expect(client.closed).toBe(true);
    await client.leave();
    expect((await client.list(FIELDS)).outcome).toMatchObject({ code: 'CLOSED' });
  });

  test('is not one whose line was lost', async () => {
    const { peer, client } = await mailbox(['a']);
    peer.habits.instead = (_, one) => {
      one.reset();
      return undefined;
    };
    expect((await client.list(FIELDS)).outcome).toMatchObject({ kind: 'rejected', code: 'CLOSED' });
    peer.habits.instead = undefined;
    expect(client.closed).toBe(false);
    expect(subjectsOf((await client.list(FIELDS)).value)).toEqual(['a']);
  });
});
