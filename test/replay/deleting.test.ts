/** Every way to delete against the embedded target: what it leaves, what our books say of it, and what it does where the server offers less. */

import { describe, expect, test } from 'vitest';

import { NO_SWITCHES } from '../../src/target/switches.ts';
import { ADA, delivered, PASSWORD, signIn, startLab } from '../target/lab.ts';
import { deleteBy, DISPOSALS, expectation, fill, holdings, SELECTIONS, type Variant } from './deletions.ts';

const RUN = 'r1';

async function lab(hiddenCapabilities: readonly string[] = []) {
  const target = await startLab({ switches: { ...NO_SWITCHES, hiddenCapabilities } });
  const client = await signIn(target, ADA);
  const place = { imapPort: target.ports.imapPort, address: ADA, password: PASSWORD };
  await delivered(target);
  return { client, place };
}

const CELLS = SELECTIONS.flatMap((selection) => DISPOSALS.map((disposal) => ({ selection, disposal })));

describe('selection x disposal', () => {
  for (const [title, hidden] of [
    ['all the server can', []],
    ['no MOVE', ['MOVE']],
    ['neither MOVE nor UIDPLUS', ['MOVE', 'UIDPLUS']],
  ] as const) {
    test.each(CELLS)(`$selection, $disposal: ${title}`, async ({ selection, disposal }) => {
      const { client, place } = await lab(hidden);
      const variant: Variant = { trash: 'Trash' };
      await fill(client, RUN, variant);
      const { asked, ended } = await deleteBy(place, RUN, selection, disposal, client);
      const { inbox, trash, asked: expected } = expectation(selection, disposal, variant);
      expect(ended.filter((line) => !line.endsWith(' ok'))).toEqual([]);
      expect(await holdings(client, 'Trash')).toEqual({ inbox, trash });
      expect(asked).toEqual(expected);
    });
  }

  test.each(CELLS)('$selection, $disposal: foreign mail is carved out', async ({ selection, disposal }) => {
    const { client, place } = await lab();
    const variant: Variant = { trash: 'Trash', foreign: true };
    await fill(client, RUN, variant);
    const { asked } = await deleteBy(place, RUN, selection, disposal, client);
    const { inbox, trash, asked: expected } = expectation(selection, disposal, variant);
    expect(await holdings(client, 'Trash')).toEqual({ inbox, trash });
    expect(asked).toEqual(expected);
  });
});

describe('a message that another session has flagged', () => {
  test('goes with the EXPUNGE of whoever deletes one by one, and counts as asked for', async () => {
    const { client, place } = await lab();
    await fill(client, RUN, { flagged: 'referral' });
    const { asked } = await deleteBy(place, RUN, 'one', 'expunge', client);
    const { inbox, asked: expected } = expectation('one', 'expunge');
    expect((await holdings(client, 'Trash')).inbox).toEqual(inbox.filter((name) => name !== 'referral'));
    expect(asked).toEqual([...expected, 'referral'].sort());
  });

  test('stays where a page is expunged by its UIDs, and goes where the server knows no UIDPLUS', async () => {
    for (const [hidden, stays] of [
      [[], true],
      [['UIDPLUS'], false],
    ] as const) {
      const { client, place } = await lab(hidden);
      await fill(client, RUN, { flagged: 'referral' });
      const { asked } = await deleteBy(place, RUN, 'page', 'expunge', client);
      expect((await holdings(client, 'Trash')).inbox.includes('referral')).toBe(stays);
      expect(asked.includes('referral')).toBe(!stays);
    }
  });

  test('stays where it is foreign: whoever deletes one by one then names what goes', async () => {
    const { client, place } = await lab();
    const variant: Variant = { trash: 'Trash', foreign: true, flagged: 'foreign' };
    await fill(client, RUN, variant);
    const { ended } = await deleteBy(place, RUN, 'one', 'expunge', client);
    const { inbox, trash } = expectation('one', 'expunge', variant);
    expect(await holdings(client, 'Trash')).toEqual({ inbox, trash });
    expect(ended.filter((line) => !line.endsWith(' ok'))).toEqual([]);
  });

  test('stays, and the whole delete with it, where it would take foreign mail along', async () => {
    const { client, place } = await lab(['UIDPLUS', 'MOVE']);
    await fill(client, RUN, { foreign: true, flagged: 'foreign' });
    const { ended } = await deleteBy(place, RUN, 'page', 'expunge', client);
    expect((await holdings(client, 'Trash')).inbox).toContain('foreign');
    expect(ended.at(-1)).toMatch(/^journey\.delete .*foreign mail/);
  });
});

describe('Trash', () => {
  test('is made where there is none', async () => {
    const { client, place } = await lab();
    await client.mailboxDelete('Trash');
    await fill(client, RUN);
    await deleteBy(place, RUN, 'range', 'trash', client);
    const { inbox, trash } = expectation('range', 'trash');
    expect(await holdings(client, 'Trash')).toEqual({ inbox, trash });
  });

  test('is known by a usual name', async () => {
    const { client, place } = await lab();
    await client.mailboxDelete('Trash');
    await client.mailboxCreate('Deleted Items');
    await fill(client, RUN);
    await deleteBy(place, RUN, 'search', 'trash', client);
    expect((await holdings(client, 'Deleted Items')).trash).toEqual(expectation('search', 'trash').trash);
    expect((await client.list()).map(({ path }) => path)).not.toContain('Trash');
  });
});

test('another session of the mailbox hears every message go', async () => {
  const { client, place } = await lab();
  await fill(client, RUN);
  let gone = 0;
  const other = await signIn({ ports: { imapPort: place.imapPort } } as Parameters<typeof signIn>[0], ADA);
  await other.mailboxOpen('INBOX');
  other.on('expunge', () => {
    gone += 1;
  });
  await deleteBy(place, RUN, 'range', 'expunge', client);
  await other.noop();
  expect(gone).toBe(7);
});
