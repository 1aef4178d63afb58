/** A worker's notebook: samples in, a difference out each second. Constant memory in the number of operations. */

import { DROP_REASONS, type DropReason, type OperationName, type Phase } from '../words.ts';
import { HotHistogram, type SparseCounts } from './histogram.ts';
import type { Sample } from './outcome.ts';
import { type Refusal, Refusals } from './refusals.ts';
import {
  cellNames,
  cellOf,
  seriesNumber,
  tagOfNumber,
  type SeriesClass,
  type SeriesClock,
} from './series.ts';

/** Counts of one operation in one phase. planned = ok + rejected + unknown + sum(dropped), for either half. */
export interface OutcomeCounts {
  planned: number;
  ok: number;
  rejected: number;
  unknown: number;
  dropped: Record<DropReason, number>;
  /** Of the rejected, those a limiter gave that is no expected guard. */
  limited: number;
  /** Of the rejected, those that the profile's `guardExpected` names: no errors. */
  expected: number;
}

/** Intents (the plan's) and induced operations (the server's doing) are summed apart. */
export interface OperationCounts {
  readonly operation: OperationName;
  readonly phase: Phase;
  readonly intents: OutcomeCounts;
  readonly induced: OutcomeCounts;
}

/** What one worker adds to the tally: plain data that a thread can post. */
export interface TallyDelta {
  readonly series: readonly { readonly tag: string; readonly counts: SparseCounts }[];
  readonly operations: readonly OperationCounts[];
  /** Copies that the target accepted. */
  readonly copiesAccepted: number;
  /** First words of refusals and unknowns, bounded, with how often. */
  readonly errors: readonly { readonly text: string; readonly count: number }[];
  /** Refusals by operation and code, bounded. */
  readonly refusals: readonly Refusal[];
}

/** Distinct error texts a worker keeps in one interval; the rest is counted under one name. */
const MAX_ERROR_TEXTS = 50;

export function emptyCounts(): OutcomeCounts {
  const dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  return { planned: 0, ok: 0, rejected: 0, unknown: 0, dropped, limited: 0, expected: 0 };
}

/** Takes samples on the load thread. Everything is found by number; histograms are allocated at first use. */
export class Recorder {
  readonly #histograms: (HotHistogram | undefined)[] = [];
  /** Numbers of the series in use, so that a drain need not look at the others. */
  readonly #used: number[] = [];
  #cells: (OperationCounts | undefined)[] = [];
  #errors = new Map<string, number>();
  readonly #refusals = new Refusals();
  #copiesAccepted = 0;

  /** Counts operations as planned: the plan's when they are taken from it, induced ones when they are created. */
  planned(operation: OperationName, phase: Phase, induced: boolean): void {
    this.#countsOf(cellOf(operation, phase), induced).planned += 1;
  }

  /** Records one finished operation. Everything that was taken up leaves its times, whatever its outcome. */
  sample(sample: Sample): void {
    const { outcome } = sample;
    const cell = cellOf(sample.operation, sample.phase);
    const counts = this.#countsOf(cell, sample.induced);
    if (outcome.kind === 'dropped') counts.dropped[outcome.by] += 1;
    else counts[outcome.kind] += 1;
    if (outcome.kind === 'rejected' && outcome.expected === true) counts.expected += 1;
    else if (outcome.kind === 'rejected' && outcome.limiter) counts.limited += 1;
    if (outcome.kind === 'rejected') {
      this.#note(`${sample.operation}: ${outcome.code} ${outcome.text}`);
      this.#refusals.note(sample.operation, outcome);
    }
    if (outcome.kind === 'unknown') this.#note(`${sample.operation}: ${outcome.because}`);
    this.#record(cell, outcome.kind, 'response', sample.endedUs - sample.intendedUs);
    this.#record(cell, outcome.kind, 'service', sample.endedUs - sample.startedUs);
    this.#record(cell, 'all', 'wait', sample.startedUs - sample.dueUs);
    // What is induced is due when it is made: its lag is 0 by definition and would only flatter the others.
    if (!sample.induced) this.#record(cell, 'all', 'lag', sample.dueUs - sample.intendedUs);
  }

  /** Counts operations that never began: they have no times. */
  dropped(operation: OperationName, phase: Phase, induced: boolean, by: DropReason): void {
    this.#countsOf(cellOf(operation, phase), induced).dropped[by] += 1;
  }

  /** A canary was seen by its watcher so long after its intended instant. */
  visible(phase: Phase, afterUs: number): void {
    this.#record(cellOf('journey.canary', phase), 'ok', 'visible', afterUs);
  }

  /** The target took a message for so many recipients, a list counted by its members. */
  accepted(copies: number): void {
    this.#copiesAccepted += copies;
  }

  /** Gives out everything since the last time. */
  drain(): TallyDelta {
    const series = [];
    for (const number of this.#used) {
      const counts = this.#histograms[number]?.drain();
      if (counts !== undefined) series.push({ tag: tagOfNumber(number), counts });
    }
    const operations = this.#cells.filter((counts) => counts !== undefined);
    const errors = [...this.#errors].map(([text, count]) => ({ text, count }));
    const copiesAccepted = this.#copiesAccepted;
    this.#cells = [];
    this.#errors = new Map();
    this.#copiesAccepted = 0;
    return { series, operations, copiesAccepted, errors, refusals: this.#refusals.drain() };
  }

  #record(cell: number, outcome: SeriesClass, clock: SeriesClock, valueUs: number): void {
    const number = seriesNumber(cell, outcome, clock);
    let histogram = this.#histograms[number];
    if (histogram === undefined) {
      histogram = new HotHistogram();
      this.#histograms[number] = histogram;
      this.#used.push(number);
    }
    histogram.record(valueUs);
  }

  #countsOf(cell: number, induced: boolean): OutcomeCounts {
    let counts = this.#cells[cell];
    if (counts === undefined) {
      counts = { ...cellNames(cell), intents: emptyCounts(), induced: emptyCounts() };
      this.#cells[cell] = counts;
    }
    return induced ? counts.induced : counts.intents;
  }

  #note(text: string): void {
    const known = this.#errors.size < MAX_ERROR_TEXTS || this.#errors.has(text);
    const key = known ? text.slice(0, 200) : 'other errors';
    this.#errors.set(key, (this.#errors.get(key) ?? 0) + 1);
  }
}
