/** What happens next, in virtual time: a heap of processes by instant. It knows neither mail nor people. */

/** Somebody at work: yields the instant at which to go on. An instant that has passed means at once. */
export type Process = Generator<number, void, void>;

interface Entry {
  readonly atUs: number;
  /** Order of birth: ties go to who was there first, whatever the engine. */
  readonly order: number;
  readonly task: Process;
}

export class EventQueue {
  readonly #heap: Entry[] = [];
  #order = 0;
  #nowUs = 0;

  /** The latest instant reached. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** When the next process goes on; Infinity with none waiting. */
  get nextUs(): number {
    return this.#heap[0]?.atUs ?? Number.POSITIVE_INFINITY;
  }

  /** Lets a process go on at an instant. */
  wake(task: Process, atUs: number): void {
    const heap = this.#heap;
    this.#order += 1;
    const entry = { atUs: Math.max(atUs, this.#nowUs), order: this.#order, task };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!before(entry, heap[above] as Entry)) break;
      heap[at] = heap[above] as Entry;
      at = above;
    }
    heap[at] = entry;
  }

  /** Moves the clock, never back. */
  moveTo(nowUs: number): void {
    this.#nowUs = Math.max(this.#nowUs, nowUs);
  }

  /** Lets the next process go on, at its instant, until it waits again. */
  runNext(): void {
    const entry = this.#pop();
    if (entry === undefined) return;
    this.moveTo(entry.atUs);
    const step = entry.task.next();
    if (step.done !== true) this.wake(entry.task, step.value);
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && before(heap[below + 1] as Entry, heap[below] as Entry)) below += 1;
      if (!before(heap[below] as Entry, last)) break;
      heap[at] = heap[below] as Entry;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
