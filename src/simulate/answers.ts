/** What messages bring forth by themselves in virtual time: auto-replies, bounces, receipts, second copies. Counted by mailbox, never one object each. */

import {
  noteNotification,
  notificationFigures,
  type NotificationBook,
  type NotificationFigures,
} from '../measure/notifications.ts';
import {
  asksForReceipt,
  awayMailboxes,
  deadMembers,
  grantsReceipt,
  receiptNumber,
} from '../storm/amplifiers.ts';
import type { PlannedMessage } from '../storm/journey.ts';
import { listMessage, type Plan } from '../storm/plan.ts';
import type { EventQueue } from './events.ts';
import type { Delivered, MailSystem } from './mail-system.ts';

export interface AnswerCounts extends NotificationFigures {
  /** Messages to everybody that took one back, accepted. */
  readonly recalls: number;
  /** Of replies to those whom they answer, beside the list. */
  readonly secondCopies: number;
}

/**
 * Answers come when the message they answer is in its last mailbox: a mail system sends them one by one as it delivers,
 * behind what is queued by then. Nobody is answered twice: a simulation is shorter than the days an absence lasts.
 */
export class Answers {
  readonly #plan: Plan;
  readonly #system: MailSystem;
  readonly #events: EventQueue;
  readonly #away: ReadonlySet<number>;
  readonly #dead: number;
  /** Authors whom everybody away has answered, and by author those who did before. */
  readonly #answered = new Set<number>();
  readonly #answeredBy = new Map<number, Set<number>>();
  readonly #book: NotificationBook = new Map();
  /** Messages to everybody in the order of their acceptance, which is that of a mailbox. */
  readonly #accepted: number[] = [];
  readonly #receipts = new Set<number>();
  #recalls = 0;
  #secondCopies = 0;

  constructor(plan: Plan, system: MailSystem, events: EventQueue) {
    const { profile, seed, mailboxes } = plan;
    const silent = profile.amplifiers?.autoSubmitted === true;
    this.#plan = plan;
    this.#system = system;
    this.#events = events;
    this.#away = new Set(silent ? [] : awayMailboxes(profile, seed, mailboxes));
    this.#dead = deadMembers(profile, mailboxes);
  }

  get counts(): AnswerCounts {
    const recalls = this.#recalls;
    return { ...notificationFigures(this.#book), recalls, secondCopies: this.#secondCopies };
  }

  /** Hands an accepted message to the mail system, and sees to what comes of it. Returns its copies. */
  accept(message: PlannedMessage, delivered?: Delivered): number {
    const { recipient, author, number, alsoTo } = message;
    const nowUs = this.#events.nowUs;
    const follows =
      recipient === 'list' ? this.#away.size + this.#dead > 0 : this.#answers(author, recipient);
    const after = follows ? (atUs: number) => this.#follow(message, atUs) : undefined;
    const copies = this.#system.accept(nowUs, recipient, delivered, after);
    if (recipient !== 'list') return copies;
    this.#accepted.push(number);
    if (this.#plan.cascade[number]?.isRecall === true) this.#recalls += 1;
    if (this.#plan.profile.list?.echo === false) this.#system.withhold(author);
    if (alsoTo === undefined) return copies;
    this.#secondCopies += 1;
    this.#system.notify(nowUs, alsoTo, 1);
    return copies;
  }

  /** To whom a reader's client owes a receipt for the newest message to everybody, taken for the newest of all. */
  receiptTo(reader: number): number | undefined {
    const { profile, seed, mailboxes } = this.#plan;
    const number = this.#accepted[this.#system.storedToAll(reader) - 1];
    if (number === undefined || !asksForReceipt(profile, seed, number)) return undefined;
    if (!grantsReceipt(profile, seed, reader)) return undefined;
    const { author } = listMessage(this.#plan, number);
    const receipt = receiptNumber(mailboxes, number, reader);
    if (author === reader || this.#receipts.has(receipt)) return undefined;
    this.#receipts.add(receipt);
    return author;
  }

  /** A receipt was taken. */
  receipt(author: number): void {
    this.#notify(this.#events.nowUs, author, 'receipt', 1);
  }

  #follow({ recipient, author }: PlannedMessage, atUs: number): void {
    if (recipient !== 'list') {
      if (!this.#answers(author, recipient)) return;
      const answered = this.#answeredBy.get(author) ?? new Set();
      this.#answeredBy.set(author, answered.add(recipient));
      return this.#notify(atUs, author, 'autoReply', 1);
    }
    if (this.#dead > 0) this.#notify(atUs, author, 'bounce', this.#dead);
    if (this.#answered.has(author)) return;
    this.#answered.add(author);
    const before = (this.#answeredBy.get(author)?.size ?? 0) + (this.#away.has(author) ? 1 : 0);
    this.#notify(atUs, author, 'autoReply', this.#away.size - before);
  }

  /** Whether somebody is away who has not answered this author yet. Nobody answers themselves. */
  #answers(author: number, person: number): boolean {
    if (!this.#away.has(person) || person === author || this.#answered.has(author)) return false;
    return this.#answeredBy.get(author)?.has(person) !== true;
  }

  #notify(atUs: number, mailbox: number, kind: 'autoReply' | 'bounce' | 'receipt', count: number): void {
    if (count <= 0) return;
    noteNotification(this.#book, mailbox, kind, count);
    this.#system.notify(atUs, mailbox, count);
  }
}
