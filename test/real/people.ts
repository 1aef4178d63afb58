/** Who does what in the short storm on a lab, from the plan itself: so that a test picks the people its fault is about. */

import { readProfile } from '../../src/profile/read.ts';
import { mailboxOfPersona } from '../../src/storm/audience.ts';
import { makePlan, phaseJourneys } from '../../src/storm/plan.ts';
import { type Change, shortStormText } from './program.ts';

export interface People {
  readonly watchers: ReadonlySet<number>;
  readonly deleters: ReadonlySet<number>;
  /** Who writes to everybody. */
  readonly repliers: ReadonlySet<number>;
}

/** The people of the short storm with these changes. */
export function peopleOf(mailboxes: number, changes: readonly Change[] = []): People {
  const reading = readProfile(shortStormText(changes));
  if (!reading.ok) throw new Error('the short storm is no profile');
  const { seed, speed } = reading.profile;
  const plan = makePlan(reading.profile, { seed, mailboxes, speed });
  const deleters = new Set<number>();
  // The pilot is the first person's.
  const repliers = new Set([mailboxOfPersona(0, seed, mailboxes)]);
  for (const phase of ['baseline', 'storm', 'drain', 'deletes', 'recovery'] as const)
    for (const journey of phaseJourneys(plan, phase)) {
      if (journey.kind === 'delete') deleters.add(journey.actor);
      if (journey.message?.recipient === 'list') repliers.add(journey.message.author);
    }
  return { watchers: new Set(plan.watchers), deleters, repliers };
}
