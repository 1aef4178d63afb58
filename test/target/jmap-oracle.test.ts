/** Somebody else's JMAP client (jmap-jam) against the embedded target: looks, moves, deletes, sends, and IMAP sees the same. */

import { describe, expect, test } from 'vitest';
import { ADA, BEN, CLEO, delivered, LIST, send, signIn } from './lab.ts';
import { type Answer, jam, lookAround, startJmapLab } from './jmap-lab.ts';

describe('somebody else’s client', () => {
  test('finds the session behind a redirect, with its limits and accounts', async () => {
    const lab = await startJmapLab();
    const client = jam(lab, ADA);
    const session = await client.session;
    expect(session.username).toBe(ADA);
    expect(session.apiUrl).toBe(`http://127.0.0.1:${lab.ports.jmapPort}/jmap/api`);
    expect(session.capabilities['urn:ietf:params:jmap:core']).toMatchObject({
      maxObjectsInGet: 1_000,
      maxCallsInRequest: 32,
    });
    expect(Object.keys(session.accounts)).toEqual([await client.getPrimaryAccount()]);
  });

  test('queries and gets by reference in one request', async () => {
    const lab = await startJmapLab();
    await send(lab, { to: BEN, subject: 'test', text: 'ignore this' });
    await send(lab, { to: BEN, subject: 'Blood test results' });
    await send(lab, { to: BEN, subject: 'lunch?' });
    await delivered(lab);
    const { client, accountId, inbox, list } = await lookAround(lab, BEN);
    expect(list.map((one: Answer) => [one.role, one.totalEmails])).toContainEqual(['inbox', 3]);
    const [{ found, emails }] = await client.requestMany((t) => {
      const query = t.Email.query({
        accountId,
        filter: { operator: 'AND', conditions: [{ inMailbox: inbox }, { subject: 'TEST' }] },
        sort: [{ property: 'receivedAt', isAscending: true }],
        calculateTotal: true,
      });
      const get = t.Email.get({
        accountId,
        ids: query.$ref('/ids'),
        properties: ['subject', 'from', 'to', 'preview', 'keywords', 'mailboxIds', 'textBody', 'bodyValues'],
        fetchTextBodyValues: true,
      });
      return { found: query, emails: get };
    });
    expect(found).toMatchObject({ total: 2, position: 0 });
    expect(emails.list.map((one: Answer) => one.subject)).toEqual(['test', 'Blood test results']);
    expect(emails.list[0]).toMatchObject({
      from: [{ name: null, email: ADA }],
      to: [{ name: null, email: BEN }],
      preview: 'ignore this',
      keywords: {},
      mailboxIds: { [inbox]: true },
      bodyValues: { 1: { value: 'ignore this\n', isTruncated: false } },
    });
  });

  test('moves, flags and destroys, which IMAP sees; ids stay over a move', async () => {
    const lab = await startJmapLab();
    for (const subject of ['one', 'two', 'three']) await send(lab, { to: BEN, subject });
    await delivered(lab);
    const { client, accountId, inbox, trash } = await lookAround(lab, BEN);
    const [{ ids, queryState }] = await client.api.Email.query({ accountId, filter: { inMailbox: inbox } });
    const [first, second, third] = ids as [string, string, string];
    const [done] = await client.api.Email.set({
      accountId,
      ifInState: queryState,
      update: {
        [first]: { [`mailboxIds/${inbox}`]: null, [`mailboxIds/${trash}`]: true, 'keywords/$seen': true },
        [second]: { keywords: { $flagged: true, $Junk: true } },
      },
      destroy: [third],
    });
    expect(done).toMatchObject({
      oldState: queryState,
      updated: { [first]: null, [second]: null },
      destroyed: [third],
      notUpdated: null,
    });
    const [{ list, notFound }] = await client.api.Email.get({
      accountId,
      ids,
      properties: ['mailboxIds', 'keywords', 'subject'],
    });
    expect(list).toEqual([
      { id: first, mailboxIds: { [trash]: true }, keywords: { $seen: true }, subject: 'one' },
      {
        id: second,
        mailboxIds: { [inbox]: true },
        keywords: { $flagged: true, $junk: true },
        subject: 'two',
      },
    ]);
    expect(notFound).toEqual([third]);
    const imap = await signIn(lab, BEN);
    await imap.mailboxOpen('INBOX');
    const left = await imap.fetchAll('1:*', { flags: true, envelope: true });
    expect(left.map(({ envelope, flags }) => [envelope?.subject, [...(flags ?? [])].sort()])).toEqual([
      ['two', ['$junk', '\\Flagged']],
    ]);
    expect((await imap.mailboxOpen('Trash')).exists).toBe(1);
    const [{ created, updated, destroyed }] = await client.api.Email.changes({
      accountId,
      sinceState: queryState,
    });
    expect({ created, updated, destroyed }).toEqual({
      created: [],
      updated: [second, first],
      destroyed: [third],
    });
  });

  test('hears by changes what IMAP has done: arrived, moved, expunged', async () => {
    const lab = await startJmapLab();
    for (const subject of ['kept', 'moved', 'gone']) await send(lab, { to: BEN, subject });
    await delivered(lab);
    const { client, accountId, inbox, trash } = await lookAround(lab, BEN);
    const [{ ids }] = await client.api.Email.query({
      accountId,
      filter: { inMailbox: inbox },
      sort: [{ property: 'receivedAt', isAscending: true }],
    });
    const [kept, moved, gone] = ids as [string, string, string];
    const [{ state }] = await client.api.Email.get({ accountId, ids: [] });
    const imap = await signIn(lab, BEN);
    await imap.mailboxOpen('INBOX');
    await imap.messageMove('2', 'Trash', { uid: true });
    await imap.messageDelete('3', { uid: true });
    await imap.messageCopy('1', 'Sent', { uid: true });
    await send(lab, { to: BEN, subject: 'new' });
    await delivered(lab);
    const [changes] = await client.api.Email.changes({ accountId, sinceState: state });
    expect(changes).toMatchObject({ updated: [moved], destroyed: [gone], hasMoreChanges: false });
    expect(changes.created).toHaveLength(2);
    for (const id of changes.created) expect(ids).not.toContain(id);
    const [{ list }] = await client.api.Email.get({ accountId, ids, properties: ['mailboxIds'] });
    expect(list).toEqual([
      { id: kept, mailboxIds: { [inbox]: true } },
      { id: moved, mailboxIds: { [trash]: true } },
    ]);
    const [none] = await client.api.Email.changes({ accountId, sinceState: changes.newState });
    expect(none).toMatchObject({ created: [], updated: [], destroyed: [] });
  });

  test('uploads, imports, submits to the list and files it in Sent, in one request after the upload', async () => {
    const lab = await startJmapLab();
    const { client, accountId, sent } = await lookAround(lab, ADA);
    const [{ list }] = await client.api.Identity.get({ accountId });
    const identityId = list[0].id;
    const raw = `From: ${ADA}\r\nTo: ${LIST}\r\nBcc: ${CLEO}\r\nSubject: Hello all\r\nMessage-ID: <a@lab.test>\r\n\r\nhi\r\n`;
    const blob = await client.uploadBlob(accountId, new Blob([raw], { type: 'message/rfc822' }));
    expect(blob).toMatchObject({ accountId, size: raw.length, type: 'message/rfc822' });
    const [{ imported, submitted }, { response }] = await client.requestMany((t) => ({
      imported: t.Email.import({
        accountId,
        emails: { draft: { blobId: blob.blobId, mailboxIds: { [sent]: true }, keywords: { $draft: true } } },
      }),
      submitted: t.EmailSubmission.set({
        accountId,
        create: { out: { identityId, emailId: '#draft' } },
        onSuccessUpdateEmail: { '#out': { 'keywords/$draft': null, 'keywords/$seen': true } },
      }),
    }));
    expect(response.status).toBe(200);
    expect(imported.created.draft).toMatchObject({ size: raw.length });
    // The implicit Email/set has the same call id, and jmap-jam keeps the last.
    expect(submitted).toMatchObject({ updated: { [imported.created.draft.id]: null } });
    await delivered(lab);
    // The list's three members, and Cleo once more by Bcc: every path makes its copy.
    for (const [user, copies] of [
      [ADA, 1],
      [BEN, 1],
      [CLEO, 2],
    ] as const) {
      const theirs = await lookAround(lab, user);
      const [{ ids }] = await theirs.client.api.Email.query({
        accountId: theirs.accountId,
        filter: { inMailbox: theirs.inbox },
      });
      expect(ids).toHaveLength(copies);
      const [{ list: mails }] = await theirs.client.api.Email.get({
        accountId: theirs.accountId,
        ids: ids.slice(0, 1),
        properties: ['subject', 'bcc', 'header:Received', 'messageId', 'header:Return-Path:asRaw'],
      });
      expect(mails[0]).toMatchObject({ subject: 'Hello all', bcc: null, messageId: ['a@lab.test'] });
      expect(mails[0]['header:Received']).toMatch(/from \[127\.0\.0\.1\].*\r\n\tby lab\.test with HTTP id/);
    }
    const [{ list: filed }] = await client.api.Email.get({
      accountId,
      ids: [imported.created.draft.id],
      properties: ['keywords', 'bcc'],
    });
    expect(filed[0]).toMatchObject({ keywords: { $seen: true }, bcc: [{ email: CLEO }] });
  });

  test('downloads what it uploaded, and a message as it lies there', async () => {
    const lab = await startJmapLab();
    await send(lab, { to: BEN, subject: 'whole', text: 'the text' });
    await delivered(lab);
    const { client, accountId } = await lookAround(lab, BEN);
    const { blobId } = await client.uploadBlob(accountId, 'some bytes');
    const file = { accountId, blobId, mimeType: 'text/plain', fileName: 'a.txt' };
    const back = await client.downloadBlob(file);
    expect([await back.text(), back.headers.get('content-type')]).toEqual(['some bytes', 'text/plain']);
    const [{ list }] = await client.api.Email.get({
      accountId,
      ids: null,
      properties: ['blobId', 'textBody'],
    });
    const whole = await client.downloadBlob({ ...file, blobId: list[0].blobId });
    expect(await whole.text()).toMatch(/^Return-Path: <ada@lab\.test>\r\n[^]*\r\n\r\nthe text\r\n$/);
    const part = await client.downloadBlob({ ...file, blobId: list[0].textBody[0].blobId });
    expect(await part.text()).toBe('the text\r\n');
  });
});
