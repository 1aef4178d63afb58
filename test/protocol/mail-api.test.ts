/** A mail API against peers that keep to its description and peers that do not: each answer its outcome, nothing thrown, nothing deleted by accident. */

import { afterEach, describe, expect, test } from 'vitest';

import type { MailApiText } from '../../src/profile/mail-api-schema.ts';
import type { Peer } from './peers/dialogue.ts';
import { answer } from './peers/http.ts';
import { closeServed, json, lines, NONE, PLAIN, type Reply, served } from './peers/mail-api.ts';

afterEach(closeServed);

const PAGED: MailApiText = {
  ...PLAIN,
  list: { path: '/mail?o={offset}&n={limit}', rows: '/rows', id: '/id', total: '/total', pageSize: 2 },
};

const ids = (value: readonly { readonly id: string }[] = []): string[] => value.map(({ id }) => id);

/** What a listing comes to. */
async function listed(text: MailApiText, reply: Reply, more: Parameters<typeof served>[2] = {}) {
  const { api } = await served(text, reply, more);
  return api.list(NONE);
}

/** Pages of numbered rows out of what `mail` holds at the moment. */
function pages(mail: () => readonly (string | number)[]): Reply {
  return ({ line }) => {
    const url = new URL(line.split(' ')[1] ?? '', 'http://localhost');
    const [from, count] = [Number(url.searchParams.get('o')), Number(url.searchParams.get('n'))];
    const rows = mail()
      .slice(from, from + count)
      .map((id) => ({ id }));
    return json({ total: mail().length, rows });
  };
}

describe('a listing', () => {
  test('in one answer, ids that are texts or numbers', async () => {
    const { value, outcome } = await listed(PLAIN, () => json([{ id: 'a' }, { id: 7 }]));
    expect(outcome).toEqual({ kind: 'ok', evidence: '200 OK' });
    expect(ids(value)).toEqual(['a', '7']);
  });

  test('in pages, until it has as many as there are', async () => {
    const it = await served(
      PAGED,
      pages(() => [1, 2, 3, 4, 5]),
    );
    expect(ids((await it.api.list(NONE)).value)).toEqual(['1', '2', '3', '4', '5']);
    expect(lines(it)).toEqual(['GET /mail?o=0&n=2', 'GET /mail?o=2&n=2', 'GET /mail?o=4&n=2']);
  });

  test('in smaller pages than were asked for, and without a count until a page is empty', async () => {
    const { total: _, ...list } = PAGED.list;
    const mail = [1, 2, 3];
    const it = await served({ ...PAGED, list: { ...list, pageSize: 50 } }, ({ line }) => {
      const from = Number(/o=(\d+)/.exec(line)?.[1]);
      return json({ rows: mail.slice(from, from + 1).map((id) => ({ id })) });
    });
    expect(ids((await it.api.list(NONE)).value)).toEqual(['1', '2', '3']);
    expect(it.asked).toHaveLength(4);
  });

  test('that begins with the newest comes out oldest first, and stops where enough of them are seen', async () => {
    const it = await served(
      { ...PAGED, list: { ...PAGED.list, order: 'newestFirst' } },
      pages(() => [5, 4, 3, 2, 1]),
    );
    expect(ids((await it.api.list(NONE)).value)).toEqual(['1', '2', '3', '4', '5']);
    expect(ids((await it.api.list(NONE, { newest: 1 })).value)).toEqual(['4', '5']);
    expect(it.asked).toHaveLength(4);
  });

  test('into which mail arrives shows no row twice', async () => {
    let looks = 0;
    const { value } = await listed(
      { ...PAGED, list: { ...PAGED.list, order: 'newestFirst' } },
      (asked, peer, n) => {
        looks += 1;
        return pages(() => (looks === 1 ? [3, 2, 1] : [4, 3, 2, 1]))(asked, peer, n);
      },
    );
    expect(ids(value)).toEqual(['1', '2', '3']);
  });

  test('out of which mail goes is begun anew, and given up where that never ends', async () => {
    let mail = [1, 2, 3, 4, 5];
    const it = await served(PAGED, (asked, peer, n) => {
      const said = pages(() => mail)(asked, peer, n);
      if (n === 0) mail = [3, 4, 5];
      return said;
    });
    expect(ids((await it.api.list(NONE)).value)).toEqual(['3', '4', '5']);
    let count = 1_000;
    const never = await listed(PAGED, () =>
      json({ total: (count -= 1), rows: [{ id: count }, { id: -count }] }),
    );
    expect(never.outcome).toMatchObject({ kind: 'rejected', code: 'PROTOCOL', temporary: true });
    expect(JSON.stringify(never.outcome)).toContain('5 times over');
  });

  test('whose server gives the same page whatever the offset ends', async () => {
    const { outcome, value } = await listed(PAGED, () => json({ total: 9, rows: [{ id: 1 }, { id: 2 }] }));
    expect(outcome).toMatchObject({
      kind: 'rejected',
      code: 'PROTOCOL',
      text: expect.stringContaining('same page') as string,
    });
    expect(value).toBeUndefined();
  });

  test('shows only what is the mailbox’s own', async () => {
    const text: MailApiText = {
      ...PLAIN,
      list: { path: '/mail/{address}', id: '/id', owner: ['/to', '/cc'], ownerAddress: '/address' },
    };
    const rows = [
      { id: 1, to: [{ address: 'USER0@lab.test' }] },
      { id: 2, to: [{ address: 'user00@lab.test' }], cc: null },
      { id: 3, to: null, cc: { address: 'Somebody <user0@lab.test>' } },
      { id: 4, to: 'user0@lab.test' },
    ];
    const it = await served(text, () => json(rows));
    expect(ids((await it.api.list(NONE)).value)).toEqual(['1', '3']);
    expect(lines(it)).toEqual(['GET /mail/user0%40lab.test']);
  });

  test('tells what its rows show of their messages', async () => {
    const text: MailApiText = { ...PLAIN, identity: { messageId: '/m', subject: '/s', headers: '/h' } };
    const row = {
      id: 1,
      m: '<a@b>',
      s: ['one', 'two'],
      h: { Subject: 'x', 'X-A': ['1', '2'], 'X-B': 'b', 'X-C': 5 },
    };
    const { api } = await served(text, () => json([row, { id: 2, m: 5, h: 'none' }]));
    const { value = [] } = await api.list(new Set(['x-a', 'x-c']));
    expect(value[0]).toMatchObject({ messageId: '<a@b>', subject: 'one', headers: new Map([['x-a', '1']]) });
    expect(value[1]).toMatchObject({ messageId: undefined, subject: undefined, headers: undefined });
  });
});

/** What is no listing. */
const NO_LISTING: readonly (readonly [string, MailApiText, string])[] = [
  ['a page for people', PLAIN, answer('200 OK', '<html>hello</html>', { 'Content-Type': 'text/html' })],
  ['nothing', PLAIN, answer('204 No Content')],
  ['a list elsewhere', PLAIN, json({ rows: [] })],
  ['rows that are none', PLAIN, json([1, null])],
  ['an id that names another place', PLAIN, json([{ id: '..' }])],
  ['an id without end', PLAIN, json([{ id: 'x'.repeat(1_000) }])],
  ['an id out of a prototype', { ...PLAIN, list: { path: '/m', id: '/constructor/name' } }, json([{}])],
  ['no count', PAGED, json({ rows: [] })],
  ['a count below zero', PAGED, json({ total: -1, rows: [] })],
  ['nobody’s', { ...PLAIN, list: { ...PLAIN.list, owner: '/to' } }, json([{ id: 1 }])],
  ['JSON without end', PLAIN, answer('200 OK', '['.repeat(100_000))],
];

describe('no listing', () => {
  test.each(NO_LISTING)('%s', async (_, text, said) => {
    const { outcome, value } = await listed(text, () => said);
    expect(outcome, JSON.stringify(outcome)).toMatchObject({ kind: 'rejected', code: 'PROTOCOL' });
    expect(value).toBeUndefined();
  });

  test('a giant, one that is cut off, silence', async () => {
    const giant = await listed(PLAIN, () => json('x'.repeat(200_000)), { limits: { bodyBytes: 100_000 } });
    expect(giant.outcome).toMatchObject({ kind: 'rejected', code: 'PROTOCOL' });
    const cut = await listed(PLAIN, (_, peer: Peer) => {
      peer.raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{');
      peer.end();
      return undefined;
    });
    expect(cut.outcome).toMatchObject({ kind: 'rejected', code: 'CLOSED' });
    expect((await listed(PLAIN, () => undefined)).outcome.kind).toBe('unknown');
  });
});

const RAW = 'Subject: test\r\nX: y\r\n\r\nhello \xff\r\n';

describe('a message', () => {
  const fetched = async (fetch: MailApiText['fetch'], said: string | Buffer) => {
    const { api } = await served({ ...PLAIN, fetch }, () => said);
    return api.fetch('a/b c');
  };
  const bytes = Buffer.from(RAW, 'latin1');

  test('as it is, or within JSON, or in base64 there', async () => {
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`;
    const plain = await fetched({ path: '/m/{id}' }, Buffer.concat([Buffer.from(head), bytes]));
    expect(plain.value?.equals(bytes)).toBe(true);
    const inside = await fetched({ path: '/m/{id}', message: '/a/0' }, json({ a: [RAW] }));
    expect(inside.value?.toString('utf8')).toBe(RAW);
    const encoded = json({ raw: bytes.toString('base64') });
    const decoded = await fetched({ path: '/m/{id}', message: '/raw', base64: true }, encoded);
    expect(decoded.value?.equals(bytes)).toBe(true);
  });

  test('that is gone is no message and no failure', async () => {
    for (const status of ['404 Not Found', '410 Gone']) {
      const { outcome, value } = await fetched({ path: '/m/{id}' }, answer(status));
      expect([outcome.kind, value]).toEqual(['ok', undefined]);
    }
  });

  test.each([
    ['a page', { path: '/m/{id}' }, answer('200 OK', '<!DOCTYPE html><a href="x:y">')],
    ['nothing', { path: '/m/{id}' }, answer('200 OK')],
    ['no such place', { path: '/m/{id}', message: '/raw' }, json({ Raw: RAW })],
    ['no text', { path: '/m/{id}', message: '/raw' }, json({ raw: 5 })],
    ['no base64', { path: '/m/{id}', message: '/raw', base64: true }, json({ raw: 'a: b ???' })],
    ['a page in base64', { path: '/m/{id}', message: '/raw', base64: true }, json({ raw: 'PGh0bWw+' })],
  ])('%s is refused', async (_, fetch, said) => {
    const { outcome, value } = await fetched(fetch, said);
    expect([outcome, value]).toMatchObject([{ kind: 'rejected', code: 'PROTOCOL' }, undefined]);
  });

  test('is asked for by its id as a part of a path', async () => {
    const it = await served(PLAIN, () => answer('404 x'));
    await it.api.fetch('a/../b?c#d ä\ud800');
    expect(lines(it)).toEqual(['GET /mail/a%2F..%2Fb%3Fc%23d%20%C3%A4%EF%BF%BD']);
  });
});

describe('a delete', () => {
  const MANY: MailApiText = {
    ...PLAIN,
    delete: { method: 'POST', path: '/purge', body: { ids: ['{ids}'] }, atOnce: 2 },
  };

  test('one a request, or as many as the API takes; nothing is ever asked for nothing', async () => {
    const one = await served(PLAIN, () => answer('204 No Content'));
    expect(await one.api.delete(['1', '2'])).toMatchObject({ outcome: { kind: 'ok' }, value: 2 });
    expect(lines(one)).toEqual(['DELETE /mail/1', 'DELETE /mail/2']);
    const many = await served(MANY, () => answer('200 OK', 'ok'));
    expect(await many.api.delete(['1', '"2', '3'])).toMatchObject({ outcome: { kind: 'ok' }, value: 3 });
    expect(many.asked.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { ids: ['1', '"2'] },
      { ids: ['3'] },
    ]);
    expect(many.asked[0]?.fields.get('content-type')).toBe('application/json');
    for (const { api, asked } of [one, many]) {
      const before = asked.length;
      expect(await api.delete([])).toMatchObject({ outcome: { kind: 'ok' }, value: 0 });
      expect(asked).toHaveLength(before);
    }
  });

  test('of what is gone already has deleted it; of several that one is gone tells nothing', async () => {
    const { api } = await served(PLAIN, () => answer('404 Not Found'));
    expect(await api.delete(['1', '2'])).toMatchObject({ outcome: { kind: 'ok' }, value: 2 });
    const several = await served(MANY, () => answer('404 Not Found'));
    expect((await several.api.delete(['1', '2'])).outcome).toMatchObject({ kind: 'rejected', code: 404 });
    expect((await several.api.delete(['1'])).outcome.kind).toBe('ok');
  });

  test('may say so in words', async () => {
    const text: MailApiText = { ...PLAIN, statuses: { goneText: 'not found' } };
    const { api } = await served(text, ({ line }) =>
      answer(
        '500 Internal Server Error',
        line.includes('/1 ') ? '{"error":"Email not found"}' : '{"error":"disk"}',
      ),
    );
    expect((await api.delete(['1'])).outcome.kind).toBe('ok');
    expect((await api.delete(['2'])).outcome).toMatchObject({
      kind: 'rejected',
      code: 500,
      text: 'Internal Server Error: disk',
    });
  });

  test('ends at the first that is refused', async () => {
    const it = await served(PLAIN, (_, __, n) =>
      answer(n === 1 ? '429 Slow' : '200 OK', '', n === 1 ? { 'Retry-After': '3' } : {}),
    );
    const { outcome, value, retryAfterUs } = await it.api.delete(['1', '2', '3']);
    expect(outcome).toMatchObject({ kind: 'rejected', code: 429, limiter: true });
    expect([value, retryAfterUs, it.asked.length]).toEqual([undefined, 3_000_000, 2]);
  });

  test('that a page or a dropped line answers may have happened', async () => {
    const page = await served(PLAIN, () =>
      answer('200 OK', '<html>sign in</html>', { 'Content-Type': 'text/html; charset=x' }),
    );
    expect((await page.api.delete(['1'])).outcome).toMatchObject({ kind: 'unknown' });
    const line = await served(PLAIN, (_, peer) => {
      peer.end();
      return undefined;
    });
    expect((await line.api.delete(['1'])).outcome).toMatchObject({ kind: 'unknown' });
  });
});

test('after its end a mailbox answers at once, and says that it is closed', async () => {
  const empty = json([]);
  const { api } = await served(PLAIN, () => empty);
  await api.list(NONE);
  expect([api.closed, api.bytesRead]).toEqual([false, Buffer.byteLength(empty)]);
  api.destroy();
  expect((await api.list(NONE)).outcome).toMatchObject({ kind: 'rejected', code: 'CLOSED' });
  expect(api.closed).toBe(true);
});
