/** A mailbox session that lasts: opened, reopened after every lost line, its operations timed as induced. It decides nothing about mail. */

import type { ImapConnection } from '../protocol/imap/connection.ts';
import { openImap } from '../protocol/imap/open.ts';
import type { OperationName } from '../words.ts';
import { mailboxSettings, waitUnless, type WorkerContext } from './context.ts';
import { identify, LISTING_FIELDS, markSeen } from './mailbox.ts';
import { credentialsOf, isFinalRefusal, signInTo } from './sign-ins.ts';
import type { Timed } from './trail.ts';

/** Pause before a lost session is opened again; doubled at every failure in a row, up to the longest. */
const RECONNECT_MS = 1_000;
const LONGEST_RECONNECT_MS = 32_000;

/** One person's open session. */
export class LastingSession {
  readonly #context: WorkerContext;
  readonly #mailbox: number;
  readonly #closing = new AbortController();
  #connection: ImapConnection | undefined;
  /** Undefined until the session has stood once: an empty mailbox has a next UID too. */
  #nextUid: number | undefined;
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
    return this.#nextUid !== undefined;
  }

  /** Opens the session; true if it stands. Called once before the baseline. */
  async open(): Promise<boolean> {
    const opened = await this.#connect();
    this.#measured = true;
    return opened;
  }

  /** Goes on with `work` until closed; `work` is called again and again, on a connection that stands. */
  async run(work: (connection: ImapConnection) => Promise<void>): Promise<void> {
    this.#measured = true;
    while (!this.closing.aborted) {
      const connection = this.#connection;
      if (connection !== undefined && !connection.closed) await work(connection);
      else if (!(await this.#connect())) await this.#backOff();
    }
    await this.#connection?.logout();
  }

  close(): void {
    this.#closing.abort();
  }

  /** Reads the headers of what arrived since the last look; undefined if they could not be read. */
  async readNews(
    connection: ImapConnection,
    seen: (number: number | undefined) => void = () => undefined,
  ): Promise<Timed> {
    const { ledger, runId } = this.#context;
    const from = this.#nextUid ?? 1;
    const fetched = await connection.fetchHeaders(`${from}:*`, LISTING_FIELDS);
    for (const row of fetched.value ?? []) {
      // `n:*` always names the last message, even when it is older than n (RFC 3501 §6.4.8).
      if (row.uid < from) continue;
      this.#nextUid = Math.max(this.#nextUid ?? 1, row.uid + 1);
      const { number } = identify({ runId }, row, undefined);
      markSeen({ ledger }, this.#mailbox, number);
      seen(number);
    }
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
    const { access, clock, plan, signedIn } = this.#context;
    const opening = await this.timed('imap.connect', () =>
      openImap(mailboxSettings(access, clock, plan.profile.readers.patience)),
    );
    const { connection } = opening;
    if (connection === undefined) return false;
    const credentials = await credentialsOf(access, this.#mailbox);
    const signIn = await this.timed('imap.signin', () =>
      signInTo(connection, access, this.#mailbox, credentials, clock),
    );
    if (signIn.outcome.kind === 'ok') signedIn('mailbox', true, '');
    if (signIn.outcome.kind === 'rejected' && isFinalRefusal(signIn.outcome))
      signedIn('mailbox', false, signIn.outcome.text);
    const selected =
      signIn.outcome.kind === 'ok'
        ? await this.timed('imap.open', () => connection.select('INBOX', { readOnly: true }))
        : undefined;
    if (selected?.value === undefined) {
      connection.destroy();
      return false;
    }
    this.#failures = 0;
    this.#connection = connection;
    this.#nextUid ??= selected.value.uidNext;
    return true;
  }

  #backOff(): Promise<void> {
    const ms = Math.min(LONGEST_RECONNECT_MS, RECONNECT_MS * 2 ** this.#failures);
    this.#failures += 1;
    return this.pause(ms);
  }
}
