/** One finding: what was checked, what was seen, what was allowed, and why it matters. Types and small makers. */

/** `invalid`: it could not be judged because the generator was unfit. No data is never a pass. */
export type FindingStatus = 'pass' | 'fail' | 'no-data' | 'invalid';

export interface Finding {
  readonly check: string;
  readonly status: FindingStatus;
  /** As measured, in words with its unit; null where nothing was. */
  readonly observed: string | null;
  readonly limit: string;
  readonly because: string;
  /** A warning is told and changes neither status nor exit; absent for everything else. */
  readonly severity?: 'warn';
  /** Absent in records from before it was kept. */
  readonly kind?: FindingKind;
}

/** What kind of finding it is decides what a failure means. */
export type FindingKind = 'ledger' | 'fitness' | 'threshold';

export interface KindedFinding extends Finding {
  readonly kind: FindingKind;
}
