/** A mailbox over a mail API as journeys want it, against a stand-in for Mailpit and against an API that shows nothing of its messages. */

import { afterEach, describe, expect, test } from 'vitest';

import { readyMadeApi } from '../../src/profile/mail-apis.ts';
import type { MailApiTemplate } from '../../src/profile/mail-api-schema.ts';
import { type HttpMailClient, httpMailClient } from '../../src/replay/clients/http.ts';
import { openHttpSubmitter } from '../../src/replay/clients/http-submit.ts';
import { identify, LISTING_FIELDS } from '../../src/replay/mailbox.ts';
import { rawText, textField } from '../../src/storm/content/header.ts';
import { messageId, plainNumber, RUN_HEADER } from '../../src/storm/numbering.ts';
import { settings } from '../protocol/peers/endpoint.ts';
import { type MailpitPeer, mailpitPeer } from '../protocol/peers/mailpit.ts';

const open: (MailpitPeer | HttpMailClient)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await ('destroy' in one ? one.destroy() : one.close());
});

const ADA = 'ada@lab.test';
const RUN = 'r1';
const SUBJECT = 'Prüfung „test“ ✓ mit einem Betreff, der in mehrere Zeilen passt und darüber hinaus';

const MAILPIT = readyMadeApi('mailpit') as MailApiTemplate;

/** Shows ids and owners and nothing else. */
const { identity: _, ...MUTE } = MAILPIT;

/** A message of ours, to the list as everything in a storm is. */
function ours(number: number, subject = SUBJECT, extra = ''): string {
  const fields = [
    'From: <bob@lab.test>',
    'To: <all@lab.test>',
    textField('Subject', subject),
    `Message-ID: ${messageId(RUN, 1, number)}`,
    `${RUN_HEADER}: ${RUN}`,
  ];
  return `${fields.join('\r\n')}\r\n${extra}\r\nhello ${number}\r\n`;
}

async function mailbox(api: MailApiTemplate = MAILPIT, address = ADA) {
  const peer = await mailpitPeer();
  open.push(peer);
  return { peer, client: clientOf(peer, api, address) };
}

function clientOf(peer: MailpitPeer, api = MAILPIT, address = ADA): HttpMailClient {
  const credentials = { login: address, password: 'secret' };
  const client = httpMailClient({ http: settings('http', peer.port), api, address, credentials });
  open.push(client);
  return client;
}

const numbersOf = (rows: Parameters<typeof identify>[1][] | undefined) =>
  (rows ?? []).map((row) => identify({ runId: RUN }, row, undefined).number);

describe.each([
  ['that shows Message-IDs and subjects', MAILPIT],
  ['that shows nothing', MUTE as MailApiTemplate],
])('an API %s', (_title, api) => {
  test('lists a mailbox, oldest first, each message with its number, its mark and its subject as it was sent', async () => {
    const { peer, client } = await mailbox(api);
    for (const number of [0, 1, 2]) peer.keep(ours(number), [ADA]);
    peer.keep(ours(3), ['ada2@lab.test']);
    peer.keep(
      'From: <x@y.test>\r\nTo: <ada@lab.test>\r\nSubject: test\r\nMessage-ID: <foreign@y.test>\r\n\r\nhi',
      [ADA],
    );
    const { value: rows = [], outcome } = await client.list(LISTING_FIELDS);
    expect(outcome.kind).toBe('ok');
    expect(numbersOf([...rows])).toEqual([0, 1, 2, undefined]);
    const listed = rows.map((row) => identify({ runId: RUN }, row, undefined));
    expect(listed.map(({ foreign }) => foreign)).toEqual([false, false, false, true]);
    expect(listed[0]?.subject).toBe(rawText(SUBJECT));
    expect(listed[3]?.subject).toBe('test');
    expect(rows.map(({ uid }) => uid)).toEqual([1, 2, 3, 4]);
    // One's own mail to others is no copy of one's own.
    expect((await clientOf(peer, api, 'bob@lab.test').list([])).value).toEqual([]);
  });

  test('knows a mark that is not of this run, and a mark without one', async () => {
    const { peer, client } = await mailbox(api);
    const provisioned = ours(0).replaceAll(RUN, 'p1');
    peer.keep(provisioned, [ADA]);
    const { value: [row] = [] } = await client.list(LISTING_FIELDS);
    expect(row && identify({ runId: RUN }, row, 'p1')).toMatchObject({ foreign: false, number: undefined });
    expect(row && identify({ runId: RUN }, row, undefined)).toMatchObject({ foreign: true });
  });

  test('finds by Message-ID, reads bodies, deletes, and counts what came', async () => {
    const { peer, client } = await mailbox(api);
    for (const number of [0, 1, 2]) peer.keep(ours(number), [ADA]);
    expect((await client.arrivals()).value).toBe(3);
    const { value: found = [] } = await client.find(messageId(RUN, 1, 1));
    expect(found).toHaveLength(1);
    expect((await client.find('<nobody@x>')).value).toEqual([]);
    const { value: bodies = [] } = await client.bodies(found);
    expect(String(bodies[0]?.body)).toBe(ours(1));
    expect(String((await client.bodies(found, { maxBytes: 5 })).value?.[0]?.body)).toBe('From:');
    expect(await client.remove(found)).toMatchObject({ outcome: { kind: 'ok' } });
    expect(peer.mail.map(({ raw }) => String(raw))).toEqual([ours(0), ours(2)]);
    expect((await client.bodies(found)).value).toEqual([]);
    peer.keep(ours(3), [ADA]);
    expect((await client.arrivals()).value).toBe(4);
  });

  test('tells news by what a bookmark does not know, also to a client that did not give it', async () => {
    const { peer, client } = await mailbox(api);
    peer.keep(ours(0), [ADA]);
    const first = await client.news({ door: 'http', known: new Set() }, LISTING_FIELDS);
    expect(numbersOf([...(first.value?.rows ?? [])])).toEqual([0]);
    peer.keep(ours(1), [ADA]);
    peer.mail.splice(0, 1);
    const { bookmark } = first.value ?? { bookmark: { door: 'http', known: new Set<string>() } as const };
    for (const one of [client, clientOf(peer, api)]) {
      const { value } = await one.news(bookmark, LISTING_FIELDS);
      expect(numbersOf([...(value?.rows ?? [])])).toEqual([1]);
      // No more than is there: what has gone is not remembered for ever.
      expect(value?.bookmark).toMatchObject({ known: new Set([peer.mail[0]?.id]) });
      expect((await one.news(value?.bookmark ?? bookmark, LISTING_FIELDS)).value?.rows).toEqual([]);
    }
  });

  test('gives the newest, and header fields of single messages', async () => {
    const { peer, client } = await mailbox(api);
    for (const number of [0, 1, 2, 3]) peer.keep(ours(number), [ADA]);
    const { value: rows = [] } = await client.newest(2, LISTING_FIELDS);
    expect(numbersOf([...rows])).toEqual([2, 3]);
    const { value: again = [] } = await client.headers([rows[1]?.uid ?? 0, 999], LISTING_FIELDS);
    expect(numbersOf([...again])).toEqual([3]);
    // The older ones come to be known later: their numbers are higher.
    expect(numbersOf([...((await client.list(LISTING_FIELDS)).value ?? [])])).toEqual([0, 1, 2, 3]);
  });
});

describe('a mailbox over a mail API', () => {
  test('has one folder, opens it without a question, and answers in the order of the questions', async () => {
    const { peer, client } = await mailbox();
    expect(await client.folders()).toMatchObject({
      value: [{ name: 'INBOX', place: 'present', isInbox: true }],
    });
    expect(await client.open('inbox')).toMatchObject({
      value: { exists: Number.POSITIVE_INFINITY, bookmark: { door: 'http' } },
    });
    expect(await client.open('Trash')).toMatchObject({ outcome: { kind: 'rejected', code: 'NONEXISTENT' } });
    expect(await client.append()).toMatchObject({ outcome: { kind: 'rejected', code: 'UNSUPPORTED' } });
    expect(client.awaitNews()).toBeUndefined();
    expect(peer.asked).toEqual([]);
    expect([client.door, client.isExact, client.hasUids, client.tls, client.closed]).toEqual([
      'http',
      true,
      false,
      false,
      false,
    ]);
    for (const number of [0, 1, 2]) peer.keep(ours(number), [ADA]);
    const done: string[] = [];
    const ask = async (name: string, work: Promise<unknown>): Promise<void> => {
      await work;
      done.push(name);
    };
    const { value: rows = [] } = await client.list([]);
    await Promise.all([
      ask('bodies', client.bodies(rows.map(({ uid }) => uid))),
      ask('list', client.list([])),
      ask('remove', client.remove(rows.map(({ uid }) => uid))),
      ask('empty', client.list([])),
    ]);
    expect(done).toEqual(['bodies', 'list', 'remove', 'empty']);
    expect(client.bytesRead).toBeGreaterThan(1_000);
  });

  test('asks for bodies in an empty one all the same', async () => {
    const { peer, client } = await mailbox();
    expect(await client.bodies([])).toMatchObject({ outcome: { kind: 'ok' }, value: [] });
    expect(peer.asked).toHaveLength(1);
  });

  test('fetches a header once, however often it is listed, and fields that rows do not show', async () => {
    const { peer, client } = await mailbox();
    peer.keep(ours(0, 'test', 'X-Extra: yes\r\n'), [ADA]);
    const fetches = (): number => peer.asked.filter(([, path]) => path.endsWith('/raw')).length;
    await client.list(LISTING_FIELDS);
    expect(fetches()).toBe(0);
    for (const field of ['X-Extra', 'x-extra']) {
      const { value: [row] = [] } = await client.list([field, 'X-None']);
      expect(row?.headers).toEqual(new Map([['x-extra', 'yes']]));
    }
    expect(fetches()).toBe(1);
  });

  test('forgets what has gone, and never gives its number to another', async () => {
    const { peer, client } = await mailbox();
    peer.keep(ours(0), [ADA]);
    await client.list([]);
    peer.mail.splice(0);
    peer.keep(ours(1), [ADA]);
    expect((await client.list([])).value?.map(({ uid }) => uid)).toEqual([2]);
    const before = peer.asked.length;
    expect(await client.remove([1])).toMatchObject({ outcome: { kind: 'ok' } });
    expect(peer.asked).toHaveLength(before);
    expect(peer.mail).toHaveLength(1);
  });

  test('passes on what the server refuses', async () => {
    const { peer, client } = await mailbox();
    peer.keep(ours(0), [ADA]);
    await client.list([]);
    await client.leave();
    for (const result of [
      client.list([]),
      client.newest(1, []),
      client.bodies([1]),
      client.bodies([]),
      client.find('<a>'),
    ])
      expect(await result).toMatchObject({ outcome: { kind: 'rejected', code: 'CLOSED' } });
    for (const result of [
      client.remove([1]),
      client.arrivals(),
      client.news({ door: 'http', known: new Set() }, []),
    ])
      expect(await result).not.toHaveProperty('value');
    expect(client.closed).toBe(true);
  });
});

describe('handing in', () => {
  test('makes a copy for each recipient, which their mailboxes show as ours', async () => {
    const { peer } = await mailbox();
    const number = plainNumber('list', 5);
    const submitter = openHttpSubmitter({
      http: settings('http', peer.port),
      api: MAILPIT,
      address: 'bob@lab.test',
      credentials: { login: 'bob', password: 'secret' },
    });
    const to = { addresses: [ADA, 'cleo@lab.test'] };
    const { outcome, recipients, startedUs, endedUs } = await submitter.submit(
      { from: 'bob@lab.test', to },
      Buffer.from(ours(number)),
    );
    expect([outcome.kind, recipients.map(({ kind }) => kind)]).toEqual(['ok', ['ok', 'ok']]);
    expect(endedUs).toBeGreaterThanOrEqual(startedUs);
    for (const address of to.addresses) {
      const { value: rows = [] } = await clientOf(peer, MAILPIT, address).list(LISTING_FIELDS);
      expect(numbersOf([...rows])).toEqual([number]);
      expect(rows[0]?.headers.get('subject')).toBe(rawText(SUBJECT));
    }
    const refused = await submitter.submit({ from: 'nobody', to }, Buffer.from(ours(number)));
    expect(refused.recipients).toMatchObject([
      { kind: 'rejected', code: 400, text: 'Bad Request: invalid From' },
      { code: 400 },
    ]);
    submitter.destroy();
    expect(
      (await submitter.submit({ from: 'bob@lab.test', to }, Buffer.from(ours(number)))).outcome.kind,
    ).toBe('rejected');
    expect([submitter.idle, submitter.tls]).toEqual([false, false]);
  });
});
