/** Which copies a run's ledger follows: all of them, or those of a drawn sample of mailboxes where there are too many. */

import { ledgerRows, MAX_LEDGER_BYTES, sampleOf, type LedgerShape } from '../measure/ledger-share.ts';
import { drawMailboxes } from '../storm/audience.ts';
import type { Plan } from '../storm/plan.ts';

/**
 * The shape of a plan's ledger in `limits.ledgerMemory`. A sample is drawn from the seed; who watches for clinical
 * messages is always in it, so that each of those is accounted for.
 */
export function ledgerShapeOf(plan: Plan, fanOut: LedgerShape['fanOut']): LedgerShape {
  const { mailboxes, seed, watchers, profile } = plan;
  const shape = { mailboxes, listMessages: plan.cascade.length, fanOut };
  const rows = ledgerRows(shape, profile.limits.ledgerMemory ?? MAX_LEDGER_BYTES);
  if (rows >= mailboxes) return shape;
  const drawn = drawMailboxes(seed, 'ledger', rows, mailboxes);
  return { ...shape, sample: sampleOf([...watchers, ...drawn], mailboxes) };
}
