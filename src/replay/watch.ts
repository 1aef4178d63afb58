/** A mailbox's owner waiting for mail: a lasting session that IDLEs (or polls) and says what it sees, when. */

import type { ImapConnection } from '../protocol/imap/connection.ts';
import { messageId, streamOf } from '../storm/numbering.ts';
import type { WorkerContext } from './context.ts';
import { markSeen } from './mailbox.ts';
import { LastingSession } from './session.ts';

/** Re-issued well before a server may hang up on an idle session (RFC 2177: 29 minutes). */
export const IDLE_MS = 20 * 60_000;

/** Where IDLE is not offered, a client looks this often. */
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
  readonly #saw: (number: number, seenUs: number) => void;

  /** `saw` is told of each message to everybody that shows, once a look. */
  constructor(
    context: WorkerContext,
    mailbox: number,
    saw: (number: number, seenUs: number) => void = () => undefined,
  ) {
    this.#context = context;
    this.#mailbox = mailbox;
    this.#saw = saw;
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
    return this.#session.run(async (connection) => {
      const before = connection.arrivals;
      // A server that refuses to look or to wait is asked again after a moment, not at once.
      const well = (await this.#look(connection)) && (await this.#awaitChange(connection, before));
      if (!well) await this.#session.pause(POLL_MS);
    });
  }

  /** Stops watching and lets everybody go who still waits. */
  close(): void {
    this.#session.close();
    for (const number of Array.from(this.#expected.keys())) this.#settle(number, undefined);
  }

  /** Reads the headers of what arrived since the last look. */
  async #look(connection: ImapConnection): Promise<boolean> {
    const { clock } = this.#context;
    for (const number of this.#sought) if (!(await this.#find(connection, number))) return false;
    const looked = await this.#session.timed('imap.poll', () =>
      this.#session.readNews(connection, (number) => {
        if (number === undefined) return;
        const stream = streamOf(number);
        if (stream === 'clinical') this.#seen.set(number, clock());
        if (stream === 'list') this.#saw(number, clock());
        this.#settle(number, clock());
      }),
    );
    return looked.outcome.kind === 'ok';
  }

  /** Looks for one message in what lay there when the session first stood; what comes later is news. */
  async #find(connection: ImapConnection, number: number): Promise<boolean> {
    const { runId, plan, clock } = this.#context;
    const id = messageId(runId, plan.seed, number);
    const found = await this.#session.timed('imap.search', () =>
      connection.search({ header: ['Message-ID', id] }),
    );
    if (found.value === undefined) return false;
    this.#sought.delete(number);
    if (found.value.length === 0) return true;
    markSeen(this.#context, this.#mailbox, number);
    this.#saw(number, clock());
    return true;
  }

  /** `before`: the count of arrivals before the look, so that what arrived during it is not slept through. */
  async #awaitChange(connection: ImapConnection, before: number): Promise<boolean> {
    if (!connection.offers('IDLE')) {
      await this.#session.pause(POLL_MS);
      return true;
    }
    const signal = this.#session.closing;
    const waited = await connection.idle({ forUs: IDLE_MS * 1_000, signal, sinceArrivals: before });
    return waited.outcome.kind === 'ok';
  }

  #settle(number: number, seenUs: number | undefined): void {
    const expectation = this.#expected.get(number);
    if (expectation === undefined) return;
    this.#expected.delete(number);
    clearTimeout(expectation.timer);
    expectation.resolve(seenUs);
  }
}
