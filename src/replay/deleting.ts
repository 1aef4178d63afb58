/** The owner of a mailbox deletes the junk: lists it, selects, disposes, in one of the ways people do. Takes no foreign mail. */

import type { DeleteStrategy } from '../storm/journey.ts';
import type { WorkerContext } from './context.ts';
import { dispose, finish } from './disposing.ts';
import { enterMailbox, leaveMailbox, LISTING_FIELDS } from './mailbox.ts';
import { selectJunk } from './selecting.ts';
import { enterRows, type Sitting } from './sitting.ts';
import type { Trail } from './trail.ts';
import { findTrash } from './trash.ts';

/** Goes through `journey.delete`: list the mailbox (the reading before the delete), then delete by the strategy. */
export async function deleteJunk(
  context: WorkerContext,
  trail: Trail,
  strategy: DeleteStrategy,
  provisioned: string | undefined,
): Promise<void> {
  const mailbox = trail.journey.actor;
  const entered = await enterMailbox(context, trail, mailbox, false);
  if (entered === undefined) return;
  const { connection } = entered;
  const [listing, trash] = await Promise.all([
    trail.step('imap.headers', () => connection.fetchHeaders('1:*', LISTING_FIELDS)),
    strategy.disposal === 'expunge' ? undefined : findTrash(connection),
  ]);
  if (trash !== undefined && 'problem' in trash) trail.doubt(`no Trash: ${trash.problem}`);
  const folder = trash !== undefined && 'folder' in trash ? trash.folder : undefined;
  const sitting: Sitting = {
    context,
    trail,
    mailbox,
    connection,
    strategy,
    listed: new Map(),
    provisioned,
    trash: folder,
  };
  enterRows(sitting, listing.value ?? []);
  if (!trail.failed) await deleteSelected(sitting);
  // Every command was answered with OK: what was listed and asked to go has no business there any more.
  if (!trail.failed) context.manners.confirmedUpTo[mailbox] = Math.max(0, ...sitting.listed.keys());
  leaveMailbox(context, connection);
}

async function deleteSelected(sitting: Sitting): Promise<void> {
  const taken: number[] = [];
  for await (const gulp of selectJunk(sitting)) {
    await dispose(sitting, gulp);
    taken.push(...gulp.uids);
    if (sitting.trail.failed) return;
  }
  await finish(sitting, taken);
}
