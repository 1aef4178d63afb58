/** A mailbox session that lasts: opened, reopened after every lost line, its operations timed as induced. It decides nothing about mail. */

import { noteLine } from '../measure/readings.ts';
import type { OperationName } from '../words.ts';
import {
  INBOX,
  MAILBOX_OPERATIONS,
  type Bookmark,
  type MailClient,
  type MailNews,
  type MailResult,
} from './clients/client.ts';
import { enterAs } from './clients/enter.ts';
import { waitUnless, type WorkerContext } from './context.ts';
import { identify, LISTING_FIELDS, markSeen } from './mailbox.ts';
import type { Timed } from './trail.ts';

/** Pause before a lost session is opened again; doubled at every failure in a row, up to the longest. */
const RECONNECT_MS = 1_000;
const LONGEST_RECONNECT_MS = 32_000;

/** One person's open session. */
export class LastingSession {
  readonly #context: WorkerContext;
  readonly #mailbox: number;
  readonly #closing = new AbortController();
  #client: MailClient | undefined;
  /** Undefined until the session has stood once; what comes while its line is lost is news all the same. */
  #bookmark: Bookmark | undefined;
  #failures = 0;
  /** The first opening happens before the baseline and is nobody's measured operation. */
  #measured = false;

  constructor(context: WorkerContext, mailbox: number) {
    this.#context = context;
    this.#mailbox = mailbox;
  }

  /** Aborted when the session is to end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** It has stood: what has come to the mailbox since then is, or will be, news to it. */
  get hasStood(): boolean {
    return this.#bookmark !== undefined;
  }

  /** Opens the session; true if it stands. Called once before the baseline. */
  async open(): Promise<boolean> {
    const opened = await this.#connect();
    this.#measured = true;
    return opened;
  }

  /** Goes on with `work` until closed; `work` is called again and again, on a client that stands. */
  async run(work: (client: MailClient) => Promise<void>): Promise<void> {
    this.#measured = true;
    while (!this.closing.aborted) {
      const client = this.#client;
      if (client !== undefined && !client.closed) await work(client);
      else if (!(await this.#connect())) await this.#backOff();
    }
    await this.#client?.leave();
  }

  close(): void {
    this.#closing.abort();
  }

  /** Reads the headers of what arrived since the last look. */
  async readNews(
    client: MailClient,
    seen: (number: number | undefined) => void = () => undefined,
  ): Promise<MailResult<MailNews>> {
    const { ledger, runId } = this.#context;
    if (this.#bookmark === undefined) throw new Error('a session that never stood has no news');
    const fetched = await client.news(this.#bookmark, LISTING_FIELDS);
    for (const row of fetched.value?.rows ?? []) {
      const { number } = identify({ runId }, row, undefined);
      markSeen({ ledger }, this.#mailbox, number);
      seen(number);
    }
    this.#bookmark = fetched.value?.bookmark ?? this.#bookmark;
    return fetched;
  }

  /** Does an operation and records it as induced, in the phase that runs now. `intendedUs`: when it should have begun. */
  async timed<T extends Timed>(
    operation: OperationName,
    work: () => Promise<T>,
    intendedUs?: number,
  ): Promise<T> {
    const { clock, recorder, orders } = this.#context;
    if (!this.#measured) return work();
    const { phase } = orders;
    recorder.planned(operation, phase, true);
    const dueUs = intendedUs ?? clock();
    const done = await work();
    const startedUs = Math.max(dueUs, done.startedUs);
    const endedUs = Math.max(startedUs, done.endedUs);
    const { outcome } = done;
    const induced = true;
    recorder.sample({ operation, phase, outcome, intendedUs: dueUs, dueUs, startedUs, endedUs, induced });
    return done;
  }

  /** Waits, at most until the session is closed. */
  pause(ms: number): Promise<void> {
    return waitUnless(this.closing, ms);
  }

  async #connect(): Promise<boolean> {
    const { access, clock, plan, signedIn, readings } = this.#context;
    const client = await enterAs({
      access,
      clock,
      mailbox: this.#mailbox,
      patienceUs: plan.profile.readers.patience,
      recorded: (operation, work) => this.timed(operation, work),
      opened: ({ tls }) => noteLine(readings, 'mailbox', tls),
      signedIn: (ok, words) => signedIn('mailbox', ok, words),
    });
    if ('failure' in client) return false;
    const { open } = MAILBOX_OPERATIONS[client.door];
    const work = (): ReturnType<MailClient['open']> => client.open(INBOX, { readOnly: true });
    const { value: opened } = await (open === undefined ? work() : this.timed(open, work));
    if (opened === undefined) {
      client.destroy();
      return false;
    }
    this.#failures = 0;
    this.#client = client;
    this.#bookmark ??= opened.bookmark;
    return true;
  }

  #backOff(): Promise<void> {
    const ms = Math.min(LONGEST_RECONNECT_MS, RECONNECT_MS * 2 ** this.#failures);
    this.#failures += 1;
    return this.pause(ms);
  }
}
