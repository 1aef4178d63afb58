/** One SMTP or LMTP transaction, MAIL to the verdict, as a state machine over replies. It must not start another. */

import type { ProtocolOutcome } from '../../measure/outcome.ts';
import type { Deadlines } from '../deadlines.ts';
import { type Ending, outcomeOfEnding, type Progress } from '../ending.ts';
import type { ReplyTaker, SmtpChannel } from './channel.ts';
import { acceptedBy, isTransactionFull, rejectedBy } from './classify.ts';
import { FINAL_DOT, mailCommand, rcptCommand } from './envelope.ts';
import type { Extensions } from './extensions.ts';
import type { Outbox } from './outbox.ts';
import type { Reply } from './reply.ts';
import type { OnStep, SmtpStep } from './steps.ts';
import type { Share, ShareOutcomes, Submission } from './submission.ts';

/** What a transaction needs of its connection, and tells it. */
export interface TransactionHost {
  readonly channel: SmtpChannel;
  readonly outbox: Outbox;
  readonly extensions: Extensions;
  readonly deadlines: Deadlines;
  readonly isLmtp: boolean;
  readonly onStep: OnStep | undefined;
  /** At most once, before the message leaves: these places did not fit, `taken` others did. */
  full(transaction: Transaction, places: readonly number[], taken: number): void;
  /** The message is about to leave: an envelope that may travel in the same write (RFC 2920 §3.1). */
  follow(atUs: number): Transaction | undefined;
  /** Exactly once, last, also when the connection ends. */
  done(transaction: Transaction, result: TransactionResult): void;
}

export interface TransactionResult {
  readonly outcomes: ShareOutcomes;
  /** The server still holds an open transaction: RSET before the next MAIL. */
  readonly needsReset: boolean;
  readonly endedUs: number;
}

/** What the next reply answers. */
const MAIL = 0;
const RCPT = 1;
const DATA = 2;
const DOT = 3;
const OVER = 4;

/** Runs once. */
export class Transaction implements ReplyTaker {
  readonly submission: Submission;
  readonly share: Share;
  readonly #host: TransactionHost;
  #state = MAIL;
  #inTurn = false;
  /** How many recipients were answered for, and of those the places that were taken, where it was not all of them. */
  #asked = 0;
  #taken: number[] | undefined;
  #full: number[] | undefined;
  /** By place; undefined where every outcome so far is the verdict's. */
  #each: (ProtocolOutcome | undefined)[] | undefined;
  #common: ProtocolOutcome | undefined;
  #mailRefusal: ProtocolOutcome | undefined;
  #judged = 0;
  #fullTold = false;
  #isRiding = false;
  #isAnswered = false;
  /** When the step under way began. */
  #stepUs = 0;

  constructor(host: TransactionHost, submission: Submission, share: Share, atUs: number) {
    this.#host = host;
    this.submission = submission;
    this.share = share;
    this.#stepUs = atUs;
  }

  get deadlineUs(): number {
    const { deadlines } = this.#host;
    if (this.#state === DOT) return deadlines.finalDotUs;
    return this.#state === DATA ? deadlines.dataUs : deadlines.commandUs;
  }

  /**
   * Puts MAIL RCPT* DATA into the outbox and expects all their replies.
   *
   * @param isRiding behind another transaction's message, whose verdict comes first
   */
  beginPipelined(isRiding: boolean): void {
    this.#isRiding = isRiding;
    const { outbox, channel } = this.#host;
    outbox.text(this.#mailLine());
    outbox.bytes(this.share.group);
    channel.expect(this, this.share.count + 2);
  }

  /** One command a round trip: the server does not offer PIPELINING. */
  beginInTurn(): void {
    this.#inTurn = true;
    this.#turn(this.#mailLine());
  }

  /** The verdict on the message in front came at this instant: nothing of this one could be answered before. */
  ridesFrom(atUs: number): void {
    this.#stepUs = atUs;
    this.submission.started(atUs);
  }

  /** A reply in its turn, or undefined once the connection has ended. */
  take(reply: Reply | undefined, atUs: number): void {
    if (this.#state === OVER) return;
    if (reply === undefined) return this.#finish(atUs, false);
    const isGo = reply.code === 354 && this.#state === DATA;
    if (reply.code >= 300 && reply.code < 400 && !isGo) return this.#fail(`${reply.code} out of turn`, atUs);
    switch (this.#state) {
      case MAIL:
        return this.#onMail(reply, atUs);
      case RCPT:
        return this.#onRcpt(reply, atUs);
      case DATA:
        return this.#onData(reply, atUs);
      default:
        return this.#onVerdict(reply, atUs);
    }
  }

  #onMail(reply: Reply, atUs: number): void {
    this.#isAnswered = true;
    this.#step('mail', atUs);
    this.#state = RCPT;
    if (reply.code >= 400) this.#mailRefusal = rejectedBy(reply);
    if (!this.#inTurn) return;
    if (this.#mailRefusal !== undefined) this.#finish(atUs, false);
    else this.#nextInTurn(atUs);
  }

  #onRcpt(reply: Reply, atUs: number): void {
    const place = this.#asked;
    this.#asked += 1;
    if (this.#mailRefusal === undefined) {
      if (reply.code < 300) this.#taken?.push(place);
      else this.#refuse(place, reply);
    }
    if (this.#asked === this.share.count) {
      this.#step('recipients', atUs);
      this.#state = DATA;
    }
    if (this.#inTurn) this.#nextInTurn(atUs);
  }

  #refuse(place: number, reply: Reply): void {
    this.#taken ??= Array.from({ length: place }, (_, taken) => taken);
    this.#each ??= Array.from({ length: this.share.count }, () => undefined);
    if (this.#taken.length > 0 && isTransactionFull(reply)) (this.#full ??= []).push(place);
    else this.#each[place] = rejectedBy(reply);
  }

  #onData(reply: Reply, atUs: number): void {
    this.#step('data', atUs);
    if (reply.code === 354) return this.#sendBody(atUs);
    if (reply.code < 400) return this.#fail(`${reply.code} in answer to DATA`, atUs);
    if (this.#takenCount > 0 && this.#mailRefusal === undefined) this.#judgeTaken(rejectedBy(reply));
    // 503 or 554 for want of recipients leaves the transaction open, as does any refusal of DATA alone.
    this.#finish(atUs, this.#mailRefusal === undefined);
  }

  #sendBody(atUs: number): void {
    const { channel, deadlines, isLmtp, outbox } = this.#host;
    if (this.#takenCount === 0 || this.#mailRefusal !== undefined) {
      // 354 with nobody to send to: LMTP owes no reply then, so nothing tells where we stand (RFC 2033 §4.2).
      if (isLmtp) return this.#fail('354 although every recipient was refused', atUs);
      outbox.bytes(FINAL_DOT);
      outbox.send();
      channel.expectOne(deadlines.finalDotUs, (_reply, at) => this.#finish(at, false));
      return;
    }
    this.#tellFull();
    this.#state = DOT;
    outbox.bytes(this.submission.message.body);
    outbox.bytes(FINAL_DOT);
    channel.expect(this, isLmtp ? this.#takenCount : 1);
    this.#host.follow(atUs)?.beginPipelined(true);
    outbox.send();
  }

  #onVerdict(reply: Reply, atUs: number): void {
    const outcome = reply.code < 300 ? acceptedBy(reply) : rejectedBy(reply);
    if (!this.#host.isLmtp) {
      this.#step('message', atUs);
      this.#judgeTaken(outcome);
      return this.#finish(atUs, false);
    }
    const place = this.#taken === undefined ? this.#judged : this.#taken[this.#judged];
    this.#judged += 1;
    this.#each ??= Array.from({ length: this.share.count }, () => undefined);
    if (place !== undefined) this.#each[place] = outcome;
    if (this.#judged < this.#takenCount) return;
    this.#step('message', atUs);
    this.#finish(atUs, false);
  }

  #nextInTurn(atUs: number): void {
    if (this.#state === OVER) return;
    const { addresses } = this.submission.recipients;
    const { positions, from } = this.share;
    if (this.#state === RCPT)
      return this.#turn(rcptLine(addresses[positions?.[this.#asked] ?? from + this.#asked] as string));
    if (this.#takenCount === 0) return this.#finish(atUs, true);
    this.#turn('DATA\r\n');
  }

  #turn(line: string): void {
    this.#host.outbox.text(line);
    this.#host.outbox.send();
    this.#host.channel.expect(this, 1);
  }

  #mailLine(): string {
    const { from, recipients, message } = this.submission;
    return `${mailCommand(from, recipients, message, this.#host.extensions)}\r\n`;
  }

  get #takenCount(): number {
    return this.#taken === undefined ? this.#asked : this.#taken.length;
  }

  /** The same outcome for everybody the server took. */
  #judgeTaken(outcome: ProtocolOutcome): void {
    if (this.#each === undefined) this.#common = outcome;
    else for (const place of this.#taken ?? []) this.#each[place] = outcome;
  }

  #step(step: SmtpStep, atUs: number): void {
    this.#host.onStep?.(step, atUs - this.#stepUs);
    this.#stepUs = atUs;
  }

  /** The reply that broke the rules may have been the last we waited for: nobody else would tell us the end. */
  #fail(text: string, atUs: number): void {
    this.#host.channel.fail(text);
    this.#finish(atUs, false);
  }

  #finish(endedUs: number, needsReset: boolean): void {
    if (this.#state === OVER) return;
    const wasSent = this.#state === DOT;
    this.#state = OVER;
    this.#tellFull();
    const outcomes = this.#outcomes(wasSent);
    this.#host.done(this, { outcomes, needsReset, endedUs });
  }

  #outcomes(wasSent: boolean): ShareOutcomes {
    const { ending } = this.#host.channel;
    const all = this.#mailRefusal ?? this.#common;
    if (all !== undefined) return { all };
    const each = this.#each ?? Array.from({ length: this.share.count }, () => undefined);
    if (ending !== undefined) this.#closeOpen(each, ending, wasSent);
    return { each };
  }

  #tellFull(): void {
    if (this.#full === undefined || this.#fullTold) return;
    this.#fullTold = true;
    this.#host.full(this, this.#full, this.#takenCount);
  }

  #closeOpen(each: (ProtocolOutcome | undefined)[], ending: Ending, wasSent: boolean): void {
    const taken = this.#taken === undefined ? undefined : new Set(this.#taken);
    const full = new Set(this.#full);
    for (let place = 0; place < this.share.count; place += 1) {
      if (each[place] !== undefined || full.has(place)) continue;
      const isTaken = taken?.has(place) ?? place < this.#asked;
      each[place] = outcomeOfEnding(ending, this.#progress(wasSent && isTaken));
    }
  }

  #progress(isHandedOver: boolean): Progress {
    if (isHandedOver) return 'handedOver';
    // A wait that was for the message before is no wait of ours: nothing of ours had been looked at.
    return this.#isRiding && !this.#isAnswered ? 'untried' : 'asked';
  }
}

function rcptLine(address: string): string {
  return `${rcptCommand(address)}\r\n`;
}
