/** A mailbox's owner waiting for clinical mail: a lasting session that IDLEs (or polls) and says what it sees, when. */

import type { ImapConnection } from '../protocol/imap/connection.ts';
import { openImap } from '../protocol/imap/open.ts';
import { streamOf } from '../storm/numbering.ts';
import type { OperationName } from '../words.ts';
import { mailboxSettings, type WorkerContext } from './context.ts';
import { identify, LISTING_FIELDS, markSeen } from './mailbox.ts';
import { credentialsOf, signInTo } from './sign-ins.ts';
import type { Timed } from './trail.ts';

/** Re-issued well before a server may hang up on an idle session (RFC 2177: 29 minutes). */
const IDLE_MS = 20 * 60_000;

/** Where IDLE is not offered, a client looks this often. */
const POLL_MS = 1_000;

/** Pause before a lost session is opened again. */
const RECONNECT_MS = 1_000;

interface Expectation {
  readonly resolve: (seenUs: number | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

/** One watched mailbox. `run` ends when `close` is called; until then it comes back after every lost connection. */
export class Watch {
  readonly #context: WorkerContext;
  readonly #mailbox: number;
  readonly #expected = new Map<number, Expectation>();
  readonly #seen = new Map<number, number>();
  readonly #closing = new AbortController();
  #connection: ImapConnection | undefined;
  #nextUid = 1;
  /** The first opening happens before the baseline and is nobody's measured operation. */
  #measured = false;

  constructor(context: WorkerContext, mailbox: number) {
    this.#context = context;
    this.#mailbox = mailbox;
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

  /** Opens the session; true if it stands. Called once before the baseline. */
  async open(): Promise<boolean> {
    const opened = await this.#connect();
    this.#measured = true;
    return opened;
  }

  /** Watches until closed. */
  async run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const connection = this.#connection;
      if (connection === undefined || connection.closed) {
        if (!(await this.#connect())) await this.#pause(RECONNECT_MS);
        continue;
      }
      const before = connection.arrivals;
      // A server that refuses to look or to wait is asked again after a moment, not at once.
      const well = (await this.#look(connection)) && (await this.#awaitChange(connection, before));
      if (!well) await this.#pause(POLL_MS);
    }
    await this.#connection?.logout();
  }

  /** Stops watching and lets everybody go who still waits. */
  close(): void {
    this.#closing.abort();
    for (const number of Array.from(this.#expected.keys())) this.#settle(number, undefined);
  }

  async #connect(): Promise<boolean> {
    const { access, clock, plan, signedIn } = this.#context;
    const opening = await this.#timed('imap.connect', () =>
      openImap(mailboxSettings(access, clock, plan.profile.readers.patience)),
    );
    const { connection } = opening;
    if (connection === undefined) return false;
    const credentials = await credentialsOf(access, this.#mailbox);
    const signIn = await this.#timed('imap.signin', () =>
      signInTo(connection, access, this.#mailbox, credentials, clock),
    );
    if (signIn.outcome.kind === 'ok') signedIn('mailbox', true, '');
    if (signIn.outcome.kind === 'rejected' && !signIn.outcome.temporary)
      signedIn('mailbox', false, signIn.outcome.text);
    const selected =
      signIn.outcome.kind === 'ok'
        ? await this.#timed('imap.open', () => connection.select('INBOX', { readOnly: true }))
        : undefined;
    if (selected?.value === undefined) {
      connection.destroy();
      return false;
    }
    this.#connection = connection;
    if (this.#nextUid === 1) this.#nextUid = selected.value.uidNext;
    return true;
  }

  /** Reads the headers of what arrived since the last look. */
  async #look(connection: ImapConnection): Promise<boolean> {
    const { clock, ledger, runId } = this.#context;
    const from = this.#nextUid;
    const fetched = await this.#timed('imap.poll', () =>
      connection.fetchHeaders(`${from}:*`, LISTING_FIELDS),
    );
    for (const row of fetched.value ?? []) {
      // `n:*` always names the last message, even when it is older than n (RFC 3501 §6.4.8).
      if (row.uid < from) continue;
      this.#nextUid = Math.max(this.#nextUid, row.uid + 1);
      const { number } = identify({ runId }, row, undefined);
      markSeen({ ledger }, this.#mailbox, number);
      if (number === undefined) continue;
      if (streamOf(number) === 'clinical') this.#seen.set(number, clock());
      this.#settle(number, clock());
    }
    return fetched.value !== undefined;
  }

  /** `before`: the count of arrivals before the look, so that what arrived during it is not slept through. */
  async #awaitChange(connection: ImapConnection, before: number): Promise<boolean> {
    if (!connection.capabilities.has('IDLE')) {
      await this.#pause(POLL_MS);
      return true;
    }
    const { signal } = this.#closing;
    const waited = await connection.idle({ forUs: IDLE_MS * 1_000, signal, sinceArrivals: before });
    return waited.outcome.kind === 'ok';
  }

  async #timed<T extends Timed>(operation: OperationName, work: () => Promise<T>): Promise<T> {
    const { clock, recorder, orders } = this.#context;
    if (!this.#measured) return work();
    const { phase } = orders;
    recorder.planned(operation, phase, true);
    const dueUs = clock();
    const done = await work();
    const startedUs = Math.max(dueUs, done.startedUs);
    const endedUs = Math.max(startedUs, done.endedUs);
    recorder.sample({
      operation,
      phase,
      outcome: done.outcome,
      intendedUs: dueUs,
      dueUs,
      startedUs,
      endedUs,
      induced: true,
    });
    return done;
  }

  #settle(number: number, seenUs: number | undefined): void {
    const expectation = this.#expected.get(number);
    if (expectation === undefined) return;
    this.#expected.delete(number);
    clearTimeout(expectation.timer);
    expectation.resolve(seenUs);
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
