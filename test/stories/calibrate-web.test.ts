/** Stories of `calibrate http` and `calibrate jmap`: what they refuse, what they ask of a server, and what they say of it. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect } from 'vitest';

import { type JmapPeer, jmapPeer } from '../protocol/peers/jmap.ts';
import { deadPort } from './mute.ts';
import { story } from './story.ts';

const AWAY = ['--url', 'http://192.0.2.1/'];
const AWAY_JMAP = ['--mailbox', 'jmap+http://192.0.2.1', '--accounts', 'user{n}@lab.test'];

/** A protocol, a command line's flags, and what one line of its complaint says. */
const WRONG: readonly (readonly [string, 'http' | 'jmap', readonly string[], RegExp])[] = [
  ['no URL', 'http', [], /url/],
  ['a URL of another kind', 'http', ['--url', 'imap://127.0.0.1'], /^--url: found "imap:\/\/127/m],
  ['a password in it', 'http', ['--url', 'http://a:b@127.0.0.1/'], /^--url: found a name or password/m],
  ['a method it does not know', 'http', [...AWAY, '--method', 'BREW'], /BREW/],
  [
    'a POST to nobody knows whom',
    'http',
    [...AWAY, '--method', 'POST'],
    /^--domain: found none beside POST/m,
  ],
  ['a body with a GET', 'http', [...AWAY, '--body', 'x'], /^--body: found it beside GET/m],
  ['two bodies', 'http', [...AWAY, '--body', 'x', '--body-file', 'y'], /^--body-file: found it beside/m],
  [
    'a token from nowhere',
    'http',
    [...AWAY, '--token-env', 'NO_SUCH_TOKEN'],
    /^--token-env: found no NO_SUCH/m,
  ],
  [
    'two ways to sign in',
    'http',
    [...AWAY, '--token-env', 'A', '--user', 'b'],
    /^--token-env: found it beside/m,
  ],
  ['no connections', 'http', [...AWAY, '--connections', '0'], /^--connections: found 0/m],
  ['no server', 'jmap', [], /^--mailbox: found nothing, expected jmap\+http:/m],
  ['a server of another kind', 'jmap', ['--mailbox', 'imap://127.0.0.1'], /^--mailbox: /m],
  ['a delete without --yes', 'jmap', [...AWAY_JMAP, '--operation', 'delete'], /^--operation: found delete/m],
  ['tokens', 'jmap', [...AWAY_JMAP, '--token-command', 'echo x'], /^--token-command: found it/m],
];

const open: (Server | JmapPeer)[] = [];
afterEach(async () => {
  for (const one of open.splice(0))
    await new Promise<void>((resolve) => {
      if ('calls' in one) void one.close().then(resolve);
      else one.close(() => resolve()).closeAllConnections();
    });
});

/** A server that keeps what it was asked. */
async function listening(status = 200): Promise<{ url: string; asked: [string, string, string][] }> {
  const asked: [string, string, string][] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      asked.push([`${request.method} ${request.url}`, body, request.headers.authorization ?? '']);
      response.writeHead(status, { 'Retry-After': '1' }).end('0123456789');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('before any packet it refuses', () => {
  for (const [what, protocol, flags, complaint] of WRONG)
    story(`${what} (${protocol})`, async ({ desk }) => {
      const ended = await desk.say(['calibrate', protocol, ...flags]);
      expect(ended.code, ended.stderr).toBe(104);
      expect(ended.stderr).toMatch(complaint);
      expect(ended.stdout).toBe('');
    });

  for (const [protocol, flags] of [
    ['http', AWAY],
    ['jmap', AWAY_JMAP],
  ] as const)
    story(`a target off this machine (${protocol})`, async ({ desk }) => {
      const ended = await desk.say(['calibrate', protocol, ...flags]);
      expect(ended.code, ended.stderr).toBe(113);
      expect(ended.last).toMatch(/^exit 113: .*192\.0\.2\.1 is not this machine/);
    });
});

describe('calibrate http', { timeout: 60_000 }, () => {
  story('asks as often as it was told, over all workers, and counts what it got', async ({ desk }) => {
    const { url, asked } = await listening();
    const flags = ['--operations', '300', '--workers', '2', '--connections', '3', '--json'];
    const ended = await desk.say(['calibrate', 'http', '--url', `${url}/mail/{n}?a=b`, ...flags]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      operation: 'GET',
      operations: 300,
      ok: 300,
      bytes: 3_000,
    });
    const paths = new Set(asked.map(([line]) => line));
    expect(paths).toEqual(new Set(Array.from({ length: 300 }, (_, n) => `GET /mail/${n}?a=b`)));
  });

  story('posts a body, signed in', async ({ desk }) => {
    const { url, asked } = await listening();
    const what = [
      '--method',
      'POST',
      '--body',
      '{"to":"a@lab.test"}',
      '--domain',
      'lab.test',
      '--user',
      'me',
    ];
    const flags = ['--url', `${url}/send`, ...what, '--operations', '5', '--connections', '1', '--json'];
    const ended = await desk.say(['calibrate', 'http', ...flags], { REPLYSTORM_PASSWORD: 'hush' });
    expect(ended.code, ended.stderr).toBe(0);
    const authorization = `Basic ${Buffer.from('me:hush').toString('base64')}`;
    expect(asked).toEqual(
      Array.from({ length: 5 }, () => ['POST /send', '{"to":"a@lab.test"}', authorization]),
    );
    expect(`${ended.stdout}${ended.stderr}`).not.toContain('hush');
  });

  story('leaves alone whom a POST may reach off this machine', async ({ desk }) => {
    const { url, asked } = await listening();
    const what = ['--method', 'POST', '--body', 'x', '--domain', 'nhs.uk'];
    const ended = await desk.say(['calibrate', 'http', '--url', url, ...what]);
    expect(ended.code, ended.stderr).toBe(113);
    expect(asked).toEqual([]);
  });

  story('tells a limiter from the rest, and nobody from a server', async ({ desk }) => {
    const { url } = await listening(429);
    const ended = await desk.say(['calibrate', 'http', '--url', url, '--operations', '20', '--json']);
    expect(ended.code, ended.stderr).toBe(111);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      rejected: 20,
      refusals: [{ operation: 'http.fetch', code: '429', count: 20, limited: 20, temporary: 20 }],
    });
    const nobody = ['--url', `http://127.0.0.1:${await deadPort()}/`, '--operations', '20', '--json'];
    const refused = await desk.say(['calibrate', 'http', ...nobody]);
    expect(refused.code, refused.stderr).toBe(115);
    expect(JSON.parse(refused.stdout)).toMatchObject({ refusals: [{ code: 'REFUSED', count: 20 }] });
  });

  story('paced, offers its rate', async ({ desk }) => {
    const { url } = await listening();
    const flags = ['--rate', '50', '--duration', '2s', '--json'];
    const ended = await desk.say(['calibrate', 'http', '--url', url, ...flags]);
    expect(JSON.parse(ended.stdout)).toMatchObject({ operations: 100, ok: 100, offered: 50 });
  });
});

describe('calibrate jmap', { timeout: 60_000 }, () => {
  const mail = Array.from({ length: 30 }, (_, n) => `test ${n}`);

  async function served(): Promise<{ peer: JmapPeer; flags: string[] }> {
    const peer = await jmapPeer(mail, { subject: 'silent' });
    open.push(peer);
    const url = `jmap+http://127.0.0.1:${peer.port}`;
    const flags = ['--mailbox', url, '--accounts', 'user{n}@lab.test', '--mailboxes', '1', '--json'];
    return { peer, flags: [...flags, '--connections', '1', '--operations', '3'] };
  }

  story('reads, searches, keeps up, submits, clears away', async ({ desk }) => {
    const { peer, flags } = await served();
    const figures = async (operation: string, messages: number): Promise<void> => {
      const line = ['calibrate', 'jmap', ...flags, '--operation', operation, '--yes'];
      const ended = await desk.say(line, { REPLYSTORM_PASSWORD: 'secret' });
      expect(ended.code, `${operation}: ${ended.stderr}`).toBe(0);
      expect(JSON.parse(ended.stdout)).toMatchObject({ operations: 3, ok: 3, messages, refusals: [] });
    };
    await figures('session', 0);
    await figures('query', 90);
    await figures('search', 90);
    await figures('sync', 30);
    await figures('submit', 3);
    expect(peer.submitted).toEqual(
      Array.from({ length: 3 }, () => ({ email: '#m', to: ['user0@lab.test'] })),
    );
    await figures('trash', 30);
    for (const one of peer.mail) one.box = 'B1';
    await figures('delete', 30);
    expect(peer.mail).toEqual([]);
  });

  story('a wrong password is told by its code, and nothing is measured', async ({ desk }) => {
    const { flags } = await served();
    const ended = await desk.say(['calibrate', 'jmap', ...flags], { REPLYSTORM_PASSWORD: 'wrong' });
    expect(ended.code, ended.stderr).toBe(115);
    expect(JSON.parse(ended.stdout)).toMatchObject({ ok: 0, rejected: 3 });
    expect(`${ended.stdout}${ended.stderr}`).not.toContain('wrong"');
    expect(ended.stdout).toContain('AUTHENTICATIONFAILED');
  });
});
