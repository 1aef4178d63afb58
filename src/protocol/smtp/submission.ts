/** One message to its recipients, in as many transactions as the server's limit asks for. It must not touch the wire. */

import type { ProtocolOutcome } from '../../measure/outcome.ts';
import { type Ending, outcomeOfAll, outcomeOfEnding } from '../ending.ts';
import type { PreparedMessage } from './envelope.ts';
import { addressRefusal, type Recipients, rcptGroup } from './recipients.ts';

/** What became of one message. */
export interface SubmitResult {
  /** `unknown` if any recipient is; else the first refusal; else `ok`. */
  readonly outcome: ProtocolOutcome;
  /** Aligned with the envelope's `to`. */
  readonly recipients: readonly ProtocolOutcome[];
  /** Recipients whose outcome is `ok`. */
  readonly accepted: number;
  /** Transactions begun. */
  readonly transactions: number;
  /** First byte could go: the write, or the previous reply on the connection where it was pipelined. */
  readonly startedUs: number;
  readonly endedUs: number;
}

/** One transaction's part of a submission: these recipients, in this order. */
export interface Share {
  readonly count: number;
  /** Where each stands in the envelope; undefined where they stand in a row from `from`. */
  readonly positions: readonly number[] | undefined;
  readonly from: number;
  /** RCPT* DATA. */
  readonly group: Buffer;
}

/** Outcomes of a share: one for all, or one each, undefined where the transaction was full. */
export type ShareOutcomes =
  | { readonly all: ProtocolOutcome }
  | { readonly each: readonly (ProtocolOutcome | undefined)[] };

/** Keeps who is still to be tried. */
export class Submission {
  readonly from: string;
  readonly recipients: Recipients;
  readonly message: PreparedMessage;
  readonly #resolve: (result: SubmitResult) => void;
  /** Allocated once somebody's outcome differs from the others'. */
  #outcomes: (ProtocolOutcome | undefined)[] | undefined;
  /** Everybody's, where one transaction took all of them. */
  #common: ProtocolOutcome | undefined;
  /** Whom a transaction had no room for, or the few who can be sent to at all: before those from `#next` on. */
  #first: number[] = [];
  #next = 0;
  #open = 0;
  #transactions = 0;
  #startedUs: number | undefined;

  constructor(
    from: string,
    recipients: Recipients,
    message: PreparedMessage,
    smtpUtf8: boolean,
    resolve: (result: SubmitResult) => void,
  ) {
    this.from = from;
    this.recipients = recipients;
    this.message = message;
    this.#resolve = resolve;
    const sender = addressRefusal(from, smtpUtf8);
    if (recipients.isPlain && sender === undefined) return;
    const count = recipients.addresses.length;
    this.#outcomes = Array.from({ length: count }, (_, at) => recipients.refusal(at, smtpUtf8) ?? sender);
    this.#next = count;
    for (const [position, outcome] of this.#outcomes.entries())
      if (outcome === undefined) this.#first.push(position);
  }

  get hasPending(): boolean {
    return this.#first.length > 0 || this.#next < this.recipients.addresses.length;
  }

  /** Nothing to try and nothing under way. */
  get isOver(): boolean {
    return !this.hasPending && this.#open === 0;
  }

  /** The next transaction's share. */
  next(limit: number): Share {
    this.#open += 1;
    this.#transactions += 1;
    const { addresses } = this.recipients;
    const from = this.#next;
    if (this.#first.length === 0) {
      const count = Math.min(limit, addresses.length - from);
      this.#next += count;
      return { count, positions: undefined, from, group: this.recipients.group(from, count, limit) };
    }
    const positions = this.#first.splice(0, limit);
    while (positions.length < limit && this.#next < addresses.length) {
      positions.push(this.#next);
      this.#next += 1;
    }
    const group = rcptGroup(positions.map((position) => addresses[position] as string));
    return { count: positions.length, positions, from, group };
  }

  /** The first envelope could go at this instant; a later one does not move the start. */
  started(atUs: number): void {
    if (this.#transactions <= 1) this.#startedUs = Math.max(this.#startedUs ?? atUs, atUs);
  }

  /** These of a share did not fit: they come first in the next transaction. */
  defer(share: Share, places: readonly number[]): void {
    this.#first = [...places.map((place) => positionOf(share, place)), ...this.#first];
  }

  /** A share's transaction is over. */
  settle(share: Share, outcomes: ShareOutcomes): void {
    this.#open -= 1;
    if ('all' in outcomes && share.count === this.recipients.addresses.length) {
      this.#common = outcomes.all;
      return;
    }
    const own = this.#allocated();
    for (let place = 0; place < share.count; place += 1) {
      const outcome = 'all' in outcomes ? outcomes.all : outcomes.each[place];
      if (outcome !== undefined) own[positionOf(share, place)] = outcome;
    }
  }

  /** The connection ended before the rest was tried. */
  abandon(ending: Ending): void {
    if (!this.hasPending) return;
    const untried = outcomeOfEnding(ending, 'untried');
    const own = this.#allocated();
    for (const position of this.#first.splice(0)) own[position] = untried;
    own.fill(untried, this.#next);
    this.#next = own.length;
  }

  /** Every recipient has its outcome. */
  finish(endedUs: number): void {
    const { addresses } = this.recipients;
    const transactions = this.#transactions;
    const startedUs = this.#startedUs ?? endedUs;
    const common = this.#common;
    if (common !== undefined) {
      const accepted = common.kind === 'ok' ? addresses.length : 0;
      const recipients = addresses.length === 1 ? [common] : Array.from(addresses, () => common);
      return this.#resolve({ outcome: common, recipients, accepted, transactions, startedUs, endedUs });
    }
    let accepted = 0;
    const recipients = this.#allocated().map((outcome) => {
      if (outcome === undefined) throw new Error('a recipient was left without an outcome');
      if (outcome.kind === 'ok') accepted += 1;
      return outcome;
    });
    this.#resolve({
      outcome: outcomeOfAll(recipients),
      recipients,
      accepted,
      transactions,
      startedUs,
      endedUs,
    });
  }

  #allocated(): (ProtocolOutcome | undefined)[] {
    this.#outcomes ??= this.recipients.addresses.map(() => undefined);
    return this.#outcomes;
  }
}

function positionOf(share: Share, place: number): number {
  return share.positions?.[place] ?? share.from + place;
}
