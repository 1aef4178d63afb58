/** Which copies a run's ledger follows: all of them, or those of a drawn sample of mailboxes where there are too many. */

import { ledgerRows, MAX_LEDGER_BYTES, rowOf, sampleOf, type LedgerShape } from '../measure/ledger-share.ts';
import type { BounceRead } from '../measure/ledger.ts';
import { drawMailboxes } from '../storm/audience.ts';
import { makeLookup } from '../storm/lookup.ts';
import { listMessage, phaseJourneys, type Plan } from '../storm/plan.ts';
import { PHASES } from '../words.ts';

/**
 * The shape of a plan's ledger in `limits.ledgerMemory`. A sample is drawn from the seed; who watches for clinical
 * messages is always in it, so that each of those is accounted for. So is, as far as half of the rows hold them, who
 * writes to everybody and then who sends clinical messages: what comes back, comes back to them.
 */
export function ledgerShapeOf(plan: Plan, fanOut: LedgerShape['fanOut']): LedgerShape {
  const { mailboxes, seed, watchers, profile } = plan;
  const shape = { mailboxes, listMessages: plan.cascade.length, fanOut };
  const rows = ledgerRows(shape, profile.limits.ledgerMemory ?? MAX_LEDGER_BYTES);
  if (rows >= mailboxes) return shape;
  const drawn = drawMailboxes(seed, 'ledger', rows, mailboxes);
  return { ...shape, sample: sampleOf([...watchers, ...authors(plan, rows >> 1), ...drawn], mailboxes) };
}

/** The first `most` of those to whom the bounces that matter come back. */
function authors(plan: Plan, most: number): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { number } of plan.cascade) {
    if (found.size >= most) return found;
    found.add(listMessage(plan, number).author);
  }
  for (const phase of PHASES) {
    for (const { kind, message } of phaseJourneys(plan, phase)) {
      if (found.size >= most) return found;
      if (kind === 'canary' && message !== undefined) found.add(message.author);
    }
  }
  return found;
}

/** Of which messages a bounce would have been read; undefined where every mailbox was. */
export function bounceReadOf(plan: Plan, shape: LedgerShape): BounceRead | undefined {
  if (shape.sample === undefined) return undefined;
  const lookup = makeLookup(plan);
  const list = plan.cascade.map(({ number }) => rowOf(shape, listMessage(plan, number).author) >= 0);
  return (number) => {
    const known = list[number];
    if (known !== undefined) return known;
    const author = lookup(number)?.author;
    return author !== undefined && rowOf(shape, author) >= 0;
  };
}
