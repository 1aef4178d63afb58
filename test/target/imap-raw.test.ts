/** The IMAP server on the wire: order, untagged news, and clients that mean harm. */

import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPACITY } from '../../src/capacity/config.ts';
import { NO_SWITCHES } from '../../src/target/switches.ts';
import { ADA, BEN, delivered, LIST, RawClient, rawInbox, send, startLab, until } from './lab.ts';

const FIVE = { ...NO_SWITCHES, foreign: [{ address: ADA, count: 5 }] };

describe('order', () => {
  it('answers pipelined commands one after the other', async () => {
    const lab = await startLab({ switches: FIVE });
    const client = await rawInbox(lab, ADA);
    client.say('a FETCH 1 (UID)\r\nb NOOP\r\nc UID SEARCH ALL\r\nd STATUS Trash (MESSAGES)\r\n');
    const text = await client.hear(/^d .*\r\n/m);
    const tags = [...text.matchAll(/^([abcd]) OK/gm)].map((match) => match[1]);
    expect(tags).toEqual(['a', 'b', 'c', 'd']);
    expect(text).toContain('* 1 FETCH (UID 1)\r\n');
    expect(text).toContain('* SEARCH 1 2 3 4 5\r\n');
    expect(text).toContain('* STATUS "Trash" (MESSAGES 0)\r\n');
  });

  it('takes commands in any slices', async () => {
    const lab = await startLab();
    const client = await rawInbox(lab, ADA);
    const text = 'a APPEND INBOX (\\Seen) {13+}\r\nSubject: x\r\n\r\nb SEARCH SUBJECT {1+}\r\nx\r\n';
    for (const char of text) {
      client.say(char);
      await new Promise(setImmediate);
    }
    expect(await client.hear(/^a .*\r\n/m)).toMatch(/a OK \[APPENDUID \d+ 1\]/);
    expect(await client.hear(/^b .*\r\n/m)).toContain('* SEARCH 1\r\n');
  });

  it('asks for a literal that waits', async () => {
    const lab = await startLab();
    const client = new RawClient(lab.ports.imapPort);
    client.say('a LOGIN {12}\r\n');
    await client.hear(/^\+ .*\r\n/m);
    client.say('ada@lab.test {13}\r\n');
    await client.hear(/^\+ .*\r\n/m);
    client.say('correct horse\r\n');
    expect(await client.hear(/^a .*\r\n/m)).toContain('a OK');
  });
});

describe('capacity', () => {
  it('makes one connection wait for its command while others go on', async () => {
    const service = { ...DEFAULT_CAPACITY.service, search: { fixedUs: 150_000, perMessageUs: 0 } };
    const lab = await startLab({
      switches: FIVE,
      capacity: { ...DEFAULT_CAPACITY, accessServers: 2, service },
    });
    const slow = await rawInbox(lab, ADA);
    const quick = await rawInbox(lab, ADA);
    const before = performance.now();
    slow.say('a SEARCH ALL\r\nb NOOP\r\n');
    const found = slow.hear(/^b OK .*\r\n/m).then(() => performance.now() - before);
    for (let i = 0; i < 5; i += 1) await quick.ask('c NOOP');
    expect(performance.now() - before).toBeLessThan(140);
    expect(await found).toBeGreaterThan(149);
  });
});

describe('news', () => {
  it('tells another session of an expunge, with the right numbers, at the right moment', async () => {
    const lab = await startLab({ switches: FIVE });
    const one = await rawInbox(lab, ADA);
    const two = await rawInbox(lab, ADA);
    await one.ask(String.raw`a UID STORE 1:2,4 +FLAGS.SILENT (\Deleted)`);
    expect(await one.ask('b EXPUNGE')).toBe(
      '* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 2 EXPUNGE\r\nb OK EXPUNGE completed\r\n',
    );
    for (const command of ['FETCH 5 (UID)', 'SEARCH ALL', String.raw`STORE 5 +FLAGS (\Seen)`])
      expect(await two.ask(`c ${command}`)).not.toContain('EXPUNGE');
    expect(await two.ask('d NOOP')).toContain('* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 2 EXPUNGE\r\nd OK');
    expect(await two.ask('e FETCH 2 (UID)')).toContain('* 2 FETCH (UID 5)');
  });

  it('tells during UID commands and in IDLE', async () => {
    const lab = await startLab({ switches: FIVE });
    const one = await rawInbox(lab, ADA);
    const two = await rawInbox(lab, ADA);
    const three = await rawInbox(lab, ADA);
    two.say('i IDLE\r\n');
    await two.hear(/^\+ .*\r\n/m);
    await one.ask('a UID MOVE 1:5 Trash');
    expect(await two.hear(/(?:\* 1 EXPUNGE\r\n){5}/)).toBe('* 1 EXPUNGE\r\n'.repeat(5));
    await send(lab, { to: LIST, subject: 'more' });
    await two.hear(/^\* 1 EXISTS\r\n/m);
    two.say('DONE\r\n');
    await two.hear(/^i OK .*\r\n/m);
    const text = await three.ask('u UID FETCH 1:* (FLAGS)');
    expect(text).toContain('* 1 EXPUNGE\r\n'.repeat(5));
    expect(text).toContain('* 1 EXISTS\r\n');
  });

  it('tells of flags that another session changed, and not of its own', async () => {
    const lab = await startLab({ switches: FIVE });
    const one = await rawInbox(lab, ADA);
    const two = await rawInbox(lab, ADA);
    expect(await one.ask(String.raw`a STORE 3 +FLAGS.SILENT (\Flagged)`)).toBe('a OK STORE completed\r\n');
    expect(await two.ask('b NOOP')).toContain(String.raw`* 3 FETCH (UID 3 FLAGS (\Flagged))`);
    expect(await two.ask('c NOOP')).toBe('c OK NOOP completed\r\n');
  });

  it('gives a message that never was announced no number', async () => {
    const lab = await startLab();
    const one = await rawInbox(lab, BEN);
    const two = await rawInbox(lab, BEN);
    await send(lab, { to: BEN, subject: 'short life' });
    await delivered(lab);
    await one.ask('a NOOP');
    await one.ask(String.raw`b STORE 1 +FLAGS (\Deleted)`);
    await one.ask('c EXPUNGE');
    expect(await two.ask('d NOOP')).toBe('d OK NOOP completed\r\n');
  });

  it('sets \\Seen by BODY[] and not by BODY.PEEK[] or in a folder open for reading', async () => {
    const lab = await startLab({ switches: FIVE });
    const client = await rawInbox(lab, ADA);
    expect(await client.ask('a FETCH 1 BODY.PEEK[TEXT]<0.4>')).toContain(
      '* 1 FETCH (BODY[TEXT]<0> {4}\r\nThis)',
    );
    expect(await client.ask('b FETCH 1 (BODY[HEADER.FIELDS (SUBJECT)])')).toBe(
      '* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {28}\r\nSubject: Clinic letter 1\r\n\r\n FLAGS (\\Seen))\r\n' +
        'b OK FETCH completed\r\n',
    );
    await client.ask('c EXAMINE INBOX');
    expect(await client.ask('d FETCH 2 (BODY[] FLAGS)')).toContain('FLAGS ()');
    expect(await client.ask(String.raw`e STORE 2 +FLAGS (\Seen)`)).toContain('e NO [READ-ONLY]');
  });
});

describe('hostile clients', () => {
  const START = /^\* OK .*\r\n/;

  it('get BAD for what is no command, and may go on', async () => {
    const lab = await startLab({ switches: FIVE });
    const client = await rawInbox(lab, ADA);
    const wrong = [
      'x FROBNICATE',
      'x constructor',
      'x UID',
      'x UID constructor 1',
      'x FETCH',
      'x FETCH 9 FLAGS',
      'x FETCH 0 FLAGS',
      'x FETCH 1 (FLAGS',
      'x FETCH 1 BODY[HEADER.FIELDS (',
      'x FETCH 1 BODY[1.2.HEADER.FIELDS]',
      'x STORE 1 FLAGS',
      'x SEARCH',
      'x SEARCH OR SEEN',
      `x SEARCH ${'('.repeat(100)}`,
      `x SEARCH ${'NOT '.repeat(1_000)}ALL`,
      'x STATUS INBOX (NONSENSE)',
      'x APPEND INBOX text',
    ];
    for (const command of wrong) expect(await client.ask(command)).toMatch(/^x BAD/);
    expect(await client.ask('y NOOP')).toContain('y OK');
    client.say('\r\n');
    expect(await client.hear(/\r\n/)).toMatch(/^\* BAD/);
  });

  it('are told to sign in and to open a folder first', async () => {
    const lab = await startLab();
    const client = new RawClient(lab.ports.imapPort);
    await client.hear(START);
    expect(await client.ask('a SELECT INBOX')).toContain('a BAD');
    expect(await client.ask(`b LOGIN ${ADA} wrong`)).toContain('b NO [AUTHENTICATIONFAILED]');
    expect(await client.ask(`c LOGIN ${ADA} "correct horse"`)).toContain('c OK');
    expect(await client.ask('d FETCH 1 FLAGS')).toContain('d BAD');
    expect(await client.ask('e SELECT Nowhere')).toContain('e NO');
  });

  it('are shown out for an endless line', async () => {
    const lab = await startLab();
    const client = new RawClient(lab.ports.imapPort);
    await client.hear(START);
    client.say('a'.repeat(70_000));
    expect(await client.closing()).toMatch(/^\* BYE line too long\r\n/);
  });

  it('are shown out for a literal nobody could want, and refused one that waits', async () => {
    const lab = await startLab();
    const client = new RawClient(lab.ports.imapPort);
    await client.hear(START);
    expect(await client.ask('a LOGIN {999999999}')).toMatch(/^a NO \[TOOBIG\]/);
    client.say('b LOGIN {999999999+}\r\n');
    expect(await client.closing()).toMatch(/^\* BYE literal too large\r\n/);
    const patient = await rawInbox(lab, ADA);
    expect(await patient.ask('c APPEND INBOX {70000000}')).toMatch(/^c NO \[TOOBIG\]/);
    expect(await patient.ask('d NOOP')).toContain('d OK');
  });

  it('are shown out after mistakes without end', async () => {
    const lab = await startLab();
    const client = new RawClient(lab.ports.imapPort);
    client.say('x y\r\n'.repeat(1_000));
    expect(await client.closing()).toContain('* BYE too many mistakes\r\n');
  });

  it('cost nobody else their connection, whatever bytes they send', async () => {
    const lab = await startLab({ switches: FIVE });
    const other = await rawInbox(lab, ADA);
    for (let seed = 1; seed <= 20; seed += 1) {
      const noise = Buffer.from(
        Array.from({ length: 5_000 }, (_none, i) => (i * i * seed + (i >> 3)) & 0xff),
      );
      const client = new RawClient(lab.ports.imapPort);
      client.say(noise);
      client.say('\r\nz LOGOUT\r\n');
      await until(() => client.closed || /z OK|z BAD|BYE/.test(client.heard));
    }
    expect(await other.ask('n NOOP')).toContain('n OK');
  });

  it('that do not read are not read either', async () => {
    const lab = await startLab();
    const client = await rawInbox(lab, ADA);
    client.say(`a APPEND INBOX {300000+}\r\n${'x'.repeat(300_000)}\r\n`);
    await client.hear(/^a OK .*\r\n/m);
    let say = '';
    for (let i = 0; i < 40; i += 1) say += `f${i} FETCH 1 BODY.PEEK[]\r\n`;
    client.say(say);
    await client.hear(/^f39 OK .*\r\n/m);
  });
});

it('keeps bytes sent before a TLS handshake out of it', async () => {
  const lab = await startLab({ tls: true });
  const client = new RawClient(lab.ports.imapPort);
  await client.hear(/^\* OK .*STARTTLS.*\r\n/);
  client.say('a STARTTLS\r\nb NOOP\r\n');
  await client.hear(/^a OK .*\r\n/m);
  client.say('c NOOP\r\n');
  expect(await client.closing()).not.toContain('OK NOOP');
});
