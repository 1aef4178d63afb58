/** A load thread of any calibration: opens its lines, waits for the word, works, posts its notebook every second. It speaks no protocol. */

import type { MessagePort } from 'node:worker_threads';
import pLimit from 'p-limit';
import type { Clock } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import type { StepBook } from '../measure/steps.ts';
import type { OperationName } from '../words.ts';
import type { FromCalibrator, ToCalibrator } from './calibration.ts';
import { type CalibrationLine, carryOut, type LoadOrder } from './calibration-load.ts';
import { eachSecond, SelfWatch } from './health.ts';

/** The notebook is posted at each whole second of the load. */
const SECOND_US = 1_000_000;

/** Connections opened at once before the load. */
const OPENING_AT_ONCE = 8;

/** A line that was made, and can be opened and closed. */
export interface ThreadLine extends CalibrationLine {
  /** Why the last opening failed. */
  readonly failure: string;
  readonly close: () => Promise<void>;
}

/** What a thread works with. */
export interface CalibrationThread<L extends ThreadLine> {
  readonly order: LoadOrder;
  readonly lines: readonly L[];
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly operation: OperationName;
  readonly inFlight: number;
  /** Opens a line ahead of the load; false if it would not. Absent where opening is what is measured. */
  readonly open?: ((line: L, index: number) => Promise<boolean>) | undefined;
  readonly steps?: StepBook;
}

/** Tells main why there is no result: in words, or whatever was thrown. */
export function postFailure(port: MessagePort, error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  port.postMessage({ type: 'failed', reason } satisfies FromCalibrator);
}

/** Opens the lines and obeys main until the load is done. */
export async function serveCalibration<L extends ThreadLine>(
  port: MessagePort,
  thread: CalibrationThread<L>,
): Promise<void> {
  const { order, lines, recorder, clock, operation, inFlight, open, steps } = thread;
  const post = (message: FromCalibrator): void => port.postMessage(message);
  if (open !== undefined) {
    const opening = pLimit(OPENING_AT_ONCE);
    const opened = await Promise.all(lines.map((line, index) => opening(() => open(line, index))));
    const closed = lines[opened.indexOf(false)];
    if (closed !== undefined) return post({ type: 'failed', reason: closed.failure });
  }
  recorder.drain();
  const health = new SelfWatch();
  const postNotebook = (): void =>
    post({
      type: 'delta',
      delta: recorder.drain(),
      health: health.read(),
      ...(steps === undefined ? {} : { steps: steps.drain() }),
      atUs: clock(),
    });
  const stop = new AbortController();
  port.on('message', (told: ToCalibrator) => {
    if (told.type === 'stop') return stop.abort();
    setTimeout(() => health.begin(), Math.max(0, (told.zeroUs - clock()) / 1_000));
    const stopPosting = eachSecond(clock, told.zeroUs + SECOND_US, postNotebook);
    const instruments = { lines, recorder, clock, health, operation, inFlight };
    void carryOut(order, instruments, told.zeroUs, stop.signal).then(async (takenUp) => {
      stopPosting();
      postNotebook();
      health.end();
      post({ type: 'done', takenUp });
      await Promise.all(lines.map((line) => line.close()));
      port.close();
    });
  });
  post({ type: 'ready' });
}
