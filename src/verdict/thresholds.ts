/** The profile's thresholds against the tally. A percentile below its floor of samples has no data, and no data is no pass. */

import type { CanaryFigures } from '../measure/canaries.ts';
import { sampleWords } from './ledger-checks.ts';
import type { LedgerFigures } from '../measure/ledger.ts';
import type { SeriesClass } from '../measure/series.ts';
import { samplesNeeded, type Tally } from '../measure/tally.ts';
import type { Threshold } from '../profile/threshold.ts';
import { formatDuration } from '../units.ts';
import type { OperationName, Phase } from '../words.ts';
import type { KindedFinding } from './finding.ts';
import { compare, countOf, endedOf, limitWords } from './limits.ts';
import { judgeWindows, judgeWithin, type PhaseTime, type TimedJudgement } from './windows.ts';

/** A threshold that ended the run because it had failed for certain. */
export interface ThresholdStop {
  readonly text: string;
  readonly observed: string;
}

/** What thresholds are judged on; where a warm-up is left out of it, it is left out of tally and canaries. */
export interface Evidence {
  readonly tally: Tally;
  readonly canaries: CanaryFigures;
  readonly ledger: LedgerFigures | undefined;
  /** The phases that really began, the baseline after its warm-up; without them what is judged within a phase has no data. */
  readonly phases?: readonly PhaseTime[];
  /** What was certain when the run was ended is not judged anew. */
  readonly endedBy?: ThresholdStop | undefined;
}

const ALL_CLASSES: readonly SeriesClass[] = ['ok', 'rejected', 'unknown', 'dropped'];

interface Observation {
  /** In the limit's unit; undefined: no data. */
  readonly value: number | undefined;
  readonly words: string;
  /** The limit resolved to the same unit; undefined: what it is relative to has no data. */
  readonly limit: number | undefined;
}

/** Judges one threshold. */
export function checkThreshold(threshold: Threshold, evidence: Evidence): KindedFinding {
  const finding = { ...checkAtTheEnd(threshold, evidence), ...severityOf(threshold) };
  return { ...finding, because: `${finding.because}${judgedOn(threshold)}` };
}

/** Which operation it was judged on, where its text does not say. */
export function judgedOn({ subject }: Threshold): string {
  return subject.standsFor === undefined ? '' : ` (judged on ${subject.name})`;
}

function checkAtTheEnd(threshold: Threshold, evidence: Evidence): KindedFinding {
  const { endedBy } = evidence;
  const finding = check(threshold, evidence);
  if (finding.status === 'fail' || threshold.abortOnFail !== true || endedBy?.text !== threshold.text)
    return finding;
  return { ...finding, status: 'fail', observed: endedBy.observed, because: 'it ended the run' };
}

function severityOf({ severity }: Threshold): Pick<KindedFinding, 'severity'> {
  return severity === undefined ? {} : { severity };
}

function check(threshold: Threshold, evidence: Evidence): KindedFinding {
  const timed = judgeTimed(threshold, evidence);
  if (timed !== undefined) {
    const { status, words, because, limit } = timed;
    const observed = status === 'no-data' ? null : words;
    const base = { kind: 'threshold', check: threshold.text, limit: limitWords(threshold, limit) } as const;
    return { ...base, status, observed, because: status === 'no-data' ? words : because };
  }
  const { value, words, limit } = observe(threshold, evidence);
  const base = { kind: 'threshold', check: threshold.text, limit: limitWords(threshold, limit) } as const;
  if (value === undefined || limit === undefined)
    return { ...base, status: 'no-data', observed: null, because: words };
  const holds = compare(value, threshold.comparator, limit);
  return {
    ...base,
    status: holds ? 'pass' : 'fail',
    observed: words,
    because: holds ? 'the threshold holds' : 'the threshold is crossed',
  };
}

function judgeTimed(threshold: Threshold, { tally, phases }: Evidence): TimedJudgement | undefined {
  const { over, withinUs } = threshold;
  const run = { tally, phases: phases ?? [] };
  if (over !== undefined) return judgeWindows(threshold, over, run);
  return withinUs === undefined ? undefined : judgeWithin(threshold, withinUs, run);
}

function observe(threshold: Threshold, evidence: Evidence): Observation {
  const { subject, measure, limit } = threshold;
  if (measure.kind === 'percentile') return observePercentile(threshold, measure.percentile, evidence.tally);
  if (subject.kind === 'canaries')
    return observeCanaries(threshold, evidence.canaries, evidence.ledger !== undefined);
  if (subject.kind === 'ledger') {
    const { ledger } = evidence;
    if (ledger === undefined) return { value: undefined, words: 'there is no ledger', limit: limit.value };
    const value = ledger[measure.of as 'takenByStrategy'];
    return judgeable(ledger, value, limit.value);
  }
  return observeOutcomes(threshold, evidence.tally);
}

/** A figure of the ledger; nobody was followed in a sample of none. */
function judgeable(ledger: LedgerFigures, copies: number, limit: number): Observation {
  const words = `${copies} copies${sampleWords(ledger.sample)}`;
  return { value: ledger.sample?.mailboxes === 0 ? undefined : copies, words, limit };
}

function observePercentile(threshold: Threshold, percentile: number, tally: Tally): Observation {
  const { subject, limit } = threshold;
  const operation = subject.name as OperationName;
  const classes: readonly SeriesClass[] = subject.outcomes === 'ok' ? ['ok'] : ALL_CLASSES;
  const at = (phase: Phase | undefined): { count: number; valueUs: number | null } =>
    tally.percentile(operation, phase, classes, 'response', percentile);
  const here = at(subject.phase as Phase | undefined);
  const needed = samplesNeeded(percentile);
  if (here.valueUs === null)
    return {
      value: undefined,
      words: `${here.count} samples, p(${percentile}) needs ${needed}`,
      limit: limit.value,
    };
  const words = `${formatDuration(here.valueUs)} of ${here.count} samples`;
  if (limit.kind === 'absolute') return { value: here.valueUs, words, limit: limit.value };
  const baseline = at('baseline');
  if (baseline.valueUs === null)
    return {
      value: undefined,
      words: `baseline has ${baseline.count} samples, p(${percentile}) needs ${needed}`,
      limit: undefined,
    };
  return { value: here.valueUs, words, limit: baseline.valueUs * limit.value };
}

function observeCanaries(threshold: Threshold, canaries: CanaryFigures, hasLedger: boolean): Observation {
  const { subject, measure, limit } = threshold;
  const counts =
    subject.phase === undefined ? canaries : canaries.byPhase.find((one) => one.phase === subject.phase);
  if (counts === undefined || counts.sent === 0 || measure.kind === 'percentile')
    return { value: undefined, words: 'no canary was sent', limit: limit.value };
  if (measure.of === 'lost' && !hasLedger)
    return { value: undefined, words: 'there is no ledger', limit: limit.value };
  const count = counts[measure.of as 'late' | 'lost'];
  const words = `${count} of ${counts.sent} canaries`;
  return { value: measure.kind === 'rate' ? count / counts.sent : count, words, limit: limit.value };
}

function observeOutcomes(threshold: Threshold, tally: Tally): Observation {
  const { subject, measure, limit } = threshold;
  let planned = 0;
  let ended = 0;
  let counted = 0;
  for (const { operation, phase, intents, induced } of tally.operations()) {
    if (operation !== subject.name || (subject.phase !== undefined && subject.phase !== phase)) continue;
    for (const counts of [intents, induced]) {
      planned += counts.planned;
      ended += endedOf(counts);
      counted += countOf(counts, measure.kind === 'percentile' ? 'ok' : measure.of);
    }
  }
  // After a warm-up more may have ended than was planned since.
  planned = Math.max(planned, ended);
  if (planned === 0) return { value: undefined, words: 'nothing was planned', limit: limit.value };
  const words = `${counted} of ${planned} operations`;
  return { value: measure.kind === 'rate' ? counted / planned : counted, words, limit: limit.value };
}
