/** One user's mailbox over JMAP with what was looked up of it: folders, identity, what is known. It must not count or time anything. */

import type { Clock, ProtocolOutcome } from '../measure/outcome.ts';
import { refusal } from '../protocol/ending.ts';
import type { JmapConnection } from '../protocol/jmap/connection.ts';
import type { Mailbox } from '../protocol/jmap/methods.ts';
import { Recipients } from '../protocol/smtp/recipients.ts';
import { folderFor } from './clients/jmap-folders.ts';
import { type JmapOutbox, openOutbox } from './clients/jmap-submitter.ts';
import { chunksOf, everyId, settled } from './jmap-pages.ts';
import { bringUpToDate, type Known, readAll } from './jmap-sync.ts';
import { findBySubject, type FilterTrust } from './jmap-search.ts';

/** What came of one errand: its outcome and how many messages it was about. */
export interface Errand {
  readonly outcome: ProtocolOutcome;
  readonly startedUs: number;
  readonly endedUs: number;
  readonly messages: number;
}

type Role = Parameters<typeof folderFor>[0];

/** Messages that a page of INBOX shows. */
const PAGE = 50;

/** What a client shows of each. */
const SHOWN = ['id', 'threadId', 'mailboxIds', 'keywords', 'from', 'subject', 'receivedAt', 'messageId'];

/** Folders and identity are looked up once: they do not change under a load. */
export class JmapDesk {
  readonly connection: JmapConnection;
  readonly #clock: Clock;
  #mailboxes: readonly Mailbox[] | undefined;
  #outbox: JmapOutbox | undefined;
  #known: Known | undefined;

  constructor(connection: JmapConnection, clock: Clock) {
    this.connection = connection;
    this.#clock = clock;
  }

  /** The newest of INBOX, listed and fetched in one request. */
  list(): Promise<Errand> {
    return this.#inFolder('inbox', async (inMailbox) => {
      const limit = Math.min(PAGE, this.connection.limits.maxObjectsInGet);
      const listed = await this.connection.list({ filter: { inMailbox }, limit }, SHOWN);
      return errand(listed, listed.value?.rows.length);
    });
  }

  search(subject: string, trust: FilterTrust): Promise<Errand> {
    return this.#inFolder('inbox', async (inbox) => {
      const found = await findBySubject(this.connection, inbox, subject, trust);
      return errand(found, found.value?.ids.length);
    });
  }

  /** Up to date; messages are those that were read anew, or changed the number. */
  async sync(): Promise<Errand> {
    const before = this.#known;
    const read = await (before === undefined
      ? readAll(this.connection)
      : bringUpToDate(this.connection, before));
    if (read.value !== undefined) this.#known = read.value;
    const { ids, isFull = true } = read.value ?? {};
    return errand(read, isFull ? ids?.size : Math.abs((ids?.size ?? 0) - (before?.ids.size ?? 0)));
  }

  /** INBOX queried and destroyed, a page a request, until a page is not full; who is refused one message stops at it. */
  empty(): Promise<Errand> {
    return this.#inFolder('inbox', async (inMailbox) => {
      const limit = this.connection.limits.maxObjectsInSet;
      let messages = 0;
      let startedUs: number | undefined;
      for (;;) {
        const { value, ...answer } = await this.connection.sweep({ filter: { inMailbox }, limit });
        startedUs ??= answer.startedUs;
        messages += value?.done.length ?? 0;
        const refused = value?.refused.values().next().value;
        const over = { ...answer, startedUs, messages };
        if (refused !== undefined) return { ...over, outcome: refused };
        if (value === undefined || value.page.ids.length === 0) return over;
        if (value.page.ids.length < value.page.cap) return over;
      }
    });
  }

  /** INBOX moved to Trash, in as many chunks as the server's limit makes. */
  trash(): Promise<Errand> {
    return this.#inFolder('inbox', (inbox) =>
      this.#inFolder('trash', async (trash) => {
        const { value: ids, ...listed } = await everyId(this.connection, { inMailbox: inbox });
        if (ids === undefined) return errand(listed, 0);
        const { maxObjectsInSet } = this.connection.limits;
        let messages = 0;
        let last: Errand = errand(listed, 0);
        for (const chunk of chunksOf(ids, maxObjectsInSet)) {
          const moved = await this.connection.move(chunk, trash);
          messages += moved.value?.done.length ?? 0;
          const { outcome, endedUs } = settled(moved);
          last = { outcome, startedUs: listed.startedUs, endedUs, messages };
          if (outcome.kind !== 'ok') return last;
        }
        return last;
      }),
    );
  }

  /** A message from its owner to himself, through Drafts where there is one. */
  async submit(message: Buffer, address: string): Promise<Errand> {
    if (this.#outbox === undefined) {
      const { value: outbox, ...answer } = await openOutbox(this.connection, this.#clock);
      if (outbox === undefined) return errand(answer, 0);
      this.#outbox = outbox;
    }
    const envelope = { from: address, to: new Recipients([address]) };
    const sent = await this.#outbox.submit(envelope, message);
    return errand(sent, sent.outcome.kind === 'ok' ? 1 : 0);
  }

  async #inFolder(role: Role, run: (mailboxId: string) => Promise<Errand>): Promise<Errand> {
    const found = await this.#folder(role);
    return found.id === undefined ? found.errand : run(found.id);
  }

  async #folder(
    role: Role,
  ): Promise<{ readonly id: string } | { readonly id: undefined; readonly errand: Errand }> {
    const known = folderFor(role, this.#mailboxes ?? [])?.id;
    if (known !== undefined) return { id: known };
    const read = await this.connection.mailboxes();
    this.#mailboxes = read.value ?? this.#mailboxes;
    const id = folderFor(role, read.value ?? [])?.id;
    if (id !== undefined) return { id };
    const { startedUs, endedUs, outcome } = read;
    const missing =
      outcome.kind === 'ok' ? refusal('NONEXISTENT', `no mailbox with the role ${role}`) : outcome;
    return { id: undefined, errand: { outcome: missing, startedUs, endedUs, messages: 0 } };
  }
}

function errand(
  { outcome, startedUs, endedUs }: Omit<Errand, 'messages'>,
  messages: number | undefined,
): Errand {
  return { outcome, startedUs, endedUs, messages: messages ?? 0 };
}
