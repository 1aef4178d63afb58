/** What happens next, in virtual time: a heap of processes by instant. It knows neither mail nor people. */

import { Heap } from '../storm/heap.ts';

/** Somebody at work: yields the instant at which to go on. An instant that has passed means at once. */
export type Process = Generator<number, void, void>;

/** Yielded by who waits for somebody else: goes on when woken, and not before. */
export const PARKED = Number.POSITIVE_INFINITY;

export class EventQueue {
  readonly #heap = new Heap<Process>();
  #nowUs = 0;
  #current: Process | undefined;

  /** The latest instant reached. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** When the next process goes on; Infinity with none waiting. */
  get nextUs(): number {
    return this.#heap.firstUs;
  }

  /** Who is at work, to be woken by somebody else later. Throws outside a process: nobody would wait. */
  get current(): Process {
    if (this.#current === undefined) throw new Error('no process is at work');
    return this.#current;
  }

  /** Lets a process go on at an instant. */
  wake(task: Process, atUs: number): void {
    this.#heap.push(Math.max(atUs, this.#nowUs), task);
  }

  /** Moves the clock, never back. */
  moveTo(nowUs: number): void {
    this.#nowUs = Math.max(this.#nowUs, nowUs);
  }

  /** Lets the next process go on, at its instant, until it waits again. */
  runNext(): void {
    const atUs = this.#heap.firstUs;
    const task = this.#heap.pop();
    if (task === undefined) return;
    this.moveTo(atUs);
    this.#current = task;
    const step = task.next();
    this.#current = undefined;
    if (step.done !== true && step.value !== PARKED) this.wake(task, step.value);
  }
}
