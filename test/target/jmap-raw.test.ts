/** The JMAP server by bare requests: errors of requests, of methods and of objects, references, limits, hostile input (RFC 8620). */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_SWITCHES } from '../../src/target/switches.ts';
import { ADA, BEN, delivered, RawClient, rawInbox, send } from './lab.ts';
import {
  type Answer,
  basic,
  call,
  CORE,
  lookAround,
  MAIL,
  originOf,
  post,
  startJmapLab,
} from './jmap-lab.ts';

const echo = (id: string): [string, Answer, string] => ['Core/echo', {}, id];

describe('a request as a whole', () => {
  test('is refused without a right name and password', async () => {
    const lab = await startJmapLab();
    for (const authorization of ['', 'Bearer x', 'Basic !', basic(ADA, 'wrong'), basic('nobody@lab.test')]) {
      const reply = await post(lab, ADA, {}, { authorization });
      expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([
        401,
        'Basic realm="replystorm target", charset="UTF-8"',
      ]);
    }
    const right = await fetch(`${originOf(lab)}/jmap/session`, { headers: { authorization: basic(ADA) } });
    expect(right.status).toBe(200);
  });

  test('goes to a path and by a method that there is', async () => {
    const lab = await startJmapLab();
    const ask = async (path: string, method = 'GET') => {
      const init = { method, headers: { authorization: basic(ADA) }, redirect: 'manual' } as const;
      return fetch(`${originOf(lab)}${path}`, init);
    };
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/jmap/apiary')).status).toBe(404);
    expect((await ask('/jmap/api')).headers.get('allow')).toBe('POST');
    const known = await ask('/.well-known/jmap');
    expect([known.status, known.headers.get('location')]).toEqual([307, '/jmap/session']);
    expect((await ask('/jmap/download/a1/b1/x')).status).toBe(404);
    expect((await ask('/jmap/download/a0/b1/x')).status).toBe(404);
    expect((await ask('/jmap/upload/a1/', 'POST')).status).toBe(404);
  });

  test.each([
    ['notJSON', '{', {}],
    ['notJSON', '{"using":[],"methodCalls":[]}', { 'content-type': 'text/plain' }],
    ['notRequest', '[]', {}],
    ['notRequest', { using: [CORE] }, {}],
    ['notRequest', { using: [1], methodCalls: [] }, {}],
    ['notRequest', { using: [CORE], methodCalls: [['Core/echo', {}]] }, {}],
    ['notRequest', { using: [CORE], methodCalls: [['Core/echo', [], 'a']] }, {}],
    ['notRequest', { using: [CORE], methodCalls: [], createdIds: { a: 1 } }, {}],
    [
      'notRequest',
      `{"using":[],"methodCalls":[["Core/echo",${'{"a":'.repeat(40)}1${'}'.repeat(40)},"a"]]}`,
      {},
    ],
    ['notJSON', '['.repeat(9_000_000), {}],
    ['unknownCapability', { using: ['urn:x'], methodCalls: [] }, {}],
  ])('is told %s', async (type, body, headers) => {
    const lab = await startJmapLab();
    const { status, json } = await post(lab, ADA, body, headers);
    expect([status, json.type, json.status]).toEqual([400, `urn:ietf:params:jmap:error:${type}`, 400]);
  });

  test('keeps to the limits that the session names, or is told which', async () => {
    const lab = await startJmapLab();
    const many = Array.from({ length: 33 }, (_, index) => echo(`c${index}`));
    const calls = await post(lab, ADA, { using: [CORE], methodCalls: many });
    expect(calls.json).toMatchObject({
      type: 'urn:ietf:params:jmap:error:limit',
      limit: 'maxCallsInRequest',
    });
    const large = await post(lab, ADA, ' '.repeat(10_000_001));
    expect(large.json).toMatchObject({ limit: 'maxSizeRequest', status: 400 });
    const fits = await post(lab, ADA, { using: [CORE], methodCalls: many.slice(1) });
    expect(fits.json.methodResponses).toHaveLength(32);
    expect(fits.json.sessionState).toBe('0');
  });

  test('one after the other on one connection, and too many ahead end it', async () => {
    const lab = await startJmapLab();
    const head = `GET /jmap/session HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(ADA)}\r\n\r\n`;
    const polite = new RawClient(lab.ports.jmapPort as number);
    polite.say(head.repeat(3));
    for (let answers = 0; answers < 3; answers += 1) await polite.hear(/"state":"0"\}/);
    const flood = new RawClient(lab.ports.jmapPort as number);
    flood.say(head.repeat(200));
    await flood.closing();
    const nonsense = new RawClient(lab.ports.jmapPort as number);
    nonsense.say('EHLO x\r\n\r\n');
    expect(await nonsense.closing()).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a method', () => {
  test('is told what was wrong with its call, and the next is carried out', async () => {
    const lab = await startJmapLab();
    const accountId = 'a0';
    const many = Array.from({ length: 1_001 }, (_, index) => `e${index}`);
    const wrong: [string, Answer, Answer][] = [
      ['Email/parse', { accountId }, { type: 'unknownMethod' }],
      ['constructor', { accountId }, { type: 'unknownMethod' }],
      ['Email/get', {}, { type: 'invalidArguments' }],
      ['Email/get', { accountId: 'a1' }, { type: 'accountNotFound' }],
      ['Email/get', { accountId, ids: 'e1' }, { type: 'invalidArguments' }],
      ['Email/get', { accountId, ids: many }, { type: 'requestTooLarge' }],
      ['Email/get', { accountId, properties: ['bogus'] }, { type: 'invalidArguments' }],
      ['Email/get', { accountId, properties: ['header:Subject:asDate'] }, { type: 'invalidArguments' }],
      ['Email/query', { accountId, filter: { moon: 'full' } }, { type: 'unsupportedFilter' }],
      ['Email/query', { accountId, filter: { before: 'noon' } }, { type: 'invalidArguments' }],
      ['Email/query', { accountId, sort: [{ property: 'mood' }] }, { type: 'unsupportedSort' }],
      ['Email/query', { accountId, anchor: 'e9' }, { type: 'anchorNotFound' }],
      ['Email/changes', { accountId, sinceState: 'x' }, { type: 'cannotCalculateChanges' }],
      ['Email/changes', { accountId, sinceState: '99' }, { type: 'cannotCalculateChanges' }],
      ['Email/set', { accountId, ifInState: '7' }, { type: 'stateMismatch' }],
      ['Email/set', { accountId, destroy: many }, { type: 'requestTooLarge' }],
      ['Email/import', { accountId, emails: {}, ifInState: '7' }, { type: 'stateMismatch' }],
      ['Mailbox/get', { accountId, properties: ['toString'] }, { type: 'invalidArguments' }],
    ];
    for (const [name, args, error] of wrong) {
      const [answer, after] = await call(lab, ADA, [[name, args], echo('after')]);
      expect([name, args, answer.error]).toEqual([name, args, expect.objectContaining(error)]);
      expect(after).toEqual({});
    }
  });

  test('is unknown to a request that does not use its capability', async () => {
    const lab = await startJmapLab();
    const methodCalls = [['Mailbox/get', { accountId: 'a0' }, 'a']];
    const { json } = await post(lab, ADA, { using: [CORE], methodCalls });
    expect(json.methodResponses).toEqual([['error', { type: 'unknownMethod' }, 'a']]);
  });

  test('takes arguments from earlier answers, through lists and flattened', async () => {
    const lab = await startJmapLab();
    const ref = (path: string, name = 'Core/echo') => ({ resultOf: 'first', name, path });
    const first = {
      list: [
        { ids: ['a', 'b'], 'x/y~z': 1 },
        { ids: ['c'], 'x/y~z': 2 },
      ],
    };
    const [, all, escaped, second] = await call(lab, ADA, [
      ['Core/echo', first, 'first'],
      ['Core/echo', { '#ids': ref('/list/*/ids') }],
      ['Core/echo', { '#names': ref('/list/*/x~1y~0z') }],
      ['Core/echo', { '#one': ref('/list/1') }],
    ]);
    expect([all, escaped, second]).toEqual([
      { ids: ['a', 'b', 'c'] },
      { names: [1, 2] },
      { one: first.list[1] },
    ]);
    const refused = await call(lab, ADA, [
      ['Core/echo', first, 'first'],
      ['Core/echo', { '#ids': ref('/list/*/none') }],
      ['Core/echo', { '#ids': ref('/list/2') }],
      ['Core/echo', { '#ids': ref('/list', 'Email/get') }],
      ['Core/echo', { '#ids': ref('/list/length') }],
      ['Core/echo', { '#ids': { ...ref('/list'), resultOf: 'later' } }],
      ['Core/echo', { '#ids': ref('/list'), ids: [] }],
    ]);
    expect(refused.slice(1).map(({ error }) => error.type)).toEqual([
      ...Array.from({ length: 5 }, () => 'invalidResultReference'),
      'invalidArguments',
    ]);
  });

  test('cannot make an answer out of all proportion by doubling it with each call', async () => {
    const lab = await startJmapLab();
    const twice = (index: number) => {
      const back = { resultOf: `c${index}`, name: 'Core/echo', path: '' };
      return ['Core/echo', { '#a': back, '#b': back }] as const;
    };
    const first = ['Core/echo', { text: 'x'.repeat(100_000) }, 'c0'] as const;
    const answers = await call(lab, ADA, [first, ...Array.from({ length: 13 }, (_, index) => twice(index))]);
    expect(answers[6].error).toBeUndefined();
    expect(answers.some(({ error }) => error?.type === 'requestTooLarge')).toBe(true);
  });

  test('takes no more from earlier answers than an answer may have, whatever it does with it', async () => {
    const lab = await startJmapLab();
    const text = { resultOf: 'c0', name: 'Core/echo', path: '/text' };
    const again = ['Mailbox/query', { accountId: 'a0', '#name': text }] as const;
    const first = ['Core/echo', { text: 'x'.repeat(9_000_000) }, 'c0'] as const;
    const answers = await call(lab, ADA, [first, ...Array.from({ length: 7 }, () => again)]);
    expect(answers[6].ids).toHaveLength(5);
    expect(answers[7].error).toEqual({ type: 'requestTooLarge' });
  });
});

describe('a query', () => {
  test('filters, sorts and pages', async () => {
    const lab = await startJmapLab();
    for (const subject of ['b test', 'A', 'c TEST'])
      await send(lab, { to: BEN, subject, text: `in ${subject}` });
    await delivered(lab);
    const { accountId, inbox, trash } = await lookAround(lab, BEN);
    const ids = async (filter: Answer, more: Answer = {}) => {
      const sort = [{ property: 'receivedAt' }];
      const [answer] = await call(lab, BEN, [['Email/query', { accountId, filter, sort, ...more }]]);
      return answer.ids ?? answer;
    };
    const [first, second, third] = await ids({ inMailbox: inbox });
    expect(await ids({ inMailbox: trash })).toEqual([]);
    expect(await ids({ inMailboxOtherThan: [inbox] })).toEqual([]);
    expect(await ids({ subject: 'test' })).toEqual([first, third]);
    expect(await ids({ operator: 'NOT', conditions: [{ subject: 'test' }] })).toEqual([second]);
    expect(await ids({ header: ['Subject', 'a'] })).toEqual([second]);
    expect(await ids({ header: ['X-None'] })).toEqual([]);
    expect(await ids({ from: 'ADA@', body: 'in c' })).toEqual([third]);
    expect(await ids({ text: 'in b' })).toEqual([first]);
    expect(await ids({ hasKeyword: '$seen' })).toEqual([]);
    expect(await ids({ notKeyword: '$seen', minSize: 10, after: '2020-01-01T00:00:00Z' })).toHaveLength(3);
    expect(await ids({ before: '2020-01-01T00:00:00Z' })).toEqual([]);
    expect(await ids({}, { sort: [{ property: 'subject' }] })).toEqual([second, first, third]);
    expect(await ids({}, { sort: [{ property: 'receivedAt', isAscending: false }] })).toEqual([
      third,
      second,
      first,
    ]);
    expect(await ids({}, { position: -2, limit: 1 })).toEqual([second]);
    expect(await ids({}, { anchor: third, anchorOffset: -1 })).toEqual([second, third]);
    const [whole] = await call(lab, BEN, [['Email/query', { accountId, calculateTotal: true, limit: 0 }]]);
    expect(whole).toMatchObject({ ids: [], total: 3, position: 0 });
  });

  test.each([
    ['finds nothing', { ids: [] }],
    ['fails', { error: { type: 'serverFail', description: 'there is no search index' } }],
  ] as const)('by text %s where there is no index, by header and folder it works', async (how, answer) => {
    const lab = await startJmapLab({ switches: { ...NO_SWITCHES, jmapSubjectFilter: how } });
    await send(lab, { to: BEN, subject: 'test' });
    await delivered(lab);
    const { accountId, inbox } = await lookAround(lab, BEN);
    const filters = [
      { subject: 'test' },
      { text: 'test' },
      { header: ['Subject', 'test'] },
      { inMailbox: inbox },
    ];
    const answers = await call(
      lab,
      BEN,
      filters.map((filter) => ['Email/query', { accountId, filter }]),
    );
    expect(answers).toMatchObject([answer, answer, { ids: ['e1'] }, { ids: ['e1'] }]);
  });
});

describe('objects', () => {
  test('are changed one by one, and each is told why not', async () => {
    const lab = await startJmapLab();
    for (const subject of ['one', 'two']) await send(lab, { to: BEN, subject });
    await delivered(lab);
    const { accountId, inbox, trash } = await lookAround(lab, BEN);
    const change = async (update: Answer, destroy: string[] = []) => {
      const [answer] = await call(lab, BEN, [['Email/set', { accountId, update, destroy }]]);
      return { ...answer.notUpdated, ...answer.notDestroyed };
    };
    const why = async (patch: unknown) => (await change({ e1: patch })).e1?.type;
    expect(await why({ [`mailboxIds/${trash}`]: true })).toBe('tooManyMailboxes');
    expect(await why({ mailboxIds: {} })).toBe('invalidProperties');
    expect(await why({ mailboxIds: { m1: true } })).toBe('invalidProperties');
    expect(await why({ mailboxIds: { [inbox]: true }, [`mailboxIds/${inbox}`]: null })).toBe('invalidPatch');
    expect(await why({ 'keywords/$seen': 1 })).toBe('invalidProperties');
    expect(await why({ 'keywords/a b': true })).toBe('invalidProperties');
    expect(await why({ subject: 'other' })).toBe('invalidProperties');
    expect(await why('x')).toBe('invalidPatch');
    const keywords = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, true]));
    expect(await why({ keywords })).toBe('tooManyKeywords');
    expect(await change({ e9: {}, e2: { 'keywords/$seen': true } }, ['e2', 'm1'])).toEqual({
      e9: { type: 'notFound' },
      e2: { type: 'willDestroy' },
      m1: { type: 'notFound' },
    });
    expect(await why({ 'keywords/$seen': true })).toBeUndefined();
  });

  test('mailboxes are made, filled under their creation id, and removed with what is in them', async () => {
    const lab = await startJmapLab();
    const { accountId, client, inbox } = await lookAround(lab, ADA);
    const { blobId } = await client.uploadBlob(accountId, 'Subject: x\r\n\r\ny');
    const emails = { mail: { blobId, mailboxIds: { '#box': true }, receivedAt: '2016-11-14T08:29:00Z' } };
    const [made, imported] = await call(lab, ADA, [
      ['Mailbox/set', { accountId, create: { box: { name: 'Old' }, twice: { name: 'Trash' }, odd: {} } }],
      [
        'Email/import',
        { accountId, emails: { ...emails, none: { blobId: 'u9', mailboxIds: { [inbox]: true } } } },
      ],
    ]);
    const box = made.created.box.id;
    expect(Object.values(made.notCreated).map((one) => (one as Answer).properties)).toEqual([
      ['name'],
      ['name'],
    ]);
    expect(imported.notCreated).toEqual({ none: { type: 'blobNotFound', notFound: ['u9'] } });
    const shown = await call(lab, ADA, [
      [
        'Email/get',
        { accountId, ids: [imported.created.mail.id], properties: ['mailboxIds', 'receivedAt', 'size'] },
      ],
      ['Mailbox/set', { accountId, destroy: [box, inbox] }],
      ['Mailbox/set', { accountId, destroy: [box], onDestroyRemoveEmails: true }],
      ['Email/get', { accountId }],
    ]);
    expect(shown).toMatchObject([
      { list: [{ mailboxIds: { [box]: true }, receivedAt: '2016-11-14T08:29:00Z', size: 15 }] },
      { notDestroyed: { [box]: { type: 'mailboxHasEmail' }, [inbox]: { type: 'forbidden' } } },
      { destroyed: [box] },
      { list: [] },
    ]);
  });

  test('what IMAP has flagged \\Deleted is not shown, and comes back when it is not', async () => {
    const lab = await startJmapLab();
    await send(lab, { to: BEN, subject: 'one' });
    await delivered(lab);
    const { accountId } = await lookAround(lab, BEN);
    const look = () =>
      call(lab, BEN, [
        ['Email/query', { accountId }],
        ['Email/changes', { accountId, sinceState: '0' }],
      ]);
    const imap = await rawInbox(lab, BEN);
    await imap.ask(String.raw`a STORE 1 +FLAGS (\Deleted)`);
    expect(await look()).toMatchObject([{ ids: [] }, { destroyed: ['e1'] }]);
    await imap.ask(String.raw`b STORE 1 -FLAGS (\Deleted)`);
    expect(await look()).toMatchObject([{ ids: ['e1'] }, { updated: ['e1'], destroyed: [] }]);
  });
});

test('whatever the arguments are, the server answers, and the next request too', async () => {
  const lab = await startJmapLab();
  const { accountId, inbox } = await lookAround(lab, ADA);
  const names = ['get', 'query', 'set', 'changes', 'import'].flatMap((verb) =>
    ['Email', 'Mailbox', 'Thread', 'Identity', 'EmailSubmission'].map((entity) => `${entity}/${verb}`),
  );
  const words = [
    'ids',
    'properties',
    'filter',
    'sort',
    'create',
    'update',
    'destroy',
    'emails',
    'sinceState',
    'limit',
  ];
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom('e1', inbox, '#a', '__proto__', '0'));
  const args = fc.dictionary(fc.constantFrom(...words, '#ids', 'onSuccessUpdateEmail', '__proto__'), value);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), args, async (name, given) => {
      const body = {
        using: [CORE, MAIL, 'urn:ietf:params:jmap:submission'],
        methodCalls: [[name, { accountId, ...given }, 'a']],
      };
      const { status, json } = await post(lab, ADA, body);
      expect([status, json.methodResponses.length]).toEqual([200, 1]);
    }),
    { numRuns: 300 },
  );
  expect(await call(lab, ADA, [echo('a')])).toEqual([{}]);
});
