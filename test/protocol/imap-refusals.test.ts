/** What can go wrong for one person over IMAP: each has its outcome, its row in the table and its sentence in the report. */

import { afterEach, describe, expect, it } from 'vitest';
import type { Rejected } from '../../src/measure/outcome.ts';
import { Refusals } from '../../src/measure/refusals.ts';
import type { ImapConnection } from '../../src/protocol/imap/connection.ts';
import { refusalCode, refusalSentence } from '../../src/report/refusals.ts';
import { answer, close, open } from './peers/imap.ts';

afterEach(close);

const NO_MORE = /No code says why/;

/** Runs one command against one answer and follows the refusal into the report. */
async function refused(
  reply: string,
  ask: (connection: ImapConnection) => Promise<{ readonly outcome: { readonly kind: string } }>,
): Promise<{ outcome: Rejected; code: string; sentence: string }> {
  const connection = await open(async (peer) => {
    const [, tag = ''] = await peer.expect(/^(R\d+) /);
    peer.send(reply.startsWith('*') ? reply : `${tag} ${reply}`);
    await peer.ended();
  });
  const { outcome } = await ask(connection);
  connection.destroy();
  if (outcome.kind !== 'rejected') throw new Error(`not refused but ${outcome.kind}`);
  const table = new Refusals();
  table.note('imap.signin', outcome as Rejected);
  const [row] = table.drain();
  if (row === undefined) throw new Error('no row');
  return { outcome: outcome as Rejected, code: refusalCode(row), sentence: refusalSentence(row) };
}

const signIn = (connection: ImapConnection) => connection.signIn({ login: 'a', password: 'b' });
const select = (connection: ImapConnection) => connection.select('INBOX');
const copy = (connection: ImapConnection) => connection.copy('1', 'Archive');

const PLAIN = { temporary: false, limiter: false, overQuota: false };

describe('a refusal', () => {
  it.each([
    [
      'a wrong password',
      'NO [AUTHENTICATIONFAILED] Authentication failed.',
      signIn,
      {},
      /Wrong name or password/,
    ],
    ['a locked account, by code', 'NO [CONTACTADMIN] Login disabled.', signIn, {}, /locked or disabled/],
    [
      'a locked account, by words',
      'NO [AUTHENTICATIONFAILED] Account is locked',
      signIn,
      { enhanced: 'LOCKED' },
      /locked or disabled/,
    ],
    [
      'a locked account, by words alone',
      'NO your account has been suspended',
      signIn,
      { enhanced: 'LOCKED' },
      /locked or disabled/,
    ],
    ['an expired password', 'NO [EXPIRED] Password expired', signIn, {}, /expired/],
    [
      'a limiter',
      'NO [LIMIT] Too many sessions',
      signIn,
      { limiter: true, temporary: true },
      /limiter answered/,
    ],
    [
      'a limiter that hangs up',
      '* BYE Maximum number of connections from user+IP exceeded',
      signIn,
      { code: 'BYE', limiter: true, temporary: true },
      /closed the session/,
    ],
    [
      'a server that is down',
      'NO [UNAVAILABLE] Temporary failure',
      signIn,
      { temporary: true },
      /down or overloaded/,
    ],
    ['a mailbox in use', 'NO [INUSE] Mailbox in use', select, { temporary: true }, /holds the mailbox/],
    ['a full mailbox', 'NO [OVERQUOTA] Quota exceeded', copy, { overQuota: true }, /mailbox is full/],
    [
      'a mailbox that is gone',
      'NO [NONEXISTENT] Unknown Mailbox: INBOX',
      select,
      {},
      /is gone, or never was/,
    ],
    [
      'a mailbox that is gone, by words',
      'NO Mailbox does not exist',
      select,
      { enhanced: 'NONEXISTENT' },
      /is gone, or never was/,
    ],
    ['a folder that could be made', 'NO [TRYCREATE] Mailbox doesn’t exist', copy, {}, /could be made/],
    ['no reason', 'NO no', select, { code: 'NO' }, NO_MORE],
    ['nonsense', 'BAD what', select, { code: 'BAD' }, /did not understand/],
  ])('for %s', async (_what, reply, ask, expected, sentence) => {
    const found = await refused(reply, ask);
    expect(found.outcome).toMatchObject({ ...PLAIN, ...expected });
    expect(found.sentence).toMatch(sentence);
    const given = /\[(\w+)\]/.exec(reply)?.[1];
    if (given !== undefined && !('enhanced' in expected)) expect(found.code).toBe(`NO [${given}]`);
  });

  it('for UIDs given out anew', async () => {
    const connection = await open(async (peer) => {
      await answer(peer, /SELECT INBOX/, '* OK [UIDVALIDITY 6] x');
      await peer.ended();
    });
    const { outcome } = await connection.select('INBOX', { uidValidity: 5 });
    const table = new Refusals();
    table.note('imap.open', outcome as Rejected);
    const [row] = table.drain();
    expect(row).toMatchObject({ code: 'UIDVALIDITY', enhanced: null, count: 1 });
    expect(refusalSentence(row ?? { code: '', enhanced: null })).toMatch(/UIDVALIDITY changed/);
  });

  it('whose code holds the secret does not keep it', async () => {
    const { outcome } = await refused('NO [hunter2] hunter2', (connection) =>
      connection.signIn({ login: 'a', password: 'hunter2' }),
    );
    expect(JSON.stringify(outcome)).not.toMatch(/hunter2/i);
  });
});
