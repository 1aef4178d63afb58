/** What the target does wrong at its doors, to whom, and whom it leaves in peace. */

import { describe, expect, it } from 'vitest';
import { messageId, plainNumber } from '../../src/storm/numbering.ts';
import { Message } from '../../src/target/message.ts';
import { MISDEEDS, Mischief, type MischiefConfig, stormNumber } from '../../src/target/mischief.ts';
import {
  ADA,
  BEN,
  CLEO,
  delivered,
  LIST,
  PASSWORD,
  RawClient,
  rawInbox,
  send,
  signIn,
  startLab,
} from './lab.ts';

const config = (changes: Partial<MischiefConfig>): MischiefConfig => ({
  seed: 1,
  oneIn: {},
  named: [],
  stallUs: 1_000,
  ...changes,
});

const ALWAYS = config({ oneIn: Object.fromEntries(MISDEEDS.map((misdeed) => [misdeed, 1])) });

const mail = (number: number): string =>
  `Message-ID: ${messageId('run-1', 3, number)}\r\nSubject: test\r\n\r\nwords\r\n`;

/** One message by hand: the reply to its final dot. */
async function submit(port: number, number: number, to: string): Promise<string> {
  const client = new RawClient(port);
  await client.hear(/^220 .*\r\n/m);
  const login = Buffer.from(`\0${ADA}\0${PASSWORD}`).toString('base64');
  for (const line of ['EHLO me', `AUTH PLAIN ${login}`, `MAIL FROM:<${ADA}>`, `RCPT TO:<${to}>`, 'DATA']) {
    client.say(`${line}\r\n`);
    await client.hear(/^\d{3} .*\r\n/m);
  }
  client.say(`${mail(number)}.\r\n`);
  return client.hear(/^\d{3} .*\r\n/m);
}

describe('a decision', () => {
  it('depends on seed, misdeed, message and mailbox, and on nobody else being asked', () => {
    const one = new Mischief(config({ oneIn: { lose: 50, double: 50 } }));
    const two = new Mischief(config({ oneIn: { lose: 50 } }));
    const places = Array.from({ length: 2_000 }, (_, index) => [index % 40, Math.floor(index / 40)] as const);
    const forwards = places.map(([number, place]) => one.does('lose', number, place));
    for (const [number, place] of places) one.does('double', number, place);
    const backwards = places.toReversed().map(([number, place]) => two.does('lose', number, place));
    expect(backwards.toReversed()).toEqual(forwards);
    const other = new Mischief(config({ seed: 2, oneIn: { lose: 50 } }));
    expect(places.map(([number, place]) => other.does('lose', number, place))).not.toEqual(forwards);
  });

  it('strikes one in so many, within what chance allows', () => {
    const mischief = new Mischief(config({ oneIn: { lose: 1_000 } }));
    let struck = 0;
    for (let number = 0; number < 400; number += 1)
      for (let place = 0; place < 500; place += 1) if (mischief.does('lose', number, place)) struck += 1;
    // 200 expected, five standard deviations either way.
    expect(Math.abs(struck - 200)).toBeLessThan(5 * Math.sqrt(200));
  });

  it('is about mail of the storm: the pilot, the past and everybody else are spared', () => {
    const numberOf = (text: string): number | undefined => stormNumber(new Message(Buffer.from(text)));
    expect(numberOf(mail(7))).toBe(7);
    expect(numberOf(mail(plainNumber('deleter', 3)))).toBe(plainNumber('deleter', 3));
    expect(numberOf(mail(plainNumber('pilot', 0)))).toBeUndefined();
    expect(numberOf(mail(plainNumber('prefill', 9)))).toBeUndefined();
    expect(numberOf('Message-ID: <1@lab.test>\r\n\r\n')).toBeUndefined();
    expect(numberOf('Subject: none\r\n\r\n')).toBeUndefined();
  });
});

describe('a target that always misbehaves', () => {
  it('leaves other mail in peace', async () => {
    const lab = await startLab({ mischief: ALWAYS });
    await send(lab, { to: [BEN, CLEO], subject: 'lunch' });
    await delivered(lab);
    const client = await signIn(lab, BEN);
    expect(await client.status('INBOX', { messages: true })).toMatchObject({ messages: 1 });
    expect(lab.deeds()).toEqual([]);
  });

  it('says 451 4.3.0, 452 4.2.2 or 552 5.2.2, and nothing at all after a dot', async () => {
    const refusing = await startLab({ mischief: config({ oneIn: { tempfail: 1 } }) });
    expect(await submit(refusing.ports.submitPort, 1, BEN)).toMatch(/^451 4\.3\.0 /);
    const full = await startLab({ mischief: config({ oneIn: { quota: 1 } }) });
    const replies = new Set<string>();
    for (let number = 0; number < 12; number += 1)
      replies.add((await submit(full.ports.submitPort, number, BEN)).slice(0, 9));
    expect([...replies].toSorted()).toEqual(['452 4.2.2', '552 5.2.2']);
    const hanging = await startLab({ mischief: config({ oneIn: { hangup: 1 } }) });
    await expect(submit(hanging.ports.submitPort, 1, BEN)).rejects.toThrow(/^closed after "" without/);
    expect(hanging.deeds()).toEqual([{ misdeed: 'hangup', number: 1, mailbox: 0 }]);
  });

  it('says NO [OVERQUOTA] to COPY and APPEND, and lets a MOVE be', async () => {
    const named = [{ misdeed: 'quota', number: 4, mailbox: 1 }] as const;
    const lab = await startLab({ mischief: config({ named }) });
    // To everybody: a full mailbox is no reason to refuse that at the door.
    expect(await submit(lab.ports.submitPort, 4, LIST)).toMatch(/^250 /);
    await delivered(lab);
    const client = await rawInbox(lab, BEN);
    const append = (number: number): Promise<string> => {
      const text = mail(number);
      return client.ask(`a APPEND INBOX {${text.length}+}\r\n${text}`);
    };
    expect(await append(4)).toMatch(/^a NO \[OVERQUOTA\] /m);
    expect(await append(5)).toMatch(/^a OK /m);
    const other = await rawInbox(lab, CLEO);
    const text = mail(4);
    expect(await other.ask(`a APPEND INBOX {${text.length}+}\r\n${text}`)).toMatch(/^a OK /m);
    expect(await client.ask('b COPY 1 Trash')).toMatch(/^b NO \[OVERQUOTA\] /m);
    expect(await client.ask('c COPY 2 Trash')).toMatch(/^c OK /m);
    expect(await client.ask('d MOVE 1 Trash')).toMatch(/^d OK /m);
  });

  it('offers no STARTTLS on the connections struck, at either door, once the storm has begun', async () => {
    const named = [
      { misdeed: 'downgrade', number: 1, mailbox: 0 },
      { misdeed: 'downgrade', number: 0, mailbox: 1 },
    ] as const;
    const lab = await startLab({ tls: true, mischief: config({ named }) });
    const { submitPort, imapPort } = lab.ports;
    const offers = async (): Promise<readonly [boolean, boolean]> => {
      const smtp = new RawClient(submitPort);
      await smtp.hear(/^220 .*\r\n/m);
      smtp.say('EHLO me\r\n');
      const imap = new RawClient(imapPort);
      const said = [await smtp.hear(/^250 .*\r\n/m), await imap.hear(/^\* OK .*\r\n/m)] as const;
      return [said[0].includes('STARTTLS'), said[1].includes('STARTTLS')];
    };
    expect(await offers()).toEqual([true, true]);
    expect(await submit(submitPort, 0, BEN)).toMatch(/^250 /);
    expect(await offers()).toEqual([true, false]);
    expect(await offers()).toEqual([false, true]);
    expect(await offers()).toEqual([true, true]);
  });
});
