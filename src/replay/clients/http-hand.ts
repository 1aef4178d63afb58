/** How somebody deletes over a mail API: what the list shows is filtered, and every disposal is a delete for good. It selects nothing but by search. */

import { plainText } from '../../storm/content/encoded-words.ts';
import { LISTING_FIELDS } from '../mailbox.ts';
import { askFor, enterRows, nameOurs, type Sitting } from '../sitting.ts';
import { type Gulp, type Hand, MAILBOX_OPERATIONS } from './client.ts';
import type { HttpMailClient } from './http.ts';

export class HttpHand implements Hand {
  readonly #sitting: Sitting;
  readonly #client: HttpMailClient;

  constructor(sitting: Sitting, client: HttpMailClient) {
    this.#sitting = sitting;
    this.#client = client;
  }

  /** There is no Trash: every strategy does without. */
  prepare(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  /** The list, looked at anew and filtered as a web client does: by substrings of the subject, in any case. */
  async search(subject: string): Promise<Gulp | undefined> {
    const { trail } = this.#sitting;
    const listing = await trail.induced(MAILBOX_OPERATIONS.http.list, () =>
      this.#client.list(LISTING_FIELDS),
    );
    const rows = listing.value ?? [];
    enterRows(this.#sitting, rows);
    const sought = subject.toLowerCase();
    const found = rows.filter(({ headers }) =>
      plainText(headers.get('subject') ?? '')
        .toLowerCase()
        .includes(sought),
    );
    const uids = await nameOurs(
      this.#sitting,
      found.map(({ uid }) => uid),
    );
    return uids.length === 0 ? undefined : { uids, saved: false };
  }

  /** A request takes as many as the API does, and each is an operation of its own. */
  async dispose({ uids }: Gulp): Promise<void> {
    const { trail } = this.#sitting;
    const atOnce = this.#client.removeAtOnce;
    for (let at = 0; at < uids.length && !trail.failed; at += atOnce) {
      const some = uids.slice(at, at + atOnce);
      askFor(this.#sitting, some);
      await trail.induced('http.delete', () => this.#client.remove(some));
    }
  }

  /** What was disposed of is gone. */
  finish(): Promise<void> {
    return Promise.resolve();
  }
}
