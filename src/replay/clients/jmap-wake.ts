/** Waiting for a JMAP server's word that mail has changed, believed only from one that has been seen to give it. It must not look what has changed. */

import type { Clock } from '../../measure/outcome.ts';
import { type Ending, okOutcome, outcomeOfEnding } from '../../protocol/ending.ts';
import type { JmapConnection } from '../../protocol/jmap/connection.ts';
import { JmapPush, type ToldStates } from '../../protocol/jmap/push.ts';
import type { MailResult, Waited } from './client.ts';

/** A server may greet with the present state: the first word of a stream proves nothing if it comes so soon. */
const GREETING_US = 1_000_000;

/** After a stream that ended, or could not be opened for now, the next: whoever would be told looks for himself meanwhile. */
const AGAIN_US = 30_000_000;

interface Told {
  readonly state: string;
  readonly atUs: number;
}

/** How a wait can end. */
type Cause = 'changed' | 'time' | Ending;

/** One client's stream of events, opened when it is first waited for. */
export class JmapWake {
  readonly #connection: JmapConnection;
  readonly #clock: Clock;
  #push: JmapPush | undefined;
  #openedUs: number | undefined;
  #notBeforeUs = Number.NEGATIVE_INFINITY;
  /** Events of this stream that told of mail. */
  #words = 0;
  /** The server does not offer it, or refused: it is not asked again. */
  #isHopeless = false;
  /** This stream has told of a change. */
  #isProven = false;
  /** The state of mail that the client has last seen, and that the server has last told. */
  #seen: string | undefined;
  #told: Told | undefined;
  #lookedFor: Told | undefined;
  #readBefore = 0;
  readonly #waiting = new Set<(cause: Cause) => void>();

  constructor(connection: JmapConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Octets read from the server so far, by all streams. */
  get bytesRead(): number {
    return this.#readBefore + (this.#push?.bytesRead ?? 0);
  }

  /** The client begins to look: whatever was told so far, that look will show. */
  looking(): void {
    this.#lookedFor = this.#told;
  }

  /** The client has seen mail as it is in this state. */
  saw(state: string): void {
    this.#seen = state;
    if (this.#told === this.#lookedFor || this.#told?.state === state) this.#told = undefined;
  }

  /** Until the server tells of a change that was not seen; undefined where it cannot be waited for, or has not shown yet that it tells. */
  wait(forUs: number, signal: AbortSignal): Promise<MailResult<Waited>> | undefined {
    if (this.#isHopeless) return undefined;
    if (this.#push === undefined && this.#clock() >= this.#notBeforeUs) this.#open();
    return this.#isProven ? this.#until(forUs, signal) : undefined;
  }

  /** Ends the stream; a wait that is under way ends with it. */
  destroy(): void {
    this.#isHopeless = true;
    this.#push?.destroy();
  }

  async #until(forUs: number, signal: AbortSignal): Promise<MailResult<Waited>> {
    const startedUs = this.#clock();
    const cause = await this.#cause(forUs, signal);
    const endedUs = this.#clock();
    if (typeof cause !== 'string') return { outcome: outcomeOfEnding(cause, 'asked'), startedUs, endedUs };
    const changed = cause === 'changed';
    const outcome = okOutcome(changed ? 'the server told of a change' : 'no word of a change');
    // A change that was told before this wait began is known from its beginning.
    const changedUs = changed ? Math.max(startedUs, this.#told?.atUs ?? endedUs) : endedUs;
    return { outcome, value: { changed, changedUs }, startedUs, endedUs };
  }

  #cause(forUs: number, signal: AbortSignal): Promise<Cause> {
    if (this.#told !== undefined) return Promise.resolve('changed');
    return new Promise((resolve) => {
      const end = (cause: Cause): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#waiting.delete(end);
        resolve(cause);
      };
      const giveUp = (): void => end('time');
      const timer = setTimeout(giveUp, Math.ceil(forUs / 1_000));
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(end);
      if (signal.aborted) giveUp();
    });
  }

  #open(): void {
    const push = this.#connection.push((states) => this.#heard(states));
    if (!(push instanceof JmapPush)) {
      this.#isHopeless = true;
      return;
    }
    this.#push = push;
    this.#words = 0;
    this.#openedUs = undefined;
    void push.opened.then(({ outcome }) => {
      this.#openedUs = this.#clock();
      // What could not be opened for now may be opened later; a server that says no is not asked again.
      if (outcome.kind === 'rejected' && !outcome.temporary) this.#isHopeless = true;
    });
    void push.ended.then((ending) => {
      this.#readBefore += push.bytesRead;
      this.#push = undefined;
      this.#notBeforeUs = this.#clock() + AGAIN_US;
      // What a stream leaves out while there is none, only a look can tell: the next one must show again that it tells.
      this.#isProven = false;
      this.#wakeAll(ending);
    });
  }

  #heard(states: ToldStates): void {
    const state = states.get('Email');
    if (state === undefined) return;
    const atUs = this.#clock();
    this.#words += 1;
    const mayGreet = this.#words === 1 && atUs - (this.#openedUs ?? atUs) < GREETING_US;
    if (state === this.#seen) return;
    if (!mayGreet) this.#isProven = true;
    this.#told = { state, atUs };
    this.#wakeAll('changed');
  }

  #wakeAll(cause: Cause): void {
    for (const end of this.#waiting) end(cause);
  }
}
