/** A mailbox's owner waiting for clinical mail in virtual time: a session in IDLE that every change wakes up. It sends nothing. */

import type { Recorder } from '../measure/recorder.ts';
import type { Phase } from '../words.ts';
import { PARKED, type EventQueue, type Process } from './events.ts';
import type { MailSystem } from './mail-system.ts';

/** What watchers share with everybody. */
export interface Watched {
  readonly events: EventQueue;
  readonly system: MailSystem;
  readonly recorder: Recorder;
  readonly phase: () => Phase;
}

/** One session, from IDLE over the wake-up to the look and back. */
export class Watcher {
  readonly #world: Watched;
  readonly #mailbox: number;
  /** In the mailbox, but not told of yet. */
  #untold = 0;
  /** Told of, but not looked at yet. */
  #told = 0;
  /** Something changed, mail or not, since the session last heard. */
  #changed = false;
  #resting: Process | undefined;
  /** Whom to tell of awaited messages, by how far the session has come to know of them. */
  #awaitedUntold: (() => void)[] = [];
  #awaitedTold: (() => void)[] = [];

  constructor(world: Watched, mailbox: number) {
    this.#world = world;
    this.#mailbox = mailbox;
  }

  /** A copy came in; `seen` is called when the owner has read its headers. Returns true: somebody wakes up. */
  arrived(atUs: number, seen?: () => void): boolean {
    this.#untold += 1;
    if (seen !== undefined) this.#awaitedUntold.push(seen);
    return this.changed(atUs);
  }

  /** The mailbox changed: a session that rests is told. */
  changed(atUs: number): boolean {
    this.#changed = true;
    const resting = this.#resting;
    if (resting === undefined) return false;
    this.#resting = undefined;
    this.#world.events.wake(resting, atUs);
    return true;
  }

  /** The session, for as long as anybody is simulated. */
  *run(): Process {
    const { events, system } = this.#world;
    for (;;) {
      if (!this.#changed) {
        this.#resting = events.current;
        yield PARKED;
        // A mailbox that is locked shows nothing before.
        while (system.lockedUntilUs(this.#mailbox) > events.nowUs) yield system.lockedUntilUs(this.#mailbox);
        yield system.work(events.nowUs, this.#mailbox, 'poll', 0);
      }
      this.#tell();
      // What was told during a look is looked at before the session rests again.
      do yield* this.#look();
      while (this.#told > 0);
      yield system.work(events.nowUs, this.#mailbox, 'poll', 0);
    }
  }

  #tell(): void {
    this.#changed = false;
    this.#told += this.#untold;
    this.#untold = 0;
    this.#awaitedTold.push(...this.#awaitedUntold);
    this.#awaitedUntold = [];
  }

  /** Headers of what the session was told of; there is always a last message to name. */
  *#look(): Process {
    const { events, system, recorder } = this.#world;
    const phase = this.#world.phase();
    const seen = this.#awaitedTold;
    const messages = Math.max(1, this.#told);
    const fromUs = Math.round(events.nowUs);
    this.#awaitedTold = [];
    this.#told = 0;
    recorder.planned('imap.poll', phase, true);
    yield system.work(events.nowUs, this.#mailbox, 'headers', messages);
    this.#tell();
    recorder.sample({
      operation: 'imap.poll',
      phase,
      outcome: { kind: 'ok', evidence: 'simulated' },
      intendedUs: fromUs,
      dueUs: fromUs,
      startedUs: fromUs,
      endedUs: Math.max(fromUs, Math.round(events.nowUs)),
      induced: true,
    });
    for (const tell of seen) tell();
  }
}
