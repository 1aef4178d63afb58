/** All workers' notebooks added up: totals, the timeline's intervals, counts by outcome. Merge is associative. */

import { build, type Histogram } from 'hdr-histogram-js';
import { DROP_REASONS, type OperationName, type Phase } from '../words.ts';
import { CoarseCounts, type Distribution } from './coarse.ts';
import { addCounts, HIGHEST_US, lowestValueOf, type SparseCounts } from './histogram.ts';
import { type Refusal, Refusals } from './refusals.ts';
import { emptyCounts, type OperationCounts, type OutcomeCounts, type TallyDelta } from './recorder.ts';
import { parseSeriesTag, seriesTag, type SeriesClass, type SeriesClock } from './series.ts';

/** Figures of one series. A percentile is null where there are fewer than 10/(1−p) samples, max where there are none. */
export interface Summary {
  readonly count: number;
  /** Exact, as is the maximum; null where nothing was recorded. */
  readonly min: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

/** One interval of the timeline, ready for the interval log. */
export interface Interval {
  readonly startUs: number;
  readonly lengthUs: number;
  readonly series: Map<string, SparseCounts>;
  /** What was counted then, by operation and phase: ends that left no time are seen here only. */
  readonly operations: Map<string, OperationCounts>;
  copiesAccepted: number;
}

/** Most intervals a run keeps: past that, neighbours are merged and the interval doubles. */
export const MAX_INTERVALS = 900;

/** Distinct error texts a run keeps. */
const MAX_ERRORS = 200;

interface Total {
  readonly histogram: Histogram;
  readonly coarse: CoarseCounts;
  minUs: number;
  maxUs: number;
}

/** What figures are made from. */
type Recorded = Pick<Total, 'histogram' | 'minUs' | 'maxUs'>;

/** Samples a percentile needs: 10/(1−p), so that ten of them lie above it. */
export function samplesNeeded(percentile: number): number {
  return Math.ceil(10 / (1 - percentile / 100) - 1e-6);
}

/** The run's tally. One lives on the main thread; workers send differences. */
export class Tally {
  readonly #totals = new Map<string, Total>();
  readonly #operations = new Map<string, OperationCounts>();
  readonly #errors = new Map<string, number>();
  readonly #refusals = new Refusals();
  #intervals: Interval[] = [];
  #intervalUs = 1_000_000;

  /** Adds one worker's difference, recorded around `atUs`. */
  add(delta: TallyDelta, atUs: number): void {
    const interval = this.#intervalAt(atUs);
    for (const { tag, counts } of delta.series) {
      const before = interval.series.get(tag);
      interval.series.set(tag, before === undefined ? counts : addCounts(before, counts));
      this.#addTotal(tag, counts);
    }
    interval.copiesAccepted += delta.copiesAccepted;
    for (const operation of delta.operations) {
      addOperation(this.#operations, operation);
      addOperation(interval.operations, operation);
    }
    this.#refusals.add(delta.refusals);
    for (const { text, count } of delta.errors) {
      const key = this.#errors.has(text) || this.#errors.size < MAX_ERRORS ? text : 'other errors';
      this.#errors.set(key, (this.#errors.get(key) ?? 0) + count);
    }
  }

  /** Counts by operation and phase, in order of first use. */
  operations(): readonly OperationCounts[] {
    return [...this.#operations.values()];
  }

  /** Errors by text, most frequent first. */
  errors(): readonly { readonly text: string; readonly count: number }[] {
    return [...this.#errors].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count);
  }

  /** Refusals by operation and code, most frequent first. */
  refusals(): readonly Refusal[] {
    return this.#refusals.rows();
  }

  /** Copies that the workers told of as accepted. */
  copiesAccepted(): number {
    return this.#intervals.reduce((sum, interval) => sum + interval.copiesAccepted, 0);
  }

  intervals(): readonly Interval[] {
    return this.#intervals;
  }

  /** Every series of one of these clocks in few wide classes; costs nothing of what percentiles cost. */
  distributions(clocks: readonly SeriesClock[]): readonly Distribution[] {
    return [...this.#totals].flatMap(([tag, { coarse, minUs, maxUs }]) => {
      const series = parseSeriesTag(tag);
      return series !== undefined && clocks.includes(series.clock) ? [coarse.read(series, minUs, maxUs)] : [];
    });
  }

  /** Figures of an operation in a phase by one clock, over the given outcome classes. */
  summary(
    operation: OperationName,
    phase: Phase | undefined,
    classes: readonly SeriesClass[],
    clock: SeriesClock,
  ): Summary {
    return summarise(this.#parts(operation, phase, classes, clock));
  }

  /** One percentile with its number of samples; null below the floor of 10/(1−p). */
  percentile(
    operation: OperationName,
    phase: Phase | undefined,
    classes: readonly SeriesClass[],
    clock: SeriesClock,
    percentile: number,
  ): { readonly count: number; readonly valueUs: number | null } {
    const merged = mergeTotals(this.#parts(operation, phase, classes, clock));
    return { count: merged.count, valueUs: merged.percentile(percentile) };
  }

  /** Figures of several operations together, over all phases and outcomes, by one clock. */
  summaryOf(operations: readonly OperationName[], clock: SeriesClock): Summary {
    const parts = operations.flatMap((operation) => this.#parts(operation, undefined, EVERY_CLASS, clock));
    return summarise(parts);
  }

  /** Median and maximum of one operation in one interval, over all phases and outcomes; a median needs 20 samples. */
  point(
    interval: Interval,
    operation: OperationName,
    clock: SeriesClock,
  ): { readonly p50Us: number | null; readonly maxUs: number | null } {
    const merged = newHistogram();
    let maxUs = 0;
    for (const [tag, counts] of interval.series) {
      const series = parseSeriesTag(tag);
      if (series?.operation !== operation || series.clock !== clock) continue;
      fill(merged, counts);
      maxUs = Math.max(maxUs, counts.maxUs);
    }
    if (merged.totalCount === 0) return { p50Us: null, maxUs: null };
    const enough = merged.totalCount >= samplesNeeded(50);
    return { p50Us: enough ? Math.min(merged.getValueAtPercentile(50), maxUs) : null, maxUs };
  }

  #parts(
    operation: OperationName,
    phase: Phase | undefined,
    classes: readonly SeriesClass[],
    clock: SeriesClock,
  ): Recorded[] {
    const parts: Recorded[] = [];
    for (const [tag, total] of this.#totals) {
      const series = parseSeriesTag(tag);
      if (series === undefined || series.operation !== operation || series.clock !== clock) continue;
      if (classes.includes(series.class) && (phase === undefined || series.phase === phase))
        parts.push(total);
    }
    return parts;
  }

  #intervalAt(atUs: number): Interval {
    const index = Math.max(0, Math.floor(atUs / this.#intervalUs));
    if (index >= MAX_INTERVALS) {
      this.#halve();
      return this.#intervalAt(atUs);
    }
    while (this.#intervals.length <= index) {
      const startUs = this.#intervals.length * this.#intervalUs;
      const counted = { series: new Map(), operations: new Map(), copiesAccepted: 0 };
      this.#intervals.push({ startUs, lengthUs: this.#intervalUs, ...counted });
    }
    return this.#intervals[index] as Interval;
  }

  #halve(): void {
    const merged: Interval[] = [];
    this.#intervalUs *= 2;
    for (const [index, interval] of this.#intervals.entries()) {
      const { startUs, series, operations, copiesAccepted } = interval;
      const previous = merged.at(-1);
      if (index % 2 === 0 || previous === undefined) {
        merged.push({ startUs, lengthUs: this.#intervalUs, series, operations, copiesAccepted });
        continue;
      }
      mergeSeries(previous.series, series);
      for (const counts of operations.values()) addOperation(previous.operations, counts);
      previous.copiesAccepted += copiesAccepted;
    }
    this.#intervals = merged;
  }

  #addTotal(tag: string, counts: SparseCounts): void {
    let total = this.#totals.get(tag);
    if (total === undefined) {
      const empty = { histogram: newHistogram(), coarse: new CoarseCounts() };
      total = { ...empty, minUs: counts.minUs, maxUs: counts.maxUs };
      this.#totals.set(tag, total);
    }
    fill(total.histogram, counts);
    total.coarse.add(counts);
    total.minUs = Math.min(total.minUs, counts.minUs);
    total.maxUs = Math.max(total.maxUs, counts.maxUs);
  }
}

const EVERY_CLASS: readonly SeriesClass[] = ['ok', 'rejected', 'unknown', 'dropped', 'all'];

/** Figures of counts that belong to no series of the tally. */
export function summaryOfCounts(counts: SparseCounts | undefined): Summary {
  if (counts === undefined) return summarise([]);
  const histogram = newHistogram();
  fill(histogram, counts);
  return summarise([{ histogram, minUs: counts.minUs, maxUs: counts.maxUs }]);
}

function summarise(parts: readonly Recorded[]): Summary {
  const merged = mergeTotals(parts);
  return {
    count: merged.count,
    min: merged.count === 0 ? null : merged.minUs,
    p50: merged.percentile(50),
    p90: merged.percentile(90),
    p99: merged.percentile(99),
    p999: merged.percentile(99.9),
    max: merged.count === 0 ? null : merged.maxUs,
  };
}

/** An empty histogram as hdr-histogram-js keeps it: 32-bit counts, three digits, 1 µs to 1 h. */
export function newHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}

/** Adds sparse counts to a histogram. */
export function fill(histogram: Histogram, counts: SparseCounts): void {
  for (let i = 0; i < counts.buckets.length; i += 1) {
    histogram.recordValueWithCount(lowestValueOf(counts.buckets[i] as number), counts.counts[i] as number);
  }
}

function mergeTotals(parts: readonly Recorded[]): {
  count: number;
  minUs: number;
  maxUs: number;
  percentile(p: number): number | null;
} {
  const merged = newHistogram();
  let minUs = Number.POSITIVE_INFINITY;
  let maxUs = 0;
  for (const part of parts) {
    merged.add(part.histogram);
    minUs = Math.min(minUs, part.minUs);
    maxUs = Math.max(maxUs, part.maxUs);
  }
  const count = merged.totalCount;
  return {
    count,
    minUs,
    maxUs,
    // A bucket's highest value may lie above the largest value seen: never print more than was measured.
    percentile: (p) => (count < samplesNeeded(p) ? null : Math.min(merged.getValueAtPercentile(p), maxUs)),
  };
}

function mergeSeries(into: Map<string, SparseCounts>, from: ReadonlyMap<string, SparseCounts>): void {
  for (const [tag, counts] of from) {
    const before = into.get(tag);
    into.set(tag, before === undefined ? counts : addCounts(before, counts));
  }
}

function addOperation(sums: Map<string, OperationCounts>, added: OperationCounts): void {
  const { operation, phase } = added;
  const key = seriesTag({ operation, phase, class: 'all', clock: 'response' });
  let sum = sums.get(key);
  if (sum === undefined) {
    sum = { operation, phase, intents: emptyCounts(), induced: emptyCounts() };
    sums.set(key, sum);
  }
  addOutcomes(sum.intents, added.intents);
  addOutcomes(sum.induced, added.induced);
}

/** Adds outcomes to a sum. */
export function addOutcomes(into: OutcomeCounts, from: OutcomeCounts): void {
  into.planned += from.planned;
  into.ok += from.ok;
  into.rejected += from.rejected;
  into.unknown += from.unknown;
  into.limited += from.limited;
  into.expected += from.expected;
  for (const reason of DROP_REASONS) into.dropped[reason] += from.dropped[reason];
}
