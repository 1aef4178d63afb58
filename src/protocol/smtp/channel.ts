/** Commands out, replies in, in order: who waits for which SMTP reply. It must not know what the commands are for. */

import type { Clock } from '../../measure/outcome.ts';
import type { Ending } from '../ending.ts';
import type { Wire } from '../wire.ts';
import { rejectedBy } from './classify.ts';
import { type Reply, ReplyParser } from './reply.ts';

/** Takes the reply, or undefined when the connection ended first: the ending says how. */
export type ReplyTaker = (reply: Reply | undefined, atUs: number) => void;

interface Waiter {
  readonly take: ReplyTaker;
  readonly deadlineUs: number;
}

/** RFC 5321 §4.2.2: the server closes after this, whatever was asked. */
export const SERVICE_CLOSING = 421;

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
      (chunk) => this.#take(chunk),
      (ending) => this.#abandon(ending),
    );
  }

  /** From here on each reply has its own deadline instead of the opening's. */
  opened(): void {
    this.#opening = false;
    this.#wire.disarm();
  }

  /** Queues a taker for the next reply that nobody waits for yet. Call it for every command written. */
  expect(deadlineUs: number, take: ReplyTaker): void {
    if (this.ending !== undefined) return take(undefined, this.clock());
    this.#waiters.push({ take, deadlineUs });
    if (!this.#opening && this.#waiters.length - this.#head === 1) this.#wire.arm(deadlineUs);
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
    return new Promise((resolve) => this.expect(deadlineUs, resolve));
  }

  /** STARTTLS: no byte may come after its reply in the clear (RFC 3207 §4.1, the injection of CVE-2011-0411). */
  askAndSeal(line: string, deadlineUs: number): Promise<Reply | undefined> {
    this.write(Buffer.from(`${line}\r\n`));
    return new Promise((resolve) =>
      this.expect(deadlineUs, (reply) => {
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

  #take(chunk: Buffer): void {
    if (this.#sealed) return this.#injected();
    const parser = this.#parser;
    parser.feed(chunk);
    for (let reply = parser.next(); reply !== undefined; reply = parser.next()) {
      this.#dispatch(reply);
      if (this.ending !== undefined) return;
      if (this.#sealed && parser.hasRest) return this.#injected();
    }
    if (parser.problem !== undefined) this.fail(parser.problem);
  }

  #dispatch(reply: Reply): void {
    const waiter = this.#waiters[this.#head];
    if (waiter !== undefined) this.#advance();
    this.#closing = reply.code === SERVICE_CLOSING;
    waiter?.take(reply, this.clock());
    if (reply.code === SERVICE_CLOSING) {
      const refusal = rejectedBy(reply);
      this.#wire.end({ kind: 'said', text: `421 ${refusal.text}`, refusal });
    } else if (waiter === undefined) {
      this.fail(`reply ${reply.code} to nothing we asked`);
    } else if (!this.#opening) {
      const next = this.#waiters[this.#head];
      if (next === undefined) this.#wire.disarm();
      else this.#wire.arm(next.deadlineUs);
    }
  }

  #advance(): void {
    this.#head += 1;
    if (this.#head < this.#waiters.length) return;
    this.#waiters = [];
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
    for (const waiter of left) waiter.take(undefined, atUs);
    this.onEnding?.(ending);
  }
}
