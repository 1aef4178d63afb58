/** One threshold: `subject{filters}: measure comparator limit` -> a Threshold, or what was expected. Judges nothing. */

import { type Parsed, parseDurationUs, parseShare } from '../units.ts';
import { PHASES } from '../words.ts';

/** What is judged: an operation's times or outcomes, the canaries, or a figure of the ledger. */
export interface ThresholdSubject {
  readonly kind: 'operation' | 'canaries' | 'ledger';
  /** The operation's name; `canaries` or `ledger` otherwise. */
  readonly name: string;
  readonly phase?: string;
  /** `ok`: only operations that ended ok; `all` counts refusals and time-outs at their elapsed time. */
  readonly outcomes: 'all' | 'ok';
}

/** Percentile of response time, share of outcomes, or count of them. */
export type ThresholdMeasure =
  | { readonly kind: 'percentile'; readonly percentile: number }
  | { readonly kind: 'rate' | 'count'; readonly of: string };

/** `absolute` in microseconds, a share of 1, or a count; `baseline` is a factor on the same figure in `baseline`. */
export interface ThresholdLimit {
  readonly kind: 'absolute' | 'baseline';
  readonly value: number;
}

export interface Threshold {
  readonly text: string;
  readonly subject: ThresholdSubject;
  readonly measure: ThresholdMeasure;
  readonly comparator: '<' | '<=' | '>' | '>=';
  readonly limit: ThresholdLimit;
}

export const THRESHOLD_FORM =
  'a threshold such as `journey.read{phase:recovery}: p(90) < 2s`, `canaries: rate(late) <= 1%`, `journey.read{phase:recovery}: p(90) < 2 * baseline` or `ledger: count(takenByStrategy) <= 100`';

const SHAPE =
  /^([a-z]+(?:\.[a-z]+)?)\s*(?:\{([^}]*)\})?\s*:\s*(p|rate|count)\(([A-Za-z0-9.]+)\)\s*(<=|>=|<|>)\s*(.+)$/;

const OUTCOME_NAMES = ['ok', 'rejected', 'unknown', 'dropped'];
const CANARY_NAMES = ['late', 'lost'];
const LEDGER_NAMES = [
  'takenByStrategy',
  'bounced',
  'overdue',
  'unknown',
  'goneUnasked',
  'lost',
  'misdelivered',
  'duplicated',
  'foreign',
];
const PHASE_NAMES: readonly string[] = PHASES;

type Reading =
  | { readonly ok: true; readonly threshold: Threshold }
  | { readonly ok: false; readonly expected: string };

/** Reads one threshold; `operations` is the closed list of operation names. */
export function parseThreshold(text: string, operations: readonly string[]): Reading {
  const match = SHAPE.exec(text.trim());
  if (match === null) return { ok: false, expected: THRESHOLD_FORM };
  const [, name = '', filters = '', form = '', argument = '', comparator = '', limitText = ''] = match;
  const subject = parseSubject(name, filters, operations);
  if (typeof subject === 'string') return { ok: false, expected: subject };
  const measure = parseMeasure(form, argument, subject);
  if (typeof measure === 'string') return { ok: false, expected: measure };
  const limit = parseLimit(limitText.trim(), measure);
  if (typeof limit === 'string') return { ok: false, expected: limit };
  return {
    ok: true,
    threshold: {
      text: text.trim(),
      subject,
      measure,
      comparator: comparator as Threshold['comparator'],
      limit,
    },
  };
}

function parseSubject(
  name: string,
  filters: string,
  operations: readonly string[],
): ThresholdSubject | string {
  const kind = name === 'canaries' || name === 'ledger' ? name : 'operation';
  if (kind === 'operation' && !operations.includes(name)) {
    return `one of canaries, ledger, ${operations.join(', ')}`;
  }
  let phase: string | undefined;
  let outcomes: 'all' | 'ok' = 'all';
  for (const filter of filters.split(',').filter((part) => part.trim() !== '')) {
    const [key = '', value = ''] = filter.split(':').map((part) => part.trim());
    if (key === 'phase' && PHASE_NAMES.includes(value) && kind !== 'ledger') phase = value;
    else if (key === 'class' && (value === 'ok' || value === 'all') && kind === 'operation') outcomes = value;
    else
      return `filters phase:${PHASE_NAMES.join('|')} and, for operations, class:ok|all (the ledger takes none)`;
  }
  return { kind, name, outcomes, ...(phase === undefined ? {} : { phase }) };
}

function parseMeasure(form: string, argument: string, subject: ThresholdSubject): ThresholdMeasure | string {
  if (form === 'p') {
    const percentile = Number(argument);
    const fits = subject.kind === 'operation' && percentile > 0 && percentile < 100;
    return fits ? { kind: 'percentile', percentile } : 'p(50) to p(99.99), of an operation';
  }
  const names =
    subject.kind === 'operation' ? OUTCOME_NAMES : subject.kind === 'canaries' ? CANARY_NAMES : LEDGER_NAMES;
  if (!names.includes(argument)) return `${form}(${names.join('|')})`;
  if (form === 'rate' && subject.kind === 'ledger') return 'count(...) of the ledger';
  return { kind: form === 'rate' ? 'rate' : 'count', of: argument };
}

function parseLimit(text: string, measure: ThresholdMeasure): ThresholdLimit | string {
  const relative = /^(\d+(?:\.\d+)?)\s*\*\s*baseline$/.exec(text);
  if (relative?.[1] !== undefined && measure.kind === 'percentile') {
    return { kind: 'baseline', value: Number(relative[1]) };
  }
  const parsed = readLimit(text, measure);
  return parsed.ok ? { kind: 'absolute', value: parsed.value } : parsed.expected;
}

function readLimit(text: string, measure: ThresholdMeasure): Parsed {
  if (measure.kind === 'percentile') return parseDurationUs(text);
  if (measure.kind === 'rate') return parseShare(text);
  return /^\d+$/.test(text) ? { ok: true, value: Number(text) } : { ok: false, expected: 'a whole number' };
}
