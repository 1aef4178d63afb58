/** One threshold: `subject{filters}: measure comparator limit [over|within time]` -> a Threshold, or what was expected. Judges nothing. */

import { type Parsed, parseDurationUs, parseShare } from '../units.ts';
import { PHASES } from '../words.ts';

/** What people do through whatever doors a run has: each run judges the operation that stands for it there. */
export const DEEDS = ['signin', 'open', 'submit'] as const;

export type Deed = (typeof DEEDS)[number];

/** What is judged: an operation's times or outcomes, the canaries, or a figure of the ledger. */
export interface ThresholdSubject {
  readonly kind: 'operation' | 'canaries' | 'ledger';
  /** The operation's name, or what one stands for until the doors are known; `canaries` or `ledger` otherwise. */
  readonly name: string;
  /** What the profile says, where `name` is the operation that stands for it in this run. */
  readonly standsFor?: Deed;
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
  /** Judged on consecutive windows of this length; it fails when so many with data fail in a row. */
  readonly over?: ThresholdWindows;
  /** It must hold from an instant at most this long after its phase's zero on, until the phase is over. */
  readonly withinUs?: number;
  /** Ends the run as soon as it has failed for certain. */
  readonly abortOnFail?: true;
  /** Its failure is told and changes neither status nor exit. */
  readonly severity?: 'warn';
}

/** `over 30s for 3`. */
export interface ThresholdWindows {
  readonly lengthUs: number;
  readonly inARow: number;
}

export const THRESHOLD_FORM =
  'a threshold such as `journey.read{phase:recovery}: p(90) < 2s`, `signin{phase:recovery}: p(90) < 1s`, `canaries: rate(late) <= 1%`, `journey.read{phase:recovery}: p(90) < 2 * baseline`, `ledger: count(takenByStrategy) <= 100`, `journey.read{phase:storm}: p(99) < 2s over 30s for 3` or `journey.read{phase:recovery}: p(90) < 1.2 * baseline within 5s`';

const SHAPE =
  /^([a-z]+(?:\.[a-z]+)?)\s*(?:\{([^}]*)\})?\s*:\s*(p|rate|count)\(([A-Za-z0-9.]+)\)\s*(<=|>=|<|>)\s*(.+)$/;

const SUFFIX = /^(.*?)(?:\s+over\s+(.*?)(?:\s+for\s+(\S+))?)?(?:\s+within\s+(.*))?$/s;

/** Intervals are this long at best: a window shorter than one, or cut through one, would be a guess. */
const INTERVAL_US = 1_000_000;

/** A row longer than this is a typing error. */
const LONGEST_ROW = 1_000;

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

/** Reads one threshold; `operations` is the closed list of operation names, beside which `DEEDS` may stand. */
export function parseThreshold(text: string, operations: readonly string[]): Reading {
  const match = SHAPE.exec(text.trim());
  if (match === null) return { ok: false, expected: THRESHOLD_FORM };
  const [, name = '', filters = '', form = '', argument = '', comparator = '', limitText = ''] = match;
  const subject = parseSubject(name, filters, operations);
  if (typeof subject === 'string') return { ok: false, expected: subject };
  const measure = parseMeasure(form, argument, subject);
  if (typeof measure === 'string') return { ok: false, expected: measure };
  const [, bare = '', over, row, within] = SUFFIX.exec(limitText.trim()) ?? [];
  const limit = parseLimit(bare.trim(), measure);
  if (typeof limit === 'string') return { ok: false, expected: limit };
  const time = parseTime({ over, row, within }, subject, measure);
  if (typeof time === 'string') return { ok: false, expected: time };
  return {
    ok: true,
    threshold: {
      text: text.trim(),
      subject,
      measure,
      comparator: comparator as Threshold['comparator'],
      limit,
      ...time,
    },
  };
}

/**
 * Whether it can have failed for certain while the run goes on: a row of windows stays what it was, and a count that is
 * exceeded stays exceeded. Other figures may still recover, and a baseline may still change.
 */
export function failsBeforeTheEnd(threshold: Threshold): boolean {
  const { subject, measure, comparator, limit, over } = threshold;
  if (subject.kind !== 'operation' || limit.kind !== 'absolute') return false;
  if (over !== undefined) return true;
  return measure.kind === 'count' && (comparator === '<' || comparator === '<=');
}

function parseSubject(
  name: string,
  filters: string,
  operations: readonly string[],
): ThresholdSubject | string {
  // `recovery: ...` for short: that people can read their mail again is what coming back means.
  if (name === 'recovery' && filters === '')
    return { kind: 'operation', name: 'journey.read', phase: 'recovery', outcomes: 'all' };
  const kind = name === 'canaries' || name === 'ledger' ? name : 'operation';
  const names = [...DEEDS, ...operations];
  if (kind === 'operation' && !names.includes(name)) return `one of canaries, ledger, ${names.join(', ')}`;
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

interface Suffix {
  readonly over: string | undefined;
  readonly row: string | undefined;
  readonly within: string | undefined;
}

function parseTime(
  { over, row, within }: Suffix,
  subject: ThresholdSubject,
  measure: ThresholdMeasure,
): Pick<Threshold, 'over' | 'withinUs'> | string {
  if (over === undefined && within === undefined) return {};
  if (over !== undefined && within !== undefined) return 'either over or within';
  if (subject.kind !== 'operation') return 'no time: only an operation is judged over or within one';
  if (over !== undefined) return parseOver(over, row);
  if (subject.phase === undefined) return 'a phase for within, such as {phase:recovery}';
  if (measure.kind === 'count') return 'p(...) or rate(...) for within: a count only grows';
  const parsed = wholeSeconds(within ?? '');
  return parsed.ok ? { withinUs: parsed.value } : parsed.expected;
}

function parseOver(over: string, row: string | undefined): Pick<Threshold, 'over'> | string {
  const length = wholeSeconds(over);
  if (!length.ok) return length.expected;
  const inARow = Number(row ?? 1);
  const fits = /^\d+$/.test(row ?? '1') && inARow >= 1 && inARow <= LONGEST_ROW;
  return fits ? { over: { lengthUs: length.value, inARow } } : `for 1 to for ${LONGEST_ROW}`;
}

function wholeSeconds(text: string): Parsed {
  const parsed = parseDurationUs(text);
  if (!parsed.ok || (parsed.value >= INTERVAL_US && parsed.value % INTERVAL_US === 0)) return parsed;
  return { ok: false, expected: 'whole seconds, at least 1s' };
}
