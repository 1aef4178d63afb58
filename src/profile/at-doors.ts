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

/** What is wrong with thresholds of operations that nobody does in a run through these doors: without data, and so never passed. */
export function strangersAt(thresholds: readonly Threshold[], { submit, mailbox }: Doors): string[] {
  return thresholds.flatMap(({ text, subject }) => {
    const [protocol = '', step] = subject.name.split('.');
    // Journeys go through any doors; mail from outside comes by SMTP, whatever people hand theirs in by.
    const isDone = ['journey', 'smtp', submit, mailbox].includes(protocol);
    if (step === undefined || isDone) return [];
    return [
      `thresholds: found "${text}", but in this run messages go in by ${submit} and mailboxes are opened by ${mailbox}, so that nothing would be judged; expected one of ${DEEDS.join(', ')}, which stand for what people do through any doors, or an operation of these`,
    ];
  });
}

/** A profile as a run through these doors is judged by it. The plan is drawn from the profile as it was written. */
export function judgedAt(profile: Profile, doors: Doors): Profile {
  return { ...profile, thresholds: atDoors(profile.thresholds, doors) };
}
