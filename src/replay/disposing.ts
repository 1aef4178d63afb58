/** What happens to what somebody selected: to Trash, expunged, or Trash emptied later; by what the server offers. It selects nothing itself. */

import type { ImapResult } from '../protocol/imap/result.ts';
import { uidSets } from '../protocol/imap/sets.ts';
import { LISTING_FIELDS } from './mailbox.ts';
import type { Gulp } from './selecting.ts';
import { askFor, enterRows, holdsForeign, nameOurs, linger, type Sitting } from './sitting.ts';

/**
 * Disposes of one gulp. Its UIDs count as asked for from the moment the command leaves: a lost answer and a NO may both
 * have worked in part (RFC 6851 §3.3).
 */
export async function dispose(sitting: Sitting, gulp: Gulp): Promise<void> {
  const { strategy, connection, trail } = sitting;
  const sets = gulp.saved ? ['$'] : uidSets(gulp.uids);
  askFor(sitting, gulp.uids);
  for (const set of sets) {
    if (trail.failed) return;
    if (strategy.disposal !== 'expunge') await throwAway(sitting, set, gulp.uids);
    else
      await trail.induced('imap.store', () => connection.store(set, '+FLAGS.SILENT', [String.raw`\Deleted`]));
  }
  // Whoever flags one by one expunges when done; a page or a selection is deleted as a whole.
  if (strategy.disposal === 'expunge' && strategy.selection !== 'one')
    await expunge(sitting, gulp.uids, sets);
}

/** What is left to do when everything has been selected. `taken`: all that was. */
export async function finish(sitting: Sitting, taken: readonly number[]): Promise<void> {
  const { strategy, trail } = sitting;
  if (taken.length === 0 || trail.failed) return;
  if (strategy.disposal === 'emptyTrash') return emptyTrash(sitting);
  if (strategy.disposal !== 'expunge' || strategy.selection !== 'one') return;
  // The EXPUNGE that old clients send: everything flagged goes, whoever flagged it.
  if (holdsForeign(sitting)) return expunge(sitting, taken, uidSets(taken));
  return expungePlainly(sitting);
}

/** By MOVE, or by COPY and a removal (RFC 6851 §3.3); without UIDPLUS only a plain EXPUNGE can remove. */
async function throwAway(sitting: Sitting, set: string, uids: readonly number[]): Promise<void> {
  const { connection, trail, trash } = sitting;
  if (trash === undefined) return trail.doubt('no folder for what is thrown away');
  if (connection.offers('MOVE') || connection.offers('UIDPLUS')) {
    await trail.induced('imap.move', () => connection.move(set, trash));
    return;
  }
  if (holdsForeign(sitting)) {
    return trail.doubt('the server offers neither MOVE nor UIDPLUS, and the mailbox holds foreign mail');
  }
  const copied = await trail.induced('imap.move', async (): Promise<ImapResult<void>> => {
    const copy = await connection.copy(set, trash);
    if (copy.outcome.kind !== 'ok') return copy;
    const flagged = await connection.store(set, '+FLAGS.SILENT', [String.raw`\Deleted`]);
    return { ...flagged, startedUs: copy.startedUs };
  });
  if (copied.outcome.kind === 'ok' && uids.length > 0) await expungePlainly(sitting);
}

/** Exactly these where the server can (UIDPLUS), else everything that is flagged. */
async function expunge(sitting: Sitting, uids: readonly number[], sets: readonly string[]): Promise<void> {
  const { connection, trail } = sitting;
  if (!connection.offers('UIDPLUS')) return expungePlainly(sitting);
  for (const set of uids.length > 0 ? sets : []) {
    if (trail.failed) return;
    await trail.induced('imap.expunge', () => connection.uidExpunge(set));
  }
}

/**
 * EXPUNGE takes whatever is flagged \Deleted, by this session or another: what that is, is asked first, so that all of
 * it has a name and counts as asked for. Not done where any of it is foreign.
 */
async function expungePlainly(sitting: Sitting): Promise<void> {
  const { connection, trail } = sitting;
  if (trail.failed) return;
  const flagged = await trail.induced('imap.search', () => connection.search({ deleted: true }));
  const uids = flagged.value ?? [];
  const ours = await nameOurs(sitting, uids);
  if (trail.failed) return;
  if (uids.some((uid) => sitting.listed.get(uid)?.foreign === true))
    return trail.doubt('a plain EXPUNGE would take foreign mail that is flagged, and UIDPLUS is not offered');
  askFor(sitting, ours);
  await trail.induced('imap.expunge', () => connection.expunge());
}

/** Later: everything in Trash goes for good, also what was thrown there by mistake. Foreign mail stays. */
async function emptyTrash(sitting: Sitting): Promise<void> {
  const { connection, trail, trash, strategy } = sitting;
  if (trash === undefined || !(await linger(sitting, strategy.emptyAfterUs))) return;
  const opened = await trail.induced('imap.open', () => connection.select(trash));
  if (opened.value === undefined || opened.value.exists === 0) return;
  const there: Sitting = { ...sitting, listed: new Map() };
  const listing = await trail.induced('imap.headers', () => connection.fetchHeaders('1:*', LISTING_FIELDS));
  enterRows(there, listing.value ?? []);
  const uids = [...there.listed.values()].filter((entry) => !entry.foreign).map((entry) => entry.uid);
  askFor(there, uids);
  for (const set of uidSets(uids)) {
    if (trail.failed) return;
    await trail.induced('imap.store', () => connection.store(set, '+FLAGS.SILENT', [String.raw`\Deleted`]));
  }
  await expunge(there, uids, uidSets(uids));
}
