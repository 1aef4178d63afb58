/** Recognises the refusals that the profile expects of the target's guard. It counts nothing and knows no code of its own. */

import type { Outcome } from '../measure/outcome.ts';
import type { GuardExpected } from '../profile/questions-schema.ts';

/** True for a refusal in which every condition of the profile holds. */
export function isGuarded(outcome: Outcome | undefined, guard: GuardExpected | undefined): boolean {
  if (guard === undefined || outcome?.kind !== 'rejected') return false;
  const { codes, enhanced, text } = guard;
  return (
    (codes === undefined || codes.includes(Number(outcome.code))) &&
    (enhanced === undefined || (outcome.enhanced !== undefined && enhanced.includes(outcome.enhanced))) &&
    (text === undefined || outcome.text.toLowerCase().includes(text.toLowerCase()))
  );
}

/** The same outcome, marked where it was to be expected: then it is no error. */
export function marked(outcome: Outcome, guard: GuardExpected | undefined): Outcome {
  return outcome.kind === 'rejected' && isGuarded(outcome, guard) ? { ...outcome, expected: true } : outcome;
}
