/** Watches the generator itself: each load thread's event loop, garbage and sockets, and the process's CPU. It judges nothing. */

import { availableParallelism } from 'node:os';
import { performance, PerformanceObserver } from 'node:perf_hooks';
import type { HealthReading } from '../measure/health.ts';
import { HotHistogram } from '../measure/histogram.ts';
import type { Clock } from '../measure/outcome.ts';

/** The probe looks this often. What it came late by is the loop's delay, this interval taken off. */
const PROBE_MS = 10;

const SECOND_US = 1_000_000;

/** The process's CPU is read this often. */
const CPU_MS = 1_000;

/**
 * One load thread's eye on itself. The delays are kept one by one instead of in perf_hooks' histogram: its percentiles
 * count looks, and a stall of a second is one look; measure needs the time.
 */
export class SelfWatch {
  readonly #delays = new HotHistogram();
  readonly #observer = new PerformanceObserver((list) => this.#notePauses(list.getEntries()));
  #timer: NodeJS.Timeout | undefined;
  #lookedMs = 0;
  #readMs = 0;
  #loop = performance.eventLoopUtilization();
  #pauses = { count: 0, totalUs: 0, maxUs: 0 };
  #offered: { atUs: number; count: number }[] = [];

  /** From now on; before it the thread plans and opens sessions, which delays nobody. */
  begin(): void {
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#lookedMs = performance.now();
    this.#readMs = this.#lookedMs;
    this.#loop = performance.eventLoopUtilization();
    this.#timer = setInterval(() => this.#look(), PROBE_MS).unref();
  }

  /** A unit of load was due at this instant of the run's clock. Cheap: schedules come in order. */
  offered(intendedUs: number): void {
    const last = this.#offered.at(-1);
    if (last !== undefined && intendedUs >= last.atUs && intendedUs < last.atUs + SECOND_US) last.count += 1;
    else this.#offered.push({ atUs: intendedUs, count: 1 });
  }

  /** What happened since the last reading; undefined while it does not watch. */
  read(): HealthReading | undefined {
    if (this.#timer === undefined) return undefined;
    const nowMs = performance.now();
    // After the last reading the probe does not look again: a stall it is still to find must not be forgotten.
    if (nowMs - this.#lookedMs > 2 * PROBE_MS) this.#look();
    const loop = performance.eventLoopUtilization();
    this.#notePauses(this.#observer.takeRecords());
    const reading = {
      overUs: (nowMs - this.#readMs) * 1_000,
      delay: this.#delays.drain(),
      utilisation: performance.eventLoopUtilization(loop, this.#loop).utilization,
      pauses: this.#pauses,
      sockets: process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length,
      offered: this.#offered,
    };
    this.#readMs = nowMs;
    this.#loop = loop;
    this.#pauses = { count: 0, totalUs: 0, maxUs: 0 };
    this.#offered = [];
    return reading;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#observer.disconnect();
  }

  #look(): void {
    const nowMs = performance.now();
    this.#delays.record((nowMs - this.#lookedMs - PROBE_MS) * 1_000);
    this.#lookedMs = nowMs;
  }

  #notePauses(entries: readonly { readonly duration: number }[]): void {
    for (const { duration } of entries) {
      const us = duration * 1_000;
      const { count, totalUs, maxUs } = this.#pauses;
      this.#pauses = { count: count + 1, totalUs: totalUs + us, maxUs: Math.max(maxUs, us) };
    }
  }
}

/**
 * Acts at an instant of the clock and at every whole second after it, so that what is read then belongs to one second
 * of the series. An interval would drift away from them. Returns the stop.
 */
export function eachSecond(clock: Clock, zeroUs: number, act: () => void): () => void {
  const untilNextMs = (): number => {
    const sinceMs = (clock() - zeroUs) / 1_000;
    // Timers fire early too: what is left of a second by then is no second.
    return (Math.floor(sinceMs / 1_000 + 0.5) + 1) * 1_000 - sinceMs;
  };
  const next = (): void => {
    act();
    timer = setTimeout(next, untilNextMs());
  };
  let timer = setTimeout(next, Math.max(0, (zeroUs - clock()) / 1_000));
  return () => clearTimeout(timer);
}

/** Tells once a second, and a last time when stopped, what share of its cores the whole process used. Returns the stop. */
export function watchCpu(clock: Clock, tell: (share: number, atUs: number) => void): () => void {
  const cores = availableParallelism();
  let readUs = clock();
  let used = process.cpuUsage();
  const read = (): void => {
    const nowUs = clock();
    const { user, system } = process.cpuUsage(used);
    const overUs = nowUs - readUs;
    // Too short a while tells of nothing but the clocks' grain.
    if (overUs < 10_000) return;
    tell((user + system) / overUs / cores, nowUs - overUs / 2);
    readUs = nowUs;
    used = process.cpuUsage();
  };
  const timer = setInterval(read, CPU_MS).unref();
  return () => {
    clearInterval(timer);
    read();
  };
}
