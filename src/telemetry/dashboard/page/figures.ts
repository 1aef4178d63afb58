/** Figures as words: what is not known is said to be unknown, and a percentile of too few is the slowest of them. It draws nothing. */

import type { Summary } from '../../../measure/tally.ts';
import { formatCount, formatDuration } from '../../../units.ts';
import { operationAt, type OperationName, type Phase } from '../../../words.ts';
import type { Moment, MomentOperation, RunIdentity } from '../../moment.ts';

export const NOT_KNOWN = 'not known';

/** A time, or a dash where there is none. */
export function timeOrDash(us: number | null | undefined): string {
  return us === null || us === undefined ? '–' : formatDuration(us);
}

/** A share as a percentage with one digit; `not known` without one. */
export function shareWords(share: number | null | undefined): string {
  return share === null || share === undefined ? NOT_KNOWN : `${(share * 100).toFixed(1)} %`;
}

/** `12`, `3.4`, `0.20`: a rate with what digits it deserves. */
export function rateWords(rate: number): string {
  if (rate >= 100) return formatCount(rate);
  return rate >= 10 || rate === 0 ? rate.toFixed(0) : rate.toFixed(1);
}

/** One time to stand for many: the p90, or where there are too few for one, the slowest. */
export interface Telling {
  readonly us: number | null;
  /** `p90 of 1,200`, `slowest of 12`, `none yet`. */
  readonly of: string;
}

export function tell(summary: Summary | null | undefined): Telling {
  if (summary === null || summary === undefined || summary.count === 0) return { us: null, of: 'none yet' };
  if (summary.p90 !== null) return { us: summary.p90, of: `p90 of ${formatCount(summary.count)}` };
  return { us: summary.max, of: `slowest of ${formatCount(summary.count)}: too few for a p90` };
}

/** The phase that runs, or ran last. */
export function phaseShown(moment: Moment): Phase {
  if (moment.phase !== 'end') return moment.phase;
  return moment.phases.at(-1)?.name ?? 'baseline';
}

/** What stands for signing in through the doors of the run. */
export function signInOf({ doors }: RunIdentity): OperationName {
  return operationAt(doors, 'signIn');
}

export function operationIn(
  { operations }: Moment,
  operation: OperationName,
  phase: Phase,
): MomentOperation | undefined {
  return operations.find((one) => one.operation === operation && one.phase === phase);
}

/** `1:02:03`, `4:05`: a clock for time that has passed. */
export function clockWords(us: number): string {
  const seconds = Math.max(0, Math.floor(us / 1e6));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** What each phase is, in a few words for who has not read the manual. */
export const PHASE_WORDS: Readonly<Record<Phase | 'end', string>> = {
  baseline: 'an ordinary day, before anything happens',
  storm: 'replies to all are on their way',
  drain: 'the storm is over; what is owed is being delivered',
  deletes: 'people throw the junk away',
  recovery: 'is everything as it was before?',
  end: 'what is under way ends, mailboxes are read, then the verdict',
};
