/** The connections that a run's people share in virtual time: so many for submission, so many for mailboxes. Mirrors replay's pools; knows no mail. */

import { PARKED, type EventQueue, type Process } from './events.ts';

/** How many there are, and for whom. */
export interface ConnectionCaps {
  readonly submission: number;
  readonly mailbox: number;
  /** Mailbox sessions of one person, lasting ones included. */
  readonly perPerson: number;
}

/** Nobody shares: everybody has connections of their own, as in life. */
export const OWN_CONNECTIONS: ConnectionCaps = {
  submission: Number.POSITIVE_INFINITY,
  mailbox: Number.POSITIVE_INFINITY,
  perPerson: Number.POSITIVE_INFINITY,
};

interface Waiter {
  readonly task: Process;
  readonly person: number;
  warm: boolean;
}

/** First come, first served, without moving what stays. */
class Queue<T> {
  #items: T[] = [];
  #front = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#front];
    if (item === undefined) return undefined;
    this.#front += 1;
    if (this.#front >= 1_024 && this.#front * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#front);
      this.#front = 0;
    }
    return item;
  }
}

/** Submission connections, each signed in as its author; idle ones stay warm, the longest unused makes room. */
export class SubmissionLines {
  readonly #events: EventQueue;
  readonly #most: number;
  readonly #warmMost: number;
  /** Idle connections by author, the longest unused first. */
  readonly #idle = new Map<number, number>();
  readonly #waiting = new Queue<Waiter>();
  #idleCount = 0;
  #open = 0;
  /** Messages that waited for a connection. */
  waited = 0;

  /** @param warmMost idle connections kept where `most` is no limit */
  constructor(events: EventQueue, most: number, warmMost: number) {
    this.#events = events;
    this.#most = most;
    this.#warmMost = warmMost;
  }

  /** Waits for a connection; true if it is signed in as the author already. */
  *take(author: number): Generator<number, boolean, void> {
    const idle = this.#idle.get(author) ?? 0;
    if (idle > 0) {
      this.#forget(author, idle);
      return true;
    }
    if (this.#open >= this.#most) this.#closeOldest();
    if (this.#open < this.#most) {
      this.#open += 1;
      return false;
    }
    const waiter = { task: this.#events.current, person: author, warm: false };
    this.#waiting.push(waiter);
    this.waited += 1;
    yield PARKED;
    return waiter.warm;
  }

  /** The author has done with the connection: it goes to who waits longest, or stays warm. */
  release(author: number): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      // Somebody else's connection is closed and opened anew as theirs.
      waiter.warm = waiter.person === author;
      this.#events.wake(waiter.task, this.#events.nowUs);
      return;
    }
    const before = this.#idle.get(author) ?? 0;
    this.#idle.delete(author);
    this.#idle.set(author, before + 1);
    this.#idleCount += 1;
    if (this.#idleCount > this.#warmMost) this.#closeOldest();
  }

  #closeOldest(): void {
    for (const [author, count] of this.#idle) {
      this.#forget(author, count);
      this.#open -= 1;
      return;
    }
  }

  #forget(author: number, count: number): void {
    if (count > 1) this.#idle.set(author, count - 1);
    else this.#idle.delete(author);
    this.#idleCount -= 1;
  }
}

/** Places for mailbox sessions: so many in all, and so many a person. Nobody waits for a person who has too many already. */
export class SessionPlaces {
  readonly #events: EventQueue;
  readonly #most: number;
  readonly #perPerson: number;
  readonly #held = new Map<number, number>();
  #waiting: Waiter[] = [];
  #taken = 0;
  /** Sessions that waited for a place. */
  waited = 0;

  constructor(events: EventQueue, most: number, perPerson: number) {
    this.#events = events;
    this.#most = most;
    this.#perPerson = perPerson;
  }

  /** A session that lasts counts for its person only. */
  hold(person: number): void {
    this.#held.set(person, (this.#held.get(person) ?? 0) + 1);
  }

  /** Waits for a place. */
  *enter(person: number): Generator<number, void, void> {
    if (this.#isUnlimited) return;
    if (this.#mayEnter(person)) return this.#take(person);
    this.#waiting.push({ task: this.#events.current, person, warm: false });
    this.waited += 1;
    yield PARKED;
  }

  leave(person: number): void {
    if (this.#isUnlimited) return;
    this.#taken -= 1;
    this.#held.set(person, (this.#held.get(person) ?? 1) - 1);
    while (this.#taken < this.#most) {
      const index = this.#waiting.findIndex((waiter) => this.#mayEnter(waiter.person));
      if (index < 0) return;
      const [waiter] = this.#waiting.splice(index, 1) as [Waiter];
      this.#take(waiter.person);
      this.#events.wake(waiter.task, this.#events.nowUs);
    }
  }

  get #isUnlimited(): boolean {
    return this.#most === Number.POSITIVE_INFINITY && this.#perPerson === Number.POSITIVE_INFINITY;
  }

  #mayEnter(person: number): boolean {
    return this.#taken < this.#most && (this.#held.get(person) ?? 0) < this.#perPerson;
  }

  #take(person: number): void {
    this.#taken += 1;
    this.hold(person);
  }
}
