/** One journey under way: its steps' instants and outcomes, each recorded exactly once. It decides nothing about mail. */

import type { Clock, Outcome } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import { JOURNEY_OPERATION, type Journey, type Steps } from '../storm/journey.ts';
import type { DropReason, OperationName } from '../words.ts';

/** What is told of one operation: by a protocol client, or by a pool that dropped it. */
export interface Timed {
  readonly outcome: Outcome;
  readonly startedUs: number;
  readonly endedUs: number;
}

/**
 * Follows a journey. The sums of the plan hold by construction: every fixed step is recorded when it ends or dropped
 * when the trail ends without it, and the journey itself is recorded once.
 */
export class Trail {
  readonly journey: Journey;
  readonly intendedUs: number;
  readonly #dueUs: number;
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #steps: readonly OperationName[];
  /** Told of every answer: a good moment to look at the clock, before the next tick. */
  readonly #answered: () => void;
  /** Fixed steps begun, by whichever attempt. */
  #reached = 0;
  /** The next step of this attempt. */
  #at = 0;
  #attempts = 1;
  #lastEndUs: number;
  /** When the next step became due, where that was before it found a free place. */
  #nextDueUs: number | undefined;
  #failure: Outcome | undefined;
  #ended = false;

  constructor(
    journey: Journey,
    steps: Steps,
    intendedUs: number,
    dueUs: number,
    recorder: Recorder,
    clock: Clock,
    answered: () => void = () => undefined,
  ) {
    this.#answered = answered;
    this.journey = journey;
    this.intendedUs = intendedUs;
    this.#dueUs = dueUs;
    this.#recorder = recorder;
    this.#clock = clock;
    this.#steps = steps[journey.kind];
    this.#lastEndUs = intendedUs;
  }

  /** True once a step did not end ok, or the journey was given up. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Does the next fixed step. Its intended instant is the journey's for the first, the previous end for the others. */
  async step<T extends Timed>(operation: OperationName, work: () => Promise<T>): Promise<T> {
    if (this.#steps[this.#at] !== operation)
      throw new Error(`${operation} is not step ${this.#at} of ${this.journey.kind}`);
    this.#at += 1;
    // The plan lists each step once: what an earlier attempt has done already is induced by its failure.
    if (this.#at <= this.#reached) return this.induced(operation, work);
    const first = this.#reached === 0;
    this.#reached = this.#at;
    const dueUs = first ? this.#dueUs : (this.#nextDueUs ?? this.#clock());
    this.#nextDueUs = undefined;
    const intendedUs = first ? this.intendedUs : this.#lastEndUs;
    const done = await work();
    this.#record(operation, done, intendedUs, dueUs, false);
    if (done.outcome.kind !== 'ok') this.#failure ??= done.outcome;
    return done;
  }

  /** Does something that followed from what the server did: counted as planned now, with a sum of its own. */
  async induced<T extends Timed>(operation: OperationName, work: () => Promise<T>): Promise<T> {
    this.#recorder.planned(operation, this.journey.phase, true);
    const dueUs = this.#clock();
    const done = await work();
    this.#record(operation, done, dueUs, dueUs, true);
    if (done.outcome.kind !== 'ok') this.#failure ??= done.outcome;
    return done;
  }

  /** What was waited for is over (a canary showed): the next step is intended and due now, though it may queue for a place. */
  waited(): void {
    this.#lastEndUs = this.#clock();
    this.#nextDueUs = this.#lastEndUs;
  }

  /** Attempts begun, the first included. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Whether another attempt might go better: turned away for now, or out of patience. */
  get mayRetry(): boolean {
    const failure = this.#failure;
    return failure?.kind === 'unknown' || (failure?.kind === 'rejected' && failure.temporary);
  }

  /** Begins another attempt, from the first step. */
  again(): void {
    this.#failure = undefined;
    this.#at = 0;
    this.#attempts += 1;
  }

  /** The journey ends without having failed at a step: given up, held, stopped. */
  drop(by: DropReason): void {
    this.#failure ??= { kind: 'dropped', by };
  }

  /** The journey ends because of something that cannot be told. */
  doubt(because: string): void {
    this.#failure ??= { kind: 'unknown', because };
  }

  /**
   * Records the journey, and the steps it never reached. Returns how long it took from its intended instant, in
   * microseconds; undefined where it never began, or has ended already: further calls do nothing.
   */
  end(): number | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    const { kind, phase } = this.journey;
    const reason = this.#failure?.kind === 'dropped' && this.#reached === 0 ? this.#failure.by : 'stepFailed';
    for (const operation of this.#steps.slice(this.#reached))
      this.#recorder.dropped(operation, phase, false, reason);
    const operation = JOURNEY_OPERATION[kind];
    if (this.#failure?.kind === 'dropped' && this.#reached === 0) {
      this.#recorder.dropped(operation, phase, false, this.#failure.by);
      return undefined;
    }
    const endedUs = this.#failure?.kind === 'dropped' ? this.#clock() : this.#lastEndUs;
    this.#recorder.sample({
      operation,
      phase,
      outcome: this.#failure ?? { kind: 'ok', evidence: 'every step ended ok' },
      intendedUs: this.intendedUs,
      dueUs: this.#dueUs,
      startedUs: this.#dueUs,
      endedUs,
      induced: false,
    });
    return endedUs - this.intendedUs;
  }

  #record(operation: OperationName, done: Timed, intendedUs: number, dueUs: number, induced: boolean): void {
    this.#lastEndUs = done.endedUs;
    const { phase } = this.journey;
    const startedUs = Math.max(done.startedUs, dueUs);
    const { outcome, endedUs } = done;
    this.#recorder.sample({
      operation,
      phase,
      outcome,
      intendedUs,
      dueUs,
      startedUs,
      endedUs: Math.max(endedUs, startedUs),
      induced,
    });
    this.#answered();
  }
}
