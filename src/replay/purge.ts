/** Removes what a run (or a provision) left, in every folder, bounces and auto-replies to it included. Touches nothing else; may be repeated. */

import { wordsOf } from './clients/words.ts';
import { listFolder, removeUids } from './folder.ts';
import { traceNotices } from './notices.ts';
import { allMailboxes, sweep, type SweepFailure, type SweepSettings } from './sweep.ts';

export interface PurgeSettings extends Omit<SweepSettings, 'mailboxes'> {
  readonly mailboxCount: number;
  /** The run's or the provision's id. */
  readonly runId: string;
}

export interface PurgeReport {
  readonly removed: number;
  /** Of those, bounces and auto-replies traced by our Message-IDs. */
  readonly notices: number;
  readonly failures: readonly SweepFailure[];
}

/** Purges every mailbox. */
export async function purge(settings: PurgeSettings): Promise<PurgeReport> {
  let removed = 0;
  let notices = 0;
  const mailboxes = allMailboxes(settings.mailboxCount);
  const failures = await sweep({ ...settings, mailboxes }, async (_mailbox, client) => {
    const { value: folders, outcome } = await client.folders();
    if (folders === undefined) return `folders: ${wordsOf(outcome)}`;
    for (const folder of folders) {
      const entries = await listFolder(client, folder.name, false);
      if (typeof entries === 'string') return entries;
      const marked = entries.filter((entry) => entry.mark === settings.runId).map((entry) => entry.uid);
      const found = await traceNotices(
        client,
        entries.filter((entry) => entry.mark === undefined),
      );
      if (typeof found === 'string') return found;
      const traced = found.traces
        .filter((trace) => trace.identity.runId === settings.runId)
        .map((trace) => trace.uid);
      const uids = [...marked, ...traced];
      const problem = await removeUids(client, uids, entries.length > uids.length);
      if (problem !== undefined) return `${folder.name}: ${problem}`;
      removed += uids.length;
      notices += traced.length;
    }
    return undefined;
  });
  return { removed, notices, failures };
}
