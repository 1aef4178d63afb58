/** A signed-in SMTP or LMTP connection: submissions in, results out, pipelined where offered. It must not retry on its own. */

import type { Deadlines } from '../deadlines.ts';
import type { Ending } from '../ending.ts';
import type { SmtpChannel } from './channel.ts';
import { type Envelope, type PreparedMessage, prepareMessage } from './envelope.ts';
import type { Extensions } from './extensions.ts';
import { Outbox } from './outbox.ts';
import { Recipients } from './recipients.ts';
import type { OnStep } from './steps.ts';
import { Submission, type SubmitResult } from './submission.ts';
import { Transaction, type TransactionHost, type TransactionResult } from './transaction.ts';

/** RFC 5321 §4.5.3.1.8: every server takes 100, no server must take more. */
export const DEFAULT_RECIPIENT_LIMIT = 100;

/** Submissions waiting on one connection; more is a dispatcher that does not look. */
const QUEUE_LIMIT = 1_000;

export interface SmtpConnectionSettings {
  readonly extensions: Extensions;
  readonly deadlines: Deadlines;
  readonly isLmtp: boolean;
  readonly maxRecipients?: number | undefined;
  readonly onStep?: OnStep | undefined;
}

const RSET = Buffer.from('RSET\r\n');
const QUIT = Buffer.from('QUIT\r\n');

/** Opened by `openSmtp`. Submissions are taken in order; one that waits rides behind the one before it. */
export class SmtpConnection {
  readonly extensions: Extensions;
  /** The server takes command groups (RFC 2920). */
  readonly pipelining: boolean;
  /** RFC 1870; undefined where the server names none. */
  readonly sizeLimit: number | undefined;
  readonly #host: TransactionHost;
  readonly #channel: SmtpChannel;
  /** A queue with a moving head: shift() on a long array is linear. */
  #queue: Submission[] = [];
  #head = 0;
  #submission: Submission | undefined;
  #running = 0;
  #resetting = false;
  #isLast = false;
  #hasLeft = false;
  #maxRecipients: number;
  /** Its envelope was written behind a body: its start is the verdict on that. */
  #riding: Transaction | undefined;

  constructor(channel: SmtpChannel, settings: SmtpConnectionSettings) {
    const { extensions, deadlines, isLmtp, onStep } = settings;
    this.#channel = channel;
    this.extensions = extensions;
    this.pipelining = extensions.pipelining;
    this.sizeLimit = extensions.sizeLimitBytes;
    const wanted = settings.maxRecipients ?? extensions.recipientLimit ?? DEFAULT_RECIPIENT_LIMIT;
    // What the server says it takes (RFC 9422) is not ours to exceed.
    this.#maxRecipients = Math.max(1, Math.min(wanted, extensions.recipientLimit ?? wanted));
    this.#host = {
      channel,
      outbox: new Outbox(channel.wire),
      extensions,
      deadlines,
      isLmtp,
      onStep,
      full: (transaction, places, taken) => this.#full(transaction, places, taken),
      follow: (atUs) => this.#follow(atUs),
      done: (transaction, result) => this.#settle(transaction, result),
    };
    channel.onEnding = (ending) => this.#abandon(ending);
  }

  /** Recipients a transaction carries: LIMITS, the setting, or less once the server said 452. */
  get maxRecipients(): number {
    return this.#maxRecipients;
  }

  /** No submission waits or runs. */
  get idle(): boolean {
    return !this.closed && !this.#hasLeft && this.#running === 0 && !this.#resetting && this.#waiting === 0;
  }

  get closed(): boolean {
    return this.#channel.isClosing;
  }

  /** How it ended, once closed. */
  get ending(): Ending | undefined {
    return this.#channel.ending;
  }

  get tls(): boolean {
    return this.#channel.wire.secure;
  }

  /**
   * Sends one message; `data` is RFC 5322 with CRLF line ends. Resolves always, rejects never. A recipient is `unknown`
   * once the final dot has left and no verdict came (RFC 1047), or when a deadline passed.
   *
   * @throws RangeError without recipients, or when 1,000 submissions wait already
   */
  submit(envelope: Envelope, data: Buffer): Promise<SubmitResult> {
    let resolve: (result: SubmitResult) => void = () => undefined;
    const promise = new Promise<SubmitResult>((settle) => {
      resolve = settle;
    });
    this.send(envelope, prepareMessage(data), resolve);
    return promise;
  }

  /**
   * The same for many messages a second: the message is ready, and `done` is called instead of a promise kept, never
   * before this returns. The message's memory is its owner's again once `done` was called.
   *
   * @throws RangeError as `submit`
   */
  send(envelope: Envelope, message: PreparedMessage, done: (result: SubmitResult) => void): void {
    const to = envelope.to instanceof Recipients ? envelope.to : new Recipients(envelope.to);
    if (to.addresses.length === 0) throw new RangeError('a submission needs a recipient');
    if (this.#waiting >= QUEUE_LIMIT) throw new RangeError(`over ${QUEUE_LIMIT} submissions wait`);
    const submission = new Submission(envelope.from, to, message, this.extensions.smtpUtf8, done);
    const { ending } = this.#channel;
    if (ending !== undefined) submission.abandon(ending);
    if (!submission.hasPending) return queueMicrotask(() => submission.finish(this.#channel.clock()));
    this.#queue.push(submission);
    if (this.#running === 0) this.#pump(this.#channel.clock());
  }

  /**
   * No more will be submitted than is by now: where the server takes command groups the goodbye rides behind the last
   * message (RFC 2920 §3.1), and the connection closes when that is answered.
   */
  leaveAfterLast(): void {
    this.#isLast = true;
  }

  /** Says goodbye where nothing is under way, and closes. What is under way ends as if the line had dropped. */
  async quit(): Promise<void> {
    if (this.#hasLeft) return;
    if (this.idle) await this.#channel.ask('QUIT', this.#host.deadlines.goodbyeUs);
    this.destroy();
  }

  /** Closes at once. */
  destroy(): void {
    this.#channel.wire.end({ kind: 'local', text: 'we closed the connection' });
  }

  get #waiting(): number {
    return this.#queue.length - this.#head;
  }

  #pump(atUs: number): void {
    if (this.#running > 0 || this.#resetting || this.#channel.isClosing) return;
    const transaction = this.#take(atUs);
    if (transaction === undefined) return;
    if (!this.pipelining) return transaction.beginInTurn();
    transaction.beginPipelined(false);
    this.#host.outbox.send();
  }

  /** The next transaction: the rest of the submission under way before the next submission. */
  #take(atUs: number): Transaction | undefined {
    const submission = this.#submission?.hasPending === true ? this.#submission : this.#shift();
    if (submission === undefined) return undefined;
    this.#submission = submission;
    this.#running += 1;
    const share = submission.next(this.#maxRecipients);
    submission.started(atUs);
    return new Transaction(this.#host, submission, share, atUs);
  }

  #shift(): Submission | undefined {
    const submission = this.#queue[this.#head];
    if (submission === undefined) return undefined;
    this.#head += 1;
    if (this.#head === this.#queue.length || this.#head > QUEUE_LIMIT) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    return submission;
  }

  #full(transaction: Transaction, places: readonly number[], taken: number): void {
    transaction.submission.defer(transaction.share, places);
    this.#maxRecipients = Math.max(1, Math.min(this.#maxRecipients, taken));
  }

  #follow(atUs: number): Transaction | undefined {
    if (!this.pipelining || this.#channel.isClosing) return undefined;
    this.#riding = this.#take(atUs);
    if (this.#riding === undefined && this.#isLast) this.#leave();
    return this.#riding;
  }

  #leave(): void {
    this.#hasLeft = true;
    this.#host.outbox.bytes(QUIT);
    this.#channel.expectOne(this.#host.deadlines.goodbyeUs, () => this.destroy());
  }

  #settle({ submission, share }: Transaction, result: TransactionResult): void {
    this.#running -= 1;
    submission.settle(share, result.outcomes);
    // What rode behind could not be answered before this: its service time starts now.
    if (this.#riding !== undefined && this.#riding.submission !== submission)
      this.#riding.ridesFrom(result.endedUs);
    this.#riding = undefined;
    const { ending } = this.#channel;
    if (ending !== undefined) submission.abandon(ending);
    // Before anybody hears of the end, and sends the next.
    if (result.needsReset && !this.#channel.isClosing) this.#reset();
    if (submission.isOver) submission.finish(result.endedUs);
    this.#pump(result.endedUs);
  }

  #reset(): void {
    this.#resetting = true;
    this.#channel.write(RSET);
    this.#channel.expectOne(this.#host.deadlines.commandUs, (reply, atUs) => {
      this.#resetting = false;
      if (reply !== undefined && reply.code >= 300) this.#channel.fail(`${reply.code} in answer to RSET`);
      this.#pump(atUs);
    });
  }

  #abandon(ending: Ending): void {
    const atUs = this.#channel.clock();
    // Every transaction has been settled by now; what is left of its submission had to wait for another.
    const current = this.#submission;
    if (current?.hasPending === true) {
      current.abandon(ending);
      if (current.isOver) current.finish(atUs);
    }
    const left = this.#queue.slice(this.#head);
    this.#queue = [];
    this.#head = 0;
    for (const submission of left) {
      submission.abandon(ending);
      submission.finish(atUs);
    }
  }
}
