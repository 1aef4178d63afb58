/** What a plan may not be larger than, by its profile's own caps. Arithmetic only. */

import type { Plan, PlanTotals } from '../storm/plan.ts';
import { formatCount } from '../units.ts';
import { expectedBeside } from './amplification.ts';
import { connectionsOf } from './connections.ts';

/** Every cap that the plan is over, in words; empty where it keeps to all of them. Copies count what amplifiers may add: the target, which expands a list or not, has to take that too. */
export function overCaps(plan: Plan, totals: PlanTotals, expanded: boolean): string[] {
  const { profile } = plan;
  const { caps } = profile;
  if (caps === undefined) return [];
  const over = (name: string, planned: number, cap: number): string[] =>
    planned > cap
      ? [`the plan's ${name} (${formatCount(planned)}) are over caps.${name} (${formatCount(cap)})`]
      : [];
  return [
    ...over('messages', totals.messages, caps.messages),
    ...over('copies', totals.copies + expectedBeside(plan, expanded), caps.copies),
    ...over('bytes', totals.bytes, caps.bytes),
    ...over('connections', connectionsOf(profile, plan), caps.connections),
  ];
}
