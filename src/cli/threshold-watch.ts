/** Remembers which threshold ended the run, between the moment it failed for certain and the verdict. */

import type { Profile } from '../profile/schema.ts';
import type { JudgedSoFar } from '../replay/conduct.ts';
import { watchThresholds } from '../verdict/live.ts';
import type { ThresholdStop } from '../verdict/thresholds.ts';
import { phasesAfter } from '../verdict/windows.ts';

/** One run's thresholds while it goes on. */
export class ThresholdWatch {
  readonly #profile: Profile;
  /** The threshold that ended the run; undefined while none has. */
  endedBy: ThresholdStop | undefined;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** Names a threshold that may end the run and has failed for certain, with what was seen. */
  failed(soFar: JudgedSoFar): string | undefined {
    const { thresholds, warmUp } = this.#profile;
    const { tally, phases, atUs } = soFar;
    const stop = watchThresholds(thresholds, { tally, phases: phasesAfter(warmUp ?? 0, phases) }, atUs);
    this.endedBy ??= stop;
    return stop === undefined ? undefined : `${stop.text}: ${stop.observed}`;
  }
}
