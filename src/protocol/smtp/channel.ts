/** Commands out, replies in, in order: who waits for which SMTP reply. It must not know what the commands are for. */

import type { Clock } from '../../measure/outcome.ts';
import type { Ending } from '../ending.ts';
import type { Wire } from '../wire.ts';
import { rejectedBy } from './classify.ts';
import { type Reply, ReplyParser } from './reply.ts';

/** Takes the reply, or undefined when the connection ended first: the ending says how. */
export type OnReply = (reply: Reply | undefined, atUs: number) => void;

/** Somebody who waits for replies, one or many in a row. */
export interface ReplyTaker {
  /** How long the wait for the next of them may last, in microseconds. */
  readonly deadlineUs: number;
  /** Each reply in order; undefined once, and no more, when the connection ended first. */
  readonly take: OnReply;
}

/** A taker and how many replies it is owed yet. */
interface Waiter {
  readonly taker: ReplyTaker;
  left: number;
}

/** RFC 5321 §4.2.2: the server closes after this, whatever was asked. */
export const SERVICE_CLOSING = 421;

/** Takers answered for that the queue may still hold. */
const FORGET_AFTER = 64;

/** The order of replies on one connection. */
export class SmtpChannel {
  readonly clock: Clock;
  /** Called once, after every waiter has been told. */
  onEnding: ((ending: Ending) => void) | undefined;
  readonly #wire: Wire;
  #parser = new ReplyParser();
  /** A queue with a moving head: shift() on a long array is linear. */
  #waiters: Waiter[] = [];
  #head = 0;
  #sealed = false;
  #opening = true;
  #taking = false;
  #closing = false;

  constructor(wire: Wire, clock: Clock) {
    this.#wire = wire;
    this.clock = clock;
  }

  get ending(): Ending | undefined {
    return this.#wire.ending;
  }

  get wire(): Wire {
    return this.#wire;
  }

  /** Over, or about to be: nothing more may be started here. */
  get isClosing(): boolean {
    return this.#closing || this.ending !== undefined;
  }

  /** Replies are owed to us. */
  get isWaiting(): boolean {
    return this.#head < this.#waiters.length;
  }

  /** Starts reading. Expect the greeting first. */
  listen(): void {
    this.#wire.listen(
      (chunk, length) => this.#take(chunk, length),
      (ending) => this.#abandon(ending),
    );
  }

  /** From here on each reply has its own deadline instead of the opening's. */
  opened(): void {
    this.#opening = false;
    this.#wire.disarm();
  }

  /** Queues a taker for the next `count` replies that nobody waits for yet. Call it for all commands written. */
  expect(taker: ReplyTaker, count: number): void {
    if (this.ending !== undefined) return taker.take(undefined, this.clock());
    this.#waiters.push({ taker, left: count });
    if (!this.#opening && !this.#taking && this.#waiters.length - this.#head === 1)
      this.#wire.arm(taker.deadlineUs);
  }

  /** Queues a taker for one reply. */
  expectOne(deadlineUs: number, take: OnReply): void {
    this.expect({ deadlineUs, take }, 1);
  }

  write(...pieces: readonly Buffer[]): void {
    this.#wire.write(...pieces);
  }

  /** One command, one reply. The line must hold no CR or LF of its own. */
  ask(line: string, deadlineUs: number): Promise<Reply | undefined> {
    this.write(Buffer.from(`${line}\r\n`));
    return this.reply(deadlineUs);
  }

  /** The next reply, for instance the greeting. */
  reply(deadlineUs: number): Promise<Reply | undefined> {
    return new Promise((resolve) => this.expectOne(deadlineUs, resolve));
  }

  /** STARTTLS: no byte may come after its reply in the clear (RFC 3207 §4.1, the injection of CVE-2011-0411). */
  askAndSeal(line: string, deadlineUs: number): Promise<Reply | undefined> {
    this.write(Buffer.from(`${line}\r\n`));
    return new Promise((resolve) =>
      this.expectOne(deadlineUs, (reply) => {
        this.#sealed = reply?.code === 220;
        resolve(reply);
      }),
    );
  }

  /** After TLS: read on, as if nothing had been said before. */
  unseal(): void {
    this.#sealed = false;
    this.#parser = new ReplyParser();
    this.listen();
  }

  /** Ends the connection over something the server did. */
  fail(text: string): void {
    this.#wire.end({ kind: 'protocol', text });
  }

  /** All replies of a chunk came at one instant. */
  #take(chunk: Buffer, length: number): void {
    if (this.#sealed) return this.#injected();
    const parser = this.#parser;
    parser.feed(chunk, length);
    let reply = parser.next();
    if (reply !== undefined) {
      const atUs = this.clock();
      this.#taking = true;
      for (; reply !== undefined && this.ending === undefined; reply = parser.next()) {
        this.#dispatch(reply, atUs);
        if (this.#sealed && parser.hasRest) this.#injected();
      }
      this.#taking = false;
      if (this.ending !== undefined) return;
      this.#awaitNext();
    }
    if (parser.problem !== undefined) this.fail(parser.problem);
  }

  #dispatch(reply: Reply, atUs: number): void {
    const waiter = this.#waiters[this.#head];
    if (waiter !== undefined) this.#count(waiter);
    this.#closing = reply.code === SERVICE_CLOSING;
    waiter?.taker.take(reply, atUs);
    if (reply.code === SERVICE_CLOSING) {
      const refusal = rejectedBy(reply);
      this.#wire.end({ kind: 'said', text: `421 ${refusal.text}`, refusal });
    } else if (waiter === undefined) {
      this.fail(`reply ${reply.code} to nothing we asked`);
    }
  }

  /** The wait for the next reply begins with the one before it. */
  #awaitNext(): void {
    if (this.#opening) return;
    const next = this.#waiters[this.#head];
    if (next === undefined) this.#wire.disarm();
    else this.#wire.arm(next.taker.deadlineUs);
  }

  #count(waiter: Waiter): void {
    waiter.left -= 1;
    if (waiter.left > 0) return;
    this.#head += 1;
    // What has been answered is forgotten in one go, now and then: shift() on each would be linear.
    if (this.#head < this.#waiters.length && this.#head < FORGET_AFTER) return;
    this.#waiters.splice(0, this.#head);
    this.#head = 0;
  }

  #injected(): void {
    this.#wire.end({ kind: 'tls', text: 'bytes injected after the STARTTLS reply, before TLS: not trusted' });
  }

  #abandon(ending: Ending): void {
    const left = this.#waiters.slice(this.#head);
    this.#waiters = [];
    this.#head = 0;
    const atUs = this.clock();
    for (const waiter of left) waiter.taker.take(undefined, atUs);
    this.onEnding?.(ending);
  }
}
