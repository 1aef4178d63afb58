/** Puts copies into mailboxes as a mail system should not: loses, doubles, garbles, delays, invents. Only what its Mischief says; it decides nothing. */

import { FLAG, type Copy, type Mailbox } from './mailbox.ts';
import { Message } from './message.ts';
import { type Mischief, SPARED_FROM, stormNumber } from './mischief.ts';
import { foreignMessage } from './notices.ts';
import type { Pace } from './pace.ts';
import type { Account } from './store.ts';

/** A copy held back to be overtaken is let go after so long: a storm that ends must not leave it behind. */
const LONGEST_HOLD_US = 2_000_000;

/** Overtaken only by a message whose transaction began so long after the other was taken: both ends must see it so. */
const CLEARLY_LATER_US = 300_000;

/** What was expunged comes back after so long. */
const BACK_AFTER_US = 250_000;

/** One copy about to be put away. */
export interface Delivery {
  readonly message: Message;
  readonly account: Account;
  /** Addressed to this one person, by no list. */
  readonly direct: boolean;
  /** The target's clock when the message's transaction began, and when it was taken. */
  readonly beganUs: number;
  readonly takenUs: number;
  /** INTERNALDATE. */
  readonly seconds: number;
}

export interface UnrulyContext {
  readonly mischief: Mischief;
  readonly pace: Pace;
  readonly accounts: readonly Account[];
  readonly domain: string;
}

export class Unruly {
  readonly #context: UnrulyContext;
  /** Copies that wait to be overtaken, by mailbox. */
  readonly #held = new Map<number, Set<Delivery>>();
  readonly #inHand = new Set<Delivery>();
  /** Copies that \Deleted was refused, or that are about to go: each told of once. */
  readonly #struck = new WeakSet<Copy>();
  /** What came back once stays away the second time. */
  readonly #back = new Set<string>();

  constructor(context: UnrulyContext) {
    this.#context = context;
  }

  /** Accepted copies that are in no mailbox because they were held back. */
  owed(): number {
    return this.#inHand.size;
  }

  /** Puts a copy away, or does not. */
  deliver(delivery: Delivery): void {
    const { mischief } = this.#context;
    const number = stormNumber(delivery.message);
    const { inbox, place } = delivery.account;
    if (number === undefined) {
      inbox.add(delivery.message, delivery.seconds, 0);
      return;
    }
    if (mischief.strikes('lose', number, place)) return;
    // For good: a mail system that still has it when everybody has gone home.
    if (mischief.strikes('delay', number, place)) {
      this.#inHand.add(delivery);
      return;
    }
    // Whoever writes to one person keeps no order with whoever writes to everybody.
    if (!delivery.direct && mischief.does('reorder', number, place)) return this.#hold(delivery);
    this.#put(delivery, number);
    if (!delivery.direct) this.#releaseOvertaken(delivery);
  }

  #put(delivery: Delivery, number: number): void {
    const { mischief, accounts } = this.#context;
    const { account, seconds, direct } = delivery;
    const { inbox, place } = account;
    const garbled = mischief.does('corrupt', number, place) ? garble(delivery.message) : undefined;
    if (garbled !== undefined) mischief.did('corrupt', number, place);
    const message = garbled ?? delivery.message;
    inbox.add(message, seconds, 0);
    if (mischief.strikes('double', number, place)) inbox.add(message, seconds, 0);
    const next = accounts[(place + 1) % accounts.length];
    if (direct && next !== undefined && mischief.strikes('neighbour', number, place))
      next.inbox.add(message, seconds, 0);
    if (mischief.strikes('invent', number, place))
      inbox.add(forge(delivery.message, number, place), seconds, 0);
    if (mischief.strikes('stray', number, place)) inbox.add(this.#strayMail(account, number), seconds, 0);
  }

  #strayMail(account: Account, number: number): Message {
    const queueId = `stray.${number}.${account.place}`;
    const context = { domain: this.#context.domain, queueId, at: new Date() };
    return new Message(foreignMessage(account.address, number, context));
  }

  #hold(delivery: Delivery): void {
    const { place } = delivery.account;
    const held = this.#held.get(place) ?? new Set();
    this.#held.set(place, held.add(delivery));
    this.#inHand.add(delivery);
    this.#context.pace.after(LONGEST_HOLD_US, () => {
      if (this.#inHand.has(delivery)) this.#release(delivery);
    });
  }

  /** Lets go whom this one has overtaken: its transaction began clearly after they had been taken. */
  #releaseOvertaken({ account, beganUs }: Delivery): void {
    for (const held of this.#held.get(account.place) ?? []) {
      if (beganUs < held.takenUs + CLEARLY_LATER_US) continue;
      this.#context.mischief.did('reorder', stormNumber(held.message) ?? 0, account.place);
      this.#release(held);
    }
  }

  #release(held: Delivery): void {
    const { place } = held.account;
    this.#held.get(place)?.delete(held);
    this.#inHand.delete(held);
    this.#put(held, stormNumber(held.message) ?? 0);
  }

  /** Somebody has been shown these: some are gone a moment later, and nobody asked for it. */
  shown(account: Account, mailbox: Mailbox, copies: readonly Copy[]): void {
    const { mischief } = this.#context;
    const gone = copies.filter((copy) => {
      const number = copy.expunged || this.#struck.has(copy) ? undefined : stormNumber(copy.message);
      return number !== undefined && mischief.strikes('expunge', number, account.place);
    });
    for (const copy of gone) this.#struck.add(copy);
    if (gone.length > 0) setImmediate(() => mailbox.expunge(gone));
  }

  /** Whether \Deleted is refused in secret: the answer says OK. */
  keeps(account: Account, copy: Copy): boolean {
    const number = stormNumber(copy.message);
    if (number === undefined || !this.#context.mischief.does('lie', number, account.place)) return false;
    if (!this.#struck.has(copy)) this.#context.mischief.did('lie', number, account.place);
    this.#struck.add(copy);
    return true;
  }

  /** Whether one of these is too many for the mailbox they would be copied or appended to. */
  isOverQuota(account: Account, messages: readonly Message[]): boolean {
    return messages.some((message) => {
      const number = stormNumber(message);
      return number !== undefined && this.#context.mischief.strikes('quota', number, account.place);
    });
  }

  /** What an EXPUNGE of these really takes: some take their neighbour along. And some come back later. */
  expunges(account: Account, mailbox: Mailbox, asked: readonly Copy[]): readonly Copy[] {
    const { mischief } = this.#context;
    const others: Copy[] = [];
    // Over JMAP nobody flags what is to go.
    const going = new Set(asked);
    for (const copy of asked) {
      const number = stormNumber(copy.message);
      if (number === undefined) continue;
      this.#bringBack(account, mailbox, copy, number);
      if (!mischief.does('overreach', number, account.place)) continue;
      const other = mailbox.copies.find((one) => isBystander(one) && !going.has(one));
      if (other === undefined) continue;
      others.push(other);
      going.add(other);
      mischief.did('overreach', stormNumber(other.message) ?? 0, account.place);
    }
    return [...asked, ...others];
  }

  #bringBack({ place }: Account, mailbox: Mailbox, copy: Copy, number: number): void {
    const { mischief, pace } = this.#context;
    const key = `${number}/${place}`;
    if (this.#back.has(key) || !mischief.strikes('resurrect', number, place)) return;
    this.#back.add(key);
    pace.after(BACK_AFTER_US, () => mailbox.add(copy.message, copy.receivedSeconds, FLAG.seen));
  }
}

/** A copy of the storm that nobody has flagged. */
function isBystander(copy: Copy): boolean {
  return (copy.flags & FLAG.deleted) === 0 && stormNumber(copy.message) !== undefined;
}

/** The message with one bit of its body turned, header and length as they were; undefined for an empty body. */
function garble({ raw, bodyStart }: Message): Message | undefined {
  const at = raw.findIndex((byte, index) => index >= bodyStart && byte > 0x20);
  if (at < 0) return undefined;
  const bytes = Buffer.from(raw);
  bytes[at] = (bytes[at] as number) ^ 0x01;
  return new Message(bytes);
}

/** A message that bears the marks of the storm and that nobody sent: another's, under a number of its own. */
function forge({ raw, bodyStart }: Message, number: number, place: number): Message {
  const head = raw.toString('latin1', 0, bodyStart);
  const unused = SPARED_FROM - 1 - place * 2 ** 16 - (number % 2 ** 16);
  const forged = head.replace(/^(Message-ID: <rs\.[^.]+\.[^.]+\.)[0-9a-z]+/im, `$1${unused.toString(36)}`);
  return new Message(Buffer.concat([Buffer.from(forged, 'latin1'), raw.subarray(bodyStart)]));
}
