/** The JMAP engine against a small server of another hand, well behaved and not: each call its outcome, nothing thrown, nothing believed that does not fit. */

import { afterEach, describe, expect, test } from 'vitest';

import type { ProtocolOutcome } from '../../src/measure/outcome.ts';
import { HttpConnection } from '../../src/protocol/http/connection.ts';
import { openJmap } from '../../src/protocol/jmap/open.ts';
import { clock, settings } from './peers/endpoint.ts';
import { answer, type Asked } from './peers/http.ts';
import { BASIC, type JmapHabits, type JmapPeer, json, jmapPeer } from './peers/jmap.ts';

const open: (JmapPeer | HttpConnection)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await ('destroy' in one ? one.destroy() : one.close());
});

const CREDENTIALS = { login: 'user0@lab.test', password: 'secret' };
const DEADLINES = { deadlines: { commandUs: 300_000 } };

async function entered(peer: JmapPeer, credentials: object = CREDENTIALS, path?: string) {
  const http = new HttpConnection({
    ...settings('jmap+http', peer.port),
    ...DEADLINES,
    limits: { bodyBytes: 1_000_000 },
  });
  open.push(http, peer);
  const place = { endpoint: settings('jmap+http', peer.port).endpoint, clock, path };
  return openJmap(http, place, { ...CREDENTIALS, ...credentials });
}

async function connected(subjects: readonly string[] = [], habits: Partial<JmapHabits> = {}) {
  const peer = await jmapPeer(subjects, habits);
  const { connection, outcome } = await entered(peer);
  if (connection === undefined) throw new Error(JSON.stringify(outcome));
  return { peer, connection };
}

type Connection = Awaited<ReturnType<typeof connected>>['connection'];

/** Upload and submission of one message to one envelope. */
async function submitted(
  connection: Connection,
  to: readonly string[],
  identityId = 'I1',
): Promise<{ outcome: ProtocolOutcome; id?: string }> {
  const blob = await connection.upload(Buffer.from('x'));
  const letter = { blobId: blob.value ?? '', mailboxId: 'B3' };
  const posted = await connection.post(letter, identityId, [{ from: 'user0@lab.test', to }]);
  return posted.value?.sent[0] ?? posted;
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `mail ${n}`);
const isApi = ({ line }: Asked): boolean => line.startsWith('POST /api');

describe('a session', () => {
  test('is found through a redirection, with its limits and accounts', async () => {
    const { connection } = await connected([], { limits: { maxObjectsInSet: 7, maxCallsInRequest: 0 } });
    expect(connection.limits).toMatchObject({
      maxObjectsInSet: 7,
      maxObjectsInGet: 500,
      maxCallsInRequest: 16,
    });
  });

  test('is read where it is named, and by a token', async () => {
    const peer = await jmapPeer([], { authorization: 'Bearer abc' });
    expect((await entered(peer, { token: 'abc' }, '/session')).outcome.kind).toBe('ok');
    expect((await entered(peer, { token: 'abd' }, '/session')).outcome).toMatchObject({
      code: 401,
      enhanced: 'AUTHENTICATIONFAILED',
    });
  });

  test.each([
    ['no JMAP', { capabilities: undefined }, 'PROTOCOL'],
    ['no mail', { capabilities: { 'urn:ietf:params:jmap:core': {} } }, 'UNSUPPORTED'],
    ['no account', { primaryAccounts: {}, accounts: {} }, 'PROTOCOL'],
    ['no place for calls', { apiUrl: 7 }, 'PROTOCOL'],
    ['a place for calls on another host', { apiUrl: 'http://192.0.2.1/api' }, 'GUARD'],
    ['a place for calls on another port', { apiUrl: 'http://localhost:1/api' }, 'GUARD'],
  ])('with %s is refused', async (_, session, code) => {
    const peer = await jmapPeer([], { session });
    expect((await entered(peer)).outcome).toMatchObject({ kind: 'rejected', code });
  });

  test('behind a circle of redirections ends, elsewhere is the guard’s to refuse', async () => {
    const asked: string[] = [];
    const to = (location: string): Partial<JmapHabits> => ({
      instead: ({ line }) => {
        asked.push(line);
        return answer('302 Found', '', { Location: location });
      },
    });
    expect((await entered(await jmapPeer([], to('/session')))).outcome).toMatchObject({ code: '302' });
    expect(asked).toHaveLength(6);
    expect((await entered(await jmapPeer([], to('http://192.0.2.1/')))).outcome).toMatchObject({
      code: 'GUARD',
    });
    expect(asked).toHaveLength(7);
  });

  test('needs credentials that a header can carry', async () => {
    const peer = await jmapPeer();
    for (const wrong of [{ login: 'a:b' }, { token: 'a b' }])
      expect((await entered(peer, wrong)).outcome).toMatchObject({ code: 'ARGUMENT' });
    expect((await entered(peer, { authorizationId: 'x' })).outcome).toMatchObject({ code: 'UNSUPPORTED' });
    expect(peer.calls).toEqual([]);
  });

  test('does not hand a secret on that the server echoes', async () => {
    const peer = await jmapPeer([], {
      instead: () => json({ type: 'about:blank', detail: `no ${BASIC} for secret` }, '403 secret'),
    });
    const { outcome } = await entered(peer);
    expect(outcome).toMatchObject({ kind: 'rejected', code: 403 });
    expect(JSON.stringify(outcome)).not.toContain('secret"');
    expect(JSON.stringify(outcome)).not.toContain(BASIC);
    expect(JSON.stringify(outcome)).toContain('[secret]');
    const later = await connected();
    later.peer.habits.instead = peer.habits.instead;
    expect(JSON.stringify(await later.connection.query({ limit: 1 }))).not.toContain(BASIC);
    const type = { type: 'forbidden', description: `no ${BASIC}` };
    Object.assign(later.peer.habits, { instead: undefined, method: () => ['error', type] });
    expect(JSON.stringify(await later.connection.query({ limit: 1 }))).not.toContain(BASIC);
  });
});

describe('calls', () => {
  test('list, fetch, move and destroy, each one request', async () => {
    const { peer, connection } = await connected(numbered(5));
    expect((await connection.mailboxes()).value?.map(({ role }) => role)).toEqual([
      'inbox',
      'trash',
      'drafts',
    ]);
    const page = await connection.query({ filter: { inMailbox: 'B1' }, position: 1, limit: 2 });
    expect(page.value).toMatchObject({ ids: ['M1', 'M2'], cap: 2 });
    const got = await connection.get(['M1', 'M9'], ['subject']);
    expect(got.value).toMatchObject({ rows: [{ subject: 'mail 1' }], notFound: ['M9'] });
    const before = peer.calls.length;
    const listed = await connection.list({ limit: 3 }, ['subject']);
    expect(listed.value?.rows.map(({ subject }) => subject)).toEqual(['mail 0', 'mail 1', 'mail 2']);
    expect(peer.calls.slice(before).map(([name]) => name)).toEqual(['Email/query', 'Email/get']);
    const moved = await connection.move(['M0', 'M9'], 'B2');
    expect(moved.value?.done).toEqual(['M0']);
    expect(moved.value?.refused.get('M9')).toMatchObject({ code: 'notUpdated', enhanced: 'notFound' });
    expect(peer.mail.find(({ id }) => id === 'M0')?.box).toBe('B2');
    const swept = await connection.sweep({ filter: { inMailbox: 'B1' }, limit: 10 });
    expect(swept.value?.done).toEqual(['M1', 'M2', 'M3', 'M4']);
    expect(peer.mail.map(({ id }) => id)).toEqual(['M0']);
    expect((await connection.destroy(['M0'])).value?.done).toEqual(['M0']);
  });

  test('keep to the server’s limits without asking', async () => {
    const limits = { maxObjectsInGet: 2, maxObjectsInSet: 2, maxSizeRequest: 400, maxSizeUpload: 10 };
    const { peer, connection } = await connected([], { limits });
    const three = ['a', 'b', 'c'];
    for (const result of [
      await connection.get(three, ['subject']),
      await connection.list({ limit: 3 }, ['subject']),
      await connection.destroy(three),
      await connection.move(three, 'B2'),
      await connection.sweep({ limit: 3 }),
      await connection.destroy(['x'.repeat(400)]),
      await connection.upload(Buffer.alloc(11)),
    ])
      expect(result.outcome).toMatchObject({ kind: 'rejected', code: 'ARGUMENT', temporary: false });
    const one = await connected([], { limits: { maxCallsInRequest: 1 } });
    expect((await one.connection.list({ limit: 3 }, [])).outcome).toMatchObject({ code: 'ARGUMENT' });
    expect([...peer.calls, ...one.peer.calls]).toEqual([]);
  });

  test('submit by an upload and one request, and clear up behind them', async () => {
    const { peer, connection } = await connected();
    const { identities = [] } = (await connection.outgoing()).value ?? {};
    const to = ['user1@lab.test', 'user2@lab.test'];
    const sent = await submitted(connection, to, identities[0]?.id);
    expect(sent).toMatchObject({ outcome: { kind: 'ok' }, id: 'S1' });
    expect(peer.submitted).toEqual([{ email: '#m', to }]);
    expect(peer.mail).toEqual([]);
    const blob = await connection.upload(Buffer.from('yes'));
    expect(String((await connection.download(blob.value ?? '')).value)).toBe('yes');
    expect((await connection.import(blob.value ?? '', 'B1')).value).toBe(peer.mail[0]?.id);
  });

  test('wait their turn: no two are under way at once', async () => {
    let underWay = 0;
    let most = 0;
    const { peer, connection } = await connected(numbered(3));
    peer.habits.instead = (_, one) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setTimeout(() => {
        underWay -= 1;
        one.raw(
          json({ methodResponses: [['Email/query', { ids: [], position: 0 }, 'q']], sessionState: 's2' }),
        );
      }, 2);
      return undefined;
    };
    const all = await Promise.all(Array.from({ length: 10 }, () => connection.query({ limit: 1 })));
    expect(all.map(({ outcome }) => outcome.kind)).toEqual(Array(10).fill('ok'));
    expect(most).toBe(1);
    expect(connection.isStale).toBe(true);
  });

  test('go on after a token has run out and another is given', async () => {
    const { peer, connection } = await connected(numbered(2));
    peer.habits.authorization = 'Bearer new';
    expect((await connection.query({ limit: 1 })).outcome).toMatchObject({
      kind: 'rejected',
      code: 401,
      enhanced: 'AUTHENTICATIONFAILED',
      temporary: false,
    });
    connection.signInAs({ login: 'user0@lab.test', password: '', token: 'new' });
    expect((await connection.query({ limit: 1 })).value?.ids).toEqual(['M0']);
  });
});

const PROBLEM = 'urn:ietf:params:jmap:error:';

describe('a refusal of the whole request', () => {
  test.each([
    ['limit', { limit: 'maxConcurrentRequests' }, { limiter: true, temporary: true }],
    ['limit', { limit: 'maxSizeRequest' }, { limiter: true, temporary: false }],
    ['notRequest', {}, { limiter: false, temporary: false }],
    ['unknownCapability', { detail: 'what?' }, { text: 'Bad: what?' }],
  ])('%s %j', async (type, more, expected) => {
    const { peer, connection } = await connected();
    peer.habits.instead = () => json({ type: `${PROBLEM}${type}`, status: 400, ...more }, '400 Bad');
    const { outcome } = await connection.destroy(['M1']);
    expect(outcome).toMatchObject({ kind: 'rejected', code: 400, enhanced: type, ...expected });
  });

  test('429 keeps how long to wait', async () => {
    const { peer, connection } = await connected();
    peer.habits.instead = () => answer('429 Too Many', 'x', { 'Retry-After': '3' });
    const { outcome, retryAfterUs } = await connection.query({ limit: 1 });
    expect(outcome).toMatchObject({ code: 429, limiter: true, temporary: true });
    expect(retryAfterUs).toBe(3_000_000);
  });
});

describe('a refusal of a method', () => {
  test.each([
    ['serverUnavailable', { temporary: true, limiter: false }],
    ['requestTooLarge', { limiter: true }],
    ['rateLimit', { limiter: true, temporary: true }],
    ['accountReadOnly', { temporary: false }],
    ['unsupportedFilter', { temporary: false }],
  ])('%s', async (type, expected) => {
    const { connection } = await connected([], { method: () => ['error', { type, description: 'd' }] });
    expect((await connection.query({ limit: 1 })).outcome).toMatchObject({
      kind: 'rejected',
      code: 'error',
      enhanced: type,
      text: 'Email/query: d',
      ...expected,
    });
  });

  test('serverPartialFail leaves it unknown', async () => {
    const { connection } = await connected([], { method: () => ['error', { type: 'serverPartialFail' }] });
    expect((await connection.destroy(['M0'])).outcome.kind).toBe('unknown');
  });
});

describe('a refusal of one object', () => {
  test.each([
    ['overQuota', { overQuota: true }],
    ['rateLimit', { limiter: true, temporary: true }],
    ['tooManyRecipients', { limiter: true }],
    ['forbiddenToSend', { limiter: false, temporary: false }],
    ['forbiddenFrom', {}],
    ['invalidRecipients', {}],
  ])('%s', async (type, expected) => {
    const refuse = { s0: { type } };
    const { connection } = await connected([], {
      method: (name) => (name === 'EmailSubmission/set' ? [name, { notCreated: refuse }] : undefined),
    });
    const sent = await submitted(connection, ['b@lab.test']);
    expect(sent.id).toBeUndefined();
    expect(sent.outcome).toMatchObject({ kind: 'rejected', code: 'notCreated', enhanced: type, ...expected });
  });

  test('of the import is the outcome, whatever the submission says', async () => {
    const { connection } = await connected([], {
      method: (name) =>
        name === 'Email/import' ? [name, { notCreated: { m: { type: 'overQuota' } } }] : undefined,
    });
    const sent = await submitted(connection, ['b@lab.test']);
    expect(sent.outcome).toMatchObject({ kind: 'rejected', overQuota: true });
  });

  test('without a word on it is no answer: it may have happened', async () => {
    const { connection } = await connected(numbered(2), { method: (name) => [name, { destroyed: ['M0'] }] });
    expect((await connection.destroy(['M0', 'M1'])).outcome.kind).toBe('unknown');
    const silent = await connected([], { method: (name) => [name, {}] });
    expect((await silent.connection.import('G1', 'B1')).outcome.kind).toBe('unknown');
  });
});

describe('an answer that is none', () => {
  const big = 'x'.repeat(1_100_000);
  const NONE: readonly (readonly [string, (asked: Asked) => string | undefined])[] = [
    ['HTML', () => answer('200 OK', '<html>sign in</html>', { 'Content-Type': 'text/html' })],
    ['broken JSON', () => answer('200 OK', '{"methodResponses":[[')],
    ['other JSON', () => json([1, 2])],
    ['nothing', () => answer('204 No Content')],
    ['no responses', () => json({ methodResponses: [] })],
    ['responses of nonsense', () => json({ methodResponses: [null, 7, ['Email/query'], ['x', null, 'q']] })],
    [
      'an answer to something else',
      () =>
        json({
          methodResponses: [
            ['Email/queryChanges', { ids: [], position: 0 }, 'q'],
            ['Email/copy', { destroyed: ['M0'] }, 'd'],
          ],
        }),
    ],
    ['a giant', () => json({ methodResponses: [], big })],
    ['more than was asked for', () => json({ methodResponses: [['Email/query', { ids: ['a', 'b'] }, 'q']] })],
    ['ids that are none', () => json({ methodResponses: [['Email/query', { ids: [1] }, 'q']] })],
    ['depths', () => answer('200 OK', '['.repeat(200_000))],
    ['silence', () => undefined],
  ];

  test.each(NONE)('%s', async (name, say) => {
    const { peer, connection } = await connected(numbered(1));
    peer.habits.instead = (asked) => (isApi(asked) ? say(asked) : 'as usual');
    const read = await connection.query({ limit: 1 });
    const changed = await connection.destroy(['M0']);
    expect(read.value).toBeUndefined();
    expect(read.outcome, JSON.stringify(read.outcome)).toMatchObject(
      name === 'silence' ? { kind: 'unknown' } : { kind: 'rejected', code: 'PROTOCOL' },
    );
    // Whoever changes something and hears nonsense cannot know that it did not happen.
    expect(changed.outcome.kind).toBe('unknown');
  });

  test('up- and downloads that lead elsewhere are refused, those that are not offered too', async () => {
    const session = { uploadUrl: 'http://192.0.2.1/{accountId}', downloadUrl: '' };
    const { connection } = await connected([], { session });
    expect((await connection.upload(Buffer.from('x'))).outcome).toMatchObject({ code: 'GUARD' });
    expect((await connection.download('G1')).outcome).toMatchObject({ code: 'UNSUPPORTED' });
  });
});
