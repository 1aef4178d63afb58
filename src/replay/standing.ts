/** A mail client left open: it polls, waits in IDLE or is pushed to, and reads what is new. It waits for no message in particular. */

import type { ImapConnection } from '../protocol/imap/connection.ts';
import type { StandingClient } from '../storm/clients.ts';
import type { WorkerContext } from './context.ts';
import { LastingSession } from './session.ts';
import type { Timed } from './trail.ts';
import { IDLE_MS } from './watch.ts';

/** A server that refuses to wait or to tell is asked again after so long. */
const REFUSED_MS = 5_000;

/** Where IDLE is not offered, whoever would have waited looks this often: what mail programs do. */
const WITHOUT_IDLE_US = 60_000_000;

/** One client's session. */
export class Standing {
  readonly #context: WorkerContext;
  readonly #client: StandingClient;
  readonly #session: LastingSession;
  #nextLookUs: number | undefined;
  /** The connection that was asked for NOTIFY. */
  #notified: ImapConnection | undefined;

  constructor(context: WorkerContext, client: StandingClient) {
    this.#context = context;
    this.#client = client;
    this.#session = new LastingSession(context, client.mailbox);
  }

  /** Opens the session before the baseline. A refusal is no reason not to run: it is tried again, and then measured. */
  async open(): Promise<void> {
    await this.#session.open();
  }

  /** Until closed. */
  run(): Promise<void> {
    const { kind, everyUs } = this.#client;
    return this.#session.run((connection) =>
      kind === 'poll' || !connection.offers('IDLE')
        ? this.#poll(connection, kind === 'poll' ? everyUs : WITHOUT_IDLE_US)
        : this.#await(connection),
    );
  }

  close(): void {
    this.#session.close();
  }

  /** One look at its time; looks that are overdue become one. */
  async #poll(connection: ImapConnection, everyUs: number): Promise<void> {
    const { clock } = this.#context;
    this.#nextLookUs ??= clock() + this.#client.firstUs;
    await this.#session.pause(Math.max(0, (this.#nextLookUs - clock()) / 1_000));
    if (this.#session.closing.aborted || connection.closed) return;
    const nowUs = clock();
    while (this.#nextLookUs <= nowUs) this.#nextLookUs += everyUs;
    const before = connection.arrivals;
    await this.#session.timed('imap.poll', async (): Promise<Timed> => {
      const looked = await connection.noop();
      if (looked.outcome.kind !== 'ok' || connection.arrivals === before) return looked;
      const read = await this.#session.readNews(connection);
      return { ...read, startedUs: looked.startedUs };
    });
  }

  /** Waits for news and reads it: `imap.idle` is what lies between the two. */
  async #await(connection: ImapConnection): Promise<void> {
    const before = connection.arrivals;
    if (this.#client.kind === 'push' && connection.offers('NOTIFY') && this.#notified !== connection) {
      const asked = await connection.notify();
      if (asked.outcome.kind === 'ok') this.#notified = connection;
    }
    const signal = this.#session.closing;
    const waited = await connection.idle({ forUs: IDLE_MS * 1_000, signal, sinceArrivals: before });
    if (signal.aborted) return;
    if (waited.outcome.kind !== 'ok') {
      await this.#session.timed('imap.idle', () => Promise.resolve(waited));
      return this.#session.pause(REFUSED_MS);
    }
    const { value } = waited;
    if (value?.changed !== true || connection.arrivals === before) return;
    await this.#session.timed('imap.idle', () => this.#session.readNews(connection), value.changedUs);
  }
}
