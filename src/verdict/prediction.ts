/** Judges what a simulation foretold: its sums and the profile's thresholds. It has no ledger and no generator to judge. */

import type { Profile } from '../profile/schema.ts';
import type { ExitReason } from './exit.ts';
import type { KindedFinding } from './finding.ts';
import { checkSums, type PlannedByPhase } from './ledger-checks.ts';
import { checkThreshold, type Evidence } from './thresholds.ts';
import { concludeFrom, type Verdict } from './verdict.ts';

/** A verdict on a prediction. What only mailboxes could tell is a warning: a model cannot lose what it only counts. */
export function judgePrediction(
  profile: Profile,
  planned: PlannedByPhase,
  evidence: Omit<Evidence, 'ledger'>,
): { readonly verdict: Verdict; readonly reasons: readonly ExitReason[] } {
  const thresholds = profile.thresholds.map((threshold): KindedFinding => {
    const finding = checkThreshold(threshold, { ...evidence, ledger: undefined });
    const { subject, measure } = threshold;
    const needsMailboxes =
      subject.kind === 'ledger' || (measure.kind !== 'percentile' && measure.of === 'lost');
    if (!needsMailboxes || finding.status !== 'no-data') return finding;
    return { ...finding, severity: 'warn', because: 'a simulation has no mailboxes to look into' };
  });
  const sums = checkSums(planned, evidence.tally.operations(), { heard: 1, expected: 1 });
  return concludeFrom([sums, ...thresholds]);
}
