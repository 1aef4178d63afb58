/** Accepted copies on their way into mailboxes, first in, first out, as fast as the capacity model lets them. */

import { autoReplyMessage, bounceMessage, type NoticeContext } from './notices.ts';
import { Message } from './message.ts';
import { LONGEST_TIMER_MS, type Pace } from './pace.ts';
import type { Account } from './store.ts';
import type { Misbehaviour } from './switches.ts';
import type { Vacation } from './vacation.ts';

/** Copies put away before other work gets its turn: about a millisecond's worth. */
const MAX_SLICE = 2_000;

/** Batches delivered before the front of the queue is cut off. */
const COMPACT_AFTER = 1_024;

interface Batch {
  readonly message: Message;
  /** Envelope sender; empty for notices, which nobody answers (RFC 5321 §4.5.5). */
  readonly sender: string;
  readonly recipients: readonly Account[];
  next: number;
}

export interface QueueOptions {
  readonly pace: Pace;
  readonly misbehaviour: Misbehaviour;
  readonly domain: string;
  readonly accountOf: (address: string) => Account | undefined;
  /** Who is away, and whom they have answered. */
  readonly vacation?: Vacation | undefined;
}

export class DeliveryQueue {
  readonly #options: QueueOptions;
  #batches: Batch[] = [];
  #front = 0;
  #owed = 0;
  /** Copies the model has handed over that are not in their mailboxes yet. */
  #granted = 0;
  #timer: NodeJS.Timeout | undefined;
  #notices = 0;
  #stopped = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Accepted copies that are in no mailbox yet, bounces and auto-replies included. */
  owed(): number {
    return this.#owed;
  }

  /** Queues one message for every recipient. The message's bytes are shared by all its copies. */
  accept(message: Message, sender: string, recipients: readonly Account[]): void {
    if (recipients.length === 0) return;
    this.#batches.push({ message, sender, recipients, next: 0 });
    this.#owed += recipients.length;
    const { pace } = this.#options;
    pace.capacity.enqueue(pace.nowUs(), recipients.length);
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#stopped || this.#owed === 0) return;
    const { pace } = this.#options;
    const next = this.#granted > 0 ? undefined : pace.capacity.nextDeliveryUs();
    const delayMs = next === undefined ? 1 : Math.ceil((next - pace.nowUs()) / 1_000);
    this.#timer = setTimeout(() => this.#drain(), Math.min(Math.max(1, delayMs), LONGEST_TIMER_MS));
  }

  #drain(): void {
    this.#timer = undefined;
    const { pace } = this.#options;
    this.#granted += pace.capacity.deliver(pace.nowUs());
    const slice = Math.min(this.#granted, MAX_SLICE);
    const seconds = Math.floor(Date.now() / 1_000);
    this.#granted -= slice;
    for (let i = 0; i < slice; i += 1) this.#deliverOne(seconds);
    if (this.#front >= COMPACT_AFTER) {
      this.#batches = this.#batches.slice(this.#front);
      this.#front = 0;
    }
    this.#arm();
  }

  #deliverOne(seconds: number): void {
    const batch = this.#batches[this.#front];
    const account = batch?.recipients[batch.next];
    if (batch === undefined || account === undefined) return;
    batch.next += 1;
    if (batch.next === batch.recipients.length) this.#front += 1;
    this.#owed -= 1;
    const { bounces, autoReplies } = this.#options.misbehaviour;
    const key = bounces.size + autoReplies.size > 0 ? account.address.toLowerCase() : '';
    if (bounces.has(key)) {
      this.#bounce(batch, account);
      return;
    }
    account.inbox.add(batch.message, seconds, 0);
    const { vacation, pace } = this.#options;
    if (autoReplies.has(key)) this.#autoReply(batch, account);
    else if (vacation?.answers(account.address, batch.message, batch.sender, pace.nowUs()) === true)
      this.#answer(batch, account);
  }

  #bounce(batch: Batch, account: Account): void {
    const to = this.#options.accountOf(batch.sender);
    if (to === undefined) return;
    const header = batch.message.raw.toString('latin1', 0, batch.message.bodyStart);
    const raw = bounceMessage(batch.sender, account.address, header, this.#context());
    this.accept(new Message(raw), '', [to]);
  }

  #autoReply(batch: Batch, account: Account): void {
    const submitted = batch.message.field('auto-submitted') ?? 'no';
    // RFC 3834 §2: never answer what a machine sent, or two absent colleagues write to each other for ever.
    if (submitted.toLowerCase() === 'no') this.#answer(batch, account);
  }

  #answer(batch: Batch, account: Account): void {
    const to = this.#options.accountOf(batch.sender);
    if (to === undefined) return;
    const subject = batch.message.field('subject') ?? '';
    const messageId = batch.message.field('message-id');
    const raw = autoReplyMessage(account.address, batch.sender, { subject, messageId }, this.#context());
    this.accept(new Message(raw), '', [to]);
  }

  #context(): NoticeContext {
    this.#notices += 1;
    return { domain: this.#options.domain, queueId: `n${this.#notices}`, at: new Date() };
  }
}
