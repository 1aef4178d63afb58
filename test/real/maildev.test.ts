/** A mail API against a real maildev: whatever our client says of it, maildev asked directly says too. */

import { afterAll, beforeAll, expect, test } from 'vitest';

import { readyMadeApi } from '../../src/profile/mail-apis.ts';
import { openSmtp } from '../../src/protocol/smtp/open.ts';
import { Recipients } from '../../src/protocol/smtp/recipients.ts';
import { type HttpMailClient, httpMailClient } from '../../src/replay/clients/http.ts';
import { identify, LISTING_FIELDS } from '../../src/replay/mailbox.ts';
import { rawText } from '../../src/storm/content/header.ts';
import { makeComposer } from '../../src/storm/messages.ts';
import { messageId } from '../../src/storm/numbering.ts';
import { listMessage } from '../../src/storm/plan.ts';
import { settings } from '../protocol/peers/endpoint.ts';
import { planOf, smokeWith } from '../storm/plans.ts';
import { describeWith } from './gate.ts';
import { type MaildevLab, missingForMaildev, startMaildev } from './maildev.ts';

const RUN = 'maildev-run';
const SUBJECT = 'Prüfung ✓ test';
const PEOPLE = Array.from({ length: 10 }, (_, n) => `user${n}@lab.test`);
const EACH = 10;
const PATIENCE = { timeout: 30_000, interval: 50 };
const PLAN = planOf(smokeWith({ blast: { subject: SUBJECT } }), { mailboxes: PEOPLE.length });

const composer = makeComposer(PLAN, {
  runId: RUN,
  accounts: { addresses: PEOPLE },
  list: 'all@lab.test',
  startedAtMs: 0,
});
const sent = Array.from({ length: EACH }, (_, number) => composer.compose(listMessage(PLAN, number), 0));

let lab: MaildevLab;
const clients: HttpMailClient[] = [];

function clientOf(address: string, password = lab.password): HttpMailClient {
  const api = readyMadeApi('maildev');
  if (api === undefined) throw new Error('maildev is not known');
  const credentials = { login: lab.login, password };
  const client = httpMailClient({ http: settings('http', lab.webPort), api, address, credentials });
  clients.push(client);
  return client;
}

/** Each message to each person, an envelope each: maildev keeps one copy an envelope. */
async function handIn(): Promise<void> {
  const { connection, message } = await openSmtp(settings('smtp', lab.smtpPort), undefined);
  if (connection === undefined) throw new Error(message);
  const envelopes = PEOPLE.flatMap((address) => sent.map((data) => ({ address, data })));
  const results = await Promise.all(
    envelopes.map(({ address, data }) =>
      connection.submit({ from: 'user0@lab.test', to: new Recipients([address]) }, data),
    ),
  );
  expect(results.map(({ outcome }) => outcome.kind)).toEqual(envelopes.map(() => 'ok'));
  await connection.quit();
}

describeWith(missingForMaildev(), 'a mail API on maildev', () => {
  beforeAll(async () => {
    lab = await startMaildev();
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await lab?.stop();
    expect(lab?.processes()).toEqual([]);
  });

  test('everybody finds their own ten, named, with the subject as it was sent', async () => {
    await handIn();
    // It says 250 before a message is in the list.
    await expect.poll(async () => (await lab.kept()).length, PATIENCE).toBe(PEOPLE.length * EACH);
    for (const address of PEOPLE) {
      const { value: rows = [], outcome } = await clientOf(address).list(LISTING_FIELDS);
      expect(outcome).toMatchObject({ kind: 'ok' });
      const listed = rows.map((row) => identify({ runId: RUN }, row, undefined));
      expect(listed.every(({ foreign }) => !foreign)).toBe(true);
      expect(rows).toHaveLength(EACH);
      expect(new Set(listed.map(({ number }) => number))).toEqual(new Set(sent.keys()));
      for (const { number, subject } of listed)
        expect(subject).toBe(rawText(number === 0 ? SUBJECT : `Re: ${SUBJECT}`));
    }
  });

  test('bodies are the bytes that were sent, and a message is found by its Message-ID', async () => {
    const client = clientOf('user3@lab.test');
    const id = messageId(RUN, PLAN.seed, 4);
    const { value: [uid = 0, ...others] = [] } = await client.find(id);
    expect(others).toEqual([]);
    const { value: [found] = [] } = await client.bodies([uid]);
    expect(found?.body.equals(sent[4] ?? Buffer.alloc(0))).toBe(true);
    const { value: [start] = [] } = await client.bodies([uid], { maxBytes: 100 });
    expect(start?.body.equals((sent[4] ?? Buffer.alloc(0)).subarray(0, 100))).toBe(true);
    const all = await client.list(['Message-ID']);
    const bodies = await client.bodies((all.value ?? []).map((row) => row.uid));
    const asText = (buffers: readonly Buffer[]): string[] =>
      buffers.map((one) => one.toString('latin1')).toSorted();
    expect(asText((bodies.value ?? []).map(({ body }) => body))).toEqual(asText(sent));
  });

  test('a wrong password is told by its code', async () => {
    const { outcome } = await clientOf('user1@lab.test', 'wrong').list(LISTING_FIELDS);
    expect(outcome).toMatchObject({ kind: 'rejected', code: 401, enhanced: 'AUTHENTICATIONFAILED' });
  });

  test('news is what came since, and everybody deletes theirs until maildev has none left', async () => {
    const [first = '', ...others] = PEOPLE;
    const client = clientOf(first);
    const before = await client.news({ door: 'http', known: new Set() }, ['Message-ID']);
    expect(before.value?.rows).toHaveLength(EACH);
    const { value: arrivals = 0 } = await client.arrivals();
    const { connection } = await openSmtp(settings('smtp', lab.smtpPort), undefined);
    await connection?.submit({ from: first, to: new Recipients([first]) }, sent[0] ?? Buffer.alloc(0));
    await connection?.quit();
    await expect.poll(async () => (await client.arrivals()).value, PATIENCE).toBe(arrivals + 1);
    const { bookmark = { door: 'http', known: new Set<string>() } } = before.value ?? {};
    const news = await client.news(bookmark, LISTING_FIELDS);
    expect(news.value?.rows.map((row) => identify({ runId: RUN }, row, undefined).number)).toEqual([0]);

    const everything = (await client.list([])).value ?? [];
    const uids = everything.map(({ uid }) => uid);
    expect(await client.remove(uids)).toMatchObject({ outcome: { kind: 'ok' } });
    expect((await client.list([])).value).toEqual([]);
    expect(await lab.kept()).toHaveLength(others.length * EACH);
    for (const address of others) {
      const one = clientOf(address);
      const rows = (await one.list([])).value ?? [];
      expect(await one.remove(rows.map(({ uid }) => uid))).toMatchObject({ outcome: { kind: 'ok' } });
    }
    expect(await lab.kept()).toEqual([]);
  });

  test('what somebody else has deleted meanwhile counts as deleted, and has no body', async () => {
    const to = 'user5@lab.test';
    const { connection } = await openSmtp(settings('smtp', lab.smtpPort), undefined);
    await connection?.submit({ from: to, to: new Recipients([to]) }, sent[1] ?? Buffer.alloc(0));
    await connection?.quit();
    await expect.poll(async () => (await lab.kept()).length, PATIENCE).toBe(1);
    const [one, other] = [clientOf(to), clientOf(to)];
    const [row] = (await one.list([])).value ?? [];
    const [same] = (await other.list([])).value ?? [];
    await other.remove([same?.uid ?? 0]);
    expect(await one.remove([row?.uid ?? 0])).toMatchObject({
      outcome: { kind: 'ok', evidence: 'gone already' },
    });
    expect((await one.bodies([row?.uid ?? 0])).value).toEqual([]);
  });
});
