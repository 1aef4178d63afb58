/** IMAP commands against scripted servers: what is written, what is made of the answers. */

import { afterEach, describe, expect, it } from 'vitest';
import type { Peer } from './peers/dialogue.ts';
import { answer, close, finished, open } from './peers/imap.ts';
import { short } from './peers/smtp.ts';

afterEach(close);

describe('reading', () => {
  it('selects, lists, asks for status and searches', async () => {
    const connection = await open(async (peer) => {
      await answer(
        peer,
        /LIST "" "\*"/,
        String.raw`* LIST (\HasNoChildren \Trash) "/" "Deleted \"Items\""`,
        '* LIST () NIL {3}',
        'Odd',
      );
      await answer(
        peer,
        /SELECT INBOX/,
        '* FLAGS (\\Seen)',
        '* 17 EXISTS',
        '* 2 RECENT',
        '* OK [UIDVALIDITY 99] x',
        '* OK [UIDNEXT 40] x',
        '* OK [UNSEEN 3] x',
      );
      await answer(peer, /EXAMINE "a b"/, '* 1 EXISTS');
      await answer(
        peer,
        /STATUS inbox \(MESSAGES UIDNEXT UIDVALIDITY\)/,
        '* STATUS other (MESSAGES 0 UIDNEXT 0 UIDVALIDITY 0)',
        '* STATUS "INBOX" (UIDNEXT 40 MESSAGES 17 UIDVALIDITY 99)',
      );
      await answer(
        peer,
        /UID SEARCH SUBJECT "te\\"st" HEADER X-Run "" UNDELETED/,
        '* SEARCH 5 6',
        '* SEARCH 9 (MODSEQ 7)',
      );
      await answer(peer, /UID SEARCH ALL/, '* SEARCH');
    });
    const folders = await connection.list();
    expect(folders.value?.map((folder) => [folder.name, folder.delimiter])).toEqual([
      ['Deleted "Items"', '/'],
      ['Odd', undefined],
    ]);
    expect(folders.value?.[0]?.attributes.has('\\trash')).toBe(true);
    expect((await connection.select('INBOX')).value).toMatchObject({
      exists: 17,
      uidValidity: 99,
      uidNext: 40,
    });
    expect(connection.exists).toBe(17);
    expect((await connection.select('a b', { readOnly: true })).value?.exists).toBe(1);
    expect((await connection.status('inbox')).value).toEqual({ messages: 17, uidNext: 40, uidValidity: 99 });
    const found = await connection.search({ subject: 'te"st', header: ['X-Run', ''], deleted: false });
    expect(found.value).toEqual([5, 6, 9]);
    expect((await connection.search({ all: true })).value).toEqual([]);
    await finished();
  });

  it('fetches headers, and is not misled by news in between', async () => {
    const connection = await open(async (peer) => {
      await answer(
        peer,
        /UID FETCH 3:5 \(UID FLAGS BODY\.PEEK\[HEADER\.FIELDS \(Message-ID Subject\)\]\)/,
        '* 1 FETCH (UID 3 FLAGS (\\Seen $x) BODY[HEADER.FIELDS ("MESSAGE-ID" SUBJECT)] {37}',
        'Message-ID: <a@b>',
        'Subject: x',
        ' y',
        '',
        ')',
        '* 2 FETCH (FLAGS (\\Deleted) UID 4)',
        '* 40 EXISTS',
        '* 9 FETCH (UID 99 BODY[HEADER.FIELDS (SUBJECT)] "Subject: other")',
        '* 7 FETCH (FLAGS ())',
        '* 3 EXPUNGE',
        '* X-NEWS (((',
        '* 2 FETCH (BODY[HEADER.FIELDS (MESSAGE-ID SUBJECT)] NIL UID 4 FLAGS ())',
      );
    });
    const { value, outcome } = await connection.fetchHeaders('3:5', ['Message-ID', 'Subject']);
    expect(outcome.kind).toBe('ok');
    expect(value?.map((row) => [row.uid, row.flags, Object.fromEntries(row.headers)])).toEqual([
      [3, ['\\Seen', '$x'], { 'message-id': '<a@b>', subject: 'x y' }],
      [4, [], {}],
    ]);
    expect(connection).toMatchObject({ exists: 39, expunged: 1 });
    await finished();
  });

  it('fetches a body cut at every byte', async () => {
    const body = 'Subject: x\r\n\r\n) R2 OK "no"\r\n';
    const connection = await open(async (peer) => {
      const [, tag = ''] = await peer.expect(/^(R\d+) UID FETCH 7 \(UID BODY\.PEEK\[\]<0\.500>\)$/);
      await peer.dribble(`* 1 FETCH (UID 7 BODY[]<0> {${body.length}}\r\n${body})\r\n${tag} OK done\r\n`);
    });
    const { value } = await connection.fetchBody('7', { maxBytes: 500 });
    expect(value?.map((row) => [row.uid, row.body.toString()])).toEqual([[7, body]]);
    await finished();
  });

  it('keeps pipelined commands apart, written at once and answered in any order', async () => {
    const connection = await open(async (peer) => {
      const [, first = ''] = await peer.expect(/^(R\d+) UID FETCH 1 /);
      const [, second = ''] = await peer.expect(/^(R\d+) UID FETCH 2 /);
      const [, third = ''] = await peer.expect(/^(R\d+) NOOP/);
      peer.send(`${third} OK`, '* 2 FETCH (UID 2 BODY[] "two")', `${second} OK`);
      peer.send('* 1 FETCH (UID 1 BODY[] "one")', `${first} OK`);
    });
    const results = await Promise.all([
      connection.fetchBody('1'),
      connection.fetchBody('2'),
      connection.noop(),
    ]);
    expect(results[0].value?.[0]?.body.toString()).toBe('one');
    expect(results[1].value?.[0]?.body.toString()).toBe('two');
    expect(results[2].outcome.kind).toBe('ok');
    // Answered last, so it was the connection's turn only since the answer before.
    expect(results[0].startedUs).toBeGreaterThanOrEqual(results[1].endedUs);
    await finished();
  });
});

describe('changing', () => {
  it('stores, copies, moves, expunges, creates', async () => {
    const connection = await open(async (peer) => {
      await answer(peer, /UID STORE 1:3 \+FLAGS\.SILENT \(\\Deleted \$x\)/);
      await answer(peer, /UID COPY 1 "To keep"/);
      await answer(peer, /UID MOVE 1 Trash/, '* OK [COPYUID 1 1 1] moved', '* 1 EXPUNGE');
      await answer(peer, /EXPUNGE/);
      await answer(peer, /UID EXPUNGE 1,3/);
      await answer(peer, /CREATE Gel&APY-scht/);
    });
    expect(short((await connection.store('1:3', '+FLAGS.SILENT', ['\\Deleted', '$x'])).outcome)).toBe('ok');
    expect(short((await connection.copy('1', 'To keep')).outcome)).toBe('ok');
    expect((await connection.move('1', 'Trash')).value).toEqual({ way: 'move' });
    expect(short((await connection.expunge()).outcome)).toBe('ok');
    expect(short((await connection.uidExpunge('1,3')).outcome)).toBe('ok');
    expect(short((await connection.create('Gelöscht')).outcome)).toBe('ok');
    await finished();
  });

  it('moves by copy where MOVE is not offered, and not at all without UIDPLUS', async () => {
    const connection = await open(
      async (peer) => {
        await answer(peer, /UID COPY 1:2 Trash/);
        await answer(peer, /UID STORE 1:2 \+FLAGS\.SILENT \(\\Deleted\)/);
        await answer(peer, /UID EXPUNGE 1:2/);
      },
      {},
      'IMAP4rev1 UIDPLUS',
    );
    expect((await connection.move('1:2', 'Trash')).value).toEqual({ way: 'copy' });
    await finished();
    await close();
    const poor = await open((peer) => peer.ended(), {}, 'IMAP4rev1');
    expect(short((await poor.move('1', 'Trash')).outcome)).toBe('UNSUPPORTED');
    expect(short((await poor.uidExpunge('1')).outcome)).toBe('UNSUPPORTED');
    expect(short((await poor.idle({ forUs: 1_000 })).outcome)).toBe('UNSUPPORTED');
  });

  it('says where a move by copy broke off', async () => {
    const connection = await open(
      async (peer) => {
        const [, tag = ''] = await peer.expect(/^(R\d+) UID COPY/);
        peer.send(`${tag} NO [OVERQUOTA] Quota exceeded`);
      },
      {},
      'IMAP4rev1 UIDPLUS',
    );
    const { outcome, value } = await connection.move('1:2', 'Trash');
    expect(outcome).toMatchObject({ code: 'NO', enhanced: 'OVERQUOTA', overQuota: true, temporary: false });
    expect(value).toBeUndefined();
  });

  it('refuses what could end its command', async () => {
    const connection = await open((peer) => peer.ended());
    const results = [
      connection.store('1\r\nR9 LOGOUT', '+FLAGS', []),
      connection.store('1', '+FLAGS', ['\\Seen) x']),
      connection.select('a\0b'),
      connection.select(''),
      connection.search({ subject: 'a\r\nb' }),
      connection.search({ header: ['X: y', ''] }),
      connection.fetchHeaders('1', ['A)']),
      connection.fetchHeaders('1', []),
      connection.append('INBOX', Buffer.alloc(0), ['a b']),
    ];
    for (const { outcome } of await Promise.all(results)) expect(short(outcome)).toBe('ARGUMENT');
  });
});

describe('literals', () => {
  const message = Buffer.from('Subject: x\r\n\r\nbody\r\n');

  async function append(peer: Peer, plus: string): Promise<string> {
    const [, tag = '', size = ''] = await peer.expect(
      new RegExp(`^(R\\d+) APPEND INBOX \\(\\\\Seen\\) \\{(\\d+)${plus === '' ? '' : '\\+'}\\}$`),
    );
    if (plus === '') {
      expect(peer.hasHeld).toBe(false);
      peer.send('+ go ahead');
    }
    expect((await peer.bytes(Number(size))).toString()).toBe(message.toString());
    await peer.expect(/^$/);
    return tag;
  }

  it.each([
    ['LITERAL+', '+'],
    ['LITERAL-', '+'],
    ['', ''],
  ])('with %j go as {n%s}', async (capability, plus) => {
    const connection = await open(
      async (peer) => {
        const tag = await append(peer, plus);
        const [, noop = ''] = await peer.expect(/^(R\d+) NOOP$/);
        peer.send(`${tag} OK [APPENDUID 1 2] done`, `${noop} OK`);
      },
      {},
      `IMAP4rev1 ${capability}`,
    );
    const appended = connection.append('INBOX', message, ['\\Seen']);
    const after = connection.noop();
    expect((await appended).outcome).toMatchObject({ kind: 'ok', evidence: 'OK [APPENDUID 1 2] done' });
    expect(short((await after).outcome)).toBe('ok');
    await finished();
  });

  it('are asked for above 4096 bytes with LITERAL-, and dropped when refused', async () => {
    const connection = await open(
      async (peer) => {
        const [, tag = ''] = await peer.expect(/^(R\d+) APPEND INBOX \{5000\}$/);
        expect(peer.hasHeld).toBe(false);
        peer.send(`${tag} NO [LIMIT] Maximum message size exceeded`);
        await answer(peer, /NOOP/);
      },
      {},
      'IMAP4rev1 LITERAL-',
    );
    const appended = connection.append('INBOX', Buffer.alloc(5_000, 'x'));
    const after = connection.noop();
    expect((await appended).outcome).toMatchObject({ code: 'NO', enhanced: 'LIMIT', limiter: true });
    expect(short((await after).outcome)).toBe('ok');
    await finished();
  });

  it('carry a search that is not ASCII', async () => {
    const connection = await open(
      async (peer) => {
        const [, tag = ''] = await peer.expect(/^(R\d+) UID SEARCH CHARSET UTF-8 SUBJECT \{3\}$/);
        peer.send('+');
        expect((await peer.bytes(3)).toString()).toBe('fü');
        await peer.expect(/^ FROM "a"$/);
        peer.send('* SEARCH 1', `${tag} OK`);
      },
      {},
      'IMAP4rev1',
    );
    expect((await connection.search({ subject: 'fü', from: 'a' })).value).toEqual([1]);
    await finished();
  });
});
