/** Lets work take as long as the capacity model says, by timers. The one place of the target that asks the clock. */

import { performance } from 'node:perf_hooks';
import type { Capacity } from '../capacity/capacity.ts';
import type { AccessKind } from '../capacity/config.ts';

/** Node fires a longer timer at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Pace {
  readonly capacity: Capacity;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  constructor(capacity: Capacity) {
    this.capacity = capacity;
  }

  /** Microseconds on the process's own monotonic clock. */
  nowUs(): number {
    return performance.now() * 1_000;
  }

  /**
   * Calls back when the work is done, at once if that is within half a millisecond: a timer has no finer grain, and
   * the model, not the timer, keeps the throughput right.
   *
   * @param commands how many commands of that kind it stands for
   */
  spend(kind: AccessKind, messages: number, done: () => void, commands = 1): void {
    const now = this.nowUs();
    this.after(this.capacity.access(now, kind, messages, commands) - now, done);
  }

  /** Calls back after so many microseconds, rounded to milliseconds; never after `stop`. */
  after(delayUs: number, done: () => void): void {
    const delayMs = Math.round(delayUs / 1_000);
    if (delayMs <= 0) {
      done();
      return;
    }
    if (this.#stopped) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        done();
      },
      Math.min(delayMs, LONGEST_TIMER_MS),
    );
    this.#timers.add(timer);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
