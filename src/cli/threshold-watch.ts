/** Remembers which threshold ended the run, between the moment it failed for certain and the verdict. */

import type { Threshold } from '../profile/threshold.ts';
import type { JudgedSoFar } from '../replay/conduct.ts';
import { watchThresholds } from '../verdict/live.ts';
import type { ThresholdStop } from '../verdict/thresholds.ts';

/** One run's thresholds while it goes on. */
export class ThresholdWatch {
  readonly #thresholds: readonly Threshold[];
  /** The threshold that ended the run; undefined while none has. */
  endedBy: ThresholdStop | undefined;

  constructor(thresholds: readonly Threshold[]) {
    this.#thresholds = thresholds;
  }

  /** Names a threshold that may end the run and has failed for certain, with what was seen. */
  failed(soFar: JudgedSoFar): string | undefined {
    const stop = watchThresholds(this.#thresholds, soFar, soFar.atUs);
    this.endedBy ??= stop;
    return stop === undefined ? undefined : `${stop.text}: ${stop.observed}`;
  }
}
