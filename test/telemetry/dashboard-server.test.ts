/** The dashboard's server over real sockets: who is let in, what a screen hears, who is cut off, how it ends. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';

import { Dashboard, type DashboardSettings } from '../../src/telemetry/dashboard/dashboard.ts';
import type { Ending, Hello, Second } from '../../src/telemetry/dashboard/glance.ts';
import { ask, Screen } from './event-stream.ts';
import { glanceAt, IDENTITY } from './moments.ts';

const ENDING: Ending = { status: 'pass', exitCode: 0, because: 'pass', report: '/runs/x/report.html' };

const opened: Dashboard[] = [];
const screens: Screen[] = [];
const sockets: Socket[] = [];
let stops = 0;

async function open(changes: Partial<DashboardSettings> = {}) {
  const dashboard = new Dashboard({
    address: { host: '127.0.0.1', port: 0 },
    script: 'the script',
    style: 'the style',
    readOnly: false,
    stop: () => {
      stops += 1;
    },
    ...changes,
  });
  const listening = await dashboard.listen();
  if (!listening.ok) throw new Error(listening.problem);
  opened.push(dashboard);
  const { port } = dashboard;
  const origin = { origin: `http://127.0.0.1:${port}` };
  return { dashboard, port, url: new URL(listening.url), origin };
}

function watch(port: number, headers: Record<string, string> = {}): Screen {
  const screen = new Screen(port, headers);
  screens.push(screen);
  return screen;
}

/** A screen that has asked and never reads. */
async function neverReads(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  return socket;
}

/** Lets sockets have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

afterEach(async () => {
  for (const screen of screens.splice(0)) screen.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const dashboard of opened.splice(0)) await dashboard.end(ENDING);
  stops = 0;
});

describe('the page', () => {
  test('comes with its files, a strict policy, and no address but its own', async () => {
    const { port } = await open();
    const page = await ask(port, '/');
    expect(page.status).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.body).not.toMatch(/https?:\/\//);
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    expect((await ask(port, '/page.js')).body).toBe('the script');
    expect((await ask(port, '/page.css')).headers['content-type']).toContain('text/css');
    expect((await ask(port, '/icon.svg')).headers['content-type']).toContain('image/svg+xml');
    expect((await ask(port, '/package.json')).status).toBe(404);
    expect((await ask(port, '/', {}, 'POST')).status).toBe(405);
  });

  test.each(['//', '//[', 'http://[', '/%', '*'])('is not at %s, and nothing breaks', async (target) => {
    const { port } = await open();
    const socket = connect({ host: '127.0.0.1', port });
    sockets.push(socket);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 40[04] /);
    expect((await ask(port, '/')).status).toBe(200);
  });

  test('is for names that lead here by themselves', async () => {
    const { port } = await open();
    for (const path of ['/', '/events', '/page.js'])
      expect((await ask(port, path, { host: 'attacker.example' })).status, path).toBe(403);
    expect((await ask(port, '/', { host: 'localhost:9999' })).status).toBe(200);
  });
});

describe('a token', () => {
  /** Loopback by another name, so that nobody else is let in while the test runs. */
  const address = { host: '::ffff:127.0.0.1', port: 0 };

  test('is asked for wherever others can reach the page, and stays in a cookie that scripts cannot read', async () => {
    const { port, url } = await open({ address });
    const token = url.searchParams.get('token') ?? '';
    expect(token).toHaveLength(43);
    for (const path of ['/', '/page.js', '/events', '/?token=wrong', `/?token=${token.slice(1)}`])
      expect((await ask(port, path)).status, path).toBe(401);
    const page = await ask(port, `/?token=${token}`);
    expect(page.status).toBe(200);
    expect(page.body).not.toContain(token);
    const cookie = String(page.headers['set-cookie']);
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    const screen = await watch(port, { cookie: cookie.split(';')[0] ?? '' }).until(
      ({ heard }) => heard.length > 0,
    );
    expect(screen.heard[0]?.event).toBe('hello');
    expect((await ask(port, '/', { cookie: `replystorm-${port}=wrong` })).status).toBe(401);
  });

  test('is not needed where nobody else can', async () => {
    const { url } = await open();
    expect(url.search).toBe('');
  });
});

describe('a screen', () => {
  test('hears who runs, what was before, then every second', async () => {
    const { dashboard, port } = await open();
    dashboard.note({ atUs: 0, event: 'phase baseline' });
    dashboard.show(IDENTITY, glanceAt(1));
    dashboard.show(IDENTITY, glanceAt(2));
    const screen = await watch(port).until(({ heard }) => heard.length > 0);
    const hello = screen.heard[0]?.data as Hello;
    expect(hello).toMatchObject({ identity: IDENTITY, readOnly: false, stopping: false, whole: true });
    expect(hello.pace).toHaveLength(2);
    expect(hello.felt).toHaveLength(2);
    expect(hello.notes.map(({ event }) => event)).toEqual(['phase baseline']);
    expect(hello.latest?.moment).toEqual(glanceAt(2).moment);
    dashboard.show(IDENTITY, glanceAt(3));
    dashboard.stopping();
    await screen.until(({ heard }) => heard.length > 2);
    expect(screen.heard.map(({ event }) => event)).toEqual(['hello', 'second', 'stopping']);
    expect(screen.of('second').map(({ data }) => (data as Second).latest.moment.atUs)).toEqual([3e6]);
  });

  test('that was there before the run hears who runs as soon as it does', async () => {
    const { dashboard, port } = await open();
    const screen = await watch(port).until(({ heard }) => heard.length > 0);
    expect(screen.heard[0]?.data).toMatchObject({ identity: null, latest: null });
    dashboard.show(IDENTITY, glanceAt(1));
    await screen.until(({ heard }) => heard.length > 1);
    expect(screen.heard[1]).toMatchObject({ event: 'hello', data: { identity: IDENTITY, whole: true } });
  });

  test('that comes back hears what it missed; one that comes from another run hears everything', async () => {
    const { dashboard, port } = await open();
    dashboard.show(IDENTITY, glanceAt(1));
    const first = await watch(port).until(({ heard }) => heard.length > 0);
    first.close();
    dashboard.show(IDENTITY, glanceAt(2));
    dashboard.show(IDENTITY, glanceAt(3));
    const id = first.heard[0]?.id ?? '';
    const again = await watch(port, { 'last-event-id': id }).until(({ heard }) => heard.length > 0);
    const missed = again.heard[0]?.data as Hello;
    expect(missed.whole).toBe(false);
    expect(missed.pace.map(({ toUs }) => toUs)).toEqual([2e6, 3e6]);
    for (const foreign of [id.replace(/^./, (c) => (c === '0' ? '1' : '0')), '1', 'nonsense', `${id}9999`]) {
      const other = await watch(port, { 'last-event-id': foreign }).until(({ heard }) => heard.length > 0);
      expect(other.heard[0]?.data, foreign).toMatchObject({ whole: true });
    }
  });

  test('is kept alive by comments while nothing happens', async () => {
    const { port } = await open({ limits: { heartbeatMs: 5 } });
    const screen = await watch(port).until(({ comments }) => comments > 2);
    expect(screen.heard).toHaveLength(1);
  });

  test('that never reads is cut off, and nobody else notices', async () => {
    const { dashboard, port } = await open({ limits: { queueBytes: 100_000 } });
    await neverReads(port);
    const reader = await watch(port).until(({ heard }) => heard.length > 0);
    while (dashboard.watched.screens < 2) await turn();
    // The kernel takes some megabytes by itself before anything piles up here.
    const errors = [{ text: 'x'.repeat(50_000), count: 1 }];
    let told = 0;
    while (dashboard.watched.dropped === 0 && told < 2_000) {
      told += 1;
      dashboard.show(IDENTITY, glanceAt(told, { errors }, []));
      await reader.until(({ heard }) => heard.length > told);
    }
    expect(dashboard.watched).toEqual({ screens: 1, dropped: 1 });
    expect(reader.ended).toBe(false);
  });

  test('beyond the limit is turned away until another has gone', async () => {
    const { dashboard, port } = await open({ limits: { screens: 2 } });
    const [first, second] = [watch(port), watch(port)];
    await Promise.all([first, second].map((screen) => screen.until(({ heard }) => heard.length > 0)));
    const third = await ask(port, '/events');
    expect(third.status).toBe(503);
    expect(third.headers['retry-after']).toBe('5');
    first.close();
    while (dashboard.watched.screens > 1) await turn();
    await watch(port).until(({ heard }) => heard.length > 0);
  });

  test('of a page elsewhere hears nothing', async () => {
    const { port } = await open();
    const foreign: Record<string, string>[] = [
      { origin: 'http://attacker.example' },
      { origin: 'http://127.0.0.1:1' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign) expect((await ask(port, '/events', headers)).status).toBe(403);
  });
});

describe('stop', () => {
  test('is heard once, however often it is asked for', async () => {
    const { port, origin } = await open();
    for (let i = 0; i < 3; i += 1) expect((await ask(port, '/stop', origin, 'POST')).status).toBe(202);
    expect(stops).toBe(1);
  });

  test('is for the page itself', async () => {
    const { port, origin } = await open();
    const foreign: Record<string, string>[] = [
      {},
      { origin: 'http://attacker.example' },
      { origin: 'http://localhost:1' },
      { origin: 'null' },
      { ...origin, 'sec-fetch-site': 'cross-site' },
      { ...origin, host: 'attacker.example' },
    ];
    for (const headers of foreign)
      expect((await ask(port, '/stop', headers, 'POST')).status, JSON.stringify(headers)).toBe(403);
    expect((await ask(port, '/stop', origin)).status).toBe(405);
    expect(stops).toBe(0);
  });

  test('is not there on a page that may only look', async () => {
    const { port, origin } = await open({ readOnly: true });
    expect((await ask(port, '/stop', origin, 'POST')).status).toBe(404);
    const screen = await watch(port).until(({ heard }) => heard.length > 0);
    expect(screen.heard[0]?.data).toMatchObject({ readOnly: true });
    expect(stops).toBe(0);
  });
});

describe('the end', () => {
  test('is told to everybody, and nothing is left open', async () => {
    const { dashboard, port } = await open();
    const both = [watch(port), watch(port)];
    await Promise.all(both.map((screen) => screen.until(({ heard }) => heard.length > 0)));
    opened.splice(0);
    await dashboard.end(ENDING);
    for (const screen of both) {
      await screen.until(({ ended }) => ended);
      expect(screen.of('verdict').map(({ data }) => data)).toEqual([ENDING]);
    }
    await expect(ask(port, '/')).rejects.toThrow(/ECONNREFUSED/);
  });

  test('waits for nobody who does not read, nor for half a request', async () => {
    const { dashboard, port } = await open({ limits: { queueBytes: 1e9 } });
    await neverReads(port);
    while (dashboard.watched.screens < 1) await turn();
    // More than the kernel takes, so that the last word cannot leave either.
    const errors = [{ text: 'x'.repeat(100_000), count: 1 }];
    for (let told = 1; told <= 200; told += 1) dashboard.show(IDENTITY, glanceAt(told, { errors }, []));
    const half = connect({ host: '127.0.0.1', port });
    sockets.push(half);
    await new Promise((resolve) => half.once('connect', resolve));
    half.write('GET / HTTP/1.1\r\n');
    const gone = new Promise((resolve) => half.on('error', resolve).on('close', resolve));
    opened.splice(0);
    await dashboard.end(ENDING);
    half.resume();
    await gone;
  });

  test('a port in use is a word, not a crash', async () => {
    const { port } = await open();
    const second = new Dashboard({
      address: { host: '127.0.0.1', port },
      script: '',
      style: '',
      readOnly: true,
      stop: () => undefined,
    });
    expect(await second.listen()).toEqual({
      ok: false,
      problem: `cannot listen on 127.0.0.1:${port}: it is in use`,
    });
  });
});
