/** Before anything is sent: can everybody sign in, and is there mail that is not ours? Reads only. */

import { allMailboxes, sweep, type SweepFailure, type SweepSettings } from './sweep.ts';
import { wordsOf } from './clients/words.ts';
import { listFolder } from './folder.ts';

export interface PreflightSettings extends Omit<SweepSettings, 'mailboxes'> {
  readonly mailboxCount: number;
  /** Mail bearing this provision's mark is ours. */
  readonly provisioned: string | undefined;
}

export interface PreflightReport {
  readonly failures: readonly SweepFailure[];
  /** Messages that are nobody's of this run. */
  readonly foreign: number;
  readonly mailboxesWithForeign: number;
  /** Every connection to the mailboxes was under TLS. */
  readonly tls: boolean;
  /** Deletes can name exactly what they take (over IMAP: every connection offered UIDPLUS). */
  readonly exactExpunge: boolean;
  /** Other runs whose leftovers were met, with how many messages: `purge --run` removes them. */
  readonly leftovers: ReadonlyMap<string, number>;
}

/** Signs in to every mailbox and counts foreign mail in all real folders. */
export async function preflight(settings: PreflightSettings): Promise<PreflightReport> {
  const leftovers = new Map<string, number>();
  let foreign = 0;
  let mailboxesWithForeign = 0;
  let exactExpunge = true;
  let tls = true;
  const mailboxes = allMailboxes(settings.mailboxCount);
  const failures = await sweep({ ...settings, mailboxes }, async (_mailbox, client) => {
    const { value: folders, outcome } = await client.folders();
    if (folders === undefined) return `folders: ${wordsOf(outcome)}`;
    tls &&= client.tls;
    exactExpunge &&= client.isExact;
    let here = 0;
    for (const folder of folders) {
      const entries = await listFolder(client, folder.name, true);
      if (typeof entries === 'string') return entries;
      for (const { mark } of entries) {
        if (mark !== undefined && mark === settings.provisioned) continue;
        here += 1;
        if (mark !== undefined) leftovers.set(mark, (leftovers.get(mark) ?? 0) + 1);
      }
    }
    foreign += here;
    if (here > 0) mailboxesWithForeign += 1;
    return undefined;
  });
  return { failures, foreign, mailboxesWithForeign, exactExpunge, leftovers, tls };
}
