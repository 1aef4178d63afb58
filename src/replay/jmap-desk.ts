/** One user's mailbox over JMAP with what was looked up of it: folders, identity, what is known. It must not count or time anything. */

import type { ProtocolOutcome } from '../measure/outcome.ts';
import { refusal } from '../protocol/ending.ts';
import type { JmapResult } from '../protocol/jmap/channel.ts';
import type { JmapConnection } from '../protocol/jmap/connection.ts';
import type { Mailbox } from '../protocol/jmap/methods.ts';
import { everyId } from './jmap-pages.ts';
import { bringUpToDate, type Known, readAll } from './jmap-sync.ts';
import { findBySubject, type FilterTrust } from './jmap-search.ts';

/** What came of one errand: its outcome and how many messages it was about. */
export interface Errand {
  readonly outcome: ProtocolOutcome;
  readonly startedUs: number;
  readonly endedUs: number;
  readonly messages: number;
}

/** Messages that a page of INBOX shows. */
const PAGE = 50;

/** What a client shows of each. */
const SHOWN = ['id', 'threadId', 'mailboxIds', 'keywords', 'from', 'subject', 'receivedAt', 'messageId'];

/** Folders and identity are looked up once: they do not change under a load. */
export class JmapDesk {
  readonly connection: JmapConnection;
  #mailboxes: readonly Mailbox[] | undefined;
  #identityId: string | undefined;
  #known: Known | undefined;

  constructor(connection: JmapConnection) {
    this.connection = connection;
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
        for (let at = 0; at < ids.length; at += maxObjectsInSet) {
          const moved = await this.connection.move(ids.slice(at, at + maxObjectsInSet), trash);
          messages += moved.value?.done.length ?? 0;
          const outcome = moved.value?.refused.values().next().value ?? moved.outcome;
          last = { outcome, startedUs: listed.startedUs, endedUs: moved.endedUs, messages };
          if (outcome.kind !== 'ok') return last;
        }
        return last;
      }),
    );
  }

  /** A message from its owner to himself, through Drafts where there is one. */
  async submit(message: Buffer, address: string): Promise<Errand> {
    const identityId = await this.#identity();
    if (typeof identityId !== 'string') return errand(identityId, 0);
    const role = (await this.#folder('drafts')).id === undefined ? 'inbox' : 'drafts';
    return this.#inFolder(role, async (mailboxId) => {
      const from = { identityId, mailboxId };
      const sent = await this.connection.submit(message, { from: address, to: [address] }, from);
      return errand(sent, sent.outcome.kind === 'ok' ? 1 : 0);
    });
  }

  async #inFolder(role: string, run: (mailboxId: string) => Promise<Errand>): Promise<Errand> {
    const found = await this.#folder(role);
    return found.id === undefined ? found.errand : run(found.id);
  }

  async #folder(
    role: string,
  ): Promise<{ readonly id: string } | { readonly id: undefined; readonly errand: Errand }> {
    const known = idOf(this.#mailboxes, role);
    if (known !== undefined) return { id: known };
    const read = await this.connection.mailboxes();
    this.#mailboxes = read.value ?? this.#mailboxes;
    const id = idOf(read.value, role);
    if (id !== undefined) return { id };
    const { startedUs, endedUs, outcome } = read;
    const missing =
      outcome.kind === 'ok' ? refusal('NONEXISTENT', `no mailbox with the role ${role}`) : outcome;
    return { id: undefined, errand: { outcome: missing, startedUs, endedUs, messages: 0 } };
  }

  async #identity(): Promise<string | JmapResult<unknown>> {
    if (this.#identityId !== undefined) return this.#identityId;
    const read = await this.connection.identities();
    this.#identityId = read.value?.[0]?.id;
    if (this.#identityId !== undefined) return this.#identityId;
    return read.outcome.kind === 'ok' ? { ...read, outcome: refusal('NONEXISTENT', 'no identity') } : read;
  }
}

function idOf(mailboxes: readonly Mailbox[] | undefined, role: string): string | undefined {
  return mailboxes?.find((one) => one.role === role)?.id;
}

function errand({ outcome, startedUs, endedUs }: JmapResult<unknown>, messages: number | undefined): Errand {
  return { outcome, startedUs, endedUs, messages: messages ?? 0 };
}
