/** Thresholds at the doors of a run: what stands for signing in, opening and handing in there. It changes no text and judges nothing. */

import { DOOR_OPERATIONS, SUBMIT_OPERATIONS, type Doors, type OperationName } from '../words.ts';
import type { Profile } from './schema.ts';
import { DEEDS, type Deed, type Threshold } from './threshold.ts';

/** The thresholds as they are judged: each on an operation. Those that name one already are left as they are. */
export function atDoors(thresholds: readonly Threshold[], doors: Doors): Threshold[] {
  return thresholds.map((threshold) => {
    const { subject } = threshold;
    const standsFor = DEEDS.find((deed) => subject.kind === 'operation' && deed === subject.name);
    if (standsFor === undefined) return threshold;
    return { ...threshold, subject: { ...subject, name: operationAt(standsFor, doors), standsFor } };
  });
}

/** A profile as a run through these doors is judged by it. The plan is drawn from the profile as it was written. */
export function judgedAt(profile: Profile, doors: Doors): Profile {
  return { ...profile, thresholds: atDoors(profile.thresholds, doors) };
}

function operationAt(deed: Deed, { submit, mailbox }: Doors): OperationName {
  switch (deed) {
    case 'signin':
      return DOOR_OPERATIONS[mailbox].signIn;
    case 'open':
      return DOOR_OPERATIONS[mailbox].open;
    case 'submit':
      return SUBMIT_OPERATIONS[submit];
  }
}
