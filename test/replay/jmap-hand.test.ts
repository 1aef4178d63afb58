/** Every way to delete over JMAP, and handing in, against a small server: what it leaves, what our books say of it, what is done where the server offers less or says no. */

import type { ImapFlow } from 'imapflow';
import { afterEach, describe, expect, test } from 'vitest';

import { Recipients } from '../../src/protocol/smtp/recipients.ts';
import { type JmapSubmitter, openJmapSubmitter } from '../../src/replay/clients/jmap-submitter.ts';
import { settings } from '../protocol/peers/endpoint.ts';
import { answer } from '../protocol/peers/http.ts';
import { type JmapHabits, type JmapPeer, jmapPeer } from '../protocol/peers/jmap.ts';
import { cells, foreignCells } from './deletion-cells.ts';
import { deleteBy, expectation, fill } from './deletions.ts';

const RUN = 'r1';
const ADDRESS = 'user0@lab.test';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** The server's store, as the fixtures' IMAP client would fill and read it. */
function storeOf(peer: JmapPeer): ImapFlow {
  let folder = '';
  const boxOf = (name: string): string => (name === 'INBOX' ? 'B1' : name === 'Trash' ? 'B2' : name);
  const within = () => peer.mail.filter(({ box }) => box === boxOf(folder));
  const client = {
    append: (name: string, content: string, _flags: string[], date: Date) => {
      const [head = '', body = ''] = content.split('\r\n\r\n');
      const fields = head.split('\r\n').map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1)];
      });
      const subject = fields.find(([field]) => field === 'Subject')?.[1].trim() ?? '';
      peer.deliver({ subject, fields, body, box: boxOf(name), receivedAt: date.toISOString() });
      return Promise.resolve();
    },
    mailboxOpen: (name: string) => {
      folder = name;
      return Promise.resolve({ exists: within().length });
    },
    *fetch() {
      for (const { fields = [] } of within())
        yield { headers: Buffer.from(fields.map(([name, value]) => `${name}:${value}`).join('\r\n')) };
    },
    mailboxClose: () => Promise.resolve(),
  };
  return client as unknown as ImapFlow;
}

async function lab(habits: Partial<JmapHabits> = {}) {
  const peer = await jmapPeer([], habits);
  open.push(() => peer.close());
  const place = { imapPort: 0, jmapPort: peer.port, address: ADDRESS, password: 'secret' };
  return { peer, place, client: storeOf(peer) };
}

const SERVERS: readonly (readonly [string, Partial<JmapHabits>])[] = [
  ['that does all well', {}],
  ['with a small page and little at once', { page: 3, limits: { maxObjectsInGet: 4, maxObjectsInSet: 2 } }],
  ['whose filters say nothing', { subject: 'silent', header: 'silent' }],
  ['that forgets at once', { forgottenBefore: 1_000 }],
];

describe('selection x disposal', () => {
  for (const [title, habits] of SERVERS) describe(`a server ${title}`, () => cells(() => lab(habits)));
  foreignCells(() => lab());
});

test('operations are named for what they are, a /set for each chunk', async () => {
  const { client, place } = await lab({ limits: { maxObjectsInSet: 3 } });
  await fill(client, RUN, { trash: 'Trash' });
  const { ended } = await deleteBy(place, RUN, 'search', 'emptyTrash', client);
  expect(ended).toEqual([
    'jmap.session ok',
    'jmap.query ok',
    'jmap.query ok',
    // The late reply was found and never listed: it is named before it is taken.
    'jmap.get ok',
    ...Array<string>(3).fill('jmap.set ok'),
    'jmap.query ok',
    ...Array<string>(3).fill('jmap.set ok'),
    'journey.delete ok',
  ]);
});

describe('a Trash', () => {
  test.each([true, false])(
    'is made where there is none, though the server keeps roles to itself: %s',
    async (keepsRoles) => {
      const boxes = [
        { id: 'B1', name: 'Inbox', role: 'inbox' },
        { id: 'B9', name: 'Sent', role: 'sent' },
      ];
      const { client, place, peer } = await lab({ boxes, keepsRoles });
      await fill(client, RUN);
      const { ended } = await deleteBy(place, RUN, 'range', 'trash', client);
      expect(ended.filter((line) => !line.endsWith(' ok'))).toEqual([]);
      const made = peer.mail.filter(({ box }) => box === 'B3').length;
      expect(made).toBe(expectation('range', 'trash').trash.length);
    },
  );

  test('that cannot be made leaves everything where it is', async () => {
    const { client, place, peer } = await lab({
      boxes: [{ id: 'B1', name: 'Inbox', role: 'inbox' }],
      method: (name) =>
        name === 'Mailbox/set'
          ? [name, { notCreated: { n: { type: 'forbidden', description: 'no' } } }]
          : undefined,
    });
    await fill(client, RUN);
    const { ended, asked } = await deleteBy(place, RUN, 'page', 'trash', client);
    expect(ended.at(-1)).toMatch(/^journey\.delete .*Mailbox\/set: no/);
    expect(asked).toEqual([]);
    expect(peer.calls.some(([name]) => name === 'Email/set')).toBe(false);
  });
});

describe('a /set', () => {
  test('that is refused one message ends the journey as that refusal, and all count as asked for', async () => {
    const { client, place, peer } = await lab();
    await fill(client, RUN);
    const [first] = peer.mail.filter(({ subject }) => subject === 'test');
    peer.habits.method = (name, args) =>
      name === 'Email/set' && first !== undefined
        ? [
            name,
            {
              destroyed: (args['destroy'] as string[]).filter((id) => id !== first.id),
              notDestroyed: { [first.id]: { type: 'rateLimit' } },
            },
          ]
        : undefined;
    const { ended, asked } = await deleteBy(place, RUN, 'range', 'expunge', client);
    expect(ended.at(-1)).toMatch(/^journey\.delete .*"enhanced":"rateLimit".*"limiter":true/);
    expect(asked).toEqual(expectation('range', 'expunge').asked);
  });

  test('of what is gone already is done', async () => {
    const { client, place, peer } = await lab();
    await fill(client, RUN);
    peer.habits.method = (name) => {
      if (name === 'Email/set')
        for (const one of peer.mail.filter(({ subject }) => subject === 'Re: test'))
          peer.mail.splice(peer.mail.indexOf(one), 1);
      return undefined;
    };
    const { ended } = await deleteBy(place, RUN, 'page', 'expunge', client);
    expect(ended.filter((line) => !line.endsWith(' ok'))).toEqual([]);
  });

  test('that nobody answered leaves it unknown', async () => {
    const { client, place, peer } = await lab();
    await fill(client, RUN);
    peer.habits.method = (name) =>
      name === 'Email/set' ? ['error', { type: 'serverPartialFail' }] : undefined;
    const { ended } = await deleteBy(place, RUN, 'page', 'expunge', client);
    expect(ended.at(-1)).toMatch(/^journey\.delete .*"kind":"unknown"/);
    expect(ended.filter((line) => line.startsWith('jmap.set'))).toHaveLength(1);
  });
});

describe('handing in', () => {
  const DATA = Buffer.from('From: <user0@lab.test>\r\n\r\nx\r\n');
  const people = (count: number): Recipients =>
    new Recipients(Array.from({ length: count }, (_, n) => `user${n}@lab.test`));

  async function desk(habits: Partial<JmapHabits> = {}, maxRecipients?: number) {
    const peer = await jmapPeer([], habits);
    open.push(() => peer.close());
    const door = { http: settings('jmap+http', peer.port), maxRecipients };
    const opening = await openJmapSubmitter(door, { login: ADDRESS, password: 'secret' });
    open.push(() => opening.submitter?.destroy());
    return { peer, opening, submitter: opening.submitter as JmapSubmitter };
  }
  const kinds = (sent: { readonly recipients: readonly { readonly kind: string }[] }): string =>
    sent.recipients.map(({ kind }) => kind[0]).join('');

  test('learns how many the server takes, and uploads once', async () => {
    const { peer, submitter } = await desk({ maxRecipients: 4 });
    const sent = await submitter.submit({ from: ADDRESS, to: people(10) }, DATA);
    expect([sent.outcome.kind, kinds(sent)]).toEqual(['ok', 'oooooooooo']);
    expect(peer.submitted.map(({ to }) => to.length)).toEqual([4, 4, 2]);
    expect(peer.submitted.flatMap(({ to }) => to)).toEqual(people(10).addresses);
    expect([peer.uploads.length, peer.mail.length]).toEqual([1, 0]);
    expect(peer.calls.filter(([name]) => name === 'Email/import')).toHaveLength(1);
    const calls = peer.calls.length;
    await submitter.submit({ from: ADDRESS, to: people(5) }, DATA);
    expect(peer.calls.slice(calls).map(([name]) => name)).toEqual(['Email/import', 'EmailSubmission/set']);
    expect(peer.submitted.slice(3).map(({ to }) => to.length)).toEqual([4, 1]);
  });

  test('imports anew what was destroyed with the part that was taken', async () => {
    const { peer, submitter } = await desk({ maxRecipients: 2, limits: { maxObjectsInSet: 2 } }, 4);
    const sent = await submitter.submit({ from: ADDRESS, to: people(5) }, DATA);
    expect(kinds(sent)).toBe('ooooo');
    expect(peer.submitted.map(({ to }) => to.join())).toEqual([
      'user4@lab.test',
      'user0@lab.test,user1@lab.test',
      'user2@lab.test,user3@lab.test',
    ]);
    expect([peer.uploads.length, peer.mail.length]).toEqual([1, 0]);
    expect(peer.calls.filter(([name]) => name === 'Email/import')).toHaveLength(2);
  });

  test('ends with a server that takes ever fewer, and leaves nothing there', async () => {
    const { peer, submitter } = await desk({ maxRecipients: 50 });
    peer.habits.method = (name) => {
      if (name === 'EmailSubmission/set') peer.habits.maxRecipients -= 10;
      return undefined;
    };
    peer.habits.maxRecipients = 19;
    const sent = await submitter.submit({ from: ADDRESS, to: people(20) }, DATA);
    expect(sent.outcome.kind).toBe('rejected');
    expect(peer.calls.filter(([name]) => name === 'EmailSubmission/set').length).toBeLessThanOrEqual(4);
    expect(peer.mail).toEqual([]);
  });

  test('shares an outcome among those who went together, each chunk its own', async () => {
    const { submitter } = await desk(
      {
        method: (name) =>
          name === 'EmailSubmission/set'
            ? [name, { created: { s0: { id: 'S1' } }, notCreated: { s1: { type: 'invalidRecipients' } } }]
            : undefined,
      },
      2,
    );
    const sent = await submitter.submit({ from: ADDRESS, to: people(5) }, DATA);
    expect(kinds(sent)).toBe('oorru');
    expect(sent.outcome.kind).toBe('unknown');
    expect(sent.endedUs).toBeGreaterThanOrEqual(sent.startedUs);
  });

  test('is refused as a whole where the message is, and nothing stays of it', async () => {
    const { peer, submitter } = await desk();
    peer.habits.method = (name) =>
      name === 'EmailSubmission/set'
        ? [name, { notCreated: { s0: { type: 'forbiddenToSend' } } }]
        : undefined;
    const sent = await submitter.submit({ from: ADDRESS, to: people(3) }, DATA);
    expect([kinds(sent), sent.outcome]).toMatchObject(['rrr', { enhanced: 'forbiddenToSend' }]);
    expect(peer.mail).toEqual([]);
    peer.habits.method = (name) =>
      name === 'Email/import' ? [name, { notCreated: { m: { type: 'overQuota' } } }] : undefined;
    expect((await submitter.submit({ from: ADDRESS, to: people(2) }, DATA)).outcome).toMatchObject({
      overQuota: true,
    });
    expect(submitter.idle).toBe(true);
  });

  test('makes the Drafts that it submits from, where there are none', async () => {
    const { peer, submitter } = await desk({ boxes: [{ id: 'B1', name: 'Inbox', role: 'inbox' }] });
    await submitter.submit({ from: ADDRESS, to: people(1) }, DATA);
    expect(peer.calls.map(([name]) => name)).toContain('Mailbox/set');
    const imported = peer.calls.find(([name]) => name === 'Email/import')?.[1]['emails'];
    expect(imported).toMatchObject({ m: { mailboxIds: { B2: true } } });
  });

  test('submits as the author where there are several identities', async () => {
    const list = [
      { id: 'I1', email: 'someone@lab.test' },
      { id: 'I2', email: '*@lab.test' },
      { id: 'I3', email: 'User0@lab.test' },
    ];
    const { peer, submitter } = await desk({
      method: (name) => (name === 'Identity/get' ? [name, { list }] : undefined),
    });
    for (const from of [ADDRESS, 'other@lab.test', 'x@else.where'])
      await submitter.submit({ from, to: people(1) }, DATA);
    const used = peer.calls.flatMap(([name, args]) =>
      name === 'EmailSubmission/set'
        ? Object.values(args['create'] as Record<string, { identityId: string }>)
        : [],
    );
    expect(used.map(({ identityId }) => identityId)).toEqual(['I3', 'I2', 'I1']);
  });

  test.each([
    [
      'nobody to submit as',
      { method: (name: string) => (name === 'Identity/get' ? [name, { list: [] }] : undefined) },
      'NONEXISTENT',
    ],
    [
      'nowhere to put it',
      {
        boxes: [],
        method: (name) =>
          name === 'Mailbox/set' ? [name, { notCreated: { n: { type: 'forbidden' } } }] : undefined,
      },
      'NONEXISTENT',
    ],
    ['another password', { authorization: 'Basic x' }, 401],
    [
      'no submission',
      {
        session: {
          primaryAccounts: { 'urn:ietf:params:jmap:mail': 'A' },
          capabilities: { 'urn:ietf:params:jmap:mail': {} },
        },
      },
      'UNSUPPORTED',
    ],
  ] as readonly (readonly [string, Partial<JmapHabits>, string | number])[])(
    'with %s cannot be begun',
    async (_, habits, code) => {
      const { opening } = await desk(habits);
      expect(opening).toMatchObject({ outcome: { kind: 'rejected', code } });
      expect(opening.submitter).toBeUndefined();
    },
  );

  test('stops with the token, and goes on with another', async () => {
    const { peer, submitter } = await desk();
    peer.habits.authorization = 'Bearer new';
    const refused = await submitter.submit({ from: ADDRESS, to: people(2) }, DATA);
    expect(refused.outcome).toMatchObject({ code: 401, enhanced: 'AUTHENTICATIONFAILED' });
    expect(submitter.idle).toBe(false);
    submitter.renew({ login: ADDRESS, password: '', token: 'new' });
    expect(submitter.idle).toBe(true);
    expect(kinds(await submitter.submit({ from: ADDRESS, to: people(2) }, DATA))).toBe('oo');
    await submitter.quit();
    expect(submitter.idle).toBe(false);
    expect((await submitter.submit({ from: ADDRESS, to: people(1) }, DATA)).outcome).toMatchObject({
      code: 'CLOSED',
    });
  });

  test('that is cut off after it was sent is unknown', async () => {
    const { peer, submitter } = await desk();
    peer.habits.instead = ({ line }, one) => {
      if (!line.startsWith('POST /api')) return 'as usual';
      one.reset();
      return undefined;
    };
    expect(kinds(await submitter.submit({ from: ADDRESS, to: people(3) }, DATA))).toBe('uuu');
    peer.habits.instead = () => answer('502 Bad Gateway');
    expect(kinds(await submitter.submit({ from: ADDRESS, to: people(1) }, DATA))).toBe('r');
  });
});
