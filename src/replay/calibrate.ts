/** Conducts a calibration: starts the load threads together, adds their notebooks up, measures the CPU it cost. Judges nothing. */

import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Health } from '../measure/health.ts';
import { StepTally } from '../measure/steps.ts';
import { Tally } from '../measure/tally.ts';
import type { OperationName } from '../words.ts';
import type { CalibrationStart, FromCalibrator, ToCalibrator } from './calibration.ts';
import { monotonicUs } from './clock.ts';
import { watchCpu } from './health.ts';
import type { HttpCalibrationStart } from './http-calibration.ts';
import type { ImapCalibrationStart } from './imap-calibration.ts';
import type { JmapCalibrationStart } from './jmap-calibration.ts';

/** Workers are told to begin this long ahead, so that all begin together. */
const AHEAD_US = 200_000;

/**
 * Answers die young: with room for them the collector copies less. Seen in a census: a tenth of the time instead of a fifth.
 */
const YOUNG_MB = 64;

export interface CalibrationReport {
  readonly tally: Tally;
  readonly health: Health;
  readonly steps: StepTally;
  readonly copiesAccepted: number;
  /** From the zero to the last answer. */
  readonly wallUs: number;
  /** User and system time of all threads in the load phase, in seconds. */
  readonly cpuSeconds: number;
  readonly takenUp: number;
  readonly heard: number;
}

/** Which threads do the work, and what one unit of it is recorded as. */
export interface Engine {
  readonly thread:
    | 'calibration-worker'
    | 'imap-calibration-worker'
    | 'http-calibration-worker'
    | 'jmap-calibration-worker';
  readonly operation: OperationName;
}

const SUBMISSION: Engine = { thread: 'calibration-worker', operation: 'smtp.submit' };

/** Runs it; a text says why it could not begin. */
export async function calibrate(
  startOf: (
    shard: { index: number; count: number },
    zeroUs: number,
  ) => CalibrationStart | ImapCalibrationStart | HttpCalibrationStart | JmapCalibrationStart,
  workers: number,
  stop: AbortSignal,
  engine: Engine = SUBMISSION,
): Promise<CalibrationReport | string> {
  const clockZeroUs = monotonicUs();
  const starts = Array.from({ length: workers }, (_, index) =>
    startOf({ index, count: workers }, clockZeroUs),
  );
  const spin = starts.some((start) => start.spin);
  const threads = starts.map(
    (start) =>
      new Worker(entryPoint(engine), {
        workerData: start,
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      }),
  );
  try {
    const failures = await Promise.all(threads.map(ready));
    const failure = failures.find((words) => words !== undefined);
    if (failure !== undefined) return failure;
    return await load(threads, clockZeroUs, { spin, operation: engine.operation }, stop);
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function ready(thread: Worker): Promise<string | undefined> {
  return new Promise((resolve) => {
    thread.once('message', (message: FromCalibrator) =>
      resolve(message.type === 'failed' ? message.reason : undefined),
    );
    thread.once('error', (error) => resolve(error.stack ?? error.message));
    thread.once('exit', () => resolve('a load thread ended before it was ready'));
  });
}

async function load(
  threads: readonly Worker[],
  clockZeroUs: number,
  { spin, operation }: { readonly spin: boolean; readonly operation: OperationName },
  stop: AbortSignal,
): Promise<CalibrationReport> {
  const tally = new Tally();
  const steps = new StepTally();
  const health = new Health([operation], spin);
  const zeroUs = monotonicUs() - clockZeroUs + AHEAD_US;
  let copiesAccepted = 0;
  let takenUp = 0;
  let heard = 0;
  let endUs = zeroUs;
  const ended = threads.map(
    (thread, worker) =>
      new Promise<void>((resolve) => {
        thread.on('message', (message: FromCalibrator) => {
          if (message.type === 'delta') {
            // A notebook tells of the time before it was posted: its middle says best when that was.
            const overUs = message.health?.overUs ?? 0;
            tally.add(message.delta, message.atUs - zeroUs - overUs / 2);
            copiesAccepted += message.delta.copiesAccepted;
            if (message.steps !== undefined) steps.add(message.steps);
            if (message.health !== undefined)
              health.add(
                { worker, reading: message.health, delta: message.delta, atUs: message.atUs },
                zeroUs,
              );
          }
          if (message.type !== 'done') return;
          heard += 1;
          takenUp += message.takenUp;
          endUs = Math.max(endUs, monotonicUs() - clockZeroUs);
          resolve();
        });
        thread.on('exit', () => resolve());
      }),
  );
  const tell = (order: ToCalibrator): void => threads.forEach((thread) => thread.postMessage(order));
  stop.addEventListener('abort', () => tell({ type: 'stop' }), { once: true });
  const before = process.cpuUsage();
  const stopCpu = watchCpu(monotonicUs, (share, atUs) => health.addCpu(share, atUs - clockZeroUs - zeroUs));
  tell({ type: 'go', zeroUs });
  await Promise.all(ended);
  stopCpu();
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  return { tally, health, steps, copiesAccepted, wallUs: endUs - zeroUs, cpuSeconds, takenUp, heard };
}

function entryPoint({ thread }: Engine): string {
  const fromSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(
    new URL(fromSource ? `../../dist/replay/${thread}.js` : `./${thread}.js`, import.meta.url),
  );
}
