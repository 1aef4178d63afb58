/** The load of an IMAP calibration on one thread: as fast as the lines take it, or by a schedule. It must not open or judge anything. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import { instants } from '../storm/schedule.ts';
import type { OperationName } from '../words.ts';
import type { SelfWatch } from './health.ts';
import type { ImapCalibrationStart } from './imap-calibration.ts';
import type { ImapLine } from './imap-line.ts';
import { PacedLoad } from './paced.ts';
import { saturate } from './saturate.ts';
import { startTicker } from './ticker.ts';

/** After a stop, what is under way may take so long. */
const STOP_GRACE_US = 10_000_000;

/** As for journeys: what is taken up later than this is dropped as late. */
const LATE_LIMIT_US = 60_000_000;

/** NOOPs in flight on one connection: enough that neither side waits for the other's packets. */
const PIPELINED_NOOPS = 64;

export interface ImapInstruments {
  readonly lines: readonly ImapLine[];
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly health: SelfWatch;
  readonly operation: OperationName;
}

/** Resolves with how many operations were taken up, when all of them are answered for. */
export async function carryOutImap(
  start: ImapCalibrationStart,
  { lines, recorder, clock, health, operation }: ImapInstruments,
  zeroUs: number,
  stop: AbortSignal,
): Promise<number> {
  const { load, shard, graceUs } = start;
  const giveUpLines = (): void => lines.forEach((line) => line.abandon());
  if (load.kind === 'saturate') {
    // Not before the zero: the wall time counts from it. A timer may fire early, so the clock is asked again.
    for (let leftUs = zeroUs - clock(); leftUs > 0; leftUs = zeroUs - clock())
      await sleep(Math.ceil(leftUs / 1_000));
    let hurry: NodeJS.Timeout | undefined;
    const hasten = (): void => {
      hurry = setTimeout(giveUpLines, Math.min(STOP_GRACE_US, graceUs) / 1_000);
    };
    stop.addEventListener('abort', hasten, { once: true });
    const inFlight = start.operation === 'noop' ? PIPELINED_NOOPS : 1;
    const begun = await saturate(lines, { count: load.messages, recorder, inFlight, stop, operation });
    stop.removeEventListener('abort', hasten);
    clearTimeout(hurry);
    return begun;
  }
  const paced = new PacedLoad({
    instants: instants(load.pace, load.durationUs, shard),
    clock,
    zeroUs,
    recorder,
    lines,
    lateLimitUs: LATE_LIMIT_US,
    patienceUs: LATE_LIMIT_US,
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
      if (clock() > endUs) {
        paced.giveUp();
        giveUpLines();
      }
      if (!paced.over && clock() < endUs + STOP_GRACE_US) return;
      stopTicking();
      resolve();
    }, start.spin);
  });
  return paced.takenUp;
}
