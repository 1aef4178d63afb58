/** The IMAP server as imapflow sees it. */

import { describe, expect, it } from 'vitest';
import { NO_SWITCHES } from '../../src/target/switches.ts';
import { ADA, BEN, delivered, LIST, send, signIn, startLab, until } from './lab.ts';

describe('sign-in', () => {
  it('takes the password and nothing else', async () => {
    const lab = await startLab();
    const client = await signIn(lab, ADA);
    expect(client.authenticated).toBeTruthy();
    await expect(signIn(lab, ADA, { auth: { user: ADA, pass: 'wrong' } })).rejects.toThrow();
    await expect(signIn(lab, 'nobody@lab.test')).rejects.toThrow();
  });

  it('works by LOGIN and by AUTHENTICATE LOGIN too', async () => {
    const lab = await startLab();
    for (const loginMethod of ['LOGIN', 'AUTH=LOGIN', 'AUTH=PLAIN']) {
      const client = await signIn(lab, ADA, { auth: { user: ADA, pass: 'correct horse', loginMethod } });
      expect(client.authenticated).toBeTruthy();
      await client.logout();
    }
  });

  it('verifies the certificate by STARTTLS and by implicit TLS', async () => {
    const lab = await startLab({ tls: true });
    const { ca = '', imapsPort = 0 } = lab.ports;
    const upgraded = await signIn(lab, ADA, { tls: { ca }, doSTARTTLS: true });
    expect(upgraded.secureConnection).toBe(true);
    const implicit = await signIn(lab, ADA, { port: imapsPort, secure: true, tls: { ca } });
    expect(await implicit.status('INBOX', { messages: true })).toMatchObject({ messages: 0 });
  });
});

describe('folders', () => {
  it('are listed with their special use, made and deleted', async () => {
    const lab = await startLab();
    const client = await signIn(lab, ADA);
    const folders = await client.list();
    const uses = Object.fromEntries(folders.map((folder) => [folder.path, folder.specialUse]));
    expect(uses).toMatchObject({
      INBOX: String.raw`\Inbox`,
      Trash: String.raw`\Trash`,
      Junk: String.raw`\Junk`,
    });
    await client.mailboxCreate('Storm');
    expect((await client.list()).map((folder) => folder.path)).toContain('Storm');
    await client.mailboxDelete('Storm');
    expect((await client.list()).map((folder) => folder.path)).not.toContain('Storm');
  });
});

describe('reading', () => {
  it('shows a message to the envelope, the structure, the headers and the body', async () => {
    const lab = await startLab();
    await send(lab, { to: LIST, subject: 'Tëst of "everything"', text: 'one\r\ntwo\r\n' });
    await delivered(lab);
    const client = await signIn(lab, BEN);
    const box = await client.mailboxOpen('INBOX');
    expect(box.exists).toBe(1);
    const message = await client.fetchOne('1', {
      uid: true,
      flags: true,
      envelope: true,
      bodyStructure: true,
      internalDate: true,
      size: true,
      headers: ['subject', 'message-id'],
      source: true,
    });
    if (!message) throw new Error('no message');
    expect(message.envelope?.subject).toBe('Tëst of "everything"');
    expect(message.envelope?.from?.[0]?.address).toBe(ADA);
    expect(message.envelope?.to?.[0]?.address).toBe(LIST);
    expect(message.bodyStructure?.type).toBe('text/plain');
    expect(message.source?.length).toBe(message.size);
    expect(message.headers?.toString()).toMatch(/^Subject: .*\r\nMessage-ID: <.*>\r\n\r\n$/i);
    expect(message.source?.toString()).toMatch(/^Return-Path: <ada@lab\.test>\r\nReceived: from /);
    const internal = new Date(message.internalDate ?? 0).getTime();
    expect(Math.abs(internal - Date.now())).toBeLessThan(60_000);
    const part = await client.download('1', '1');
    let text = '';
    for await (const chunk of part.content ?? []) text += String(chunk);
    expect(text).toBe('one\r\ntwo\r\n');
  });

  it('finds by subject, substring and any case, and by header', async () => {
    const lab = await startLab();
    const subjects = ['test', 'Blood TEST results', 'Lunch', 'Re: test'];
    for (const subject of subjects) await send(lab, { to: ADA, subject });
    await delivered(lab);
    const client = await signIn(lab, ADA);
    await client.mailboxOpen('INBOX');
    expect(await client.search({ subject: 'test' })).toEqual([1, 2, 4]);
    expect(await client.search({ header: { subject: 'lunch' } }, { uid: true })).toEqual([3]);
    expect(await client.search({ not: { subject: 'test' } })).toEqual([3]);
    expect(await client.search({ or: [{ subject: 'lunch' }, { subject: 'blood' }] })).toEqual([2, 3]);
    expect(await client.search({ from: ADA, body: 'IGNORE', since: new Date(0) })).toEqual([1, 2, 3, 4]);
    expect(await client.search({ seen: true })).toEqual([]);
    expect(await client.search({ seq: '2:3', uid: '1:2' })).toEqual([2]);
  });
});

describe('changing', () => {
  const foreign = { ...NO_SWITCHES, foreign: [{ address: ADA, count: 5 }] };

  it('flags, moves and expunges', async () => {
    const lab = await startLab({ switches: foreign });
    const client = await signIn(lab, ADA);
    await client.mailboxOpen('INBOX');
    await client.messageFlagsAdd('1:2', [String.raw`\Seen`, '$Storm']);
    expect(await client.search({ seen: true })).toEqual([1, 2]);
    expect(await client.search({ keyword: '$Storm' })).toEqual([1, 2]);
    await client.messageFlagsRemove('1', [String.raw`\Seen`]);
    expect(await client.search({ seen: true })).toEqual([2]);
    const moved = await client.messageMove('2,4', 'Trash', { uid: true });
    expect(moved && [...(moved.uidMap ?? [])]).toEqual([
      [2, 1],
      [4, 2],
    ]);
    const copied = await client.messageCopy('1', 'Junk', { uid: true });
    expect(copied && [...(copied.uidMap ?? [])]).toEqual([[1, 1]]);
    await client.messageDelete('3', { uid: true });
    expect(await client.search({ all: true }, { uid: true })).toEqual([1, 5]);
    expect(await client.status('Trash', { messages: true, uidNext: true, unseen: true })).toMatchObject({
      messages: 2,
      uidNext: 3,
      unseen: 1,
    });
  });

  it('appends with flags and a date', async () => {
    const lab = await startLab();
    const client = await signIn(lab, ADA);
    const at = new Date('2016-11-14T08:29:00Z');
    const raw = 'Subject: draft\r\n\r\nbody\r\n';
    const result = await client.append('Sent', raw, [String.raw`\Seen`], at);
    expect(result).toMatchObject({ uid: 1, destination: 'Sent' });
    await client.mailboxOpen('Sent');
    const message = await client.fetchOne('1', { flags: true, internalDate: true, source: true });
    if (!message) throw new Error('no message');
    expect([...(message.flags ?? [])]).toEqual([String.raw`\Seen`]);
    expect(new Date(message.internalDate ?? 0)).toEqual(at);
    expect(message.source?.toString()).toBe(raw);
  });
});

it('tells an idling client of new mail', async () => {
  const lab = await startLab();
  const client = await signIn(lab, BEN);
  await client.mailboxOpen('INBOX');
  let exists = 0;
  client.on('exists', (event) => {
    exists = event.count;
  });
  const idling = client.idle();
  await until(() => client.idling);
  await send(lab, { to: LIST, subject: 'wake up' });
  await until(() => exists === 1);
  await client.noop();
  await idling;
});
