/** The profile's thresholds against the tally. A percentile below its floor of samples has no data, and no data is no pass. */

import type { CanaryFigures } from '../measure/canaries.ts';
import type { LedgerFigures } from '../measure/ledger.ts';
import type { OutcomeCounts } from '../measure/recorder.ts';
import type { SeriesClass } from '../measure/series.ts';
import { samplesNeeded, type Tally } from '../measure/tally.ts';
import type { Threshold } from '../profile/threshold.ts';
import { formatDuration } from '../units.ts';
import type { OperationName, Phase } from '../words.ts';
import type { KindedFinding } from './finding.ts';

/** What thresholds are judged on. */
export interface Evidence {
  readonly tally: Tally;
  readonly canaries: CanaryFigures;
  readonly ledger: LedgerFigures | undefined;
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

function observe(threshold: Threshold, evidence: Evidence): Observation {
  const { subject, measure, limit } = threshold;
  if (measure.kind === 'percentile') return observePercentile(threshold, measure.percentile, evidence.tally);
  if (subject.kind === 'canaries')
    return observeCanaries(threshold, evidence.canaries, evidence.ledger !== undefined);
  if (subject.kind === 'ledger') {
    const { ledger } = evidence;
    if (ledger === undefined) return { value: undefined, words: 'there is no ledger', limit: limit.value };
    const value = ledger[measure.of as 'takenByStrategy'];
    return { value, words: `${value} copies`, limit: limit.value };
  }
  return observeOutcomes(threshold, evidence.tally);
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
  let counted = 0;
  for (const { operation, phase, intents, induced } of tally.operations()) {
    if (operation !== subject.name || (subject.phase !== undefined && subject.phase !== phase)) continue;
    for (const counts of [intents, induced]) {
      planned += counts.planned;
      counted += countOf(counts, measure.kind === 'percentile' ? 'ok' : measure.of);
    }
  }
  if (planned === 0) return { value: undefined, words: 'nothing was planned', limit: limit.value };
  const words = `${counted} of ${planned} operations`;
  return { value: measure.kind === 'rate' ? counted / planned : counted, words, limit: limit.value };
}

function countOf(counts: OutcomeCounts, name: string): number {
  if (name === 'dropped') return Object.values(counts.dropped).reduce((sum, one) => sum + one, 0);
  return counts[name as 'ok' | 'rejected' | 'unknown'];
}

function compare(value: number, comparator: Threshold['comparator'], limit: number): boolean {
  switch (comparator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
  }
}

function limitWords(threshold: Threshold, limit: number | undefined): string {
  const { measure, comparator } = threshold;
  if (limit === undefined) return `${comparator} ${threshold.limit.value} * baseline`;
  if (measure.kind === 'percentile') return `${comparator} ${formatDuration(limit)}`;
  return measure.kind === 'rate' ? `${comparator} ${(limit * 100).toFixed(2)} %` : `${comparator} ${limit}`;
}
