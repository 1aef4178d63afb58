/** How somebody deletes over IMAP: to Trash, expunged, or Trash emptied later, by what the server offers. It selects nothing but by search. */

import type { ImapConnection } from '../../protocol/imap/connection.ts';
import type { ImapResult } from '../../protocol/imap/result.ts';
import { uidSets } from '../../protocol/imap/sets.ts';
import { LISTING_FIELDS } from '../mailbox.ts';
import { askFor, enterRows, holdsForeign, linger, nameOurs, type Sitting } from '../sitting.ts';
import type { Gulp, Hand } from './client.ts';
import type { ImapMailClient } from './imap.ts';
import { findTrash } from './imap-folders.ts';

const DELETED = [String.raw`\Deleted`];

export class ImapHand implements Hand {
  readonly #sitting: Sitting;
  readonly #client: ImapMailClient;
  readonly #connection: ImapConnection;
  /** Where this server keeps what was thrown away. */
  #trash: string | undefined;

  constructor(sitting: Sitting, client: ImapMailClient) {
    this.#sitting = sitting;
    this.#client = client;
    this.#connection = client.connection;
  }

  async prepare(): Promise<string | undefined> {
    if (this.#sitting.strategy.disposal === 'expunge') return undefined;
    const found = await findTrash(this.#connection);
    if ('problem' in found) return `no Trash: ${found.problem}`;
    this.#trash = found.folder;
    return undefined;
  }

  /** SUBJECT matches substrings (RFC 3501 §6.4.4), so "Blood test results" comes along. */
  async search(subject: string): Promise<Gulp | undefined> {
    const { trail } = this.#sitting;
    const connection = this.#connection;
    const save = connection.offers('SEARCHRES');
    // A session searches what it has been told of: a client asks for news before it shows what it found.
    await trail.induced('imap.poll', () => connection.noop());
    if (trail.failed) return undefined;
    const found = await trail.induced('imap.search', () => connection.search({ subject }, { save }));
    const all = found.value ?? [];
    const uids = await nameOurs(this.#sitting, all);
    // `$` is everything that was found: where something must be carved out, the rest is named one by one.
    return uids.length > 0 ? { uids, saved: save && uids.length === all.length } : undefined;
  }

  /**
   * Its UIDs count as asked for from the moment the command leaves: a lost answer and a NO may both have worked in part
   * (RFC 6851 §3.3).
   */
  async dispose(gulp: Gulp): Promise<void> {
    const { strategy, trail } = this.#sitting;
    const sets = gulp.saved ? ['$'] : uidSets(gulp.uids);
    askFor(this.#sitting, gulp.uids);
    for (const set of sets) {
      if (trail.failed) return;
      if (strategy.disposal !== 'expunge') await this.#throwAway(set, gulp.uids);
      else await this.#flag(set);
    }
    // Whoever flags one by one expunges when done; a page or a selection is deleted as a whole.
    if (strategy.disposal === 'expunge' && strategy.selection !== 'one')
      await this.#expunge(this.#sitting, gulp.uids, sets);
  }

  async finish(taken: readonly number[]): Promise<void> {
    const { strategy, trail } = this.#sitting;
    if (taken.length === 0 || trail.failed) return;
    if (strategy.disposal === 'emptyTrash') return this.#emptyTrash();
    if (strategy.disposal !== 'expunge' || strategy.selection !== 'one') return;
    // The EXPUNGE that old clients send: everything flagged goes, whoever flagged it.
    if (holdsForeign(this.#sitting)) return this.#expunge(this.#sitting, taken, uidSets(taken));
    return this.#expungePlainly(this.#sitting);
  }

  async #flag(set: string): Promise<void> {
    await this.#sitting.trail.induced('imap.store', () =>
      this.#connection.store(set, '+FLAGS.SILENT', DELETED),
    );
  }

  /** By MOVE, or by COPY and a removal (RFC 6851 §3.3); without UIDPLUS only a plain EXPUNGE can remove. */
  async #throwAway(set: string, uids: readonly number[]): Promise<void> {
    const { trail } = this.#sitting;
    const connection = this.#connection;
    const trash = this.#trash;
    if (trash === undefined) return trail.doubt('no folder for what is thrown away');
    if (connection.offers('MOVE') || connection.offers('UIDPLUS')) {
      await trail.induced('imap.move', () => connection.move(set, trash));
      return;
    }
    if (holdsForeign(this.#sitting)) {
      return trail.doubt('the server offers neither MOVE nor UIDPLUS, and the mailbox holds foreign mail');
    }
    const copied = await trail.induced('imap.move', async (): Promise<ImapResult<void>> => {
      const copy = await connection.copy(set, trash);
      if (copy.outcome.kind !== 'ok') return copy;
      const flagged = await connection.store(set, '+FLAGS.SILENT', DELETED);
      return { ...flagged, startedUs: copy.startedUs };
    });
    if (copied.outcome.kind === 'ok' && uids.length > 0) await this.#expungePlainly(this.#sitting);
  }

  /** Exactly these where the server can (UIDPLUS), else everything that is flagged. */
  async #expunge(sitting: Sitting, uids: readonly number[], sets: readonly string[]): Promise<void> {
    if (!this.#connection.offers('UIDPLUS')) return this.#expungePlainly(sitting);
    for (const set of uids.length > 0 ? sets : []) {
      if (sitting.trail.failed) return;
      await sitting.trail.induced('imap.expunge', () => this.#connection.uidExpunge(set));
    }
  }

  /**
   * EXPUNGE takes whatever is flagged \Deleted, by this session or another: what that is, is asked first, so that all of
   * it has a name and counts as asked for. Not done where any of it is foreign.
   */
  async #expungePlainly(sitting: Sitting): Promise<void> {
    const { trail } = sitting;
    if (trail.failed) return;
    const flagged = await trail.induced('imap.search', () => this.#connection.search({ deleted: true }));
    const uids = flagged.value ?? [];
    const ours = await nameOurs(sitting, uids);
    if (trail.failed) return;
    if (uids.some((uid) => sitting.listed.get(uid)?.foreign === true))
      return trail.doubt(
        'a plain EXPUNGE would take foreign mail that is flagged, and UIDPLUS is not offered',
      );
    askFor(sitting, ours);
    await trail.induced('imap.expunge', () => this.#connection.expunge());
  }

  /** Later: everything in Trash goes for good, also what was thrown there by mistake. Foreign mail stays. */
  async #emptyTrash(): Promise<void> {
    const { trail, strategy } = this.#sitting;
    const trash = this.#trash;
    if (trash === undefined || !(await linger(this.#sitting, strategy.emptyAfterUs))) return;
    const opened = await trail.induced('imap.open', () => this.#client.open(trash));
    if (opened.value === undefined || opened.value.exists === 0) return;
    const there: Sitting = { ...this.#sitting, listed: new Map() };
    const listing = await trail.induced('imap.headers', () => this.#client.list(LISTING_FIELDS));
    enterRows(there, listing.value ?? []);
    const uids = [...there.listed.values()].filter((entry) => !entry.foreign).map((entry) => entry.uid);
    askFor(there, uids);
    for (const set of uidSets(uids)) {
      if (trail.failed) return;
      await this.#flag(set);
    }
    await this.#expunge(there, uids, uidSets(uids));
  }
}
