/** A mail system by its limits, in virtual time: queue, sign-ins, locks. Copies to everybody are counted, not kept one by one. */

import { Capacity } from '../capacity/capacity.ts';
import type { AccessKind, CapacityConfig } from '../capacity/config.ts';
import type { ConnectionCaps } from './connections.ts';

export interface SystemConfig {
  readonly capacity: CapacityConfig;
  readonly discipline: 'fifo' | 'singlesFirst';
  readonly mailboxLock: boolean;
  readonly maxSessions: number;
  readonly maxOwedCopies: number;
  readonly caps: ConnectionCaps;
}

/** Told of a copy that somebody waits for, at the instant of its delivery; true where somebody wakes up then. */
export type Delivered = (atUs: number) => boolean;

/** The list, where it is not simply every mailbox. */
export interface ListShape {
  /** Members whose mailbox is gone, the last of the list. */
  readonly dead: number;
  /** Authors get nothing back. */
  readonly withoutAuthor: boolean;
}

/** A session that is told when its mailbox changes; true where somebody wakes up then. */
export interface Observer {
  arrived(atUs: number): boolean;
  changed(atUs: number): boolean;
}

interface Batch {
  /** Copies still to be delivered; of a message to everybody in order of mailboxes, dead members last. */
  left: number;
  readonly toAll: boolean;
  readonly delivered: Delivered | undefined;
  /** Observed mailboxes that a message to everybody has reached. */
  observed: number;
}

/** First in, first out, without moving what stays. */
class Line {
  #batches: Batch[] = [];
  #front = 0;

  get head(): Batch | undefined {
    return this.#batches[this.#front];
  }

  get last(): Batch | undefined {
    return this.#front < this.#batches.length ? this.#batches.at(-1) : undefined;
  }

  push(batch: Batch): void {
    this.#batches.push(batch);
  }

  shift(): void {
    this.#front += 1;
    if (this.#front < 4_096) return;
    this.#batches = this.#batches.slice(this.#front);
    this.#front = 0;
  }
}

/** Work that changes a mailbox, and so holds its lock. */
const WRITES: readonly AccessKind[] = ['store', 'move', 'expunge', 'append'];

export class MailSystem {
  readonly #config: SystemConfig;
  /** Copies of a message to everybody, and the work of delivering it, members without a mailbox included. */
  readonly #copiesToAll: number;
  readonly #workToAll: number;
  readonly #capacity: Capacity;
  readonly #line = new Line();
  readonly #singles = new Line();
  /** Empty where mailboxes have no lock. */
  readonly #lockedUntilUs: Float64Array;
  /** Per mailbox: mail to its owner alone, less what was deleted there. Small, and never negative in sum. */
  readonly #own: Int32Array;
  readonly #observers = new Map<number, Observer>();
  /** In order of mailboxes. */
  #observed: number[] = [];
  #toAllDone = 0;
  #owed = 0;
  #sessions = 0;
  #emptySinceUs: number | undefined = 0;

  constructor(config: SystemConfig, mailboxes: number, list: ListShape = { dead: 0, withoutAuthor: false }) {
    this.#config = config;
    this.#copiesToAll = mailboxes - (list.withoutAuthor ? 1 : 0);
    this.#workToAll = this.#copiesToAll + list.dead;
    this.#capacity = new Capacity(config.capacity);
    this.#own = new Int32Array(mailboxes);
    this.#lockedUntilUs = new Float64Array(config.mailboxLock ? mailboxes : 0);
  }

  /** Accepted copies that are in no mailbox yet. */
  get owed(): number {
    return this.#owed;
  }

  /** Since when nothing has been owed; undefined while something is. */
  get emptySinceUs(): number | undefined {
    return this.#emptySinceUs;
  }

  get isFull(): boolean {
    return this.#owed >= this.#config.maxOwedCopies;
  }

  /** Takes one more session; false where a limiter refuses it. */
  enter(): boolean {
    if (this.#sessions >= this.#config.maxSessions) return false;
    this.#sessions += 1;
    return true;
  }

  leave(): void {
    this.#sessions -= 1;
  }

  /** Tells of every change of a mailbox. Before the first message, and one observer a mailbox. */
  observe(mailbox: number, observer: Observer): void {
    this.#observers.set(mailbox, observer);
    this.#observed = [...this.#observers.keys()].toSorted((a, b) => a - b);
  }

  /**
   * Queues an accepted message: to everybody, or to one mailbox, whose delivery `delivered` is told of. `after` is told
   * of its last copy, whoever waits for it. Returns its copies.
   */
  accept(
    nowUs: number,
    recipient: number | 'list',
    delivered?: Delivered,
    after?: (atUs: number) => void,
  ): number {
    const toAll = recipient === 'list';
    const work = toAll ? this.#workToAll : 1;
    const line = toAll ? this.#line : this.#lineOfSingles;
    const observer = toAll ? undefined : this.#observers.get(recipient);
    const waiting = delivered ?? (observer && ((atUs: number) => observer.arrived(atUs)));
    const told =
      after === undefined
        ? waiting
        : (atUs: number) => {
            after(atUs);
            return waiting?.(atUs) ?? false;
          };
    // Mail that nobody waits for joins the batch before it: only its number counts.
    const last = line.last;
    if (last !== undefined && !toAll && !last.toAll && !told && !last.delivered) last.left += 1;
    else line.push({ left: work, toAll, delivered: told, observed: 0 });
    if (!toAll) this.#addOwn(recipient, 1);
    this.#owe(nowUs, work);
    return toAll ? this.#copiesToAll : 1;
  }

  /** Queues so many messages to one mailbox that nobody wrote and nobody waits for. */
  notify(nowUs: number, mailbox: number, messages: number): void {
    if (messages <= 0) return;
    const observer = this.#observers.get(mailbox);
    // A session is told once, of the last: what it lists then is all of them.
    const delivered = observer && ((atUs: number) => observer.arrived(atUs));
    this.#lineOfSingles.push({ left: messages, toAll: false, delivered, observed: 0 });
    this.#addOwn(mailbox, messages);
    this.#owe(nowUs, messages);
  }

  /**
   * Delivers until an instant, or until the first copy that wakes somebody up. Nothing else may be
   * asked of the system at an instant before it has delivered until then.
   */
  deliverUntil(nowUs: number): void {
    for (;;) {
      const line = this.#singles.head === undefined ? this.#line : this.#singles;
      const batch = line.head;
      if (batch === undefined) return;
      const next = batch.toAll ? this.#observed[batch.observed] : undefined;
      const most =
        next === undefined ? batch.left : Math.min(batch.left, batch.left - (this.#workToAll - 1 - next));
      const done = this.#capacity.deliver(nowUs, most);
      if (done === 0) return;
      batch.left -= done;
      this.#owed -= done;
      const atUs = this.#capacity.lastDeliveryUs;
      if (this.#owed === 0) this.#emptySinceUs = atUs;
      let woken = false;
      if (next !== undefined && done === most) {
        batch.observed += 1;
        woken = this.#observers.get(next)?.arrived(atUs) === true;
      }
      if (batch.left === 0) {
        line.shift();
        if (batch.toAll) this.#toAllDone += 1;
        woken = batch.delivered?.(atUs) === true || woken;
      }
      if (woken) return;
    }
  }

  /** How many messages a mailbox holds now. A message to everybody reaches mailboxes in their order. */
  messagesIn(mailbox: number): number {
    return Math.max(0, this.storedToAll(mailbox) + (this.#own[mailbox] ?? 0));
  }

  /** Messages to everybody that have reached a mailbox, deleted ones included. */
  storedToAll(mailbox: number): number {
    const head = this.#line.head;
    const reached = head?.toAll === true && mailbox < this.#workToAll - head.left ? 1 : 0;
    return this.#toAllDone + reached;
  }

  /** Takes messages out of a mailbox. */
  remove(mailbox: number, messages: number, nowUs: number): void {
    this.#addOwn(mailbox, -messages);
    this.#observers.get(mailbox)?.changed(nowUs);
  }

  /** A message to everybody is not for this one of them. */
  withhold(mailbox: number): void {
    this.#addOwn(mailbox, -1);
  }

  /** Until when a mailbox serves nobody else; in the past where it is free. */
  lockedUntilUs(mailbox: number): number {
    return this.#lockedUntilUs[mailbox] ?? Number.NEGATIVE_INFINITY;
  }

  /** Takes on work for a mailbox that is not locked, or for none (-1); says when it will be done. */
  work(nowUs: number, mailbox: number, kind: AccessKind, messages: number, commands = 1): number {
    const doneUs = this.#capacity.access(nowUs, kind, messages, commands);
    if (this.#config.mailboxLock && mailbox >= 0 && WRITES.includes(kind))
      this.#lockedUntilUs[mailbox] = doneUs;
    return doneUs;
  }

  /** How long work that arrives now would wait before it is begun. */
  waitUs(nowUs: number): number {
    return this.#capacity.accessBacklogUs(nowUs);
  }

  get #lineOfSingles(): Line {
    return this.#config.discipline === 'singlesFirst' ? this.#singles : this.#line;
  }

  #owe(nowUs: number, copies: number): void {
    this.#owed += copies;
    this.#emptySinceUs = undefined;
    this.#capacity.enqueue(nowUs, copies);
  }

  #addOwn(mailbox: number, messages: number): void {
    this.#own[mailbox] = (this.#own[mailbox] ?? 0) + messages;
  }
}
