/** Every way to delete over JMAP against a real Cyrus: read again by imapflow, and by a census of ours over JMAP. */

import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

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

const CELLS = SELECTIONS.flatMap((selection) => DISPOSALS.map((disposal) => ({ selection, disposal })));

/** A mailbox of a lab. */
function placeIn(lab: CyrusLab, index: number): Place {
  const { imapPort, httpPort: jmapPort, accounts, password } = lab;
  return { imapPort, jmapPort, password, address: accounts[index] ?? '' };
}

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

describeWith(missingForCyrus(), 'deletes over JMAP on Cyrus', () => {
  let lab: CyrusLab;
  let used = 0;
  const next = (): Place => placeIn(lab, used++);
  beforeAll(async () => {
    lab = await startCyrus({ mailboxes: 40, jmap: true });
  });
  afterAll(() => lab?.stop());

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

  test('a Trash is made where there is none', async () => {
    const folders = 'Drafts|Junk';
    const extra = [`autocreate_inbox_folders: ${folders}`, `autocreate_subscribe_folders: ${folders}`];
    const bare = await startCyrus({ mailboxes: 1, jmap: true, extra });
    onTestFinished(() => bare.stop());
    const place = placeIn(bare, 0);
    const client = await clientOf(place);
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
