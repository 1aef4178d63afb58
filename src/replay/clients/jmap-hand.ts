/** How somebody deletes over JMAP: searches, moves to Trash, destroys, empties Trash later. It selects nothing but by search, and takes no foreign mail. */

import { LISTING_FIELDS } from '../mailbox.ts';
import { chunksOf } from '../jmap-pages.ts';
import { findBySubject, type FilterTrust } from '../jmap-search.ts';
import { askFor, enterRows, linger, nameOurs, type Sitting } from '../sitting.ts';
import type { Gulp, Hand } from './client.ts';
import type { JmapMailClient } from './jmap-mailbox.ts';
import { wordsOf } from './words.ts';

/** One person's, at the INBOX that is open. What one message is refused is the operation's outcome (RFC 8620 §5.3). */
export class JmapHand implements Hand {
  readonly #sitting: Sitting;
  readonly #client: JmapMailClient;
  /** What was learnt of the server's filters, shared by all who search there. */
  readonly #trust: FilterTrust;
  #trashId: string | undefined;

  constructor(sitting: Sitting, client: JmapMailClient, trust: FilterTrust) {
    this.#sitting = sitting;
    this.#client = client;
    this.#trust = trust;
  }

  async prepare(): Promise<string | undefined> {
    if (this.#sitting.strategy.disposal === 'expunge') return undefined;
    this.#trashId = this.#client.idFor('trash');
    if (this.#trashId !== undefined) return undefined;
    const made = await this.#client.makeTrash();
    this.#trashId = made.value;
    return made.value === undefined ? `Mailbox/set: ${wordsOf(made.outcome)}` : undefined;
  }

  async search(subject: string): Promise<Gulp | undefined> {
    const { trail } = this.#sitting;
    const inboxId = this.#client.idFor('inbox');
    if (inboxId === undefined || trail.failed) return undefined;
    const found = await trail.induced('jmap.query', () =>
      findBySubject(this.#client.connection, inboxId, subject, this.#trust),
    );
    if (found.value === undefined) return undefined;
    const uids = found.value.ids.map((id) => this.#client.rows.uidOf(id));
    const ours = await nameOurs(this.#sitting, uids);
    return ours.length > 0 && !trail.failed ? { uids: ours, saved: false } : undefined;
  }

  async dispose({ uids }: Gulp): Promise<void> {
    const { strategy, trail } = this.#sitting;
    const trashId = this.#trashId;
    askFor(this.#sitting, uids);
    if (strategy.disposal === 'expunge') return this.#destroy(uids);
    if (trashId === undefined) return trail.doubt('no folder for what is thrown away');
    await this.#inChunks(uids, (ids) => this.#client.move(ids, trashId));
  }

  /** Whoever expunges has done so already: JMAP flags nothing first. */
  async finish(taken: readonly number[]): Promise<void> {
    const { strategy, trail } = this.#sitting;
    if (taken.length === 0 || trail.failed || strategy.disposal !== 'emptyTrash') return;
    const trashId = this.#trashId;
    if (trashId === undefined || !(await linger(this.#sitting, strategy.emptyAfterUs))) return;
    const there: Sitting = { ...this.#sitting, listed: new Map() };
    const listing = await trail.induced('jmap.query', () => this.#client.listFolder(trashId, LISTING_FIELDS));
    enterRows(there, listing.value ?? []);
    // Everything goes for good, also what was thrown there by mistake. Foreign mail stays.
    const uids = [...there.listed.values()].filter((entry) => !entry.foreign).map((entry) => entry.uid);
    askFor(there, uids);
    await this.#destroy(uids);
  }

  #destroy(uids: readonly number[]): Promise<void> {
    return this.#inChunks(uids, (ids) => this.#client.expunge(ids));
  }

  /** As many operations as the server's limit makes of it; the first that fails ends it. */
  async #inChunks(
    uids: readonly number[],
    change: (ids: readonly string[]) => ReturnType<JmapMailClient['expunge']>,
  ): Promise<void> {
    const { trail } = this.#sitting;
    const { maxObjectsInSet } = this.#client.connection.limits;
    for (const ids of chunksOf(this.#client.rows.idsOf(uids), maxObjectsInSet)) {
      if (trail.failed) return;
      await trail.induced('jmap.set', () => change(ids));
    }
  }
}
