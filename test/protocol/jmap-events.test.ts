/** A JMAP server's own word: streams of events by the byte, and what becomes of a stream that is refused, cut off, silent or hostile. */

import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';

import type { Ending } from '../../src/protocol/ending.ts';
import { HttpConnection } from '../../src/protocol/http/connection.ts';
import type { HttpStream, StreamEars } from '../../src/protocol/http/stream.ts';
import { EVENT_LIMIT_BYTES, EventReader } from '../../src/protocol/jmap/event-stream.ts';
import { openJmap } from '../../src/protocol/jmap/open.ts';
import { JmapPush, type ToldStates } from '../../src/protocol/jmap/push.ts';
import { certificate, clock, settings } from './peers/endpoint.ts';
import { answer } from './peers/http.ts';
import { BASIC, EVENTS_HEAD, type JmapHabits, type JmapPeer, jmapPeer, stateEvent } from './peers/jmap.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** What a reader hears of these bytes, fed in pieces of so many. */
function heard(bytes: Buffer, size: number, limit?: number): readonly unknown[] {
  const all: unknown[] = [];
  const listener = {
    event: (name: string, data: string) => all.push([name, data]),
    comment: () => all.push('comment'),
  };
  const reader = new EventReader(listener, limit);
  for (let at = 0; at < bytes.length; at += size) {
    const problem = reader.feed(bytes.subarray(at, at + size));
    if (problem !== undefined) return [...all, problem];
  }
  return all;
}

describe('events out of bytes', () => {
  const TEXTS: readonly (readonly [string, string, readonly unknown[]])[] = [
    ['one', 'event: state\ndata: {"a":1}\n\n', [['state', '{"a":1}']]],
    [
      'by CR LF',
      'event: state\r\ndata: x\r\n\r\ndata: y\r\n\r\n',
      [
        ['state', 'x'],
        ['message', 'y'],
      ],
    ],
    [
      'by CR',
      'event: state\rdata: x\r\rdata: y\r\r',
      [
        ['state', 'x'],
        ['message', 'y'],
      ],
    ],
    [
      'of mixed ends',
      'data: x\r\ndata: y\n\rdata: z\r\r\n',
      [
        ['message', 'x\ny'],
        ['message', 'z'],
      ],
    ],
    ['after a byte order mark', '\uFEFFdata: x\n\n', [['message', 'x']]],
    ['with a mark within', 'data: x\n\uFEFFdata: y\n\n', [['message', 'x']]],
    ['in other letters', 'data: Bestätigung ✓ 😀\n\n', [['message', 'Bestätigung ✓ 😀']]],
    [
      'with comments',
      ': hello\n:\ndata: x\n: within\n\n',
      ['comment', 'comment', 'comment', ['message', 'x']],
    ],
    ['with one space less', 'data:x\ndata:  y\n\n', [['message', 'x\n y']]],
    ['without a colon', 'data\ndata\n\n', [['message', '\n']]],
    ['of other fields', 'id: 7\nretry: 5\nfoo: bar\ndata: x\n\n', [['message', 'x']]],
    ['without data', 'event: state\n\ndata: x\n\n', [['message', 'x']]],
    ['that breaks off', 'data: x\n\nevent: state\ndata: y\n', [['message', 'x']]],
    ['of nothing', '\n\n\r\n\r', []],
  ];

  test.each(TEXTS)('%s, cut anywhere', (_, text, expected) => {
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size += 1)
      expect(heard(bytes, size), `${size}`).toEqual(expected);
  });

  test.each([
    ['a line without end', 'data: '.padEnd(200, 'x'), 'a line of more than 100 bytes in a stream of events'],
    ['a comment without end', ':'.padEnd(200, 'x'), 'a line of more than 100 bytes in a stream of events'],
    ['an event without end', 'data: xxxxxxxxx\n'.repeat(20), 'an event of more than 100 bytes'],
  ])('%s is too much', (_, text, problem) => {
    for (const size of [1, 7, 1_000]) expect(heard(Buffer.from(text), size, 100)).toEqual([problem]);
    expect(heard(Buffer.from(`data: ${'x'.repeat(EVENT_LIMIT_BYTES - 6)}\n\n`), 4_096)).toHaveLength(1);
  });
});

/** Signed in at a peer, with its events. */
async function listening(habits: Partial<JmapHabits> = {}, deadlines = { commandUs: 300_000 }) {
  const peer = await jmapPeer([], habits);
  const http = new HttpConnection({ ...settings('jmap+http', peer.port), deadlines });
  open.push(
    () => http.destroy(),
    () => peer.close(),
  );
  const place = { endpoint: settings('jmap+http', peer.port).endpoint, clock };
  const { connection } = await openJmap(http, place, { login: 'user0@lab.test', password: 'secret' });
  if (connection === undefined) throw new Error('no session');
  const told: ToldStates[] = [];
  const words: (() => void)[] = [];
  const push = connection.push((states) => {
    told.push(states);
    for (const wake of words.splice(0)) wake();
  });
  const next = (): Promise<void> => new Promise((resolve) => words.push(resolve));
  if (push instanceof JmapPush) open.push(() => push.destroy());
  return { peer, http, connection, push, told, next };
}

/** The same, where the stream must have been begun. */
async function stream(habits: Partial<JmapHabits> = {}) {
  const all = await listening(habits);
  const { push } = all;
  if (!(push instanceof JmapPush)) throw new Error(JSON.stringify(push));
  return { ...all, push };
}

const instead =
  (
    say: (peer: Parameters<NonNullable<JmapHabits['instead']>>[1]) => string | undefined,
  ): JmapHabits['instead'] =>
  ({ line }, one) =>
    line.includes('/events') ? say(one) : 'as usual';

describe('a stream of events', () => {
  test('tells what has changed, while requests go on beside it', async () => {
    const { peer, push, told, next, connection } = await stream({ pushes: true });
    expect((await push.opened).outcome).toMatchObject({ kind: 'ok' });
    expect(peer.lines.at(-1)).toBe('GET /events?types=Email&closeafter=no&ping=30 HTTP/1.1');
    let word = next();
    peer.deliver({ subject: 'one' });
    await word;
    expect(told).toEqual([new Map([['Email', '1']])]);
    expect((await connection.query({ limit: 5 })).value?.ids).toEqual(['N1']);
    word = next();
    peer.tell(stateEvent('x', 'somebody else'));
    peer.tell(
      'event: state\ndata: {"changed":{"A":7}}\n\nevent: state\ndata: no JSON\n\nevent: state\ndata: []\n\n',
    );
    peer.tell(
      'data: {"changed":{"A":{"Email":"9"}}}\n\nevent: state\ndata: {"changed":{"A":{"Email":9}}}\n\n',
    );
    peer.tell(stateEvent('2'));
    await word;
    expect(told.slice(1)).toEqual([new Map([['Email', '2']])]);
    expect(push.bytesRead).toBeGreaterThan(EVENTS_HEAD.length);
  });

  test('that comes a byte at a time tells the same', async () => {
    const { told, push } = await stream({
      instead: instead((one) => {
        void one.dribble(`${EVENTS_HEAD}: hi\r\n\r\n${stateEvent('1')}`).then(() => one.end());
        return undefined;
      }),
    });
    expect((await push.ended).kind).toBe('closed');
    expect(told).toEqual([new Map([['Email', '1']])]);
  });

  const REFUSED: readonly (readonly [string, string, object])[] = [
    ['401', answer('401 Unauthorized', 'who?'), { code: 401, enhanced: 'AUTHENTICATIONFAILED' }],
    ['429', answer('429 Too Many', ''), { code: 429, limiter: true, temporary: true }],
    ['404', answer('404 Not Found', ''), { code: 404, temporary: false }],
    ['204', answer('204 No Content'), { code: 'UNSUPPORTED', temporary: false }],
    [
      'HTML',
      answer('200 OK', '<html>', { 'Content-Type': 'text/html' }),
      { code: 'PROTOCOL', temporary: false },
    ],
    ['nothing said of the type', answer('200 OK', 'data: x\n\n'), { code: 'PROTOCOL' }],
    [
      'a part of one',
      answer('206 Partial Content', '', { 'Content-Type': 'text/event-stream' }),
      { code: 'PROTOCOL' },
    ],
    ['elsewhere', answer('302 Found', '', { Location: 'http://192.0.2.1/' }), { code: 'GUARD' }],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', { code: 'PROTOCOL' }],
    ['a giant head', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`, { code: 'PROTOCOL' }],
  ];

  test.each(REFUSED)('refused by %s is told so, and has ended', async (_, bytes, expected) => {
    const { push } = await stream({ instead: instead(() => bytes) });
    const { outcome, startedUs, endedUs } = await push.opened;
    expect(outcome, JSON.stringify(outcome)).toMatchObject({ kind: 'rejected', ...expected });
    expect(endedUs).toBeGreaterThanOrEqual(startedUs);
    const said = JSON.stringify([outcome, await push.ended]);
    // As it is, and as it goes over the line.
    for (const secret of ['secret', BASIC.slice('Basic '.length)]) expect(said).not.toContain(secret);
  });

  test('that is not offered, or lies elsewhere, is never asked for', async () => {
    const none = await listening({ session: { eventSourceUrl: undefined } });
    expect(none.push).toMatchObject({ outcome: { code: 'UNSUPPORTED' } });
    const stray = await listening({ session: { eventSourceUrl: 'http://192.0.2.1/{types}' } });
    expect(stray.push).toMatchObject({ outcome: { code: 'GUARD' } });
    expect([...none.peer.lines, ...stray.peer.lines].join()).not.toContain('/events');
  });

  const ENDINGS: readonly (readonly [string, (peer: JmapPeer, push: JmapPush) => void, Ending['kind']])[] = [
    ['the server', (peer) => peer.hangUp(), 'closed'],
    ['us', (_, push) => push.destroy(), 'local'],
    ['a line without end', (peer) => peer.tell('data: '.padEnd(70_000, 'x')), 'protocol'],
    ['an event without end', (peer) => peer.tell(`data: ${'x'.repeat(1_000)}\n`.repeat(70)), 'protocol'],
  ];

  test.each(ENDINGS)('ends by %s', async (_, end, kind) => {
    const { peer, push } = await stream();
    await push.opened;
    end(peer, push);
    expect((await push.ended).kind).toBe(kind);
    push.destroy();
  });

  test('whose head never comes is given up', async () => {
    const { push } = await stream({ instead: instead(() => undefined) });
    expect((await push.opened).outcome.kind).toBe('unknown');
    expect((await push.ended).kind).toBe('timeout');
  });

  test('is given up before it is asked for, when its owner goes at once', async () => {
    const { push, peer } = await stream();
    push.destroy();
    expect((await push.ended).kind).toBe('local');
    expect((await push.opened).outcome.kind).toBe('rejected');
    expect(peer.listening).toBe(0);
  });

  test('to nobody is refused', async () => {
    const gone = await jmapPeer();
    await gone.close();
    const http = new HttpConnection(settings('jmap+http', gone.port));
    const quiet = http.stream('/x', [], { contentType: 'text/event-stream', heard: () => undefined });
    expect((await quiet.opened).outcome).toMatchObject({ kind: 'rejected', code: 'REFUSED' });
    http.destroy();
  });

  test('that falls silent is given up after the wait it was given', async () => {
    const { http, peer } = await stream();
    const heardOf: Buffer[] = [];
    const quiet = http.stream('/events', ['authorization', peer.habits.authorization], {
      contentType: 'text/event-stream',
      heard: (chunk) => void heardOf.push(chunk),
    });
    await quiet.opened;
    quiet.expectWithin(20_000);
    expect((await quiet.ended).kind).toBe('timeout');
  });
});

describe('pings', () => {
  /** A push over no socket: what it expects of the line, and a way to make it hear. */
  function pushed() {
    const expected: number[] = [];
    let ears: StreamEars | undefined;
    const opened = Promise.resolve({
      outcome: { kind: 'ok', evidence: '' },
      startedUs: 0,
      endedUs: 0,
    } as const);
    const fake = {
      opened,
      ended: new Promise<Ending>(() => undefined),
      bytesRead: 0,
      expectWithin: (us: number) => expected.push(us),
      destroy: () => undefined,
    };
    const push = new JmapPush(
      (one) => {
        ears = one;
        return fake as unknown as HttpStream;
      },
      'A',
      () => undefined,
    );
    return { push, expected, hear: (text: string) => ears?.heard(Buffer.from(text)) };
  }

  test('say how long silence may last, whatever was asked for', async () => {
    const { push, expected, hear } = pushed();
    await push.opened;
    expect(expected).toEqual([75_000_000]);
    hear('event: ping\ndata: {"interval":300}\n\n');
    hear(': alive\n');
    hear('event: ping\ndata: {"interval":0}\n\nevent: ping\ndata: nonsense\n\n');
    hear('event: ping\ndata: {"interval":1e15}\n\n');
    expect(expected.slice(1)).toEqual([...Array(4).fill(750_000_000), 9_000_000_000]);
    // A drip of bytes is no word.
    hear('data: x');
    expect(expected).toHaveLength(6);
  });
});

test('a connection tells what it read, and whether it was under TLS', async () => {
  const made = await certificate();
  const server = createServer(made, (_, response) => response.end('x'.repeat(5_000)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const secure = new HttpConnection({ ...settings('jmap+https', port, { tls: 'implicit' }), ca: made.cert });
  const peer = await jmapPeer();
  const plain = new HttpConnection(settings('jmap+http', peer.port));
  open.push(
    () => secure.destroy(),
    () => plain.destroy(),
    () => peer.close(),
  );
  const get = { method: 'GET', path: '/x', headers: [], changes: false, keeps: false } as const;
  expect([secure.bytesRead, secure.tls]).toEqual([0, false]);
  expect((await secure.ask(get)).outcome.kind).toBe('ok');
  expect(secure.tls).toBe(true);
  expect(secure.bytesRead).toBeGreaterThan(5_000);
  await plain.ask(get);
  const once = plain.bytesRead;
  await plain.ask(get);
  expect(plain.bytesRead).toBe(2 * once);
  // Over another connection it goes on counting.
  peer.habits.instead = () => answer('200 OK', 'x'.repeat(300), { Connection: 'close' });
  await plain.ask(get);
  await plain.ask(get);
  expect(plain.bytesRead).toBeGreaterThan(2 * once + 2 * 300);
  expect([plain.tls, plain.closed]).toEqual([false, false]);
  plain.destroy();
  expect(plain.closed).toBe(true);
});
