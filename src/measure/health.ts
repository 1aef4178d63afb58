/** How the generator itself fared: once a second per load thread, folded into a bounded series and the run's worst. No clock. */

import type { OperationName } from '../words.ts';
import { addCounts, lowestValueOf, type SparseCounts } from './histogram.ts';
import type { OutcomeCounts, TallyDelta } from './recorder.ts';
import { parseSeriesTag } from './series.ts';
import { MAX_INTERVALS } from './tally.ts';

/** Stops of the thread for garbage collection. */
export interface Pauses {
  readonly count: number;
  readonly totalUs: number;
  readonly maxUs: number;
}

/** What one load thread knows of its last second: plain data that a thread can post. */
export interface HealthReading {
  /** How long that second really was. */
  readonly overUs: number;
  /** By how much each look of the loop probe came late, its own interval taken off; undefined if it never came. */
  readonly delay: SparseCounts | undefined;
  /** Share of the time that the thread's event loop was busy. */
  readonly utilisation: number;
  readonly pauses: Pauses;
  readonly sockets: number;
  /** Units of load by the second in which the schedule wanted them, on the run's clock. */
  readonly offered: readonly { readonly atUs: number; readonly count: number }[];
}

/** One interval as the record shows it. A figure nobody read is null. */
export interface HealthPoint {
  readonly startUs: number;
  readonly lengthUs: number;
  /** 99 % of the time, something arriving then would have waited at most this long for the event loop. */
  readonly delayP99Us: number | null;
  readonly delayMaxUs: number | null;
  /** The busiest thread's event loop. */
  readonly utilisation: number | null;
  /** The process's share of all cores it may use. */
  readonly cpu: number | null;
  readonly gcCount: number;
  readonly gcTotalUs: number;
  readonly gcMaxUs: number;
  readonly sockets: number;
  readonly lagMaxUs: number | null;
  /** Due by the schedule, taken up by the dispatcher, and ended in this interval, whatever the outcome. */
  readonly offered: number;
  readonly takenUp: number;
  readonly ended: number;
}

/** The run's figures: the worst thread's where threads differ. */
export interface HealthWorst {
  readonly delayP99Us: number | null;
  readonly delayMaxUs: number | null;
  readonly utilisationP90: number | null;
  /** Threads looked at the clock without pause: they are always busy, and utilisation says nothing (null). */
  readonly spinning: boolean;
  readonly utilisationMax: number | null;
  readonly cpuP90: number | null;
  readonly cpuMax: number | null;
  readonly gcShare: number | null;
  readonly gcMaxUs: number | null;
  readonly socketsMax: number | null;
  readonly lagMaxUs: number | null;
}

interface Interval {
  delay: SparseCounts | undefined;
  overUs: number;
  utilisation: number | null;
  cpu: number | null;
  gcCount: number;
  gcTotalUs: number;
  gcMaxUs: number;
  /** By thread, since each tells only of its own. */
  sockets: number[];
  lagMaxUs: number | null;
  offered: number;
  takenUp: number;
  ended: number;
}

interface Thread {
  readonly utilisation: Percents;
  overUs: number;
  pausedUs: number;
}

/** One worker's post of a second. */
export interface HealthPost {
  readonly worker: number;
  readonly reading: HealthReading;
  readonly delta: TallyDelta;
  readonly atUs: number;
}

/** A run's self-health. One lives on the main thread; `units` are the operations that the schedule offers. */
export class Health {
  readonly #units: readonly OperationName[];
  readonly #spinning: boolean;
  readonly #threads: Thread[] = [];
  readonly #cpu = new Percents();
  #intervals: Interval[] = [];
  #intervalUs = 1_000_000;

  constructor(units: readonly OperationName[], spinning = false) {
    this.#units = units;
    this.#spinning = spinning;
  }

  /** Adds a thread's second; `zeroUs` is the start of the series on the run's clock. */
  add({ worker, reading, delta, atUs }: HealthPost, zeroUs: number): void {
    const { overUs, delay, utilisation, pauses, sockets, offered } = reading;
    // A reading tells of the time before it was posted: its middle says best when that was.
    const interval = this.#at(atUs - zeroUs - overUs / 2);
    interval.delay = addDelays(interval.delay, delay);
    interval.overUs += overUs;
    interval.utilisation = larger(interval.utilisation, utilisation);
    interval.gcCount += pauses.count;
    interval.gcTotalUs += pauses.totalUs;
    interval.gcMaxUs = Math.max(interval.gcMaxUs, pauses.maxUs);
    interval.sockets[worker] = Math.max(interval.sockets[worker] ?? 0, sockets);
    this.#addLoad(interval, delta);
    for (const { atUs: wantedUs, count } of offered) this.#at(wantedUs - zeroUs).offered += count;
    const thread = (this.#threads[worker] ??= { utilisation: new Percents(), overUs: 0, pausedUs: 0 });
    thread.utilisation.add(utilisation);
    thread.overUs += overUs;
    thread.pausedUs += pauses.totalUs;
  }

  /** Adds the process's CPU as a share of all its cores, read at an instant of the series. */
  addCpu(share: number, atUs: number): void {
    const interval = this.#at(atUs);
    interval.cpu = larger(interval.cpu, share);
    this.#cpu.add(share);
  }

  points(): readonly HealthPoint[] {
    return this.#intervals.map((interval, index) => {
      const { delay, overUs, sockets, ...rest } = interval;
      return {
        startUs: index * this.#intervalUs,
        lengthUs: this.#intervalUs,
        delayP99Us: overUs === 0 ? null : delayWithin(delay, overUs, 0.99),
        delayMaxUs: overUs === 0 ? null : (delay?.maxUs ?? null),
        ...rest,
        sockets: sockets.reduce((sum, one) => sum + one, 0),
      };
    });
  }

  worst(): HealthWorst {
    const points = this.points();
    const most = (pick: (point: HealthPoint) => number | null): number | null =>
      points.reduce<number | null>((max, point) => larger(max, pick(point)), null);
    const ofThreads = (pick: (thread: Thread) => number | null): number | null =>
      this.#threads.reduce<number | null>((max, thread) => larger(max, pick(thread)), null);
    const heard = this.#threads.length > 0;
    const overUs = this.#intervals.reduce((sum, one) => sum + one.overUs, 0);
    const delays = this.#intervals.map(({ delay }) => delay);
    return {
      delayP99Us: overUs === 0 ? null : delayWithin(delays.reduce(addDelays, undefined), overUs, 0.99),
      delayMaxUs: most(({ delayMaxUs }) => delayMaxUs),
      spinning: this.#spinning,
      utilisationP90: this.#spinning ? null : ofThreads(({ utilisation }) => utilisation.rank(0.9)),
      utilisationMax: this.#spinning ? null : most(({ utilisation }) => utilisation),
      cpuP90: this.#cpu.rank(0.9),
      cpuMax: most(({ cpu }) => cpu),
      gcShare: ofThreads((thread) => (thread.overUs === 0 ? null : thread.pausedUs / thread.overUs)),
      gcMaxUs: heard ? most(({ gcMaxUs }) => gcMaxUs) : null,
      socketsMax: heard ? most(({ sockets }) => sockets) : null,
      lagMaxUs: most(({ lagMaxUs }) => lagMaxUs),
    };
  }

  #addLoad(interval: Interval, delta: TallyDelta): void {
    for (const { operation, intents } of delta.operations) {
      if (!this.#units.includes(operation)) continue;
      const { planned, dropped } = intents;
      // What a stop drops may have been taken up, and counted so, in an earlier interval.
      interval.takenUp += Math.max(0, planned - dropped.late - dropped.stopped);
      interval.ended += endedOf(intents);
    }
    for (const { tag, counts } of delta.series) {
      const series = parseSeriesTag(tag);
      if (series?.clock !== 'lag' || !this.#units.includes(series.operation)) continue;
      interval.lagMaxUs = larger(interval.lagMaxUs, counts.maxUs);
    }
  }

  #at(atUs: number): Interval {
    let index = Math.max(0, Math.floor(atUs / this.#intervalUs));
    while (index >= MAX_INTERVALS) {
      this.#halve();
      index = Math.floor(atUs / this.#intervalUs);
    }
    while (this.#intervals.length <= index) this.#intervals.push(emptyInterval());
    return this.#intervals[index] as Interval;
  }

  #halve(): void {
    this.#intervalUs *= 2;
    this.#intervals = this.#intervals.flatMap((interval, index) => {
      if (index % 2 === 1) return [];
      const next = this.#intervals[index + 1];
      return [next === undefined ? interval : mergeIntervals(interval, next)];
    });
  }
}

/** Shares from 0 to 1 counted by whole percent: constant memory, however long the run. */
class Percents {
  readonly #counts = new Uint32Array(101);
  #total = 0;

  add(share: number): void {
    const percent = Math.min(100, Math.max(0, Math.round(share * 100)));
    this.#counts[percent] = (this.#counts[percent] as number) + 1;
    this.#total += 1;
  }

  /** The reading that so large a share lies below, rounded down: among fewer than eleven the largest never counts. */
  rank(share: number): number | null {
    if (this.#total === 0) return null;
    let left = Math.floor(share * (this.#total - 1));
    const percent = this.#counts.findIndex((count) => (left -= count) < 0);
    return percent / 100;
  }
}

/**
 * How long something arriving at any moment would wait for the event loop, at most, in so large a share of all moments.
 * A stall of a second is one late look of the probe, but a second's worth of arrivals waited for it: what counts of
 * each delay is the time in it during which the wait would still exceed the answer.
 */
export function delayWithin(delay: SparseCounts | undefined, overUs: number, share: number): number {
  if (delay === undefined) return overUs;
  const allowedUs = (1 - share) * overUs;
  const largestFirst = [...delay.buckets.keys()]
    .map((i) => ({
      us: Math.min(lowestValueOf(delay.buckets[i] as number), delay.maxUs),
      count: delay.counts[i] as number,
    }))
    .sort((a, b) => b.us - a.us);
  let count = 0;
  let sumUs = 0;
  for (const [index, one] of largestFirst.entries()) {
    count += one.count;
    sumUs += one.us * one.count;
    const answerUs = (sumUs - allowedUs) / count;
    if (answerUs >= (largestFirst[index + 1]?.us ?? 0)) return Math.round(answerUs);
  }
  return 0;
}

function addDelays(a: SparseCounts | undefined, b: SparseCounts | undefined): SparseCounts | undefined {
  return a === undefined || b === undefined ? (a ?? b) : addCounts(a, b);
}

function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function endedOf({ ok, rejected, unknown, dropped }: OutcomeCounts): number {
  const all = Object.values(dropped).reduce((sum, one) => sum + one, 0);
  return ok + rejected + unknown + all - dropped.late - dropped.stopped;
}

function emptyInterval(): Interval {
  return {
    delay: undefined,
    overUs: 0,
    utilisation: null,
    cpu: null,
    gcCount: 0,
    gcTotalUs: 0,
    gcMaxUs: 0,
    sockets: [],
    lagMaxUs: null,
    offered: 0,
    takenUp: 0,
    ended: 0,
  };
}

/** Counts add up, extremes stay extremes. */
function mergeIntervals(a: Interval, b: Interval): Interval {
  const threads = Array.from({ length: Math.max(a.sockets.length, b.sockets.length) }, (_, i) => i);
  return {
    delay: addDelays(a.delay, b.delay),
    overUs: a.overUs + b.overUs,
    utilisation: larger(a.utilisation, b.utilisation),
    cpu: larger(a.cpu, b.cpu),
    gcCount: a.gcCount + b.gcCount,
    gcTotalUs: a.gcTotalUs + b.gcTotalUs,
    gcMaxUs: Math.max(a.gcMaxUs, b.gcMaxUs),
    sockets: threads.map((i) => Math.max(a.sockets[i] ?? 0, b.sockets[i] ?? 0)),
    lagMaxUs: larger(a.lagMaxUs, b.lagMaxUs),
    offered: a.offered + b.offered,
    takenUp: a.takenUp + b.takenUp,
    ended: a.ended + b.ended,
  };
}
