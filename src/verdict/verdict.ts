/** (evidence) -> Verdict: all findings, one status, and the reasons the process ends with. Pure. */

import type { HealthWorst } from '../measure/health.ts';
import type { MannerFigure } from '../measure/manners.ts';
import type { Profile } from '../profile/schema.ts';
import type { ExitReason } from './exit.ts';
import { checkFitness, type ShardsHeard } from './fitness.ts';
import type { Finding, KindedFinding } from './finding.ts';
import { checkLedger, checkSums, type PlannedByPhase } from './ledger-checks.ts';
import { checkManners } from './manner-checks.ts';
import { checkThreshold, judgedOn, type Evidence } from './thresholds.ts';

export type VerdictStatus = 'pass' | 'fail' | 'invalid' | 'no-data';

export interface Verdict {
  readonly status: VerdictStatus;
  readonly findings: readonly Finding[];
}

export interface Case extends Evidence {
  readonly profile: Profile;
  readonly planned: PlannedByPhase;
  readonly shards: ShardsHeard;
  /** How the generator itself fared. */
  readonly health: HealthWorst;
  /** Why there is no ledger, where there is none. */
  readonly whyNoLedger: string;
  /** How the mail system behaved beyond the dispositions; undefined where there is no census. */
  readonly manners?: readonly MannerFigure[] | undefined;
  /** What thresholds are judged on where a warm-up is left out; the rest is judged on everything. */
  readonly afterWarmUp?: Pick<Evidence, 'tally' | 'canaries'>;
}

/** Judges a run. Ledger failure beats unfitness, unfitness beats a failed threshold, and no data is never a pass. */
export function judge(theCase: Case): { readonly verdict: Verdict; readonly reasons: readonly ExitReason[] } {
  const sums = checkSums(theCase.planned, theCase.tally.operations(), theCase.shards);
  const ledger = checkLedger(theCase.ledger, theCase.whyNoLedger, theCase.tally.copiesAccepted());
  const manners = checkManners(theCase.manners, theCase.ledger?.sample);
  const fitness = checkFitness(theCase.profile, theCase.tally, theCase.health, theCase.shards);
  const unfit = fitness.some((finding) => finding.status === 'fail');
  const thresholds = theCase.profile.thresholds.map((threshold): KindedFinding => {
    const finding = checkThreshold(threshold, { ...theCase, ...theCase.afterWarmUp });
    // Unfitness voids findings about time; a count or a share was counted all the same.
    if (!unfit || threshold.measure.kind !== 'percentile' || finding.status === 'no-data') return finding;
    return {
      ...finding,
      status: 'invalid',
      because: `the generator was not fit to time this; it saw ${finding.observed}${judgedOn(threshold)}`,
    };
  });
  const findings = [sums, ...ledger, ...manners, ...thresholds, ...fitness];
  return concludeFrom(findings);
}

/** One status and the reasons for an exit, from findings of all kinds. */
export function concludeFrom(findings: readonly KindedFinding[]): {
  readonly verdict: Verdict;
  readonly reasons: readonly ExitReason[];
} {
  const decisive = findings.filter(({ severity }) => severity !== 'warn');
  const verdict = { status: statusOf(decisive), findings };
  return { verdict, reasons: reasonsOf(decisive) };
}

function statusOf(findings: readonly KindedFinding[]): VerdictStatus {
  const has = (kind: KindedFinding['kind'], status: Finding['status']): boolean =>
    findings.some((finding) => finding.kind === kind && finding.status === status);
  if (has('ledger', 'fail')) return 'fail';
  if (has('fitness', 'fail')) return 'invalid';
  if (has('threshold', 'fail')) return 'fail';
  return findings.some((finding) => finding.status === 'no-data') ? 'no-data' : 'pass';
}

const EXIT_OF: Readonly<Record<KindedFinding['kind'], ExitReason['name']>> = {
  ledger: 'ledger',
  fitness: 'unfit',
  threshold: 'threshold',
};

function reasonsOf(findings: readonly KindedFinding[]): ExitReason[] {
  return findings.flatMap((finding): ExitReason[] => {
    const words = `${finding.check}: ${finding.observed ?? finding.because} (allowed ${finding.limit})`;
    if (finding.status === 'fail') return [{ name: EXIT_OF[finding.kind], because: words }];
    if (finding.status === 'no-data')
      return [{ name: 'noData', because: `${finding.check}: no data, ${finding.because}` }];
    return [];
  });
}
