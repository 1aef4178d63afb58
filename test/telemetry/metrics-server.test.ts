/** The page over HTTP: who may read it, how often it is made, and that who does not read costs nothing. */

import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

import { isLoopback } from '../../src/profile/guard.ts';
import type { Format } from '../../src/telemetry/metrics/exposition.ts';
import { MetricsServer, type MetricsServerSettings } from '../../src/telemetry/metrics/server.ts';

const TOKEN = 'a-token-of-sixteen';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function served(settings: Partial<MetricsServerSettings> = {}): Promise<MetricsServer> {
  const opened = await MetricsServer.open({
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    isLoopback,
    page: (format) => `${format}\n`,
    nowMs: () => 0,
    ...settings,
  });
  if (!opened.ok) throw new Error(opened.problem);
  onTestFinished(() => opened.server.close());
  return opened.server;
}

function ask(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('gives the format that is asked for, to be kept by nobody', async () => {
  const { url } = await served();
  expect(await ask(url)).toMatchObject({
    status: 200,
    body: 'text\n',
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
  });
  const openmetrics = await ask(url, { accept: 'application/openmetrics-text;version=1.0.0' });
  expect(openmetrics.body).toBe('openmetrics\n');
  expect(openmetrics.headers['content-type']).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
  const head = await ask(url, {}, 'HEAD');
  expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '5']);
});

test('answers nothing else', async () => {
  const { url } = await served();
  expect((await ask(url.replace('/metrics', '/'))).status).toBe(404);
  expect((await ask(`${url}/x`)).status).toBe(404);
  expect((await ask(`${url}?name=a`)).status).toBe(200);
  const posted = await ask(url, {}, 'POST');
  expect([posted.status, posted.headers.allow]).toEqual([405, 'GET, HEAD']);
});

test('without a token only this machine by its own name is answered', async () => {
  const { url } = await served();
  for (const host of ['127.0.0.1:1', 'localhost', '[::1]:9464', '127.9.9.9'])
    expect((await ask(url, { host })).status, host).toBe(200);
  for (const host of [
    'storm.example',
    '192.0.2.1:9464',
    'localhost.storm.example',
    '127.0.0.1.storm.example',
  ])
    expect((await ask(url, { host })).status, host).toBe(403);
});

test('with a token nobody reads without it, wherever they come from', async () => {
  const server = await served({ token: TOKEN });
  const { url } = server;
  for (const authorization of ['', TOKEN, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`]) {
    const refused = await ask(url, authorization === '' ? {} : { authorization });
    expect([refused.status, refused.headers['www-authenticate']], authorization).toEqual([401, 'Bearer']);
    expect(refused.body).not.toContain(TOKEN);
  }
  expect(server.scrapes).toBe(0);
  const host = 'storm.example';
  expect((await ask(url, { authorization: `Bearer ${TOKEN}`, host })).status).toBe(200);
  expect(server.scrapes).toBe(1);
});

test('makes a page once a second at most, and anew when something changed that nobody may miss', async () => {
  let nowMs = 0;
  let made = 0;
  const page = (format: Format): string => {
    made += 1;
    return `${format} ${made}\n`;
  };
  const server = await served({ page, nowMs: () => nowMs });
  const bodies: string[] = [];
  for (const atMs of [0, 999, 1_000, 1_999]) {
    nowMs = atMs;
    bodies.push((await ask(server.url)).body);
  }
  expect(bodies).toEqual(['text 1\n', 'text 1\n', 'text 2\n', 'text 2\n']);
  server.renew();
  expect((await ask(server.url)).body).toBe('text 3\n');
});

test('a port that is taken is said, not thrown', async () => {
  const { url } = await served();
  const port = Number(new URL(url).port);
  const second = await MetricsServer.open({
    host: '127.0.0.1',
    port,
    token: undefined,
    isLoopback,
    page: () => '',
    nowMs: () => 0,
  });
  expect(second).toMatchObject({ ok: false, problem: expect.stringMatching(/EADDRINUSE/) as string });
});

test.each([1, 10_000])(
  'who asks %i times and never reads is cut off, after the pages of one read at most',
  async (asked) => {
    const long = 'x'.repeat(16_000_000);
    const server = await served({
      page: (format) => (format === 'text' ? long : 'short\n'),
      patienceMs: 1_000,
    });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    // Nothing reads: the socket is never told to flow.
    socket.pause();
    let cut = false;
    const closed = new Promise<void>((resolve) => {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        cut = true;
        resolve();
      });
    });
    socket.write('GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(asked));
    // Who does not read learns only by writing that nobody is there any more.
    const knock = (): void => {
      if (!cut) socket.write('\r\n', () => setTimeout(knock, 10));
    };
    knock();
    // Others are answered meanwhile.
    const accept = 'application/openmetrics-text';
    expect((await ask(server.url, { accept })).body).toBe('short\n');
    await closed;
    // The parser gives out what one read of the socket brought; after that the server reads no more.

    expect(server.scrapes).toBeLessThanOrEqual(2 + asked / 2);
  },
);

test('more connections than a few are turned away', async () => {
  const server = await served();
  const { port } = new URL(server.url);
  const sockets = Array.from({ length: 16 }, () => connect(Number(port), '127.0.0.1'));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve) => {
          socket.once('connect', resolve);
        }),
    ),
  );
  await expect(ask(server.url)).rejects.toThrow();
  for (const socket of sockets) socket.destroy();
});

test('closing hangs up on who is connected', async () => {
  const server = await served();
  const { port } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1');
  const ended = new Promise((resolve) => {
    socket.once('close', resolve);
    socket.on('error', () => undefined);
  });
  await ask(server.url);
  await server.close();
  socket.resume();
  await ended;
  await expect(ask(server.url)).rejects.toThrow();
});
