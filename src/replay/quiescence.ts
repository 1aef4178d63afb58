/** Does the target still owe anything? By its queue probe, or by watching arrivals in a fixed sample of mailboxes. */

import type { Clock } from '../measure/outcome.ts';
import type { MailClient } from './clients/client.ts';
import { enterAs, unrecorded } from './clients/enter.ts';
import type { Access } from './context.ts';

/** Asked this often, where the caller does not say. */
const LOOK_MS = 500;

/** Two readings of 0 must lie a second apart; timers may fire early, so nine tenths of one will do. */
const APART_US = 900_000;

/** Without a probe, silence shorter than this proves nothing: queues are retried after minutes. */
const LEAST_SILENCE_US = 60_000_000;

/** How long one mailbox of the sample may take to answer. */
const SAMPLE_PATIENCE_US = 10_000_000;

/** How long closing waits for a look that is under way, and for goodbyes. */
const CLOSE_MS = 1_000;

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
  /** Pause between two looks: how coarsely the end of a drain is known. Half a second unless looking costs nothing. */
  readonly lookMs?: number | undefined;
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
  /** The last arrival seen, or the last time a mailbox of the sample could not be looked at. */
  #silentSinceUs = 0;
  #acceptedAtReading = { readings: -1, copies: 0 };
  readonly #sessions = new Map<number, MailClient>();
  /** What a client counts without UIDs begins anew with it: how many had come before, by mailbox. */
  readonly #before = new Map<number, number>();
  /** Mailboxes that would not let us in: asking every second would lock their owners out. */
  readonly #barred = new Set<number>();
  /** What has come to each mailbox, as its client counts. */
  readonly #arrived = new Map<number, { first: number; last: number }>();

  constructor(settings: QuiescenceSettings) {
    this.#settings = settings;
  }

  start(): void {
    const again = (): void => {
      this.#looking = this.#look().finally(() => {
        if (!this.#closed) this.#timer = setTimeout(again, this.#settings.lookMs ?? LOOK_MS);
      });
    };
    again();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const goodbye = async (): Promise<void> => {
      await this.#looking;
      await Promise.all([...this.#sessions.values()].map((session) => session.leave()));
    };
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([goodbye(), patience]);
    clearTimeout(timer);
    for (const session of this.#sessions.values()) session.destroy();
  }

  /** True when everything accepted before `sinceUs` has been delivered, as far as can be known. */
  quietSince(sinceUs: number): boolean {
    if (this.#settings.probe !== undefined) {
      const { readings } = this;
      const last = readings.at(-1);
      // What was read between the two is not asked: other people's mail comes and goes.
      const before = readings.findLast(({ atUs }) => atUs < (last?.atUs ?? 0) - APART_US);
      return before !== undefined && before.atUs >= sinceUs && before.owed === 0 && last?.owed === 0;
    }
    if (this.#arrived.size < this.#settings.sample.length) return false;
    const silenceUs = Math.max(LEAST_SILENCE_US, this.#settings.quietForUs);
    return this.#settings.clock() - Math.max(this.#silentSinceUs, sinceUs) >= silenceUs;
  }

  /** A probe answers, so that two readings of 0 settle it. */
  get hasProbe(): boolean {
    return this.#settings.probe !== undefined;
  }

  /** When it became quiet, once `quietSince` said so: the first reading of 0 after an instant, or the last arrival. */
  quietFromUs(sinceUs: number): number {
    if (this.#settings.probe === undefined) return this.#silentSinceUs;
    const first = this.readings.find(({ atUs, owed }) => owed === 0 && atUs >= sinceUs);
    return first?.atUs ?? this.#settings.clock();
  }

  /** Forgets what arrived before now: the pilot is no part of the storm. */
  rebase(): void {
    for (const known of this.#arrived.values()) known.first = known.last;
  }

  /**
   * Copies still owed: the probe's word and what was accepted since, else what was accepted less what the sample says
   * arrived; undefined if neither is known. `copiesAccepted` counts messages to everybody, which the sample gets all of.
   */
  outstanding(copiesAccepted: number): number | undefined {
    if (this.#settings.probe !== undefined) {
      const readings = this.readings.length;
      if (this.#acceptedAtReading.readings !== readings)
        this.#acceptedAtReading = { readings, copies: copiesAccepted };
      const owed = this.readings.at(-1)?.owed ?? undefined;
      return owed === undefined ? undefined : owed + copiesAccepted - this.#acceptedAtReading.copies;
    }
    if (this.#arrived.size === 0) return undefined;
    let arrivals = 0;
    for (const { first, last: now } of this.#arrived.values()) arrivals += now - first;
    return Math.max(
      0,
      Math.round(copiesAccepted - (arrivals / this.#arrived.size) * this.#settings.mailboxes),
    );
  }

  async #look(): Promise<void> {
    const { probe, clock } = this.#settings;
    if (probe === undefined) return this.#sample();
    // Stamped when it was asked: what is accepted while a slow probe thinks, its answer does not cover.
    const atUs = clock();
    const owed = await probe();
    this.readings.push({ atUs, owed: owed ?? null });
  }

  async #sample(): Promise<void> {
    const { clock } = this.#settings;
    await Promise.all(
      this.#settings.sample.map(async (mailbox) => {
        const session = await this.#session(mailbox);
        const counted = await session?.arrivals();
        if (counted?.value === undefined) {
          // What nobody could see was not silence.
          this.#silentSinceUs = clock();
          return;
        }
        const known = this.#arrived.get(mailbox);
        const value = counted.value + this.#countedBefore(mailbox, session, counted.value);
        if (known === undefined) this.#arrived.set(mailbox, { first: value, last: value });
        else if (value > known.last) {
          known.last = value;
          this.#silentSinceUs = clock();
        }
      }),
    );
  }

  async #session(mailbox: number): Promise<MailClient | undefined> {
    const open = this.#sessions.get(mailbox);
    if (open !== undefined && !open.closed) return open;
    if (this.#closed || this.#barred.has(mailbox)) return undefined;
    const { access, clock } = this.#settings;
    const patienceUs = SAMPLE_PATIENCE_US;
    const entered = await enterAs({ access, clock, mailbox, patienceUs, recorded: unrecorded });
    if ('failure' in entered) {
      if (entered.failure === 'auth') this.#barred.add(mailbox);
      return undefined;
    }
    this.#sessions.set(mailbox, entered);
    this.#before.delete(mailbox);
    return entered;
  }

  /** Arrivals that a client did not see because it is not the first: while nobody looked, nothing is known to have come. */
  #countedBefore(mailbox: number, client: MailClient | undefined, counted: number): number {
    if (client?.hasUids !== false) return 0;
    const before = this.#before.get(mailbox) ?? (this.#arrived.get(mailbox)?.last ?? counted) - counted;
    this.#before.set(mailbox, before);
    return before;
  }
}
