/** Works as fast as the lines take it: some operations kept in flight on each, so that the next rides behind the last. No pace, hence no lag. */

import type { Recorder } from '../measure/recorder.ts';
import type { OperationName } from '../words.ts';
import type { Line, LineAnswer } from './paced.ts';

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
export function saturate(lines: readonly Line[], settings: SaturateSettings): Promise<number> {
  const { count, recorder, inFlight, stop, operation = 'smtp.submit' } = settings;
  let next = 0;
  let busy = lines.length * inFlight;
  return new Promise((resolve) => {
    const sendOn = (line: Line): (() => void) => {
      const answered = ({ outcome, startedUs, endedUs }: LineAnswer): void => {
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
        sendNext();
      };
      const sendNext = (): void => {
        if (next >= count || stop.aborted) {
          busy -= 1;
          if (busy === 0) resolve(next);
          return;
        }
        recorder.planned(operation, 'storm', false);
        next += 1;
        line.submit(next - 1, answered);
      };
      return sendNext;
    };
    for (const line of lines) for (let place = 0; place < inFlight; place += 1) sendOn(line)();
  });
}
