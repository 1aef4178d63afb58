/** Accepted copies on their way into mailboxes, first in, first out, as fast as the capacity model lets them. */

import { autoReplyMessage, bounceMessage, type NoticeContext } from './notices.ts';
import { Message } from './message.ts';
import { LONGEST_TIMER_MS, type Pace } from './pace.ts';
import type { Account } from './store.ts';
import type { Misbehaviour } from './switches.ts';
import type { Vacation } from './vacation.ts';
import type { Unruly } from './unruly.ts';

/** Copies put away before other work gets its turn: about a millisecond's worth. */
const MAX_SLICE = 2_000;

/** Batches delivered before the front of the queue is cut off. */
const COMPACT_AFTER = 1_024;

interface Batch {
  readonly message: Message;
  /** Envelope sender; empty for notices, which nobody answers (RFC 5321 §4.5.5). */
  readonly sender: string;
  readonly recipients: readonly Account[];
  readonly origin: Origin;
  readonly takenUs: number;
  next: number;
}

/** How a message came. */
export interface Origin {
  /** To one person, by no list. */
  readonly direct: boolean;
  /** The target's clock when its transaction began. */
  readonly beganUs: number;
}

export interface QueueOptions {
  readonly pace: Pace;
  readonly misbehaviour: Misbehaviour;
  readonly domain: string;
  readonly accountOf: (address: string) => Account | undefined;
  /** Who is away, and whom they have answered. */
  readonly vacation?: Vacation | undefined;
  /** Puts copies away wrongly; absent from a target that behaves. */
  readonly unruly?: Unruly | undefined;
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
  /** Nothing moves before. */
  #stalledUntilUs = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Accepted copies that are in no mailbox yet, bounces and auto-replies included. */
  owed(): number {
    return this.#owed + (this.#options.unruly?.owed() ?? 0);
  }

  /** Queues one message for every recipient. The message's bytes are shared by all its copies. */
  accept(message: Message, sender: string, recipients: readonly Account[], origin?: Origin): void {
    if (recipients.length === 0) return;
    const { pace } = this.#options;
    const takenUs = pace.nowUs();
    const { direct, beganUs } = origin ?? { direct: false, beganUs: takenUs };
    this.#batches.push({ message, sender, recipients, origin: { direct, beganUs }, takenUs, next: 0 });
    this.#owed += recipients.length;
    pace.capacity.enqueue(takenUs, recipients.length);
    this.#arm();
  }

  /** Nothing is delivered for so long. */
  stall(forUs: number): void {
    this.#stalledUntilUs = this.#options.pace.nowUs() + forUs;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#stopped || this.#owed === 0) return;
    const { pace } = this.#options;
    const next = this.#granted > 0 ? undefined : pace.capacity.nextDeliveryUs();
    const nowUs = pace.nowUs();
    const delayMs = Math.ceil((Math.max(next ?? 0, this.#stalledUntilUs) - nowUs) / 1_000);
    this.#timer = setTimeout(() => this.#drain(), Math.min(Math.max(1, delayMs), LONGEST_TIMER_MS));
  }

  #drain(): void {
    this.#timer = undefined;
    const { pace } = this.#options;
    // A stall may have begun after the timer was set.
    if (pace.nowUs() < this.#stalledUntilUs) return this.#arm();
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
    this.#put(batch, account, seconds);
    const { vacation, pace } = this.#options;
    if (autoReplies.has(key)) this.#autoReply(batch, account);
    else if (vacation?.answers(account.address, batch.message, batch.sender, pace.nowUs()) === true)
      this.#answer(batch, account);
  }

  #put({ message, origin, takenUs }: Batch, account: Account, seconds: number): void {
    const { unruly } = this.#options;
    if (unruly === undefined) account.inbox.add(message, seconds, 0);
    else unruly.deliver({ message, account, ...origin, takenUs, seconds });
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
