/** What has become of one account's mail since somebody first asked over JMAP: states, changes, and where each id is now. Writes no socket. */

import { type Copy, FLAG, type Journal, type Observer } from '../mailbox.ts';
import type { Account } from '../store.ts';

/** Changes remembered at least; a client that was away for longer reads everything anew (RFC 8620 §5.2). */
const REMEMBERED = 10_000;

const KINDS = ['created', 'updated', 'destroyed'] as const;
type Kind = (typeof KINDS)[number];

/** Email/changes: ids by what became of them, and the state they lead to. */
export interface Changes {
  readonly newState: string;
  readonly hasMore: boolean;
  readonly created: readonly number[];
  readonly updated: readonly number[];
  readonly destroyed: readonly number[];
}

export class AccountJournal implements Journal {
  /** Those that JMAP shows. */
  readonly #copies = new Map<number, Copy>();
  readonly #observers = new Set<Observer>();
  /** `id * 4 + kind`: one number a change. */
  #log: number[] = [];
  readonly #remembered: number;
  /** Changes that have been forgotten. */
  #forgotten = 0;
  #mailboxChanges = 0;
  #deliveries = 0;

  /** Takes stock of the account and follows it from now on. */
  constructor(account: Account, remembered: number = REMEMBERED) {
    this.#remembered = remembered;
    for (const folder of account.folders.values()) {
      for (const copy of folder.copies) if (isShown(copy.flags)) this.#copies.set(copy.id, copy);
    }
    account.inbox.household.journal = this;
  }

  /** Of Email, as /get would say it. */
  get emailState(): string {
    return String(this.#forgotten + this.#log.length);
  }

  /** Of Mailbox: counts change with every message. */
  get mailboxState(): string {
    return String(this.#mailboxChanges);
  }

  /** Of EmailDelivery (RFC 8621 §1.5): new mail only. */
  get deliveryState(): string {
    return String(this.#deliveries);
  }

  copy(id: number): Copy | undefined {
    return this.#copies.get(id);
  }

  added(copy: Copy): void {
    const known = this.#copies.has(copy.id);
    if (isShown(copy.flags)) {
      this.#copies.set(copy.id, copy);
      if (!known) this.#deliveries += 1;
      this.#note(copy.id, known ? 'updated' : 'created');
    } else if (known) this.#forget(copy.id);
    this.#changed();
  }

  /** \Deleted hides a message from JMAP (RFC 8621 §4.1.1). */
  flagged(copy: Copy, before: number): void {
    const shown = isShown(copy.flags);
    if (shown && isShown(before)) this.#note(copy.id, 'updated');
    else if (shown) {
      this.#copies.set(copy.id, copy);
      this.#note(copy.id, 'created');
    } else if (isShown(before)) this.#forget(copy.id);
    this.#changed();
  }

  expunged(copies: readonly Copy[]): void {
    // What has moved is another copy under the same id by now.
    for (const copy of copies) if (this.#copies.get(copy.id) === copy) this.#forget(copy.id);
    this.#changed();
  }

  folders(): void {
    this.#changed();
  }

  observe(observer: Observer): void {
    this.#observers.add(observer);
  }

  leave(observer: Observer): void {
    this.#observers.delete(observer);
  }

  /** What has changed since a state, at most so many ids; undefined: it is none of ours, or too long ago. */
  since(state: string, most: number): Changes | undefined {
    const from = /^\d{1,15}$/.test(state) ? Number(state) - this.#forgotten : -1;
    if (from < 0 || from > this.#log.length) return undefined;
    const net = new Map<number, Kind | 'nothing'>();
    let at = from;
    for (; at < this.#log.length; at += 1) {
      const entry = this.#log[at] as number;
      const id = Math.floor(entry / 4);
      const before = net.get(id);
      if (before === undefined && net.size >= most) break;
      net.set(id, together(before, KINDS[entry % 4] as Kind));
    }
    const those = (kind: Kind): number[] => [...net].flatMap(([id, what]) => (what === kind ? [id] : []));
    return {
      newState: String(this.#forgotten + at),
      hasMore: at < this.#log.length,
      created: those('created'),
      updated: those('updated'),
      destroyed: those('destroyed'),
    };
  }

  #forget(id: number): void {
    this.#copies.delete(id);
    this.#note(id, 'destroyed');
  }

  #note(id: number, kind: Kind): void {
    this.#log.push(id * 4 + KINDS.indexOf(kind));
    if (this.#log.length < 2 * this.#remembered) return;
    this.#forgotten += this.#log.length - this.#remembered;
    this.#log = this.#log.slice(-this.#remembered);
  }

  #changed(): void {
    this.#mailboxChanges += 1;
    for (const observer of this.#observers) observer.changed();
  }
}

/** Whether JMAP shows a copy with these flags. */
export function isShown(flags: number): boolean {
  return (flags & FLAG.deleted) === 0;
}

/** Two changes of one id as one (RFC 8620 §5.2). What came and went within is not told. */
function together(before: Kind | 'nothing' | undefined, now: Kind): Kind | 'nothing' {
  switch (before) {
    case undefined:
      return now;
    case 'created':
      return now === 'destroyed' ? 'nothing' : 'created';
    case 'destroyed':
      return now === 'destroyed' ? 'destroyed' : 'updated';
    case 'nothing':
      return now === 'destroyed' ? 'nothing' : 'created';
    case 'updated':
      return now === 'destroyed' ? 'destroyed' : 'updated';
  }
}
