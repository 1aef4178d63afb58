/** Thresholds at the doors of a run: what stands for signing in, opening and handing in there. It changes no text and judges nothing. */

import { operationAt, type Doors } from '../words.ts';
import type { Profile } from './schema.ts';
import { DEEDS, type Threshold } from './threshold.ts';

/** The thresholds as they are judged: each on an operation. Those that name one already are left as they are. */
export function atDoors(thresholds: readonly Threshold[], doors: Doors): Threshold[] {
  return thresholds.map((threshold) => {
    const { subject } = threshold;
    const standsFor = DEEDS.find((deed) => subject.kind === 'operation' && deed === subject.name);
    if (standsFor === undefined) return threshold;
    const name = operationAt(doors, standsFor === 'signin' ? 'signIn' : standsFor);
    return { ...threshold, subject: { ...subject, name, standsFor } };
  });
}

/** A profile as a run through these doors is judged by it. The plan is drawn from the profile as it was written. */
export function judgedAt(profile: Profile, doors: Doors): Profile {
  return { ...profile, thresholds: atDoors(profile.thresholds, doors) };
}
