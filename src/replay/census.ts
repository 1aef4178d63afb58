/** The final reading of what every mailbox holds, in all real folders. Reads only; folds what it finds into a Census. */

import {
  emptyCensus,
  findDirectCopy,
  findListCopy,
  type Census,
  type LedgerShape,
  type LedgerShare,
  type Place,
} from '../measure/ledger.ts';
import { addressOf } from '../storm/audience.ts';
import { streamOf } from '../storm/numbering.ts';
import { listFolder, placeOf, traceNotices, type FolderEntry } from './folder.ts';
import { allMailboxes, realFolders, sweep, type SweepFailure, type SweepSettings } from './sweep.ts';

export interface CensusSettings extends Omit<SweepSettings, 'mailboxes'> {
  readonly shape: LedgerShape;
  readonly runId: string;
  readonly provisioned: string | undefined;
  /** What the workers know of direct mail: whose each number was. */
  readonly share: LedgerShare;
}

/** The census, and which mailboxes could not be read: with any of those the ledger cannot be closed. */
export interface CensusReport {
  readonly census: Census;
  readonly failures: readonly SweepFailure[];
}

/** Reads every mailbox once. */
export async function takeCensus(settings: CensusSettings): Promise<CensusReport> {
  const census = emptyCensus(settings.shape);
  const mailboxes = allMailboxes(settings.shape.mailboxes);
  const byAddress = new Map(
    mailboxes.map((mailbox) => [addressOf(settings.access.accounts, mailbox).toLowerCase(), mailbox]),
  );
  const failures = await sweep({ ...settings, mailboxes }, async (mailbox, connection) => {
    const folders = await realFolders(connection);
    if (typeof folders === 'string') return folders;
    for (const folder of folders) {
      const entries = await listFolder(connection, folder.name, true);
      if (typeof entries === 'string') return entries;
      const place = placeOf(folder);
      for (const entry of entries) enter(settings, census, mailbox, entry, place);
      const unmarked = entries.filter((entry) => entry.mark === undefined);
      const traces = await traceNotices(connection, unmarked);
      if (typeof traces === 'string') return traces;
      const mine = traces.filter((trace) => trace.runId === settings.runId);
      census.foreign += unmarked.length - mine.length;
      for (const { number, failed } of mine) {
        for (const address of failed) {
          const recipient = byAddress.get(address);
          if (recipient !== undefined) census.bounced.add(`${number}/${recipient}`);
        }
      }
    }
    return undefined;
  });
  return { census, failures };
}

function enter(
  settings: CensusSettings,
  census: Census,
  mailbox: number,
  entry: FolderEntry,
  place: Place,
): void {
  const { runId, provisioned, share } = settings;
  if (entry.mark === undefined) return;
  if (entry.mark !== runId) {
    if (entry.mark === provisioned) census.copiesRemaining += 1;
    else census.foreign += 1;
    return;
  }
  census.copiesRemaining += 1;
  if (entry.number === undefined) return;
  if (streamOf(entry.number) === 'list') return findListCopy(census, mailbox, entry.number, place);
  const direct = share.direct.get(entry.number);
  if (direct !== undefined) findDirectCopy(census, mailbox, direct, place);
}
