/** JMAP's event source, submission's refusals, mischief, and what each piece of work costs, by bare requests (RFC 8620 §7.3, RFC 8621 §7). */

import { get as httpsGet } from 'node:https';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Capacity } from '../../src/capacity/capacity.ts';
import { UNLIMITED_CAPACITY } from '../../src/capacity/config.ts';
import { listenJmap } from '../../src/target/jmap/server.ts';
import { launchTarget } from '../../src/target/launch.ts';
import type { MischiefConfig } from '../../src/target/mischief.ts';
import { Pace } from '../../src/target/pace.ts';
import { DeliveryQueue } from '../../src/target/queue.ts';
import type { RunningTarget } from '../../src/target/serve.ts';
import { Store } from '../../src/target/store.ts';
import { NO_SWITCHES, readSwitches } from '../../src/target/switches.ts';
import {
  ADA,
  BEN,
  CLEO,
  delivered,
  labConfig,
  LIST,
  RawClient,
  rawInbox,
  send,
  startLab,
  until,
} from './lab.ts';
import { type Answer, basic, call, listen, lookAround, originOf, post, startJmapLab } from './jmap-lab.ts';

describe('the event source', () => {
  test('tells of mail that comes, by the types that were asked for, and closes after it if so asked', async () => {
    const lab = await startJmapLab();
    const all = await listen(lab, BEN, 'types=*&closeafter=no&ping=0');
    const some = await listen(lab, BEN, 'types=Mailbox,Moon&closeafter=state&ping=300');
    expect(all.response.headers.get('content-type')).toBe('text/event-stream');
    await send(lab, { to: BEN, subject: 'news' });
    const event = await all.next();
    const states = { Mailbox: '1', Email: '1', Thread: '1', EmailDelivery: '1' };
    expect(event?.['event']).toBe('state');
    expect(JSON.parse(event?.['data'] ?? '')).toEqual({ '@type': 'StateChange', changed: { a1: states } });
    const other = await some.next();
    expect(JSON.parse(other?.['data'] ?? '')).toMatchObject({ changed: { a1: { Mailbox: '1' } } });
    expect(await some.next()).toBeUndefined();
    const [{ state }] = await call(lab, BEN, [['Email/get', { accountId: 'a1', ids: [] }]]);
    expect(state).toBe('1');
  });

  test('tells once of what IMAP has done at once, and at once of what was missed', async () => {
    const lab = await startJmapLab();
    for (const subject of ['one', 'two', 'three']) await send(lab, { to: BEN, subject });
    await delivered(lab);
    const events = await listen(lab, BEN, 'types=Email,EmailDelivery&closeafter=no&ping=0');
    const imap = await rawInbox(lab, BEN);
    await imap.ask('a MOVE 1:3 Trash');
    const event = await events.next();
    expect(JSON.parse(event?.['data'] ?? '').changed).toEqual({ a1: { Email: '3' } });
    const late = { 'last-event-id': event?.['id'] ?? '' };
    await imap.ask('b SELECT Trash');
    await imap.ask(String.raw`c STORE 1 +FLAGS (\Seen)`);
    const again = await listen(lab, BEN, 'types=Email&closeafter=state&ping=0', late);
    expect(JSON.parse((await again.next())?.['data'] ?? '').changed).toEqual({ a1: { Email: '4' } });
  });

  test('pings, and says nothing else where it is told never to push', async () => {
    const lab = await startJmapLab({ switches: { ...NO_SWITCHES, jmapNeverPushes: true } });
    const events = await listen(lab, BEN, 'types=*&closeafter=no&ping=1');
    await send(lab, { to: BEN, subject: 'unheard' });
    await delivered(lab);
    expect(await events.next()).toEqual({ event: 'ping', data: '{"interval":1}' });
  });

  test('wants its three parameters', async () => {
    const lab = await startJmapLab();
    for (const wrong of [
      '',
      'types=*&closeafter=no',
      'types=*&closeafter=maybe&ping=0',
      'types=&closeafter=no&ping=0',
    ])
      expect((await listen(lab, BEN, wrong)).response.status).toBe(400);
  });
});

/** A message of the storm, by its number, submitted by Ada over JMAP. */
async function submit(lab: RunningTarget, number: number, to: string, more: Answer = {}): Promise<Answer> {
  const { client, accountId, sent } = await lookAround(lab, ADA);
  const raw = `From: ${ADA}\r\nTo: ${to}\r\nSubject: test\r\nMessage-ID: <rs.run.1.${number.toString(36)}@lab.test>\r\n\r\nx\r\n`;
  const { blobId } = await client.uploadBlob(accountId, raw);
  const emails = { m: { blobId, mailboxIds: { [sent]: true } } };
  const create = { s: { identityId: 'i0', emailId: '#m', ...more } };
  const [, submitted, destroyed] = await call(lab, ADA, [
    ['Email/import', { accountId, emails }],
    ['EmailSubmission/set', { accountId, create, onSuccessDestroyEmail: ['#s'] }],
  ]);
  return { ...submitted, email: destroyed };
}

function mischievous(named: MischiefConfig['named']): MischiefConfig {
  return { seed: 1, oneIn: {}, named, stallUs: 1_000 };
}

describe('a submission', () => {
  test('goes by its own envelope, is remembered, and takes its email away if so asked', async () => {
    const lab = await startJmapLab();
    const envelope = {
      mailFrom: { email: ADA },
      rcptTo: [{ email: LIST }, { email: CLEO, parameters: null }],
    };
    const answer = await submit(lab, 1, 'nobody@elsewhere.test', { envelope });
    expect(answer).toMatchObject({ created: { s: { id: 's1', undoStatus: 'final' } }, notCreated: null });
    expect(answer.email.destroyed).toHaveLength(1);
    await delivered(lab);
    const [known, own, cleo] = [
      await call(lab, ADA, [['EmailSubmission/get', { accountId: 'a0', ids: ['s1', 's9'] }]]),
      await call(lab, ADA, [['Email/query', { accountId: 'a0' }]]),
      await call(lab, CLEO, [['Email/query', { accountId: 'a2' }]]),
    ];
    expect(known[0]).toMatchObject({
      list: [{ id: 's1', envelope: { mailFrom: { email: ADA } } }],
      notFound: ['s9'],
    });
    expect([own[0].ids.length, cleo[0].ids.length]).toEqual([1, 2]);
  });

  test('is refused for what is wrong with it, and leaves its email alone', async () => {
    const lab = await startJmapLab({ switches: { ...NO_SWITCHES, refuseRecipients: [BEN] } });
    const to = (emails: readonly string[]) => ({
      envelope: { mailFrom: { email: ADA }, rcptTo: emails.map((email) => ({ email })) },
    });
    const why = async (more: Answer, header = CLEO) => {
      const answer = await submit(lab, 1, header, more);
      expect(answer.email).toBeUndefined();
      return answer.notCreated.s;
    };
    expect(await why({}, `Group: ${BEN}, x@y.test;, ${CLEO}`)).toEqual({
      type: 'invalidRecipients',
      invalidRecipients: [BEN, 'x@y.test'],
    });
    expect(await why(to([]))).toEqual({ type: 'noRecipients' });
    expect(await why(to(Array.from({ length: 1_001 }, () => CLEO)))).toEqual({
      type: 'tooManyRecipients',
      maxRecipients: 1_000,
    });
    expect(await why(to(['x\r\nBcc: y']))).toMatchObject({ type: 'invalidProperties' });
    expect(await why({ envelope: 1 })).toMatchObject({ properties: ['envelope'] });
    expect(await why({ identityId: 'i1' })).toMatchObject({ properties: ['identityId'] });
    expect(await why({ emailId: '#none' })).toMatchObject({ properties: ['emailId'] });
    expect(lab.owed()).toBe(0);
  });

  test('meets the mischief at the door as one by SMTP does', async () => {
    const named = [
      { misdeed: 'tempfail', number: 1, mailbox: 0 },
      { misdeed: 'quota', number: 2, mailbox: 1 },
      { misdeed: 'hangup', number: 3, mailbox: 0 },
    ] as const;
    const lab = await startJmapLab({ mischief: mischievous(named) });
    expect((await submit(lab, 1, BEN)).notCreated.s.type).toBe('serverUnavailable');
    expect((await submit(lab, 2, BEN)).notCreated.s.type).toBe('overQuota');
    await expect(submit(lab, 3, BEN)).rejects.toThrow();
    expect((await submit(lab, 4, BEN)).notCreated).toBeNull();
    expect(lab.deeds()).toEqual(named);
  });
});

describe('mischief in mailboxes', () => {
  test('a lie keeps what was destroyed, an overreach takes one more, a resurrection is another email', async () => {
    const named = [
      { misdeed: 'lie', number: 4, mailbox: 1 },
      { misdeed: 'overreach', number: 2, mailbox: 1 },
      { misdeed: 'resurrect', number: 3, mailbox: 1 },
      { misdeed: 'expunge', number: 5, mailbox: 1 },
    ] as const;
    const lab = await startJmapLab({ mischief: mischievous(named) });
    for (const number of [1, 2, 3, 4, 5]) await submit(lab, number, BEN);
    await delivered(lab);
    const numbers = async (): Promise<string[]> => {
      const ids = { resultOf: 'c0', name: 'Email/query', path: '/ids' };
      const properties = ['messageId'];
      const [, { list }] = await call(lab, BEN, [
        ['Email/query', { accountId: 'a1' }],
        ['Email/get', { accountId: 'a1', '#ids': ids, properties }],
      ]);
      return list.map((one: Answer) => `${one.id} ${one.messageId[0].split('.')[3].split('@')[0]}`);
    };
    expect(await numbers()).toEqual(['e1 1', 'e2 2', 'e3 3', 'e4 4', 'e5 5']);
    await until(async () => !(await numbers()).includes('e5 5'));
    const [destroyed] = await call(lab, BEN, [
      ['Email/set', { accountId: 'a1', destroy: ['e2', 'e3', 'e4'] }],
    ]);
    expect(destroyed.destroyed).toEqual(['e2', 'e3', 'e4']);
    await until(async () => (await numbers()).length === 2);
    expect(await numbers()).toEqual(['e4 4', 'e6 3']);
  });

  test('a full mailbox takes no import', async () => {
    const lab = await startJmapLab({ mischief: mischievous([{ misdeed: 'quota', number: 1, mailbox: 0 }]) });
    const { client, accountId, inbox } = await lookAround(lab, ADA);
    const { blobId } = await client.uploadBlob(accountId, 'Message-ID: <rs.run.1.1@lab.test>\r\n\r\nx');
    const emails = { m: { blobId, mailboxIds: { [inbox]: true } } };
    const [imported] = await call(lab, ADA, [['Email/import', { accountId, emails }]]);
    expect(imported.notCreated).toEqual({ m: { type: 'overQuota' } });
  });
});

/** A JMAP server that works at this pace; its port. */
async function listenWith(pace: Pace): Promise<number> {
  const store = new Store([ADA, BEN], 1);
  const misbehaviour = readSwitches(NO_SWITCHES);
  const accountOf = (address: string) => store.account(address);
  const queue = new DeliveryQueue({ pace, misbehaviour, domain: 'lab.test', accountOf });
  const door = { domain: 'lab.test', queue, misbehaviour, mischief: undefined, accountOf };
  const signIn = (name: string) => accountOf(name);
  const context = { ...door, expandList: () => undefined, store, pace, signIn, unruly: undefined };
  const server = await listenJmap(context, '127.0.0.1', 0, undefined);
  onTestFinished(async () => {
    queue.stop();
    await server.close();
  });
  return server.port;
}

/** Says what work was asked for. */
class RecordingPace extends Pace {
  readonly spent: string[] = [];

  override spend(...[kind, messages, done, commands = 1]: Parameters<Pace['spend']>): void {
    this.spent.push(`${kind} ${messages}${commands === 1 ? '' : ` x${commands}`}`);
    super.spend(kind, messages, done, commands);
  }
}

test('every piece of work costs what it does over IMAP and SMTP', async () => {
  const pace = new RecordingPace(new Capacity(UNLIMITED_CAPACITY));
  const port = await listenWith(pace);
  const lab = { ports: { jmapPort: port } } as unknown as RunningTarget;
  const spent = async (calls: Parameters<typeof call>[2]): Promise<string[]> => {
    pace.spent.length = 0;
    await call(lab, ADA, calls);
    // A connection and a sign-in are paid once, whichever request comes first on it.
    return pace.spent.filter((work) => !/^(?:connect|signin) /.test(work));
  };
  const connection = new RawClient(port);
  for (let times = 0; times < 2; times += 1) {
    connection.say(`GET /jmap/session HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(ADA)}\r\n\r\n`);
    await connection.hear(/"state":"0"\}/);
  }
  expect(pace.spent).toEqual(['connect 0', 'signin 0', 'poll 0', 'poll 0']);
  const { client, accountId, inbox, sent } = await lookAround(lab, ADA);
  const { blobId } = await client.uploadBlob(accountId, `To: ${BEN}\r\nSubject: x\r\n\r\ny`);
  const mail = { blobId, mailboxIds: { [inbox]: true } };
  const emails = { a: mail, b: mail, c: mail };
  expect(await spent([['Email/import', { accountId, emails }]])).toEqual(['append 3 x3']);
  expect(await spent([['Mailbox/get', { accountId }]])).toEqual(['poll 0']);
  expect(await spent([['Email/query', { accountId, filter: { inMailbox: inbox } }]])).toEqual(['open 0']);
  expect(await spent([['Email/query', { accountId, filter: { subject: 'x' } }]])).toEqual(['search 3']);
  expect(await spent([['Email/get', { accountId, ids: ['e1', 'e2'] }]])).toEqual(['headers 2']);
  expect(await spent([['Email/get', { accountId, ids: ['e1'], fetchTextBodyValues: true }]])).toEqual([
    'body 1',
  ]);
  expect(await spent([['Email/changes', { accountId, sinceState: '0' }]])).toEqual(['poll 0']);
  const update = { e1: { mailboxIds: { [sent]: true } }, e2: { 'keywords/$seen': true } };
  expect(await spent([['Email/set', { accountId, update, destroy: ['e3'] }]])).toEqual([
    'move 1',
    'store 1',
    'expunge 1',
  ]);
  const create = { s: { identityId: 'i0', emailId: 'e1' } };
  expect(await spent([['EmailSubmission/set', { accountId, create }]])).toEqual(['submit 1']);
});

test('an account has so many requests at a time, and another is not held up', async () => {
  const slow = { ...UNLIMITED_CAPACITY.service, headers: { fixedUs: 60_000_000, perMessageUs: 0 } };
  const lab = await startJmapLab({
    capacity: { ...UNLIMITED_CAPACITY, accessServers: 1_000, service: slow },
  });
  const body = { using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'] };
  const methodCalls = [['Email/get', { accountId: 'a0', ids: [] }, 'a']];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const headers = { authorization: basic(ADA), 'content-type': 'application/json' };
  const ask = () =>
    fetch(`${originOf(lab)}/jmap/api`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...body, methodCalls }),
      signal: stop.signal,
    });
  const answers = Array.from({ length: 65 }, () => ask());
  for (const answer of answers) answer.catch(() => undefined);
  const first = await Promise.race(answers);
  expect(await first.json()).toMatchObject({ limit: 'maxConcurrentRequests' });
  expect((await post(lab, BEN, { ...body, methodCalls: [] })).status).toBe(200);
});

/** Keeps everybody waiting who signs in. */
class HoldingPace extends Pace {
  readonly held: (() => void)[] = [];

  override spend(...[kind, messages, done, commands = 1]: Parameters<Pace['spend']>): void {
    if (kind === 'signin') this.held.push(done);
    else super.spend(kind, messages, done, commands);
  }
}

test('whoever has left before he was signed in holds nobody up', async () => {
  const pace = new HoldingPace(new Capacity(UNLIMITED_CAPACITY));
  const port = await listenWith(pace);
  const authorization = `Authorization: ${basic(ADA)}`;
  const upload = `POST /jmap/upload/a0/ HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Length: 1\r\n\r\nx`;
  const events = `GET /jmap/events?types=*&closeafter=no&ping=0 HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`;
  const asked = [...Array<string>(4).fill(upload), ...Array<string>(100).fill(events)];
  const left = asked.map((request) => {
    const client = new RawClient(port);
    client.say(request);
    return client;
  });
  await until(() => pace.held.length === asked.length);
  for (const client of left) client.leave();
  // What happened before it has been heard of once an answer comes.
  const passer = new RawClient(port);
  passer.say('GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n');
  await passer.hear(/ 404 /);
  for (const signedIn of pace.held.splice(0)) signedIn();
  for (const [request, welcome] of [
    [upload, / 201 /],
    [events, / 200 /],
  ] as const) {
    const client = new RawClient(port);
    client.say(request);
    await until(() => pace.held.length > 0);
    pace.held.shift()?.();
    expect(await client.hear(/^HTTP\S+ \d+ /)).toMatch(welcome);
  }
});

test('a process of its own opens the port, with TLS when asked', async () => {
  const launched = await launchTarget(labConfig({ jmapPort: 0, tls: true }));
  if (!launched.ok) throw new Error(launched.reason);
  const { ports, stop } = launched.target;
  onTestFinished(stop);
  const session = await new Promise<Answer>((resolve, reject) => {
    const options = { ca: ports.ca, headers: { authorization: basic(ADA) } };
    httpsGet(`https://localhost:${ports.jmapPort}/jmap/session`, options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(JSON.parse(text) as Answer));
    }).on('error', reject);
  });
  expect(session.apiUrl).toBe(`https://localhost:${ports.jmapPort}/jmap/api`);
});

test('nobody who did not ask for the port has it', async () => {
  expect((await startLab()).ports.jmapPort).toBeUndefined();
});
