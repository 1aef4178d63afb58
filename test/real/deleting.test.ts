/** Every way to delete against Dovecot and Cyrus, with all they can and with less: read again by imapflow and from the maildirs. */

import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';

import { RUN_HEADER } from '../../src/storm/numbering.ts';
import { cells, foreignCells, type Ground } from '../replay/deletion-cells.ts';
import { deleteBy, expectation, fill, holdings, type Place } from '../replay/deletions.ts';
import { type CyrusLab, missingForCyrus, startCyrus } from './cyrus.ts';
import { describeWith } from './gate.ts';
import { clientOf } from './imap-eyes.ts';
import { type Lab, missingForLab, startLab } from './lab.ts';

/** A server under test: its mailboxes are used up one a test. */
interface Server {
  readonly imapPort: number;
  readonly accounts: readonly string[];
  readonly password: string;
}

/** What a Dovecot announces that can do little: no MOVE, UIDPLUS, ESEARCH, SEARCHRES, LITERAL+ or IDLE. */
const BARE_DOVECOT = 'imap_capability = IMAP4rev1 SASL-IR ID ENABLE NAMESPACE CHILDREN SPECIAL-USE';

const BARE_CYRUS = 'suppress_capabilities: MOVE UIDPLUS ESEARCH SEARCHRES LITERAL+ IDLE';

/** Hands out mailboxes of a server that is yet to be started. */
function mailboxesOf(server: () => Server): () => Promise<Ground> {
  let used = 0;
  return async () => {
    const { imapPort, accounts, password } = server();
    used += 1;
    const place = { imapPort, password, address: accounts[used - 1] ?? '' };
    return { place, client: await clientOf(place) };
  };
}

function hazards(next: () => Promise<Ground>): void {
  test('what another session flagged goes with a plain EXPUNGE, and counts as asked for', async () => {
    const { place, client } = await next();
    await fill(client, 'flagged', { flagged: 'referral' });
    const { asked } = await deleteBy(place, 'flagged', 'one', 'expunge', client);
    const expected = expectation('one', 'expunge');
    expect((await holdings(client, 'INBOX')).inbox).toEqual(
      expected.inbox.filter((name) => name !== 'referral'),
    );
    expect(asked).toEqual([...expected.asked, 'referral'].sort());
  });

  foreignCells(next);

  test('a session that waits in IDLE hears every message go', async () => {
    const { place, client } = await next();
    await fill(client, 'heard');
    const other = await clientOf(place);
    await other.mailboxOpen('INBOX');
    let gone = 0;
    other.on('expunge', () => {
      gone += 1;
    });
    const idle = other.idle();
    await deleteBy(place, 'heard', 'range', 'expunge', client);
    await vi.waitFor(() => expect(gone).toBe(7), { timeout: 20_000 });
    other.close();
    await idle.catch(() => undefined);
  });
}

describeWith(missingForLab(), 'deletes on Dovecot', () => {
  for (const [title, extraDovecot] of [
    ['with all it can', []],
    ['that can little', [BARE_DOVECOT]],
  ] as const) {
    describe(title, () => {
      let lab: Lab;
      beforeAll(async () => {
        lab = await startLab({ mailboxes: 64, extraDovecot });
      });
      afterAll(() => lab?.stop());
      const next = mailboxesOf(() => lab);
      cells(next, async (runId) => (await lab.countMaildirs(RUN_HEADER, runId)).byFolder);
      if (extraDovecot.length === 0) hazards(next);
    });
  }

  describe('whose Trash has another name, or is missing', () => {
    test.each([
      [
        '"Papierkorb" by its use',
        'mailbox Papierkorb {\n auto = create\n special_use = \\Trash\n }',
        'Papierkorb',
      ],
      ['made', '', 'Trash'],
    ])('%s', async (_title, mailbox, trash) => {
      const gone = 'mailbox Trash {\n auto = no\n special_use =\n }';
      const lab = await startLab({
        mailboxes: 1,
        extraDovecot: [`namespace inbox {\n ${gone}\n ${mailbox}\n}`],
      });
      onTestFinished(() => lab.stop());
      const place: Place = { imapPort: lab.imapPort, password: lab.password, address: lab.accounts[0] ?? '' };
      const client = await clientOf(place);
      await fill(client, 'named');
      await deleteBy(place, 'named', 'search', 'trash', client);
      expect(await holdings(client, trash)).toMatchObject({ trash: expectation('search', 'trash').trash });
      expect((await client.list()).map(({ path }) => path).includes('Trash')).toBe(trash === 'Trash');
    });
  });
});

describeWith(missingForCyrus(), 'deletes on Cyrus', () => {
  for (const [title, extra] of [
    ['with all it can', []],
    ['that can little', [BARE_CYRUS]],
  ] as const) {
    describe(title, () => {
      let lab: CyrusLab;
      beforeAll(async () => {
        lab = await startCyrus({ mailboxes: 64, extra });
      });
      afterAll(() => lab?.stop());
      const next = mailboxesOf(() => lab);
      cells(next);
      if (extra.length === 0) hazards(next);
    });
  }
});
