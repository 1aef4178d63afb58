/** A mail client left open: it polls, waits to be told or is pushed to, and reads what is new. It waits for no message in particular. */

import type { StandingClient } from '../storm/clients.ts';
import { MAILBOX_OPERATIONS, type MailClient } from './clients/client.ts';
import { ImapMailClient } from './clients/imap.ts';
import type { WorkerContext } from './context.ts';
import { LastingSession } from './session.ts';
import type { Timed } from './trail.ts';
import { IDLE_MS } from './watch.ts';

/** A server that refuses to wait or to tell is asked again after so long. */
const REFUSED_MS = 5_000;

/** Where nobody tells, whoever would have waited looks this often: what mail programs do. */
const UNTOLD_US = 60_000_000;

/** A server that has not shown yet that it tells may have done so by then. */
const ASKED_AGAIN_MS = 1_000;

/** One client's session. */
export class Standing {
  readonly #context: WorkerContext;
  readonly #client: StandingClient;
  readonly #session: LastingSession;
  #nextLookUs: number | undefined;

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
    return this.#session.run(async (client) => {
      if (kind === 'poll') return this.#poll(client, everyUs);
      if (!(await this.#await(client))) await this.#poll(client, UNTOLD_US);
    });
  }

  close(): void {
    this.#session.close();
  }

  /** One look at its time; looks that are overdue become one. */
  async #poll(client: MailClient, everyUs: number): Promise<void> {
    const { clock } = this.#context;
    this.#nextLookUs ??= clock() + this.#client.firstUs;
    const waitMs = Math.max(0, (this.#nextLookUs - clock()) / 1_000);
    // Whoever would rather be told asks again soon whether that can be had by now.
    if (this.#client.kind !== 'poll' && waitMs > ASKED_AGAIN_MS) return this.#session.pause(ASKED_AGAIN_MS);
    await this.#session.pause(waitMs);
    if (this.#session.closing.aborted || client.closed) return;
    const nowUs = clock();
    while (this.#nextLookUs <= nowUs) this.#nextLookUs += everyUs;
    await this.#session.timed(MAILBOX_OPERATIONS[client.door].poll, () => this.#look(client));
  }

  /** Over IMAP a client asks cheaply first, and reads only where something came. */
  async #look(client: MailClient): Promise<Timed> {
    if (!(client instanceof ImapMailClient)) return this.#session.readNews(client);
    const glanced = await client.glance();
    if (glanced.value !== true) return glanced;
    return { ...(await this.#session.readNews(client)), startedUs: glanced.startedUs };
  }

  /** Waits for news and reads it: what lies between the two is counted as one. False where it cannot be waited for. */
  async #await(client: MailClient): Promise<boolean> {
    if (this.#client.kind === 'push' && client instanceof ImapMailClient) await client.notify();
    const { wake } = MAILBOX_OPERATIONS[client.door];
    const signal = this.#session.closing;
    const waiting = client.awaitNews({ forUs: IDLE_MS * 1_000, signal });
    if (waiting === undefined) return false;
    const waited = await waiting;
    if (signal.aborted) return true;
    if (waited.outcome.kind !== 'ok') {
      await this.#session.timed(wake, () => Promise.resolve(waited));
      await this.#session.pause(REFUSED_MS);
      return true;
    }
    if (waited.value?.changed === true)
      await this.#session.timed(wake, () => this.#session.readNews(client), waited.value.changedUs);
    return true;
  }
}
