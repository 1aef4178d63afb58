/** One deadline of one connection, moved at every wait. It must not know what is waited for. */

/** setTimeout wraps above this. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** A deadline is a number; its timer looks when it fires instead of being moved at every answer, which costs more. */
export class Patience {
  readonly #expired: (waitedMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = 0;
  #armed = false;
  #deadlineMs = 0;
  #waitMs = 0;

  /** @param expired told once a wait, with how long it was in milliseconds, unless it was disarmed or armed anew */
  constructor(expired: (waitedMs: number) => void) {
    this.#expired = expired;
  }

  /** Starts the wait anew. */
  arm(deadlineUs: number): void {
    this.#armed = true;
    this.#waitMs = Math.min(LONGEST_TIMER_MS, Math.max(1, Math.ceil(deadlineUs / 1_000)));
    this.#deadlineMs = performance.now() + this.#waitMs;
    if (this.#timer !== undefined && this.#timerDueMs <= this.#deadlineMs) return;
    this.#wake(this.#waitMs);
  }

  /** No wait is under way. The timer is left to run out unheard, which is cheaper than stopping it. */
  disarm(): void {
    this.#armed = false;
  }

  /** For good: no timer keeps the process alive any more. */
  stop(): void {
    this.#armed = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wake(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timerDueMs = performance.now() + afterMs;
    this.#timer = setTimeout(() => this.#look(), afterMs);
  }

  #look(): void {
    this.#timer = undefined;
    if (!this.#armed) return;
    const leftMs = this.#deadlineMs - performance.now();
    if (leftMs > 0) return this.#wake(Math.ceil(leftMs));
    this.#armed = false;
    this.#expired(this.#waitMs);
  }
}
