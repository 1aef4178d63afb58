/** One SMTP or LMTP transaction, MAIL to the verdict, as a state machine over replies. It must not start another. */

import type { ProtocolOutcome } from '../../measure/outcome.ts';
import type { Deadlines } from '../deadlines.ts';
import { outcomeOfEnding, type Progress } from '../ending.ts';
import type { SmtpChannel } from './channel.ts';
import { acceptedBy, isTransactionFull, rejectedBy } from './classify.ts';
import { FINAL_DOT, mailCommand, type PreparedMessage, rcptCommand } from './envelope.ts';
import type { Extensions } from './extensions.ts';
import type { Reply } from './reply.ts';

/** What a transaction needs of its connection. */
export interface TransactionHost {
  readonly channel: SmtpChannel;
  readonly extensions: Extensions;
  readonly deadlines: Deadlines;
  readonly isLmtp: boolean;
}

/** What a transaction tells its connection. */
export interface TransactionHooks {
  /** At most once, before the message leaves: these positions did not fit, `taken` others did. */
  full(positions: readonly number[], taken: number): void;
  /** The message is about to leave: an envelope that may travel in the same write. */
  follow(): Follower | undefined;
  /** Exactly once, last, also when the connection ends. */
  done(result: TransactionResult): void;
}

/** The next transaction, whose envelope rides behind this one's body (RFC 2920 §3.1). */
export interface Follower {
  readonly group: Buffer;
  /** To be called once the bytes are written and this transaction's own replies are expected. */
  begin(): void;
}

export interface TransactionRequest {
  readonly from: string;
  readonly recipients: readonly string[];
  readonly message: PreparedMessage;
}

export interface TransactionResult {
  /** Aligned with the request's recipients; undefined where the transaction was full. */
  readonly outcomes: readonly (ProtocolOutcome | undefined)[];
  /** The server still holds an open transaction: RSET before the next MAIL. */
  readonly needsReset: boolean;
  readonly endedUs: number;
}

/** Runs once. */
export class Transaction {
  readonly #host: TransactionHost;
  readonly #request: TransactionRequest;
  readonly #hooks: TransactionHooks;
  readonly #outcomes: (ProtocolOutcome | undefined)[];
  /** Positions the server took, in the order LMTP answers them. */
  readonly #taken: number[] = [];
  readonly #full: number[] = [];
  #mailRefusal: ProtocolOutcome | undefined;
  #asked = 0;
  #judged = 0;
  #dotSent = false;
  #over = false;
  #fullTold = false;
  #isRiding = false;
  #isAnswered = false;

  constructor(host: TransactionHost, request: TransactionRequest, hooks: TransactionHooks) {
    this.#host = host;
    this.#request = request;
    this.#hooks = hooks;
    this.#outcomes = request.recipients.map(() => undefined);
  }

  /** MAIL RCPT* DATA as one piece (RFC 2920 §3.1). */
  group(): Buffer {
    const { from, recipients, message } = this.#request;
    const lines = [mailCommand(from, recipients, message, this.#host.extensions)];
    for (const recipient of recipients) lines.push(rcptCommand(recipient));
    lines.push('DATA', '');
    return Buffer.from(lines.join('\r\n'));
  }

  /**
   * The group is written: expect all its replies.
   *
   * @param isRiding behind another transaction's message, whose verdict comes first
   */
  beginPipelined(isRiding: boolean): void {
    this.#isRiding = isRiding;
    const { channel, deadlines } = this.#host;
    const onRcpt = (reply: Reply | undefined, atUs: number): void => this.#onRcpt(reply, atUs);
    channel.expect(deadlines.commandUs, (reply, atUs) => this.#onMail(reply, atUs));
    for (let i = this.#request.recipients.length; i > 0; i -= 1) channel.expect(deadlines.commandUs, onRcpt);
    channel.expect(deadlines.dataUs, (reply, atUs) => this.#onData(reply, atUs));
  }

  /** One command a round trip: the server does not offer PIPELINING. */
  beginInTurn(): void {
    const { from, recipients, message } = this.#request;
    this.#turn(mailCommand(from, recipients, message, this.#host.extensions), (reply, atUs) => {
      this.#onMail(reply, atUs);
      if (this.#mailRefusal !== undefined) this.#finish(atUs, false);
      else this.#nextInTurn(atUs);
    });
  }

  #nextInTurn(atUs: number): void {
    if (this.#over) return;
    const recipient = this.#request.recipients[this.#asked];
    if (recipient !== undefined) {
      this.#turn(rcptCommand(recipient), (reply, at) => {
        this.#onRcpt(reply, at);
        this.#nextInTurn(at);
      });
    } else if (this.#taken.length === 0) {
      this.#finish(atUs, true);
    } else {
      const { channel, deadlines } = this.#host;
      channel.write(Buffer.from('DATA\r\n'));
      channel.expect(deadlines.dataUs, (reply, at) => this.#onData(reply, at));
    }
  }

  #turn(line: string, take: (reply: Reply | undefined, atUs: number) => void): void {
    this.#host.channel.write(Buffer.from(`${line}\r\n`));
    this.#host.channel.expect(this.#host.deadlines.commandUs, take);
  }

  #onMail(reply: Reply | undefined, atUs: number): void {
    if (!this.#isAnswer(reply, atUs)) return;
    this.#isAnswered = true;
    if (reply.code >= 400) this.#mailRefusal = rejectedBy(reply);
  }

  #onRcpt(reply: Reply | undefined, atUs: number): void {
    if (!this.#isAnswer(reply, atUs)) return;
    const position = this.#asked;
    this.#asked += 1;
    if (this.#mailRefusal !== undefined) return;
    if (reply.code < 300) this.#taken.push(position);
    else if (this.#taken.length > 0 && isTransactionFull(reply)) this.#full.push(position);
    else this.#outcomes[position] = rejectedBy(reply);
  }

  #onData(reply: Reply | undefined, atUs: number): void {
    if (reply?.code === 354) {
      if (!this.#over) this.#sendBody(atUs);
      return;
    }
    if (!this.#isAnswer(reply, atUs)) return;
    if (reply.code < 400) return this.#fail(`${reply.code} in answer to DATA`, atUs);
    const refused = rejectedBy(reply);
    for (const position of this.#taken) this.#outcomes[position] = refused;
    // 503 or 554 for want of recipients leaves the transaction open, as does any refusal of DATA alone.
    this.#finish(atUs, this.#mailRefusal === undefined);
  }

  #sendBody(atUs: number): void {
    const { channel, deadlines, isLmtp } = this.#host;
    if (this.#taken.length === 0) {
      // 354 with nobody to send to: LMTP owes no reply then, so nothing tells where we stand (RFC 2033 §4.2).
      if (isLmtp) return this.#fail('354 although every recipient was refused', atUs);
      channel.write(FINAL_DOT);
      channel.expect(deadlines.finalDotUs, (_reply, at) => this.#finish(at, false));
      return;
    }
    this.#tellFull();
    const follower = this.#hooks.follow();
    const { body } = this.#request.message;
    if (follower === undefined) channel.write(body, FINAL_DOT);
    else channel.write(body, FINAL_DOT, follower.group);
    this.#dotSent = true;
    const verdicts = isLmtp ? this.#taken.length : 1;
    const onVerdict = (reply: Reply | undefined, at: number): void => this.#onVerdict(reply, at);
    for (let i = 0; i < verdicts; i += 1) channel.expect(deadlines.finalDotUs, onVerdict);
    follower?.begin();
  }

  #onVerdict(reply: Reply | undefined, atUs: number): void {
    if (!this.#isAnswer(reply, atUs)) return;
    const outcome = reply.code < 300 ? acceptedBy(reply) : rejectedBy(reply);
    if (!this.#host.isLmtp) {
      for (const position of this.#taken) this.#outcomes[position] = outcome;
      return this.#finish(atUs, false);
    }
    const position = this.#taken[this.#judged];
    this.#judged += 1;
    if (position !== undefined) this.#outcomes[position] = outcome;
    if (this.#judged === this.#taken.length) this.#finish(atUs, false);
  }

  /** A reply this state can use: 2yz, 4yz or 5yz. Anything else ends the transaction, one way or another. */
  #isAnswer(reply: Reply | undefined, atUs: number): reply is Reply {
    if (this.#over) return false;
    if (reply === undefined) {
      this.#finish(atUs, false);
      return false;
    }
    if (reply.code < 300 || reply.code >= 400) return true;
    this.#fail(`${reply.code} out of turn`, atUs);
    return false;
  }

  /** The reply that broke the rules may have been the last we waited for: nobody else would tell us the end. */
  #fail(text: string, atUs: number): void {
    this.#host.channel.fail(text);
    this.#finish(atUs, false);
  }

  #finish(endedUs: number, needsReset: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#tellFull();
    if (this.#mailRefusal !== undefined) this.#outcomes.fill(this.#mailRefusal);
    const { ending } = this.#host.channel;
    if (ending !== undefined) this.#closeOpenOutcomes(ending);
    this.#hooks.done({ outcomes: this.#outcomes, needsReset, endedUs });
  }

  #tellFull(): void {
    if (this.#full.length === 0 || this.#fullTold) return;
    this.#fullTold = true;
    this.#hooks.full(this.#full, this.#taken.length);
  }

  #closeOpenOutcomes(ending: NonNullable<SmtpChannel['ending']>): void {
    const taken = new Set(this.#taken);
    const full = new Set(this.#full);
    for (const [position, outcome] of this.#outcomes.entries()) {
      if (outcome !== undefined || full.has(position)) continue;
      this.#outcomes[position] = outcomeOfEnding(ending, this.#progress(taken.has(position)));
    }
  }

  #progress(isTaken: boolean): Progress {
    if (this.#dotSent && isTaken) return 'handedOver';
    // A wait that was for the message before is no wait of ours: nothing of ours had been looked at.
    return this.#isRiding && !this.#isAnswered ? 'untried' : 'asked';
  }
}
