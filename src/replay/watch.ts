/** A mailbox's owner waiting for mail: a lasting session that waits to be told (or looks) and says what it sees, when. */

import { noteArrival } from '../measure/readings.ts';
import { messageId, streamOf } from '../storm/numbering.ts';
import { MAILBOX_OPERATIONS, type MailClient, type MailResult } from './clients/client.ts';
import type { WorkerContext } from './context.ts';
import { markSeen } from './mailbox.ts';
import { LastingSession } from './session.ts';

/** Re-issued well before a server may hang up on an idle session (RFC 2177: 29 minutes). */
export const IDLE_MS = 20 * 60_000;

/** Where nobody tells, a client looks this often. */
const POLL_MS = 1_000;

interface Expectation {
  readonly resolve: (seenUs: number | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

/** One watched mailbox. `run` ends when `close` is called; until then it comes back after every lost connection. */
export class Watch {
  readonly #context: WorkerContext;
  readonly #session: LastingSession;
  readonly #expected = new Map<number, Expectation>();
  readonly #seen = new Map<number, number>();
  /** Messages to everybody that may have come before the session stood for the first time. */
  readonly #sought = new Set<number>();
  readonly #mailbox: number;
  /** One of those drawn to watch, who stand for all: an author who waits for a message does not. */
  readonly #drawn: boolean;
  readonly #saw: (number: number, seenUs: number) => void;
  /** Messages to everybody that have shown, and how many of them had when each clinical message did. */
  #storm = 0;
  readonly #stormBefore = new Map<number, number>();

  /** `saw` is told of each message to everybody that shows, once a look. */
  constructor(
    context: WorkerContext,
    mailbox: number,
    saw: (number: number, seenUs: number) => void = () => undefined,
  ) {
    this.#context = context;
    this.#mailbox = mailbox;
    this.#saw = saw;
    this.#drawn = context.plan.watchers.includes(mailbox);
    this.#session = new LastingSession(context, mailbox);
  }

  /** Resolves with the instant the message was seen, or with undefined after `waitUs`. */
  expect(number: number, waitUs: number): Promise<number | undefined> {
    const seenUs = this.#seen.get(number);
    if (seenUs !== undefined) return Promise.resolve(seenUs);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(number, undefined), Math.ceil(waitUs / 1_000));
      this.#expected.set(number, { resolve, timer });
    });
  }

  /** Storm messages that arrived above a message (deleted ones included), as far as this was watched. */
  stormAbove(number: number): number {
    return this.#storm - (this.#stormBefore.get(number) ?? this.#storm);
  }

  /** No longer waits for a message (it was refused). */
  forget(number: number): void {
    this.#settle(number, undefined);
  }

  /** Makes sure that `saw` will be told of a message to everybody, even if it comes before the session stands. */
  seek(number: number): void {
    if (!this.#session.hasStood) this.#sought.add(number);
  }

  /** Opens the session; true if it stands. Called once before the baseline, when nothing sought can be there yet. */
  async open(): Promise<boolean> {
    const opened = await this.#session.open();
    if (opened) this.#sought.clear();
    return opened;
  }

  /** Watches until closed. */
  run(): Promise<void> {
    return this.#session.run(async (client) => {
      const looked = await this.#look(client);
      const waited = looked?.outcome.kind === 'ok' ? await this.#awaitChange(client) : looked;
      // A server that refuses to look or to wait is asked again after a moment, or after as long as it says.
      if (waited?.outcome.kind !== 'ok')
        await this.#session.pause(Math.max(POLL_MS, (waited?.retryAfterUs ?? 0) / 1_000));
    });
  }

  /** Stops watching and lets everybody go who still waits. */
  close(): void {
    this.#session.close();
    for (const number of Array.from(this.#expected.keys())) this.#settle(number, undefined);
  }

  /** Reads the headers of what arrived since the last look; undefined where something sought could not be looked for. */
  async #look(client: MailClient): Promise<MailResult<unknown> | undefined> {
    const { clock, readings } = this.#context;
    for (const number of this.#sought) if (!(await this.#find(client, number))) return undefined;
    return this.#session.timed(MAILBOX_OPERATIONS[client.door].poll, () =>
      this.#session.readNews(client, (number) => {
        if (number === undefined) return;
        const atUs = clock();
        const stream = streamOf(number);
        if (this.#drawn) noteArrival(readings, { number, mailbox: this.#mailbox, atUs });
        if (stream === 'list') this.#storm += 1;
        if (stream === 'list') this.#saw(number, atUs);
        if (stream === 'clinical') {
          this.#seen.set(number, atUs);
          this.#stormBefore.set(number, this.#storm);
        }
        this.#settle(number, atUs);
      }),
    );
  }

  /** Looks for one message in what lay there when the session first stood; what comes later is news. */
  async #find(client: MailClient, number: number): Promise<boolean> {
    const { runId, plan, clock } = this.#context;
    const id = messageId(runId, plan.seed, number);
    const found = await this.#session.timed(MAILBOX_OPERATIONS[client.door].find, () => client.find(id));
    if (found.value === undefined) return false;
    this.#sought.delete(number);
    if (found.value.length === 0) return true;
    markSeen(this.#context, this.#mailbox, number);
    this.#saw(number, clock());
    return true;
  }

  /** What comes between a look and the wait for more is not slept through: the client sees to that. */
  async #awaitChange(client: MailClient): Promise<MailResult<unknown> | undefined> {
    const signal = this.#session.closing;
    return client.awaitNews({ forUs: IDLE_MS * 1_000, signal });
  }

  #settle(number: number, seenUs: number | undefined): void {
    const expectation = this.#expected.get(number);
    if (expectation === undefined) return;
    this.#expected.delete(number);
    clearTimeout(expectation.timer);
    expectation.resolve(seenUs);
  }
}
