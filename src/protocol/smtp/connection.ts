/** A signed-in SMTP or LMTP connection: submissions in, results out, pipelined where offered. It must not retry on its own. */

import type { Deadlines } from '../deadlines.ts';
import type { Ending } from '../ending.ts';
import type { SmtpChannel } from './channel.ts';
import type { Envelope } from './envelope.ts';
import type { Extensions } from './extensions.ts';
import { type Share, Submission, type SubmitResult } from './submission.ts';
import { type Follower, Transaction, type TransactionHost, type TransactionResult } from './transaction.ts';

/** RFC 5321 §4.5.3.1.8: every server takes 100, no server must take more. */
export const DEFAULT_RECIPIENT_LIMIT = 100;

/** Submissions waiting on one connection; more is a dispatcher that does not look. */
const QUEUE_LIMIT = 1_000;

export interface SmtpConnectionSettings {
  readonly extensions: Extensions;
  readonly deadlines: Deadlines;
  readonly isLmtp: boolean;
  readonly maxRecipients?: number | undefined;
}

/** Opened by `openSmtp`. Submissions are taken in order; one that waits rides behind the one before it. */
export class SmtpConnection {
  readonly extensions: Extensions;
  /** The server takes command groups (RFC 2920). */
  readonly pipelining: boolean;
  /** RFC 1870; undefined where the server names none. */
  readonly sizeLimit: number | undefined;
  readonly #host: TransactionHost;
  readonly #channel: SmtpChannel;
  readonly #queue: Submission[] = [];
  #submission: Submission | undefined;
  #running = 0;
  #resetting = false;
  #maxRecipients: number;
  /** Envelopes written behind a body: their start is the verdict on it. */
  #riding: Submission | undefined;

  constructor(channel: SmtpChannel, settings: SmtpConnectionSettings) {
    const { extensions, deadlines, isLmtp } = settings;
    this.#channel = channel;
    this.extensions = extensions;
    this.pipelining = extensions.pipelining;
    this.sizeLimit = extensions.sizeLimitBytes;
    const wanted = settings.maxRecipients ?? extensions.recipientLimit ?? DEFAULT_RECIPIENT_LIMIT;
    // What the server says it takes (RFC 9422) is not ours to exceed.
    this.#maxRecipients = Math.max(1, Math.min(wanted, extensions.recipientLimit ?? wanted));
    this.#host = { channel, extensions, deadlines, isLmtp };
    channel.onEnding = (ending) => this.#abandon(ending);
  }

  /** Recipients a transaction carries: LIMITS, the setting, or less once the server said 452. */
  get maxRecipients(): number {
    return this.#maxRecipients;
  }

  /** No submission waits or runs. */
  get idle(): boolean {
    return !this.closed && this.#running === 0 && !this.#resetting && this.#queue.length === 0;
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
    if (envelope.to.length === 0) throw new RangeError('a submission needs a recipient');
    if (this.#queue.length >= QUEUE_LIMIT) throw new RangeError(`over ${QUEUE_LIMIT} submissions wait`);
    return new Promise((resolve) => {
      const submission = new Submission(envelope, data, this.extensions.smtpUtf8, resolve);
      if (!submission.hasPending) return submission.finish(this.#channel.clock());
      const { ending } = this.#channel;
      if (ending !== undefined) {
        submission.abandon(ending);
        return submission.finish(this.#channel.clock());
      }
      this.#queue.push(submission);
      this.#pump();
    });
  }

  /** Says goodbye where nothing is under way, and closes. What is under way ends as if the line had dropped. */
  async quit(): Promise<void> {
    if (this.idle) await this.#channel.ask('QUIT', this.#host.deadlines.goodbyeUs);
    this.destroy();
  }

  /** Closes at once. */
  destroy(): void {
    this.#channel.wire.end({ kind: 'local', text: 'we closed the connection' });
  }

  #pump(): void {
    if (this.#running > 0 || this.#resetting || this.#channel.isClosing) return;
    const follower = this.#take();
    if (follower === undefined) return;
    if (!this.pipelining) return follower.transaction.beginInTurn();
    this.#channel.write(follower.transaction.group());
    follower.transaction.beginPipelined(false);
  }

  /** The next transaction: the rest of the submission under way before the next submission. */
  #take(): { transaction: Transaction; submission: Submission } | undefined {
    const submission = this.#submission?.hasPending === true ? this.#submission : this.#queue.shift();
    if (submission === undefined) return undefined;
    this.#submission = submission;
    this.#running += 1;
    const share = submission.next(this.#maxRecipients);
    submission.started(this.#channel.clock());
    const transaction = new Transaction(this.#host, share.request, {
      full: (places, taken) => {
        submission.defer(share, places);
        this.#maxRecipients = Math.max(1, Math.min(this.#maxRecipients, taken));
      },
      follow: () => this.#follow(),
      done: (result) => this.#settle(submission, share, result),
    });
    return { transaction, submission };
  }

  #follow(): Follower | undefined {
    if (!this.pipelining || this.#channel.isClosing) return undefined;
    const taken = this.#take();
    if (taken === undefined) return undefined;
    this.#riding = taken.submission;
    return { group: taken.transaction.group(), begin: () => taken.transaction.beginPipelined(true) };
  }

  #settle(submission: Submission, share: Share, result: TransactionResult): void {
    this.#running -= 1;
    submission.settle(share, result.outcomes);
    // What rode behind could not be answered before this: its service time starts now.
    if (this.#riding !== undefined && this.#riding !== submission) this.#riding.started(result.endedUs);
    this.#riding = undefined;
    const { ending } = this.#channel;
    if (ending !== undefined) submission.abandon(ending);
    if (submission.isOver) submission.finish(result.endedUs);
    if (result.needsReset && !this.#channel.isClosing) this.#reset();
    this.#pump();
  }

  #reset(): void {
    this.#resetting = true;
    this.#channel.write(Buffer.from('RSET\r\n'));
    this.#channel.expect(this.#host.deadlines.commandUs, (reply) => {
      this.#resetting = false;
      if (reply !== undefined && reply.code >= 300) this.#channel.fail(`${reply.code} in answer to RSET`);
      this.#pump();
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
    for (const submission of this.#queue.splice(0)) {
      submission.abandon(ending);
      submission.finish(atUs);
    }
  }
}
