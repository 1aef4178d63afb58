/** Searching, keeping up and emptying over JMAP, against servers whose filters cannot be believed, that forget, that serve small pages. */

import { afterEach, describe, expect, test } from 'vitest';

import { HttpConnection } from '../../src/protocol/http/connection.ts';
import { openJmap } from '../../src/protocol/jmap/open.ts';
import { JmapDesk } from '../../src/replay/jmap-desk.ts';
import { everyId } from '../../src/replay/jmap-pages.ts';
import { findBySubject, FilterTrust, type SearchWay } from '../../src/replay/jmap-search.ts';
import { bringUpToDate, readAll } from '../../src/replay/jmap-sync.ts';
import { clock, settings } from '../protocol/peers/endpoint.ts';
import { type JmapHabits, type JmapPeer, jmapPeer } from '../protocol/peers/jmap.ts';

const open: (JmapPeer | HttpConnection)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await ('destroy' in one ? one.destroy() : one.close());
});

async function connected(subjects: readonly string[], habits: Partial<JmapHabits> = {}) {
  const peer = await jmapPeer(subjects, habits);
  const http = new HttpConnection(settings('jmap+http', peer.port));
  open.push(http, peer);
  const place = { endpoint: settings('jmap+http', peer.port).endpoint, clock };
  const { connection, outcome } = await openJmap(http, place, {
    login: 'user0@lab.test',
    password: 'secret',
  });
  if (connection === undefined) throw new Error(JSON.stringify(outcome));
  return { peer, connection };
}

const MAIL = ['test', 'hello', 'Blood TEST results', 'RE: test'];
const HITS = ['M0', 'M2', 'M3'];

describe('a search by subject', () => {
  const CASES: readonly (readonly [Partial<JmapHabits>, SearchWay, readonly SearchWay[]])[] = [
    [{}, 'subject', []],
    [{ subject: 'silent' }, 'header', ['subject']],
    [{ subject: 'fails' }, 'header', ['subject']],
    [{ subject: 'fails', header: 'fails' }, 'listing', ['subject', 'header']],
    [{ subject: 'silent', header: 'silent' }, 'listing', ['subject', 'header']],
    [{ header: 'silent' }, 'subject', ['header']],
  ];

  test.each(CASES)('with filters %j finds all, and remembers whom to ask', async (habits, way, spoilt) => {
    const { peer, connection } = await connected(MAIL, { ...habits, page: 2 });
    const trust = new FilterTrust();
    const first = await findBySubject(connection, 'B1', 'test', trust);
    expect(first.value?.ids.toSorted()).toEqual(HITS);
    const calls = peer.calls.length;
    const second = await findBySubject(connection, 'B1', 'test', trust);
    expect(second.value?.ids.toSorted()).toEqual(HITS);
    expect(second.value?.way).toBe(way);
    expect(peer.calls.length - calls).toBeLessThanOrEqual(calls);
    for (const one of spoilt)
      if (one !== 'header' || way === 'listing') expect(trust.isSpoilt(one)).toBe(true);
    expect(trust.isSpoilt(way)).toBe(false);
  });

  test('that finds nothing has read everything, even where the filter was right before', async () => {
    const { connection } = await connected(MAIL);
    const trust = new FilterTrust();
    await findBySubject(connection, 'B1', 'test', trust);
    const nothing = await findBySubject(connection, 'B1', 'never', trust);
    expect(nothing.value).toEqual({ ids: [], way: 'listing' });
    expect(trust.spoilt).toEqual([]);
  });

  test('whose filter falls silent later is noticed', async () => {
    const { peer, connection } = await connected(MAIL);
    const trust = new FilterTrust();
    await findBySubject(connection, 'B1', 'test', trust);
    peer.habits.subject = 'silent';
    const found = await findBySubject(connection, 'B1', 'test', trust);
    expect(found.value?.ids.toSorted()).toEqual(HITS);
    expect(trust.spoilt).toEqual(['subject']);
  });

  test('that is refused for another reason is refused, not read otherwise', async () => {
    const { peer, connection } = await connected(MAIL);
    peer.habits.authorization = 'Bearer other';
    const trust = new FilterTrust();
    const found = await findBySubject(connection, 'B1', 'test', trust);
    expect(found.outcome).toMatchObject({ kind: 'rejected', code: 401 });
    expect([found.value, trust.spoilt]).toEqual([undefined, []]);
  });
});

describe('keeping up', () => {
  test('follows creations and destructions, in pages', async () => {
    const { peer, connection } = await connected(
      Array.from({ length: 9 }, (_, n) => `m ${n}`),
      { page: 4 },
    );
    const before = await readAll(connection);
    expect(before.value?.ids.size).toBe(9);
    await connection.destroy(['M1', 'M2']);
    await connection.import((await connection.upload(Buffer.from('x'))).value ?? '', 'B1');
    if (before.value === undefined) throw new Error('nothing was read');
    const after = await bringUpToDate(connection, before.value);
    expect(after.value?.isFull).toBe(false);
    expect(after.value?.ids).toEqual(new Set(peer.mail.map(({ id }) => id)));
    expect(after.value?.ids).toEqual(new Set((await everyId(connection, undefined)).value));
  });

  test('reads everything anew where the server has forgotten', async () => {
    const { peer, connection } = await connected(MAIL);
    const before = await readAll(connection);
    if (before.value === undefined) throw new Error('nothing was read');
    await connection.destroy(['M1']);
    peer.habits.forgottenBefore = 1;
    const after = await bringUpToDate(connection, before.value);
    expect(after.value).toMatchObject({ isFull: true, state: '1' });
    expect(after.value?.ids).toEqual(new Set(HITS));
    expect(peer.calls.map(([name]) => name).filter((name) => name === 'Email/changes')).toHaveLength(1);
  });

  test('ends where a server says for ever that there is more', async () => {
    const { connection } = await connected(MAIL, {
      method: (name, args) =>
        name === 'Email/changes'
          ? [
              name,
              { created: [], updated: [], destroyed: [], newState: args['sinceState'], hasMoreChanges: true },
            ]
          : undefined,
    });
    const known = { ids: new Set<string>(), state: '0', isFull: true };
    expect((await bringUpToDate(connection, known)).value).toEqual({
      ids: new Set(),
      state: '0',
      isFull: false,
    });
  });
});

describe('a desk', () => {
  const junk = Array.from({ length: 11 }, (_, n) => `junk ${n}`);

  test('moves an inbox to Trash in chunks, and empties one in pages', async () => {
    const { peer, connection } = await connected(junk, {
      limits: { maxObjectsInSet: 4, maxObjectsInGet: 3 },
    });
    const desk = new JmapDesk(connection, clock);
    expect(await desk.trash()).toMatchObject({ outcome: { kind: 'ok' }, messages: 11 });
    expect(new Set(peer.mail.map(({ box }) => box))).toEqual(new Set(['B2']));
    expect(peer.calls.filter(([name]) => name === 'Email/set')).toHaveLength(3);
    for (const one of peer.mail) one.box = 'B1';
    expect(await desk.empty()).toMatchObject({ outcome: { kind: 'ok' }, messages: 11 });
    expect(peer.mail).toEqual([]);
  });

  test('stops at a message that it is refused', async () => {
    const { connection } = await connected(junk, {
      limits: { maxObjectsInSet: 4 },
      method: (name) =>
        name === 'Email/set'
          ? [name, { destroyed: ['M1', 'M2', 'M3'], notDestroyed: { M0: { type: 'rateLimit' } } }]
          : undefined,
    });
    expect(await new JmapDesk(connection, clock).empty()).toMatchObject({
      outcome: { kind: 'rejected', enhanced: 'rateLimit', limiter: true },
      messages: 3,
    });
  });

  test('shows, keeps up and submits', async () => {
    const { peer, connection } = await connected(MAIL);
    const desk = new JmapDesk(connection, clock);
    expect(await desk.list()).toMatchObject({ outcome: { kind: 'ok' }, messages: 4 });
    expect(await desk.sync()).toMatchObject({ messages: 4 });
    await connection.destroy(['M1']);
    expect(await desk.sync()).toMatchObject({ messages: 1 });
    expect(await desk.submit(Buffer.from('x'), 'user0@lab.test')).toMatchObject({ outcome: { kind: 'ok' } });
    expect(peer.submitted).toEqual([{ email: '#m', to: ['user0@lab.test'] }]);
  });

  test('says that a folder is missing', async () => {
    const { connection } = await connected(MAIL, {
      method: (name) => (name === 'Mailbox/get' ? [name, { list: [] }] : undefined),
    });
    expect(await new JmapDesk(connection, clock).trash()).toMatchObject({
      outcome: { kind: 'rejected', code: 'NONEXISTENT' },
      messages: 0,
    });
  });
});
