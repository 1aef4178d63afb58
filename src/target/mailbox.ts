/** One folder's copies in UID order, and who is looking at it. Knows nothing of sequence numbers or of sockets. */

import type { Message } from './message.ts';

/** System flags as bits (RFC 3501 §2.3.2); keywords take the bits above. */
export const FLAG = { seen: 1, answered: 2, flagged: 4, deleted: 8, draft: 16 } as const;

/** One message in one folder. Many per message, so small: whole numbers and one reference. */
export interface Copy {
  readonly uid: number;
  readonly message: Message;
  /** Seconds since 1970, INTERNALDATE. */
  readonly receivedSeconds: number;
  flags: number;
  /** The folder's `flagEpoch` at the last change of flags. */
  flagEpoch: number;
  expunged: boolean;
}

/** A session with this folder open; told that something changed, it decides when to say so. */
export interface Observer {
  changed(): void;
}

export class Mailbox {
  readonly name: string;
  readonly uidValidity: number;
  uidNext = 1;
  /** Goes up with every change of flags. */
  flagEpoch = 0;
  /** Goes up with every expunge. */
  expungeEpoch = 0;
  readonly #observers = new Set<Observer>();
  #copies: Copy[] = [];

  constructor(name: string, uidValidity: number) {
    this.name = name;
    this.uidValidity = uidValidity;
  }

  /** In UID order. */
  get copies(): readonly Copy[] {
    return this.#copies;
  }

  /** Appends a copy under the next UID and tells every observer. */
  add(message: Message, receivedSeconds: number, flags: number): Copy {
    const uid = this.uidNext;
    const copy = { uid, message, receivedSeconds, flags, flagEpoch: this.flagEpoch, expunged: false };
    this.uidNext += 1;
    this.#copies.push(copy);
    if (this.#observers.size > 0) this.#tell();
    return copy;
  }

  setFlags(copy: Copy, flags: number): void {
    if (copy.flags === flags) return;
    this.flagEpoch += 1;
    copy.flags = flags;
    copy.flagEpoch = this.flagEpoch;
    this.#tell();
  }

  /** Removes copies in one pass, however many; those gone already are passed over. Returns the removed, as given. */
  expunge(copies: readonly Copy[]): Copy[] {
    const removed = copies.filter((copy) => !copy.expunged);
    if (removed.length === 0) return removed;
    for (const copy of removed) copy.expunged = true;
    this.#copies = this.#copies.filter((copy) => !copy.expunged);
    this.expungeEpoch += 1;
    this.#tell();
    return removed;
  }

  /** Copies with a UID above the one given, in order. */
  newerThan(uid: number): readonly Copy[] {
    let first = this.#copies.length;
    while (first > 0 && (this.#copies[first - 1]?.uid ?? 0) > uid) first -= 1;
    return first === this.#copies.length ? [] : this.#copies.slice(first);
  }

  observe(observer: Observer): void {
    this.#observers.add(observer);
  }

  leave(observer: Observer): void {
    this.#observers.delete(observer);
  }

  #tell(): void {
    for (const observer of this.#observers) observer.changed();
  }
}
