/** One folder's copies in UID order, and who is looking at it. Knows nothing of sequence numbers or of sockets. */

import type { Message } from './message.ts';

/** System flags as bits (RFC 3501 §2.3.2); keywords take the bits above. */
export const FLAG = { seen: 1, answered: 2, flagged: 4, deleted: 8, draft: 16 } as const;

/** One message in one folder. Many per message, so small: whole numbers and one reference. */
export interface Copy {
  readonly uid: number;
  /** Of its account: kept when it moves to another folder, given to no other copy ever (RFC 8621 §4.1.1). */
  readonly id: number;
  readonly folder: Mailbox;
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

/** Who writes down what happens to an account's copies; told after it has happened. */
export interface Journal {
  /** Under an id that is known already: it has come from another folder, which gives it up next. */
  added(copy: Copy): void;
  flagged(copy: Copy, before: number): void;
  expunged(copies: readonly Copy[]): void;
  /** A folder is new, or gone. */
  folders(): void;
}

/** What the folders of one account have in common. */
export interface Household {
  /** The last id that a copy was given. */
  lastId: number;
  /** Absent until somebody wants to know: mail that only IMAP reads costs nothing here. */
  journal: Journal | undefined;
}

export class Mailbox {
  readonly name: string;
  readonly uidValidity: number;
  readonly household: Household;
  uidNext = 1;
  /** Goes up with every change of flags. */
  flagEpoch = 0;
  /** Goes up with every expunge. */
  expungeEpoch = 0;
  readonly #observers = new Set<Observer>();
  #copies: Copy[] = [];

  constructor(name: string, uidValidity: number, household: Household = { lastId: 0, journal: undefined }) {
    this.name = name;
    this.uidValidity = uidValidity;
    this.household = household;
  }

  /** In UID order. */
  get copies(): readonly Copy[] {
    return this.#copies;
  }

  /**
   * Appends a copy under the next UID and tells every observer.
   *
   * @param movedId the id that it brings along from the account's folder that it was in
   */
  add(message: Message, receivedSeconds: number, flags: number, movedId?: number): Copy {
    const { household, uidNext: uid, flagEpoch } = this;
    if (movedId === undefined) household.lastId += 1;
    const id = movedId ?? household.lastId;
    const copy = { uid, id, folder: this, message, receivedSeconds, flags, flagEpoch, expunged: false };
    this.uidNext += 1;
    this.#copies.push(copy);
    household.journal?.added(copy);
    if (this.#observers.size > 0) this.#tell();
    return copy;
  }

  setFlags(copy: Copy, flags: number): void {
    if (copy.flags === flags) return;
    const before = copy.flags;
    this.flagEpoch += 1;
    copy.flags = flags;
    copy.flagEpoch = this.flagEpoch;
    this.household.journal?.flagged(copy, before);
    this.#tell();
  }

  /** Removes copies in one pass, however many; those gone already are passed over. Returns the removed, as given. */
  expunge(copies: readonly Copy[]): Copy[] {
    const removed = copies.filter((copy) => !copy.expunged);
    if (removed.length === 0) return removed;
    for (const copy of removed) copy.expunged = true;
    this.#copies = this.#copies.filter((copy) => !copy.expunged);
    this.expungeEpoch += 1;
    this.household.journal?.expunged(removed);
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
