/** Every way to delete over JMAP against a real Cyrus: read again by imapflow, and by a census of ours over JMAP. */

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { cells, foreignCells, type Ground } from '../replay/deletion-cells.ts';
import { deleteBy, expectation, fill, holdings } from '../replay/deletions.ts';
import { type CyrusLab, missingForCyrus, startCyrus } from './cyrus.ts';
import { describeWith } from './gate.ts';
import { clientOf } from './imap-eyes.ts';

/** A mailbox of a lab. */
async function groundIn(lab: CyrusLab, index: number): Promise<Ground> {
  const { imapPort, httpPort: jmapPort, accounts, password } = lab;
  const place = { imapPort, jmapPort, password, address: accounts[index] ?? '' };
  return { place, client: await clientOf(place) };
}

describeWith(missingForCyrus(), 'deletes over JMAP on Cyrus', () => {
  let lab: CyrusLab;
  let used = 0;
  const next = (): Promise<Ground> => groundIn(lab, used++);
  beforeAll(async () => {
    lab = await startCyrus({ mailboxes: 40, jmap: true });
  });
  afterAll(() => lab?.stop());

  cells(next);
  foreignCells(next);

  test('a Trash is made where there is none', async () => {
    const folders = 'Drafts|Junk';
    const extra = [`autocreate_inbox_folders: ${folders}`, `autocreate_subscribe_folders: ${folders}`];
    const bare = await startCyrus({ mailboxes: 1, jmap: true, extra });
    onTestFinished(() => bare.stop());
    const { place, client } = await groundIn(bare, 0);
    await fill(client, 'made');
    expect((await client.list()).map(({ path }) => path)).not.toContain('Trash');
    const { ended } = await deleteBy(place, 'made', 'range', 'trash', client);
    const { inbox, trash } = expectation('range', 'trash');
    expect(ended.filter((line) => !line.endsWith(' ok'))).toEqual([]);
    expect(await holdings(client, 'Trash')).toEqual({ inbox, trash });
    const made = (await client.list()).find(({ path }) => path === 'Trash');
    expect(made?.specialUse).toBe(String.raw`\Trash`);
  });
});
