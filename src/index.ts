/** The library's door: re-exports only. Parse a profile, plan, judge. Unstable before 1.0. */

export { formatProblem, readProfile } from './profile/read.ts';
export { judgedAt } from './profile/at-doors.ts';
export type { Profile } from './profile/schema.ts';
export { makePlan, phaseJourneys, planTotals } from './storm/plan.ts';
export type { Plan, PlanTotals } from './storm/plan.ts';
export { makeComposer } from './storm/messages.ts';
export { conduct } from './replay/conduct.ts';
export { judge } from './verdict/verdict.ts';
export type { RunRecord } from './record/record.ts';
