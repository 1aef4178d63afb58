/** Does the target still owe anything? By its queue probe, or by watching arrivals in a fixed sample of mailboxes. */

import type { Clock } from '../measure/outcome.ts';
import type { ImapConnection } from '../protocol/imap/connection.ts';
import { openImap } from '../protocol/imap/open.ts';
import { addressOf } from '../storm/audience.ts';
import { credentialsOf, mailboxSettings, type Access } from './context.ts';

/** Asked this often: two readings of 0 must lie a second apart. */
const LOOK_MS = 1_000;

/** Without a probe, silence shorter than this proves nothing: queues are retried after minutes. */
const LEAST_SILENCE_US = 60_000_000;

/** How long one mailbox of the sample may take to answer. */
const SAMPLE_PATIENCE_US = 10_000_000;

/** Reads how many messages or copies the target still owes; undefined when it cannot tell. */
export type QueueProbe = () => Promise<number | undefined>;

/** One look at the target. */
export interface QueueReading {
  readonly atUs: number;
  /** What the probe said, or the estimate's arrivals; null when unknown. */
  readonly owed: number | null;
}

export interface QuiescenceSettings {
  readonly access: Access;
  readonly clock: Clock;
  readonly probe: QueueProbe | undefined;
  /** Mailboxes whose arrivals stand for all, where no probe answers. */
  readonly sample: readonly number[];
  readonly mailboxes: number;
  /** The larger of 60 s and the target's retry interval, in microseconds. */
  readonly quietForUs: number;
}

/** Watches until closed. Ask `quietSince` at any time. */
export class Quiescence {
  readonly #settings: QuiescenceSettings;
  readonly readings: QueueReading[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;
  #firstZeroUs: number | undefined;
  #lastZeroUs: number | undefined;
  #lastArrivalUs = 0;
  readonly #sessions = new Map<number, ImapConnection>();
  readonly #uidNext = new Map<number, { first: number; last: number }>();

  constructor(settings: QuiescenceSettings) {
    this.#settings = settings;
  }

  start(): void {
    const again = (): void => {
      this.#looking = this.#look().finally(() => {
        if (!this.#closed) this.#timer = setTimeout(again, LOOK_MS);
      });
    };
    again();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all([...this.#sessions.values()].map((session) => session.logout()));
  }

  /** True when everything accepted before `sinceUs` has been delivered, as far as can be known. */
  quietSince(sinceUs: number): boolean {
    if (this.#settings.probe !== undefined) {
      if (this.#firstZeroUs === undefined || this.#lastZeroUs === undefined) return false;
      // Timers may fire early: nine tenths of a second is a second apart.
      return this.#lastZeroUs - Math.max(this.#firstZeroUs, sinceUs) >= LOOK_MS * 900;
    }
    const silenceUs = Math.max(LEAST_SILENCE_US, this.#settings.quietForUs);
    return this.#settings.clock() - Math.max(this.#lastArrivalUs, sinceUs) >= silenceUs;
  }

  /** A probe answers, so that two readings of 0 settle it. */
  get hasProbe(): boolean {
    return this.#settings.probe !== undefined;
  }

  /** Since when it has been quiet, once `quietSince` said so: the first reading of 0, or the last arrival. */
  quietFromUs(): number {
    return this.#settings.probe === undefined
      ? this.#lastArrivalUs
      : (this.#firstZeroUs ?? this.#settings.clock());
  }

  /** Copies still owed: the probe's word, else what was accepted less what the sample says arrived; undefined if neither. */
  outstanding(copiesAccepted: number): number | undefined {
    const last = this.readings.at(-1);
    if (this.#settings.probe !== undefined) return last?.owed ?? undefined;
    if (this.#uidNext.size === 0) return undefined;
    let arrivals = 0;
    for (const { first, last: now } of this.#uidNext.values()) arrivals += now - first;
    return Math.max(
      0,
      Math.round(copiesAccepted - (arrivals / this.#uidNext.size) * this.#settings.mailboxes),
    );
  }

  async #look(): Promise<void> {
    const { probe, clock } = this.#settings;
    if (probe === undefined) return this.#sample();
    const owed = await probe();
    const atUs = clock();
    this.readings.push({ atUs, owed: owed ?? null });
    if (owed === 0) {
      this.#firstZeroUs ??= atUs;
      this.#lastZeroUs = atUs;
    } else {
      this.#firstZeroUs = undefined;
    }
  }

  async #sample(): Promise<void> {
    const { clock } = this.#settings;
    await Promise.all(
      this.#settings.sample.map(async (mailbox) => {
        const session = await this.#session(mailbox);
        const status = await session?.status('INBOX');
        if (status?.value === undefined) return;
        const known = this.#uidNext.get(mailbox);
        if (known === undefined)
          this.#uidNext.set(mailbox, { first: status.value.uidNext, last: status.value.uidNext });
        else if (status.value.uidNext > known.last) {
          known.last = status.value.uidNext;
          this.#lastArrivalUs = clock();
        }
      }),
    );
  }

  async #session(mailbox: number): Promise<ImapConnection | undefined> {
    const open = this.#sessions.get(mailbox);
    if (open !== undefined && !open.closed) return open;
    const { access, clock } = this.#settings;
    const { connection } = await openImap(mailboxSettings(access, clock, SAMPLE_PATIENCE_US));
    if (connection === undefined) return undefined;
    const signedIn = await connection.signIn(credentialsOf(access, addressOf(access.accounts, mailbox)));
    if (signedIn.outcome.kind !== 'ok') {
      connection.destroy();
      return undefined;
    }
    this.#sessions.set(mailbox, connection);
    return connection;
  }
}
