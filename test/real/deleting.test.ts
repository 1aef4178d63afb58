/** Every way to delete against Dovecot and Cyrus, with all they can and with less: read again by imapflow and from the maildirs. */

import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';

import { RUN_HEADER } from '../../src/storm/numbering.ts';
import {
  deleteBy,
  DISPOSALS,
  dispositionsOf,
  expectation,
  expectedDispositions,
  fill,
  holdings,
  type Place,
  SELECTIONS,
  type Variant,
} from '../replay/deletions.ts';
import { type CyrusLab, missingForCyrus, startCyrus } from './cyrus.ts';
import { describeWith } from './gate.ts';
import { available, type Lab, startLab } from './lab.ts';

const CELLS = SELECTIONS.flatMap((selection) => DISPOSALS.map((disposal) => ({ selection, disposal })));

/** A server under test: its mailboxes are used up one a test. */
interface Server {
  readonly imapPort: number;
  readonly accounts: readonly string[];
  readonly password: string;
}

/** What a Dovecot announces that can do little: no MOVE, UIDPLUS, ESEARCH, SEARCHRES, LITERAL+ or IDLE. */
const BARE_DOVECOT = 'imap_capability = IMAP4rev1 SASL-IR ID ENABLE NAMESPACE CHILDREN SPECIAL-USE';

const BARE_CYRUS = 'suppress_capabilities: MOVE UIDPLUS ESEARCH SEARCHRES LITERAL+ IDLE';

async function clientOf({ imapPort: port, address: user, password: pass }: Place): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass },
    logger: false,
  });
  client.on('error', () => undefined);
  onTestFinished(() => client.close());
  await client.connect();
  return client;
}

/** Tests of all cells; `next` gives an unused mailbox, `maildirs` counts a run's messages by folder where files can be read. */
function cells(
  next: () => Place,
  maildirs?: (runId: string) => Promise<Readonly<Record<string, number>>>,
): void {
  test.each(CELLS)('$selection, $disposal', async ({ selection, disposal }) => {
    const place = next();
    const runId = `${selection}-${disposal}`.toLowerCase();
    const client = await clientOf(place);
    const variant: Variant = { trash: 'Trash' };
    await fill(client, runId, variant);
    const deletion = await deleteBy(place, runId, selection, disposal, client);
    const { inbox, trash, asked } = expectation(selection, disposal, variant);
    expect(deletion.ended.filter((line) => !line.endsWith(' ok'))).toEqual([]);
    expect(await holdings(client, 'Trash')).toEqual({ inbox, trash });
    expect(deletion.asked).toEqual(asked);
    const dispositions = await dispositionsOf(place, runId, deletion, variant);
    expect(dispositions).toEqual(expectedDispositions(selection, disposal, variant));
    if (maildirs === undefined) return;
    const counted = { INBOX: inbox.length, ...(trash.length > 0 ? { Trash: trash.length } : {}) };
    expect(await maildirs(runId)).toEqual(counted);
  });
}

/** Hands out mailboxes of a server that is yet to be started. */
function mailboxesOf(server: () => Server): () => Place {
  let used = 0;
  return () => {
    const { imapPort, accounts, password } = server();
    used += 1;
    return { imapPort, password, address: accounts[used - 1] ?? '' };
  };
}

function hazards(next: () => Place): void {
  test('what another session flagged goes with a plain EXPUNGE, and counts as asked for', async () => {
    const place = next();
    const client = await clientOf(place);
    await fill(client, 'flagged', { flagged: 'referral' });
    const { asked } = await deleteBy(place, 'flagged', 'one', 'expunge', client);
    const expected = expectation('one', 'expunge');
    expect((await holdings(client, 'INBOX')).inbox).toEqual(
      expected.inbox.filter((name) => name !== 'referral'),
    );
    expect(asked).toEqual([...expected.asked, 'referral'].sort());
  });

  test.each(CELLS)('$selection, $disposal: foreign mail stays', async ({ selection, disposal }) => {
    const place = next();
    const client = await clientOf(place);
    const variant: Variant = { trash: 'Trash', foreign: true };
    await fill(client, 'carved', variant);
    const { asked } = await deleteBy(place, 'carved', selection, disposal, client);
    const { inbox, trash, asked: expected } = expectation(selection, disposal, variant);
    expect(await holdings(client, 'Trash')).toEqual({ inbox, trash });
    expect(asked).toEqual(expected);
  });

  test('a session that waits in IDLE hears every message go', async () => {
    const place = next();
    const client = await clientOf(place);
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

const missingForDovecot = ((): readonly string[] => {
  const can = available();
  return can.ok ? [] : can.missing;
})();

describeWith(missingForDovecot, 'deletes on Dovecot', () => {
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
