/** A folder opened, watched, expunged and left, against scripted servers: modification sequences, UIDVALIDITY, what went. */

import { afterEach, describe, expect, it } from 'vitest';
import type { MailboxEvent } from '../../src/protocol/imap/mailbox.ts';
import { answer, close, finished, open } from './peers/imap.ts';
import { short } from './peers/smtp.ts';

afterEach(close);

describe('opening a folder', () => {
  it('asks for modification sequences, and for what changed only once that is enabled', async () => {
    const connection = await open(
      async (peer) => {
        await answer(
          peer,
          /EXAMINE INBOX \(CONDSTORE\)/,
          '* 9 EXISTS',
          '* OK [HIGHESTMODSEQ 715194045007] x',
        );
        await answer(peer, /ENABLE QRESYNC/, '* ENABLED QRESYNC CONDSTORE');
      },
      {},
      'IMAP4rev1 QRESYNC',
    );
    const state = { uidValidity: 67890007, modSeq: 90060115194045000, knownUids: '41:211' };
    expect(short((await connection.select('INBOX', { qresync: state })).outcome)).toBe('UNSUPPORTED');
    const examined = await connection.select('INBOX', { readOnly: true, condstore: true });
    expect(examined.value).toMatchObject({ exists: 9, highestModSeq: 715194045007 });
    expect((await connection.enable('QRESYNC')).value).toEqual(new Set(['QRESYNC', 'CONDSTORE']));
    // 90060115194045000 is beyond what a JavaScript number tells apart: it must not go out as another.
    const tooLong = await connection.select('INBOX', { qresync: state });
    expect(short(tooLong.outcome)).toBe('ARGUMENT');
    await finished();
  });

  it('counts what vanished earlier apart from what vanishes now', async () => {
    const events: MailboxEvent[] = [];
    const connection = await open(
      async (peer) => {
        await answer(peer, /ENABLE QRESYNC/, '* ENABLED QRESYNC');
        await answer(
          peer,
          /SELECT INBOX \(QRESYNC \(7 90\)\)/,
          '* OK [CLOSED] x',
          '* 100 EXISTS',
          '* OK [UIDVALIDITY 7] x',
          '* VANISHED (EARLIER) 41,43:45',
          '* 49 FETCH (UID 117 FLAGS (\\Seen) MODSEQ (91))',
          '* OK [NOMODSEQ] x',
        );
        await answer(peer, /NOOP/, '* VANISHED 117,119:120', '* VANISHED x', '* 1 EXPUNGE');
      },
      {},
      'IMAP4rev1 QRESYNC',
    );
    connection.onEvent = (event) => events.push(event);
    await connection.enable('QRESYNC');
    const selected = await connection.select('INBOX', { qresync: { uidValidity: 7, modSeq: 90 } });
    expect(selected.value).toMatchObject({
      exists: 100,
      highestModSeq: undefined,
      vanished: [41, 43, 44, 45],
      changed: [117],
    });
    expect(connection).toMatchObject({ exists: 100, expunged: 0 });
    await connection.noop();
    expect(connection).toMatchObject({ exists: 96, expunged: 4 });
    expect(events).toEqual([
      { kind: 'exists', exists: 100 },
      { kind: 'vanished', uids: '41,43:45', earlier: true },
      { kind: 'changed', sequence: 49 },
      { kind: 'vanished', uids: '117,119:120', earlier: false },
      { kind: 'expunged', sequence: 1 },
    ]);
    await finished();
  });

  it.each(['VANISHED (EARLIER) 1:4294967295', 'VANISHED (EARLIER) x', 'VANISHED (EARLIER)'])(
    'leaves over %s',
    async (said) => {
      const connection = await open(
        async (peer) => {
          await peer.expect(/SELECT/);
          peer.send(`* ${said}`);
          await peer.ended();
        },
        {},
        'IMAP4rev1',
      );
      expect(short((await connection.select('INBOX')).outcome)).toBe('PROTOCOL');
    },
  );

  it('leaves a folder with and without expunging', async () => {
    const connection = await open(
      async (peer) => {
        await answer(peer, /SELECT INBOX/, '* 3 EXISTS');
        await answer(peer, /UNSELECT/);
        await answer(peer, /SELECT INBOX/, '* 3 EXISTS');
        await answer(peer, /CLOSE/);
      },
      {},
      'IMAP4rev1 UNSELECT',
    );
    await connection.select('INBOX');
    expect(connection).toMatchObject({ folder: 'INBOX', exists: 3 });
    expect(short((await connection.unselect()).outcome)).toBe('ok');
    expect(connection).toMatchObject({ folder: undefined, exists: 0 });
    await connection.select('INBOX');
    expect(short((await connection.closeFolder()).outcome)).toBe('ok');
    expect(connection).toMatchObject({ folder: undefined, exists: 0 });
    await finished();
    await close();
    const poor = await open((peer) => peer.ended(), {}, 'IMAP4rev1');
    expect(short((await poor.unselect()).outcome)).toBe('UNSUPPORTED');
    expect(short((await poor.enable('QRESYNC')).outcome)).toBe('UNSUPPORTED');
    expect(short((await poor.select('INBOX', { condstore: true })).outcome)).toBe('UNSUPPORTED');
  });
});

describe('UIDVALIDITY', () => {
  it('changed between two openings is refused once, and nothing by UID leaves meanwhile', async () => {
    const connection = await open(async (peer) => {
      await answer(peer, /SELECT INBOX/, '* 3 EXISTS', '* OK [UIDVALIDITY 5] x');
      await answer(peer, /SELECT INBOX/, '* 3 EXISTS', '* OK [UIDVALIDITY 6] x');
      await answer(peer, /SELECT INBOX/, '* 3 EXISTS', '* OK [UIDVALIDITY 6] x');
      await answer(peer, /UID STORE 1 FLAGS \(\)/);
    });
    expect((await connection.select('INBOX')).value?.uidValidity).toBe(5);
    const changed = await connection.select('INBOX');
    expect(changed.outcome).toMatchObject({ kind: 'rejected', code: 'UIDVALIDITY', temporary: false });
    expect(changed.value).toBeUndefined();
    const refused = await Promise.all([
      connection.store('1', '+FLAGS', ['\\Deleted']),
      connection.uidExpunge('1'),
      connection.move('1', 'Trash'),
      connection.copy('1', 'Trash'),
      connection.fetchBody('1'),
      connection.fetchHeaders('1', ['Subject']),
      connection.search({ all: true }),
    ]);
    for (const { outcome } of refused) expect(short(outcome)).toBe('UIDVALIDITY');
    expect((await connection.select('INBOX')).value?.uidValidity).toBe(6);
    expect(short((await connection.store('1', 'FLAGS', [])).outcome)).toBe('ok');
    await finished();
  });

  it('other than the caller knows is refused', async () => {
    const connection = await open(async (peer) => {
      await answer(peer, /SELECT INBOX/, '* OK [UIDVALIDITY 6] x');
      await answer(peer, /SELECT INBOX/, '* OK [UIDVALIDITY 6] x');
      await answer(peer, /SELECT Other/, '* 1 EXISTS');
    });
    const changed = await connection.select('INBOX', { uidValidity: 5 });
    expect(changed.outcome).toMatchObject({
      code: 'UIDVALIDITY',
      text: 'UIDVALIDITY was 5 and is 6: the UIDs known before name other messages, or none',
    });
    expect(short((await connection.select('INBOX', { uidValidity: 6 })).outcome)).toBe('ok');
    // A server that says none cannot have changed it.
    expect(short((await connection.select('Other', { uidValidity: 6 })).outcome)).toBe('ok');
    await finished();
  });

  it('changed under an open folder stops what names UIDs', async () => {
    const connection = await open(async (peer) => {
      await answer(peer, /SELECT INBOX/, '* OK [UIDVALIDITY 5] x');
      await answer(peer, /NOOP/, '* OK [UIDVALIDITY 5] the same');
      await answer(peer, /NOOP/, '* OK [UIDVALIDITY 9] rebuilt');
      await answer(peer, /EXPUNGE/);
    });
    await connection.select('INBOX');
    await connection.noop();
    expect(short((await connection.noop()).outcome)).toBe('ok');
    expect(short((await connection.uidExpunge('1:3')).outcome)).toBe('UIDVALIDITY');
    expect(short((await connection.expunge()).outcome)).toBe('ok');
    await finished();
  });
});

describe('expunging', () => {
  it('says what went, by number or by UID, and tells whoever listens', async () => {
    const events: MailboxEvent[] = [];
    const connection = await open(async (peer) => {
      await answer(peer, /SELECT INBOX/, '* 9 EXISTS');
      await answer(peer, /EXPUNGE/, '* 3 EXPUNGE', '* 3 EXPUNGE', '* 8 EXISTS', '* 5 EXPUNGE');
      await answer(peer, /UID EXPUNGE 1:9/, '* VANISHED (EARLIER) 1', '* VANISHED 4:5,9');
      await answer(peer, /NOOP/, '* 1 EXPUNGE');
    });
    await connection.select('INBOX');
    connection.onEvent = (event) => events.push(event);
    expect((await connection.expunge()).value).toEqual({ sequences: [3, 3, 5], uids: [] });
    expect(connection.exists).toBe(7);
    expect((await connection.uidExpunge('1:9')).value).toEqual({ sequences: [], uids: [4, 5, 9] });
    await connection.noop();
    expect(connection).toMatchObject({ exists: 3, expunged: 7 });
    expect(events.map((event) => event.kind)).toEqual([
      'expunged',
      'expunged',
      'exists',
      'expunged',
      'vanished',
      'vanished',
      'expunged',
    ]);
    await finished();
  });

  it('leaves over more than a mailbox can hold', async () => {
    const connection = await open(async (peer) => {
      await peer.expect(/EXPUNGE/);
      peer.send('* VANISHED 1:4294967295');
      await peer.ended();
    });
    expect((await connection.expunge()).outcome).toMatchObject({ kind: 'unknown' });
    expect(connection.ending?.kind).toBe('protocol');
  });
});
