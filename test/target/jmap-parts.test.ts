/** The parts of the JMAP server by themselves: the journal against a naive one, uploads, address lists, body parts, cutting text (RFC 8621 §4.1). */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLAG, type Mailbox } from '../../src/target/mailbox.ts';
import { Message } from '../../src/target/message.ts';
import { Store } from '../../src/target/store.ts';
import { groupsOf } from '../../src/target/jmap/addresses.ts';
import { Uploads } from '../../src/target/jmap/blobs.ts';
import { bodyValue, contentOf, hasAttachment, previewOf } from '../../src/target/jmap/content.ts';
import { addressesOf, headerValue, readHeaderProperty } from '../../src/target/jmap/headers.ts';
import { AccountJournal } from '../../src/target/jmap/journal.ts';

const message = (text: string): Message => new Message(Buffer.from(text.replaceAll('\n', '\r\n'), 'utf8'));
const MAIL = message('Subject: x\n\ny\n');

function account() {
  const store = new Store(['ada@lab.test'], 1);
  const [ada] = store.accounts();
  if (ada === undefined) throw new Error('no account');
  return { store, ada };
}

/** What JMAP shows: the folder's name and the flags by id. */
function shown(folders: Iterable<Mailbox>): Map<number, string> {
  const all = [...folders].flatMap((folder) => folder.copies.map((copy) => ({ folder, copy })));
  const there = all.filter(({ copy }) => (copy.flags & FLAG.deleted) === 0);
  return new Map(there.map(({ folder, copy }) => [copy.id, `${folder.name} ${copy.flags}`]));
}

describe('the journal', () => {
  const step = fc.record({
    what: fc.constantFrom('add', 'flag', 'delete', 'move', 'copy', 'expunge'),
    from: fc.constantFrom('INBOX', 'Trash'),
    index: fc.nat({ max: 5 }),
  });

  test('tells of every difference between two states, and of no other id, in pieces or at once', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (before, after, most) => {
          const { ada, store } = account();
          const journal = new AccountJournal(ada);
          const run = ({ what, from, index }: (typeof before)[number]): void => {
            const folder = store.folder(ada, from) as Mailbox;
            const other = store.folder(ada, from === 'INBOX' ? 'Trash' : 'INBOX') as Mailbox;
            const copy = folder.copies[index];
            if (what === 'add') folder.add(MAIL, 0, 0);
            else if (copy === undefined) return;
            else if (what === 'flag') folder.setFlags(copy, copy.flags ^ FLAG.seen);
            else if (what === 'delete') folder.setFlags(copy, copy.flags ^ FLAG.deleted);
            else if (what === 'copy') other.add(copy.message, 0, copy.flags);
            else if (what === 'expunge') folder.expunge([copy]);
            else {
              other.add(copy.message, 0, copy.flags, copy.id);
              folder.expunge([copy]);
            }
          };
          for (const one of before) run(one);
          const old = shown(ada.folders.values());
          const since = journal.emailState;
          for (const one of after) run(one);
          const now = shown(ada.folders.values());
          const whole = journal.since(since, Number.POSITIVE_INFINITY);
          const touched = [...(whole?.created ?? []), ...(whole?.updated ?? []), ...(whole?.destroyed ?? [])];
          expect(new Set(touched).size).toBe(touched.length);
          expect(new Set(whole?.created)).toEqual(new Set([...now.keys()].filter((id) => !old.has(id))));
          expect(new Set(whole?.destroyed)).toEqual(new Set([...old.keys()].filter((id) => !now.has(id))));
          for (const [id, state] of now)
            if (old.has(id) && old.get(id) !== state) expect(whole?.updated).toContain(id);
          for (const id of now.keys()) expect(journal.copy(id)?.expunged).toBe(false);
          const replica = new Set(old.keys());
          let state = since;
          for (let more = true; more; ) {
            const piece = journal.since(state, most);
            if (piece === undefined) throw new Error('forgotten');
            expect(piece.created.length + piece.updated.length + piece.destroyed.length).toBeLessThanOrEqual(
              most,
            );
            for (const id of piece.created) replica.add(id);
            for (const id of piece.destroyed) replica.delete(id);
            state = piece.newState;
            more = piece.hasMore;
          }
          expect(replica).toEqual(new Set(now.keys()));
        },
      ),
    );
  });

  test('remembers so much, and says when it is asked for more', () => {
    const { ada } = account();
    const journal = new AccountJournal(ada, 3);
    for (let index = 0; index < 8; index += 1) ada.inbox.add(MAIL, 0, 0);
    expect(journal.emailState).toBe('8');
    expect(journal.since('2', 9)).toBeUndefined();
    expect(journal.since('5', 9)?.created).toEqual([6, 7, 8]);
    for (const wrong of ['9', '-1', '', 'x', '1e3']) expect(journal.since(wrong, 9)).toBeUndefined();
  });
});

test('uploads are kept until there is no room, the oldest go first, and nobody sees another’s', () => {
  const { ada } = account();
  const other = account().ada;
  const uploads = new Uploads(3, 100);
  const ids = Array.from({ length: 4 }, () => uploads.keep(ada, Buffer.alloc(10)));
  expect(ids.map((id) => uploads.find(ada, id)?.length)).toEqual([undefined, 10, 10, 10]);
  expect(uploads.find(other, ids[3] ?? '')).toBeUndefined();
  const large = uploads.keep(ada, Buffer.alloc(95));
  expect([...ids, large].map((id) => uploads.find(ada, id)?.length)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    95,
  ]);
});

describe('header fields', () => {
  test('the example of the RFC, in groups and without', () => {
    const value =
      '"  James Smythe" <james@example.com>, Friends: jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?= <john@example.com>;';
    expect(groupsOf(value)).toEqual([
      { name: null, addresses: [{ name: 'James Smythe', email: 'james@example.com' }] },
      {
        name: 'Friends',
        addresses: [
          { name: null, email: 'jane@example.com' },
          { name: 'John Smîth', email: 'john@example.com' },
        ],
      },
    ]);
  });

  test.each([
    ['a@b.test (Ada (the first)), c@d.test', ['a@b.test', 'c@d.test']],
    ['"x, y" <a@b.test>', ['a@b.test']],
    ['"a b"@c.test', ['"a b"@c.test']],
    ['undisclosed-recipients:;', []],
    ['<a@b.test', ['a@b.test']],
    ['"never closed <a@b.test>', ['never closed <a@b.test>']],
    [',,;:', []],
  ])('%s', (value, emails) => {
    const fields = message(`To: ${value}\n\n`).fields;
    expect(addressesOf(fields, 'to')?.map(({ email }) => email)).toEqual(emails);
  });

  test('whatever a field says, it is read', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('"', '<', '>', '(', ')', ',', ':', ';', '@', '\\', ' ', '=?', 'a'),
        }),
        (value) => {
          expect(Array.isArray(groupsOf(value))).toBe(true);
        },
      ),
    );
  });

  test('each form that there is, of the last field or of all', () => {
    const { raw, fields } = message(
      'X-A: one\nX-A: =?utf-8?q?tw=C3=B6?=\n  folded\nDate: Mon, 14 Nov 2016 08:29:00 +0100 (CET)\n' +
        'References: <a@b> <c@d>\nList-Post: <mailto:all@lab.test> (all)\n\n',
    );
    const value = (property: string): unknown => {
      const asked = readHeaderProperty(property);
      return asked === undefined ? 'no' : headerValue(raw, fields, asked);
    };
    expect(value('header:x-a')).toBe(' =?utf-8?q?tw=C3=B6?=\r\n  folded');
    expect(value('header:X-A:asText:all')).toEqual(['one', 'twö  folded']);
    expect(value('header:Date:asDate')).toBe('2016-11-14T07:29:00Z');
    expect(value('header:References:asMessageIds')).toEqual(['a@b', 'c@d']);
    expect(value('header:List-Post:asURLs')).toEqual(['mailto:all@lab.test']);
    expect(value('header:None')).toBeNull();
    expect(value('header:None:all')).toEqual([]);
    for (const wrong of [
      'header:',
      'header:a:asMoon',
      'header:From:asText',
      'header:a:all:asRaw',
      'headers:a',
    ])
      expect(value(wrong)).toBe('no');
  });
});

describe('bodies', () => {
  /** Parts named by their first letter. */
  const NESTED = message(
    [
      'Content-Type: multipart/mixed; boundary=1\n',
      '--1\nContent-Type: text/plain\nContent-Disposition: inline\n\nA',
      '--1\nContent-Type: multipart/mixed; boundary=2\n',
      '--2\nContent-Type: multipart/alternative; boundary=3\n',
      '--3\nContent-Type: multipart/mixed; boundary=4\n',
      '--4\nContent-Type: text/plain\nContent-Disposition: inline\n\nB',
      '--4\nContent-Type: image/jpeg\nContent-Disposition: inline\n\nC',
      '--4\nContent-Type: text/plain\nContent-Disposition: inline\n\nD',
      '--4--\n--3\nContent-Type: multipart/related; boundary=5\n',
      '--5\nContent-Type: text/html\n\nE',
      '--5\nContent-Type: image/jpeg\n\nF',
      '--5--\n--3--\n--2\nContent-Type: image/jpeg\nContent-Disposition: attachment\n\nG',
      '--2\nContent-Type: application/x-excel\n\nH',
      '--2\nContent-Type: message/rfc822\n\nJ: x\n\ny',
      '--2--\n--1\nContent-Type: text/plain\nContent-Disposition: inline\n\nK',
      '--1--\n',
    ].join('\n'),
  );

  test('the example of the RFC is sorted as the RFC says', () => {
    const content = contentOf(NESTED);
    const letters = (parts: readonly { mime: { bodyStart: number } }[]): string =>
      parts.map(({ mime }) => NESTED.raw.toString('latin1', mime.bodyStart, mime.bodyStart + 1)).join('');
    expect(letters(content.textBody)).toBe('ABCDK');
    expect(letters(content.htmlBody)).toBe('AEK');
    expect(letters(content.attachments)).toBe('CFGHJ');
    expect(hasAttachment(NESTED)).toBe(true);
  });

  test('the one version of an alternative serves as text and as HTML', () => {
    for (const type of ['text/html', 'text/plain']) {
      const head = 'Content-Type: multipart/alternative; boundary=1';
      const one = message(`${head}\n\n--1\nContent-Type: ${type}\n\nx\n--1--\n`);
      const { textBody, htmlBody } = contentOf(one);
      expect([textBody, htmlBody].map((parts) => parts.map((part) => part.type))).toEqual([[type], [type]]);
    }
  });

  const read = (head: string, body: string, most = 0) => {
    const one = message(`${head}\n\n${body}`);
    return bodyValue(one.raw, contentOf(one).root, most);
  };

  test('are decoded, and cut between characters', () => {
    const qp = 'Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable';
    expect(read(qp, 'caf=E9 so=\nft =zz\n')).toEqual({
      value: 'café soft =zz\n',
      isEncodingProblem: false,
      isTruncated: false,
    });
    const base64 = 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64';
    const text = Buffer.from('aé€😀').toString('base64');
    for (const [most, value] of [
      [1, 'a'],
      [2, 'a'],
      [3, 'aé'],
      [5, 'aé'],
      [6, 'aé€'],
      [9, 'aé€'],
      [10, 'aé€😀'],
    ] as const)
      expect(read(base64, text, most).value).toBe(value);
    expect(read(base64, text, 9).isTruncated).toBe(true);
    expect(read('Content-Type: text/plain; charset=moon', 'x').isEncodingProblem).toBe(true);
  });

  test('have a preview of at most 255 octets, of HTML too', () => {
    expect(previewOf(message('Content-Type: text/html\n\n<p>Dear  all,</p>\n<b>stop</b>'))).toBe(
      'Dear all, stop',
    );
    expect(Buffer.byteLength(previewOf(message(`\n${'é'.repeat(400)}`)))).toBeLessThanOrEqual(255);
    expect(previewOf(NESTED)).toBe('A');
  });
});
