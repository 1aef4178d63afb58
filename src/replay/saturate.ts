/** Works as fast as the lines take it: some operations kept in flight on each, so that the next rides behind the last. No pace, hence no lag. */

import type { Recorder } from '../measure/recorder.ts';
import type { OperationName } from '../words.ts';
import type { Line } from './paced.ts';

export interface SaturateSettings {
  readonly count: number;
  readonly recorder: Recorder;
  /** On each line. */
  readonly inFlight: number;
  /** What is recorded; a submission unless told. */
  readonly operation?: OperationName;
  /** Begins no more once aborted; what is under way is awaited. */
  readonly stop: AbortSignal;
}

/**
 * Does `count` operations over the lines; resolves with how many it began when all those are answered for. With two
 * submissions in flight on a line the second's envelope travels with the first's body; with a connection each, one only.
 */
export async function saturate(lines: readonly Line[], settings: SaturateSettings): Promise<number> {
  const { count, recorder, inFlight, stop, operation = 'smtp.submit' } = settings;
  let next = 0;
  const keepBusy = async (line: Line): Promise<void> => {
    while (next < count && !stop.aborted) {
      const index = next;
      next += 1;
      recorder.planned(operation, 'storm', false);
      const { outcome, startedUs, endedUs } = await line.submit(index);
      recorder.sample({
        operation,
        phase: 'storm',
        outcome,
        intendedUs: startedUs,
        dueUs: startedUs,
        startedUs,
        endedUs,
        induced: false,
      });
    }
  };
  await Promise.all(lines.flatMap((line) => Array.from({ length: inFlight }, () => keepBusy(line))));
  return next;
}
