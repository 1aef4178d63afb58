/** The HTTP engine against peers that keep to the protocol and peers that do not: each answer its outcome, nothing thrown, memory bounded. */

import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';

import { pathWithin, retryAfterUs } from '../../src/protocol/http/classify.ts';
import { type HttpAnswer, HttpConnection, type HttpRequest } from '../../src/protocol/http/connection.ts';
import type { Dialogue, Peer } from './peers/dialogue.ts';
import { certificate, endpoint, settings } from './peers/endpoint.ts';
import { answer, type Asked, httpPeer } from './peers/http.ts';

const GET: HttpRequest = { method: 'GET', path: '/', headers: [], changes: false, keeps: true };
const POST: HttpRequest = { ...GET, method: 'POST', body: Buffer.from('{}'), changes: true };

const open: (Dialogue | HttpConnection)[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await ('destroy' in one ? one.destroy() : one.close());
});

type Reply = Parameters<typeof httpPeer>[0];

async function served(reply: Reply, more: Parameters<typeof settings>[2] & { limits?: object } = {}) {
  const peer = await httpPeer(reply);
  const connection = new HttpConnection({ ...settings('http', peer.port, more), ...more });
  open.push(connection, peer);
  return { peer, connection };
}

async function asked(reply: Reply, request: HttpRequest = GET, more = {}): Promise<HttpAnswer> {
  const { connection } = await served(reply, more);
  return connection.ask(request);
}

const FAST = { deadlines: { commandUs: 150_000, openUs: 150_000 } };

describe('an answer', () => {
  test('is whole, with its body, status and stamps, and the connection is kept', async () => {
    const ports = new Set<Peer>();
    const lines: Asked[] = [];
    const { connection } = await served((request, peer) => {
      ports.add(peer);
      lines.push(request);
      return answer('200 OK', `{"n":${lines.length}}`, { 'X-A': 'b' });
    });
    const first = await connection.ask({ ...POST, path: '/a?b=c', headers: ['authorization', 'Basic eA=='] });
    const second = await connection.ask(GET);
    expect(first.outcome).toEqual({ kind: 'ok', evidence: '200 OK' });
    expect(String(first.body)).toBe('{"n":1}');
    expect(first.field('x-a')).toBe('b');
    expect(second.bodyBytes).toBe(7);
    expect(second.startedUs).toBeGreaterThanOrEqual(first.endedUs);
    expect(ports.size).toBe(1);
    expect(lines[0]).toMatchObject({ line: 'POST /a?b=c HTTP/1.1', body: '{}' });
    expect(lines[0]?.fields.get('authorization')).toBe('Basic eA==');
  });

  test('in chunks, cut anywhere, after 1xx', async () => {
    const body = '4\r\n{"a"\r\n3;x=y\r\n:1}\r\n0\r\nT: u\r\n\r\n';
    const head = 'HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { outcome, body: got } = await asked(async (_, peer) => {
      await peer.dribble(head + body);
      return undefined;
    });
    expect(outcome.kind).toBe('ok');
    expect(String(got)).toBe('{"a":1}');
  });

  test('that is not wanted is counted and not kept', async () => {
    const { body, bodyBytes } = await asked(() => answer('200 OK', 'x'.repeat(9_000)), {
      ...GET,
      keeps: false,
    });
    expect([body.length, bodyBytes]).toEqual([0, 9_000]);
  });

  test('comes to requests in the order they were made', async () => {
    const { connection } = await served(({ line }) => answer('200 OK', line.split(' ')[1]));
    const paths = Array.from({ length: 50 }, (_, n) => `/${n}`);
    const answers = await Promise.all(paths.map((path) => connection.ask({ ...GET, path })));
    expect(answers.map(({ body }) => String(body))).toEqual(paths);
    const times = answers.map(({ startedUs, endedUs }) => [startedUs, endedUs]);
    for (const [n, [startedUs = 0]] of times.entries())
      if (n > 0) expect(startedUs).toBeGreaterThanOrEqual(times[n - 1]?.[1] ?? Infinity);
    expect(connection.isFree).toBe(true);
  });

  test('after the server closed an idle connection comes over another', async () => {
    const seen = new Set<Peer>();
    const { connection } = await served((_, peer) => {
      seen.add(peer);
      return answer('200 OK', 'x', { Connection: 'close' });
    });
    for (let n = 0; n < 3; n += 1) expect((await connection.ask(POST)).outcome.kind).toBe('ok');
    expect(seen.size).toBe(3);
  });
});

describe('a status', () => {
  test.each([
    [
      '401 Unauthorized',
      {},
      { code: 401, enhanced: 'AUTHENTICATIONFAILED', temporary: false, limiter: false },
    ],
    ['403 Forbidden', {}, { code: 403, temporary: false }],
    ['429 Slow down', { 'Retry-After': '7' }, { code: 429, temporary: true, limiter: true }],
    ['500 Oops', {}, { code: 500, temporary: false, limiter: false }],
    ['503 Busy', {}, { code: 503, temporary: true, limiter: false }],
    ['503 Rate limited', {}, { code: 503, temporary: true, limiter: true }],
    ['507 Full', {}, { code: 507, overQuota: true, temporary: false }],
    ['302 Found', { Location: '/elsewhere' }, { code: '302', text: 'redirects to /elsewhere' }],
    ['304 Not Modified', {}, { code: 304 }],
  ])('%s', async (status, fields, expected) => {
    const { outcome } = await asked(() => answer(status, 'page', fields), POST);
    expect(outcome).toMatchObject({ kind: 'rejected', ...expected });
  });

  test('of a gateway leaves a change unknown, a reading refused', async () => {
    for (const status of ['502 Bad Gateway', '504 Gateway Timeout']) {
      expect((await asked(() => answer(status), POST)).outcome.kind).toBe('unknown');
      expect((await asked(() => answer(status), GET)).outcome).toMatchObject({
        kind: 'rejected',
        temporary: true,
      });
    }
  });

  test('keeps what Retry-After asks for, in seconds or as a date', async () => {
    const { retryAfterUs: us, outcome } = await asked(() => answer('429 x', '', { 'Retry-After': '30' }));
    expect(us).toBe(30_000_000);
    expect(outcome).toMatchObject({ text: 'x (Retry-After: 30)' });
    expect((await asked(() => answer('429 x'))).retryAfterUs).toBeUndefined();
    const nowMs = Date.UTC(2016, 10, 14, 8, 29);
    expect(retryAfterUs('Mon, 14 Nov 2016 08:30:00 GMT', nowMs)).toBe(60_000_000);
    expect(retryAfterUs('Mon, 14 Nov 2016 08:00:00 GMT', nowMs)).toBe(0);
    expect(retryAfterUs('soon', nowMs)).toBeUndefined();
  });

  test('stands, though the page that explains it is cut off', async () => {
    const { outcome } = await asked((_, peer) => {
      peer.raw('HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nsor');
      peer.end();
      return undefined;
    }, POST);
    expect(outcome).toMatchObject({ kind: 'rejected', code: 503 });
  });
});

describe('a redirection', () => {
  test.each([
    'http://192.0.2.1/',
    'https://localhost/',
    '//evil.example/x',
    'http://localhost:1/',
    'javascript:alert(1)',
  ])('to %s is refused by the guard, and nobody connects', async (location) => {
    const { outcome } = await asked(() => answer('307 Go', '', { Location: location }), POST);
    expect(outcome).toMatchObject({ kind: 'rejected', code: 'GUARD', temporary: false });
  });

  test('within the approved endpoint is a path there', () => {
    const here = endpoint('http', 8080);
    expect(pathWithin(here, '/a/b', '../c?d=e#f')).toBe('/c?d=e');
    expect(pathWithin(here, '/a', 'http://LOCALHOST:8080/x')).toBe('/x');
    expect(pathWithin(here, '/a', 'http://localhost:8080@evil.example/')).toBeUndefined();
    expect(pathWithin(here, '/a', 'http://localhost/')).toBeUndefined();
    expect(pathWithin(endpoint('https', 443, 'implicit'), '/a', 'https://localhost/x')).toBe('/x');
  });
});

/** What a hostile server does, and what becomes of a reading and of a change. */
const HOSTILE: readonly (readonly [string, (peer: Peer) => void, string, string])[] = [
  ['closes before a word', (peer) => peer.end(), 'rejected CLOSED', 'unknown'],
  ['resets', (peer) => peer.reset(), 'rejected CLOSED', 'unknown'],
  ['speaks something else', (peer) => peer.raw('220 smtp.example ESMTP\r\n'), 'rejected PROTOCOL', 'unknown'],
  [
    'cuts the body off',
    (peer) => {
      peer.raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
      peer.end();
    },
    'rejected CLOSED',
    'unknown',
  ],
  [
    'ends in mid-chunk',
    (peer) => {
      peer.raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab');
      peer.end();
    },
    'rejected CLOSED',
    'unknown',
  ],
  [
    'two lengths',
    (peer) => peer.raw('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
    'rejected PROTOCOL',
    'unknown',
  ],
  [
    'headers without end',
    (peer) => peer.raw(`HTTP/1.1 200 OK\r\n${`X-Y: ${'z'.repeat(1_000)}\r\n`.repeat(100)}`),
    'rejected PROTOCOL',
    'unknown',
  ],
  ['silence', () => undefined, 'unknown', 'unknown'],
];

describe('a server that', () => {
  test.each(HOSTILE)('%s', async (_, act, reading, change) => {
    const reply = (__: Asked, peer: Peer): undefined => {
      act(peer);
    };
    for (const [request, expected] of [
      [GET, reading],
      [POST, change],
    ] as const) {
      const { connection } = await served(reply, FAST);
      const { outcome, startedUs, endedUs } = await connection.ask(request);
      const code = outcome.kind === 'rejected' ? ` ${outcome.code}` : '';
      expect(`${outcome.kind}${code}`, JSON.stringify(outcome)).toBe(expected);
      expect(endedUs).toBeGreaterThanOrEqual(startedUs);
    }
  });

  test('drips a byte at a time is left at the deadline, for the whole answer', async () => {
    let timer: NodeJS.Timeout | undefined;
    const { outcome } = await asked(
      (_, peer) => {
        peer.raw('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
        timer = setInterval(() => peer.raw('x'), 5);
        return undefined;
      },
      GET,
      FAST,
    );
    clearInterval(timer);
    expect(outcome).toMatchObject({ kind: 'unknown', because: expect.stringContaining('150 ms') as string });
  });

  test('sends a giant is left at the limit, and what it sent is not held', async () => {
    const block = 'x'.repeat(1_000_000);
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 5; n += 1) {
      const { outcome, body, bodyBytes } = await asked(
        (_, peer) => {
          peer.raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
          for (let i = 0; i < 10; i += 1) peer.raw(`${block.length.toString(16)}\r\n${block}\r\n`);
          return undefined;
        },
        GET,
        { limits: { bodyBytes: 2_000_000 } },
      );
      expect(outcome).toMatchObject({ kind: 'rejected', code: 'PROTOCOL' });
      expect(body.length).toBeLessThanOrEqual(2_000_000);
      expect(bodyBytes).toBeLessThan(2_200_000);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
  });

  test('answers before it was asked is left, and the next request is served anew', async () => {
    const { connection } = await served((_, __, number) =>
      number === 0 ? `${answer('200 OK', 'a')}${answer('200 OK', 'stray')}` : answer('200 OK', 'b'),
    );
    expect(String((await connection.ask(GET)).body)).toBe('a');
    expect(String((await connection.ask(GET)).body)).toBe('b');
  });

  test('is not there', async () => {
    const { connection, peer } = await served(() => answer('200 OK'));
    await peer.close();
    for (const request of [GET, POST])
      expect((await connection.ask(request)).outcome).toMatchObject({ kind: 'rejected', code: 'REFUSED' });
  });
});

describe('the connection', () => {
  test('refuses what cannot be sent', async () => {
    const { connection } = await served(() => answer('200 OK'));
    for (const request of [
      { ...GET, path: '/a b' },
      { ...GET, path: 'x' },
      { ...GET, headers: ['x', 'a\r\nb: c'] },
    ])
      expect((await connection.ask(request)).outcome).toMatchObject({ kind: 'rejected', code: 'ARGUMENT' });
    expect((await connection.ask(GET)).outcome.kind).toBe('ok');
  });

  test('is asked again at once by whoever was refused, as a line without pause does', async () => {
    const { connection, peer } = await served(() => answer('200 OK'));
    await peer.close();
    let left = 20;
    await new Promise<void>((resolve) => {
      const again = ({ outcome }: HttpAnswer): void => {
        expect(outcome).toMatchObject({ code: 'REFUSED' });
        left -= 1;
        if (left === 0) resolve();
        else connection.send(GET, again);
      };
      connection.send(GET, again);
    });
  });

  test('lets only so many wait', async () => {
    const { connection } = await served(() => undefined);
    const answers = Array.from({ length: 258 }, () => connection.ask(GET));
    expect((await answers[257])?.outcome).toMatchObject({ kind: 'rejected', code: 'ARGUMENT' });
    connection.destroy();
    for (const { outcome } of await Promise.all(answers.slice(0, 257))) expect(outcome.kind).toBe('rejected');
    expect((await connection.ask(GET)).outcome).toMatchObject({ code: 'CLOSED' });
  });

  test('goes to the pinned address, whatever the name', async () => {
    const { connection } = await served(() => answer('200 OK'), { host: 'nowhere.invalid' });
    expect((await connection.ask(GET)).outcome.kind).toBe('ok');
  });

  test('verifies whom it speaks to, at the pinned address', async () => {
    const { key, cert } = await certificate();
    const server = createServer({ key, cert }, (_, response) => response.end('secret'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const outcomeWith = async (more: object) => {
      const connection = new HttpConnection({ ...settings('https', port, { tls: 'implicit', ...more }) });
      const { outcome } = await connection.ask(GET);
      connection.destroy();
      return outcome;
    };
    expect(await outcomeWith({ ca: cert })).toMatchObject({ kind: 'ok' });
    expect(await outcomeWith({})).toMatchObject({ kind: 'rejected', code: 'TLS', temporary: false });
    expect(await outcomeWith({ ca: cert, serverName: 'other.test' })).toMatchObject({ code: 'TLS' });
    expect(await outcomeWith({ ca: 'no bundle' })).toMatchObject({ code: 'TLS' });
    expect(await outcomeWith({ tlsInsecure: true })).toMatchObject({ kind: 'ok' });
    // The name is nobody's: only the pinned address leads there.
    expect(await outcomeWith({ ca: cert, host: 'nowhere.invalid', serverName: 'localhost' })).toMatchObject({
      kind: 'ok',
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
