/** IMAP extensions against scripted servers: what is written where they are offered, what is refused where not. */

import { afterEach, describe, expect, it } from 'vitest';
import type { MailboxEvent } from '../../src/protocol/imap/mailbox.ts';
import { answer, close, finished, open } from './peers/imap.ts';
import { short } from './peers/smtp.ts';

afterEach(close);

describe('searching', () => {
  it('takes a set where ESEARCH is offered, and only the one that is its own', async () => {
    const connection = await open(
      async (peer) => {
        const [, first = ''] = await peer.expect(/^(R\d+) UID SEARCH RETURN \(ALL\) ALL$/);
        const [, second = ''] = await peer.expect(/^(R\d+) UID SEARCH RETURN \(ALL\) DELETED$/);
        peer.send(
          `* ESEARCH (TAG "${second}") UID COUNT 3 ALL 7,9:10`,
          `* ESEARCH (TAG "${first}") UID`,
          `${first} OK`,
          `${second} OK`,
        );
        const [, third = ''] = await peer.expect(/^(R\d+) UID SEARCH RETURN \(ALL\) UNSEEN$/);
        peer.send('* ESEARCH UID MIN 2 ALL 5:3 MODSEQ 12', `${third} OK`);
      },
      {},
      'IMAP4rev1 ESEARCH',
    );
    const [all, deleted] = await Promise.all([connection.search({}), connection.search({ deleted: true })]);
    expect(all.value).toEqual([]);
    expect(deleted.value).toEqual([7, 9, 10]);
    expect((await connection.search({ seen: false })).value).toEqual([3, 4, 5]);
    await finished();
  });

  it('saves what it found, and says it', async () => {
    const connection = await open(
      async (peer) => {
        const [, tag = ''] = await peer.expect(
          /^(R\d+) UID SEARCH RETURN \(SAVE ALL\) CHARSET UTF-8 SUBJECT \{2\+\}$/,
        );
        expect((await peer.bytes(2)).toString()).toBe('ü');
        await peer.expect(/^$/);
        peer.send(`* ESEARCH (TAG "${tag}") UID ALL 1:3`, `${tag} OK`);
        await answer(peer, /UID STORE \$ \+FLAGS\.SILENT \(\\Deleted\)/);
      },
      {},
      'IMAP4rev1 LITERAL+ ESEARCH SEARCHRES',
    );
    expect((await connection.search({ subject: 'ü' }, { save: true })).value).toEqual([1, 2, 3]);
    expect(short((await connection.store('$', '+FLAGS.SILENT', ['\\Deleted'])).outcome)).toBe('ok');
    await finished();
    await close();
    const poor = await open((peer) => peer.ended(), {}, 'IMAP4rev1 ESEARCH');
    expect(short((await poor.search({}, { save: true })).outcome)).toBe('UNSUPPORTED');
  });

  it.each([
    ['a set without end', 'UID ALL 1:4294967295'],
    ['sequence numbers', 'ALL 1:3'],
    ['no set', 'UID ALL $'],
    ['an open set', 'UID ALL 1:*'],
    ['an unclosed list', '(TAG'],
  ])('leaves over %s', async (_what, said) => {
    const connection = await open(
      async (peer) => {
        await peer.expect(/UID SEARCH/);
        peer.send(`* ESEARCH ${said}`);
        await peer.ended();
      },
      {},
      'IMAP4rev1 ESEARCH',
    );
    expect(short((await connection.search({})).outcome)).toBe('PROTOCOL');
    await finished();
  });
});

describe('appending', () => {
  it('says flags and date, and hears where the message is', async () => {
    const connection = await open(async (peer) => {
      const [, tag = ''] = await peer.expect(
        /^(R\d+) APPEND Archive \(\\Seen \$x\) "03-Feb-2016 04:05:06 \+0000" \{3\+\}$/,
      );
      await peer.bytes(3);
      await peer.expect(/^$/);
      peer.send(`${tag} OK [APPENDUID 38505 3955] done`);
      const [, next = ''] = await peer.expect(/^(R\d+) APPEND Archive \{3\+\}$/);
      await peer.bytes(3);
      await peer.expect(/^$/);
      peer.send(`${next} OK done`);
    });
    const date = new Date(Date.UTC(2016, 1, 3, 4, 5, 6));
    const message = Buffer.from('abc');
    const placed = await connection.append('Archive', message, ['\\Seen', '$x'], date);
    expect(placed.value).toEqual({ uid: 3955, uidValidity: 38505 });
    expect((await connection.append('Archive', message)).value).toEqual({
      uid: undefined,
      uidValidity: undefined,
    });
    const nowhen = await connection.append('Archive', message, [], new Date(Number.NaN));
    expect(short(nowhen.outcome)).toBe('ARGUMENT');
    await finished();
  });
});

describe('the server about itself', () => {
  it('names itself, when asked by name or without', async () => {
    const connection = await open(
      async (peer) => {
        await answer(
          peer,
          /ID \("name" "storm" "os" "a\\"b"\)/,
          '* ID ("name" "Dovecot" "support-url" NIL "Version" {3}',
          '2.3)',
        );
        await answer(peer, /ID NIL/, '* ID NIL');
      },
      {},
      'IMAP4rev1 ID',
    );
    expect((await connection.id({ name: 'storm', os: 'a"b' })).value).toEqual(
      new Map([
        ['name', 'Dovecot'],
        ['version', '2.3'],
      ]),
    );
    expect((await connection.id()).value).toEqual(new Map());
    expect(short((await connection.id({ name: 'a\r\nb' })).outcome)).toBe('ARGUMENT');
    await finished();
  });

  it('tells its quotas', async () => {
    const connection = await open(
      async (peer) => {
        await answer(
          peer,
          /GETQUOTAROOT INBOX/,
          '* QUOTAROOT INBOX "" "#user/a"',
          '* QUOTA "" (STORAGE 10 512 message 3 100)',
          '* QUOTA "#user/a" ()',
        );
        const [, tag = ''] = await peer.expect(/^(R\d+) GETQUOTAROOT Odd$/);
        peer.send('* QUOTA "" (STORAGE x 512)', `${tag} OK`);
        await peer.ended();
      },
      {},
      'IMAP4rev1 QUOTA',
    );
    expect((await connection.quota()).value).toEqual([
      { root: '', name: 'STORAGE', usage: 10, limit: 512 },
      { root: '', name: 'MESSAGE', usage: 3, limit: 100 },
    ]);
    expect(short((await connection.quota('Odd')).outcome)).toBe('PROTOCOL');
  });

  it('is not asked for what it does not offer', async () => {
    const connection = await open((peer) => peer.ended(), {}, 'IMAP4rev1');
    for (const result of [connection.id(), connection.quota(), connection.notify()]) {
      expect(short((await result).outcome)).toBe('UNSUPPORTED');
    }
  });
});

describe('NOTIFY', () => {
  it('brings news with no command under way, and says when it has stopped', async () => {
    const events: MailboxEvent[] = [];
    const connection = await open(
      async (peer) => {
        await answer(peer, /NOTIFY SET \(selected \(MessageNew MessageExpunge\)\)/);
        peer.send('* 4 EXISTS', '* 2 EXPUNGE', '* OK [NOTIFICATIONOVERFLOW] too much');
        await answer(peer, /NOTIFY NONE/);
      },
      {},
      'IMAP4rev1 NOTIFY',
    );
    const heard = new Promise<void>((resolve) => {
      connection.onEvent = (event) => {
        events.push(event);
        if (event.kind === 'overflow') resolve();
      };
    });
    expect(short((await connection.notify()).outcome)).toBe('ok');
    await heard;
    expect(events).toEqual([
      { kind: 'exists', exists: 4 },
      { kind: 'expunged', sequence: 2 },
      { kind: 'overflow' },
    ]);
    expect(short((await connection.notify('none')).outcome)).toBe('ok');
    await finished();
  });
});

it('IMAP4rev2 brings its extensions along', async () => {
  const connection = await open((peer) => peer.ended(), {}, 'IMAP4rev2');
  for (const extension of ['ESEARCH', 'SEARCHRES', 'UNSELECT', 'ENABLE', 'MOVE', 'UIDPLUS', 'IDLE'])
    expect(connection.offers(extension), extension).toBe(true);
  for (const extension of ['QRESYNC', 'CONDSTORE', 'QUOTA', 'NOTIFY', 'ID'])
    expect(connection.offers(extension), extension).toBe(false);
});
