/** The load of a calibration on one thread: as fast as the lines take it, or by a schedule. It must not open or judge anything. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import { instants } from '../storm/schedule.ts';
import type { Shard } from '../storm/plan.ts';
import type { OperationName } from '../words.ts';
import type { Load } from './calibration.ts';
import type { SelfWatch } from './health.ts';
import { type Line, PacedLoad } from './paced.ts';
import { saturate } from './saturate.ts';
import { startTicker } from './ticker.ts';

/** After a stop, what is under way may take so long. */
const STOP_GRACE_US = 10_000_000;

/** As for journeys: what is taken up later than this is dropped as late. */
const LATE_LIMIT_US = 60_000_000;

/** An operation waits for a line as long as a late one may still leave. */
const PATIENCE_US = 60_000_000;

/** A line that can be given up: what is under way on it ends at once. */
export interface CalibrationLine extends Line {
  readonly abandon: () => void;
}

/** What every calibration is told of its load. */
export interface LoadOrder {
  readonly load: Load;
  readonly shard: Shard;
  readonly graceUs: number;
  readonly spin: boolean;
}

/** What the load is made with, and as which operation it counts. */
export interface LoadInstruments {
  readonly lines: readonly CalibrationLine[];
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly health: SelfWatch;
  readonly operation: OperationName;
  /** As fast as it goes: operations in flight on one line. */
  readonly inFlight: number;
}

/** Resolves with how many operations were taken up, when all of them are answered for. */
export function carryOut(
  order: LoadOrder,
  instruments: LoadInstruments,
  zeroUs: number,
  stop: AbortSignal,
): Promise<number> {
  const { load } = order;
  return load.kind === 'saturate'
    ? carryOutFast(load.messages, order.graceUs, instruments, zeroUs, stop)
    : carryOutPaced(load, order, instruments, zeroUs, stop);
}

async function carryOutFast(
  count: number,
  graceUs: number,
  { lines, recorder, clock, operation, inFlight }: LoadInstruments,
  zeroUs: number,
  stop: AbortSignal,
): Promise<number> {
  // Not before the zero: the wall time counts from it. A timer may fire early, so the clock is asked again.
  for (let leftUs = zeroUs - clock(); leftUs > 0; leftUs = zeroUs - clock())
    await sleep(Math.ceil(leftUs / 1_000));
  const hurry = afterStop(stop, Math.min(STOP_GRACE_US, graceUs), () => giveUp(lines));
  return saturate(lines, { count, recorder, inFlight, stop, operation }).finally(hurry.cancel);
}

async function carryOutPaced(
  load: Extract<Load, { kind: 'paced' }>,
  { shard, graceUs, spin }: LoadOrder,
  { lines, recorder, clock, health, operation }: LoadInstruments,
  zeroUs: number,
  stop: AbortSignal,
): Promise<number> {
  const paced = new PacedLoad({
    instants: instants(load.pace, load.durationUs, shard),
    clock,
    zeroUs,
    recorder,
    lines,
    lateLimitUs: LATE_LIMIT_US,
    patienceUs: PATIENCE_US,
    offered: (intendedUs) => health.offered(intendedUs),
    operation,
  });
  let endUs = zeroUs + load.durationUs + graceUs;
  await new Promise<void>((resolve) => {
    const stopTicking = startTicker(() => {
      paced.drain();
      if (stop.aborted) {
        paced.stop();
        endUs = Math.min(endUs, clock() + Math.min(STOP_GRACE_US, graceUs));
      }
      // What is under way then fails with its line and is counted: the sums must hold against a frozen target too.
      if (clock() > endUs) {
        paced.giveUp();
        giveUp(lines);
      }
      if (!paced.over && clock() < endUs + STOP_GRACE_US) return;
      stopTicking();
      resolve();
    }, spin);
  });
  return paced.takenUp;
}

function giveUp(lines: readonly CalibrationLine[]): void {
  for (const line of lines) line.abandon();
}

/** Does something so long after a stop was asked for, unless it is cancelled before. */
function afterStop(stop: AbortSignal, afterUs: number, act: () => void): { readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(act, afterUs / 1_000);
  };
  stop.addEventListener('abort', begin, { once: true });
  if (stop.aborted) begin();
  return {
    cancel: () => {
      stop.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}
