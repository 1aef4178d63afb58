/** Remembers which threshold ended the run, between the moment it failed for certain and the verdict. */

import { judgedAt } from '../profile/at-doors.ts';
import type { Profile } from '../profile/schema.ts';
import type { JudgedSoFar } from '../replay/conduct.ts';
import type { Plan } from '../storm/plan.ts';
import { watchThresholds } from '../verdict/live.ts';
import type { ThresholdStop } from '../verdict/thresholds.ts';
import { phasesAfter } from '../verdict/windows.ts';

/** One run's thresholds while it goes on. */
export class ThresholdWatch {
  /** The profile as the run is judged by it, while it goes on and at its end. */
  readonly profile: Profile;
  /** The threshold that ended the run; undefined while none has. */
  endedBy: ThresholdStop | undefined;

  constructor({ profile, doors }: Pick<Plan, 'profile' | 'doors'>) {
    this.profile = judgedAt(profile, doors);
  }

  /** Names a threshold that may end the run and has failed for certain, with what was seen. */
  failed(soFar: JudgedSoFar): string | undefined {
    const { thresholds, warmUp } = this.profile;
    const { tally, phases, atUs } = soFar;
    const stop = watchThresholds(thresholds, { tally, phases: phasesAfter(warmUp ?? 0, phases) }, atUs);
    this.endedBy ??= stop;
    return stop === undefined ? undefined : `${stop.text}: ${stop.observed}`;
  }
}
