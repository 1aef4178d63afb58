/** Tests of every selection with every disposal, on whichever server hands out mailboxes: what is left, what our books and a census say of it. */

import type { ImapFlow } from 'imapflow';
import { expect, test } from 'vitest';

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
} from './deletions.ts';

export const CELLS = SELECTIONS.flatMap((selection) =>
  DISPOSALS.map((disposal) => ({ selection, disposal })),
);

/** An unused mailbox with a Trash, and somebody else's client of it. */
export interface Ground {
  readonly place: Place;
  readonly client: ImapFlow;
}

/** Nothing is left that should be gone, nothing gone that should be left. `maildirs` counts a run's messages by folder where files can be read. */
export function cells(
  next: () => Promise<Ground>,
  maildirs?: (runId: string) => Promise<Readonly<Record<string, number>>>,
): void {
  test.each(CELLS)('$selection, $disposal', async ({ selection, disposal }) => {
    const { place, client } = await next();
    const runId = `${selection}-${disposal}`.toLowerCase();
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

/** Somebody else's mail among it stays where it is. */
export function foreignCells(next: () => Promise<Ground>): void {
  test.each(CELLS)('$selection, $disposal: foreign mail stays', async ({ selection, disposal }) => {
    const { place, client } = await next();
    const variant: Variant = { trash: 'Trash', foreign: true };
    await fill(client, 'carved', variant);
    const { asked } = await deleteBy(place, 'carved', selection, disposal, client);
    const { inbox, trash, asked: expected } = expectation(selection, disposal, variant);
    expect(await holdings(client, 'Trash')).toEqual({ inbox, trash });
    expect(asked).toEqual(expected);
  });
}
