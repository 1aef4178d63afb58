/** Plans for the storm's tests: the shipped profiles, changed and scaled. No test here. */

import type { Profile } from '../../src/profile/schema.ts';
import type { Journey } from '../../src/storm/journey.ts';
import { makePlan, phaseJourneys, type Plan, type Shard } from '../../src/storm/plan.ts';
import { PHASES } from '../../src/words.ts';
import { shippedProfile } from '../profile/shipped.ts';

const SMOKE = shippedProfile('smoke');

/** Smoke with other parts; a nested part is merged with smoke's. */
export function smokeWith(
  changes: {
    readonly [Key in keyof Profile]?: Profile[Key] extends readonly unknown[]
      ? Profile[Key]
      : Partial<Profile[Key]>;
  },
): Profile {
  const merged = Object.entries(changes).map(([key, change]) => {
    const before = SMOKE[key as keyof Profile];
    const isBlock = typeof change === 'object' && change !== null && !Array.isArray(change);
    return [key, isBlock ? { ...(before as object), ...change } : change];
  });
  return { ...SMOKE, ...(Object.fromEntries(merged) as Partial<Profile>) };
}

/** A plan of a profile with its own seed, size and speed unless told otherwise. */
export function planOf(
  profile: Profile,
  choices: { seed?: number; mailboxes?: number; speed?: number } = {},
): Plan {
  return makePlan(profile, {
    seed: choices.seed ?? profile.seed,
    mailboxes: choices.mailboxes ?? profile.population.scaledTo,
    speed: choices.speed ?? profile.speed,
  });
}

/** Every journey of a plan, or of one shard of it, phase after phase. */
export function journeysOf(plan: Plan, shard?: Shard): Journey[] {
  return PHASES.flatMap((phase) => [...phaseJourneys(plan, phase, shard)]);
}

export { SMOKE };
