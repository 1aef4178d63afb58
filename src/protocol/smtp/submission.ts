/** One message to its recipients, in as many transactions as the server's limit asks for. It must not touch the wire. */

import type { ProtocolOutcome, Rejected } from '../../measure/outcome.ts';
import { type Ending, okOutcome, outcomeOfEnding, refusal } from '../ending.ts';
import {
  type Envelope,
  isAsciiText,
  isSafeAddress,
  type PreparedMessage,
  prepareMessage,
} from './envelope.ts';
import type { TransactionRequest } from './transaction.ts';

/** What became of one message. */
export interface SubmitResult {
  /** `unknown` if any recipient is; else the first refusal; else `ok`. */
  readonly outcome: ProtocolOutcome;
  /** Aligned with the envelope's `to`. */
  readonly recipients: readonly ProtocolOutcome[];
  /** Transactions begun. */
  readonly transactions: number;
  /** First byte could go: the write, or the previous reply on the connection where it was pipelined. */
  readonly startedUs: number;
  readonly endedUs: number;
}

/** One transaction's part of a submission. */
export interface Share {
  readonly request: TransactionRequest;
  /** Aligned with the request's recipients: where each stands in the envelope. */
  readonly positions: readonly number[];
}

const UNSAFE_ADDRESS = refusal(
  'ARGUMENT',
  'an address that is empty or has a space, a bracket or a control character cannot be sent',
);

/** Why this address may not go into a command, if so (RFC 5321 §4.1.2; RFC 6531 §3.4). */
function addressRefusal(address: string, smtpUtf8: boolean): Rejected | undefined {
  if (!isSafeAddress(address)) return UNSAFE_ADDRESS;
  if (smtpUtf8 || isAsciiText(address)) return undefined;
  return refusal('UNSUPPORTED', 'the address is not ASCII and the server does not offer SMTPUTF8');
}

/** Keeps who is still to be tried. */
export class Submission {
  readonly #envelope: Envelope;
  readonly #message: PreparedMessage;
  readonly #resolve: (result: SubmitResult) => void;
  readonly #outcomes: (ProtocolOutcome | undefined)[];
  #pending: number[] = [];
  #open = 0;
  #transactions = 0;
  #startedUs: number | undefined;

  constructor(envelope: Envelope, data: Buffer, smtpUtf8: boolean, resolve: (result: SubmitResult) => void) {
    this.#envelope = envelope;
    this.#message = prepareMessage(data);
    this.#resolve = resolve;
    const sender = addressRefusal(envelope.from, smtpUtf8);
    this.#outcomes = envelope.to.map((address) =>
      address === '' ? UNSAFE_ADDRESS : (sender ?? addressRefusal(address, smtpUtf8)),
    );
    for (const [position, outcome] of this.#outcomes.entries()) {
      if (outcome === undefined) this.#pending.push(position);
    }
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Nothing to try and nothing under way. */
  get isOver(): boolean {
    return this.#pending.length === 0 && this.#open === 0;
  }

  /** The next transaction's share. */
  next(limit: number): Share {
    const positions = this.#pending.slice(0, limit);
    this.#pending = this.#pending.slice(limit);
    this.#open += 1;
    this.#transactions += 1;
    return {
      positions,
      request: {
        from: this.#envelope.from,
        recipients: positions.map((position) => this.#envelope.to[position] as string),
        message: this.#message,
      },
    };
  }

  /** The first envelope could go at this instant; a later one does not move the start. */
  started(atUs: number): void {
    if (this.#transactions <= 1) this.#startedUs = Math.max(this.#startedUs ?? atUs, atUs);
  }

  /** These of a share did not fit: they come first in the next transaction. */
  defer(share: Share, places: readonly number[]): void {
    this.#pending = [...places.map((place) => share.positions[place] as number), ...this.#pending];
  }

  /** A share's transaction is over. */
  settle(share: Share, outcomes: readonly (ProtocolOutcome | undefined)[]): void {
    this.#open -= 1;
    for (const [place, position] of share.positions.entries()) {
      const outcome = outcomes[place];
      if (outcome !== undefined) this.#outcomes[position] = outcome;
    }
  }

  /** The connection ended before the rest was tried. */
  abandon(ending: Ending): void {
    for (const position of this.#pending) this.#outcomes[position] = outcomeOfEnding(ending, 'untried');
    this.#pending = [];
  }

  /** Every recipient has its outcome. */
  finish(endedUs: number): void {
    const recipients = this.#outcomes.map((outcome) => {
      if (outcome === undefined) throw new Error('a recipient was left without an outcome');
      return outcome;
    });
    this.#resolve({
      outcome: overall(recipients),
      recipients,
      transactions: this.#transactions,
      startedUs: this.#startedUs ?? endedUs,
      endedUs,
    });
  }
}

function overall(recipients: readonly ProtocolOutcome[]): ProtocolOutcome {
  return (
    recipients.find((outcome) => outcome.kind === 'unknown') ??
    recipients.find((outcome) => outcome.kind === 'rejected') ??
    recipients.at(-1) ??
    okOutcome('no recipients')
  );
}
