/** Deleting over a mail API: what each way of selecting takes, what counts as asked for, and that foreign mail and other people's stay. */

import { afterEach, describe, expect, test } from 'vitest';

import { hasBit } from '../../src/measure/bitmap.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { readyMadeApi } from '../../src/profile/mail-apis.ts';
import type { MailApiTemplate } from '../../src/profile/mail-api-schema.ts';
import { type HttpMailClient, httpMailClient } from '../../src/replay/clients/http.ts';
import { HttpHand } from '../../src/replay/clients/http-hand.ts';
import { LISTING_FIELDS } from '../../src/replay/mailbox.ts';
import { enterRows, type Sitting } from '../../src/replay/sitting.ts';
import { Trail } from '../../src/replay/trail.ts';
import { stepsOf } from '../../src/storm/journey.ts';
import { messageId, RUN_HEADER } from '../../src/storm/numbering.ts';
import { settings } from '../protocol/peers/endpoint.ts';
import { type MailpitPeer, mailpitPeer } from '../protocol/peers/mailpit.ts';
import { contextOf } from './deletions.ts';

const ADA = 'ada@lab.test';
const RUN = 'r1';
const API = readyMadeApi('mailpit') as MailApiTemplate;

const open: (MailpitPeer | HttpMailClient)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await ('destroy' in one ? one.destroy() : one.close());
});

function raw(number: number | undefined, subject: string): string {
  const marks =
    number === undefined
      ? ['Message-ID: <foreign@y.test>']
      : [`Message-ID: ${messageId(RUN, 1, number)}`, `${RUN_HEADER}: ${RUN}`];
  return `From: <bob@lab.test>\r\nTo: <all@lab.test>\r\nSubject: ${subject}\r\n${marks.join('\r\n')}\r\n\r\nhi\r\n`;
}

/** Ada at her mailbox, which she has listed, with a hand that deletes so many a request. */
async function sitting(atOnce = 500) {
  const peer = await mailpitPeer();
  const api = { ...API, delete: { ...API.delete, atOnce } };
  const credentials = { login: ADA, password: 'secret' };
  const client = httpMailClient({ http: settings('http', peer.port), api, address: ADA, credentials });
  open.push(peer, client);
  const context = contextOf({ imapPort: 1, address: ADA, password: 'secret' }, RUN);
  const recorder = new Recorder();
  const ended: string[] = [];
  const record = recorder.sample.bind(recorder);
  recorder.sample = (sample) => {
    ended.push(`${sample.operation} ${sample.outcome.kind}`);
    record(sample);
  };
  const nowUs = context.clock();
  const journey = { id: 1, kind: 'delete', phase: 'deletes', offsetUs: 0, actor: 0 } as const;
  const trail = new Trail(
    journey,
    stepsOf({ submit: 'smtp', mailbox: 'http' }),
    nowUs,
    nowUs,
    recorder,
    context.clock,
  );
  const strategy = {
    selection: 'search',
    disposal: 'trash',
    clickUs: 1,
    pageSize: 2,
    emptyAfterUs: 1,
  } as const;
  const rest = { context, trail, mailbox: 0, client, strategy, provisioned: undefined };
  const here: Sitting = { ...rest, listed: new Map() };
  const look = async (): Promise<void> => {
    const { value = [] } = await client.list(LISTING_FIELDS);
    enterRows(here, value);
  };
  const asked = (): number[] => [0, 1, 2, 3, 4].filter((number) => hasBit(context.ledger.asked, 0, number));
  const subjects = (): string[] =>
    peer.mail.map((kept) => /Subject: (.*)\r/.exec(String(kept.raw))?.[1] ?? '');
  return { peer, client, hand: new HttpHand(here, client), trail, look, asked, subjects, ended };
}

describe('a hand over a mail API', () => {
  test('finds by any part of a subject, in any case and encoding, what came meanwhile too, and nothing foreign', async () => {
    const { peer, hand, look, ended } = await sitting();
    peer.keep(raw(0, 'test'), [ADA]);
    peer.keep(raw(undefined, 'test'), [ADA]);
    peer.keep(raw(1, 'Blood TEST results'), [ADA]);
    peer.keep(raw(2, 'Rota'), [ADA]);
    peer.keep(raw(3, 'test'), ['bob@lab.test']);
    await look();
    peer.keep(raw(4, '=?UTF-8?B?w7xiZXIgVGVzdA==?='), [ADA]);
    expect(await hand.prepare()).toBeUndefined();
    expect(await hand.search('test')).toEqual({ uids: [1, 3, 5], saved: false });
    expect(await hand.search('Über T')).toEqual({ uids: [5], saved: false });
    expect(await hand.search('nothing like it')).toBeUndefined();
    expect(ended).toEqual(['http.list ok', 'http.list ok', 'http.list ok']);
  });

  test('deletes for good, an operation a request, each asked for before it leaves', async () => {
    const { peer, hand, look, asked, subjects, ended } = await sitting(2);
    for (const number of [0, 1, 2, 3]) peer.keep(raw(number, `Re: ${number}`), [ADA]);
    peer.keep(raw(4, 'of somebody else'), ['bob@lab.test']);
    await look();
    await hand.dispose({ uids: [1, 2, 4], saved: false });
    await hand.finish();
    expect(subjects()).toEqual(['Re: 2', 'of somebody else']);
    expect(asked()).toEqual([0, 1, 3]);
    expect(ended).toEqual(['http.delete ok', 'http.delete ok']);
  });

  test('stops where it is refused: what was not named is not asked for', async () => {
    const { peer, client, hand, look, asked, trail, ended } = await sitting(2);
    for (const number of [0, 1, 2, 3]) peer.keep(raw(number, `Re: ${number}`), [ADA]);
    await look();
    client.destroy();
    await hand.dispose({ uids: [1, 2, 3, 4], saved: false });
    expect(asked()).toEqual([0, 1]);
    expect(ended).toEqual(['http.delete rejected']);
    expect(trail.failed).toBe(true);
    expect(await hand.search('Re')).toBeUndefined();
  });
});
