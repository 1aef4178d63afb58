/** Thresholds in time: on consecutive windows (`over 30s for 3`), and from some early instant on (`within 5s`). Pure. */

import { stretchOutcomes, stretchPercentile } from '../measure/stretch.ts';
import type { SeriesClass } from '../measure/series.ts';
import { samplesNeeded, type Interval, type Tally } from '../measure/tally.ts';
import type { Threshold, ThresholdWindows } from '../profile/threshold.ts';
import { formatDuration } from '../units.ts';
import type { OperationName, Phase } from '../words.ts';
import { compare, countOf, endedOf } from './limits.ts';

/** When a phase really was, in microseconds from the baseline's zero. */
export interface PhaseTime {
  readonly name: Phase;
  readonly startUs: number;
  readonly endUs: number;
}

/** What there is to see of a run, whether it is over or not. */
export interface RunSoFar {
  readonly tally: Tally;
  readonly phases: readonly PhaseTime[];
}

/** What a threshold in time comes to. */
export interface TimedJudgement {
  readonly status: 'pass' | 'fail' | 'no-data';
  readonly words: string;
  readonly because: string;
  /** The limit in the measure's unit; undefined: what it is relative to has no data. */
  readonly limit: number | undefined;
}

/** The phases as thresholds see them: the baseline begins where the warm-up ends, and so do its windows. */
export function phasesAfter(warmUpUs: number, phases: readonly PhaseTime[]): readonly PhaseTime[] {
  return phases.map((phase) =>
    phase.name === 'baseline' ? { ...phase, startUs: Math.max(phase.startUs, warmUpUs) } : phase,
  );
}

interface Figure {
  readonly value: number;
  readonly words: string;
}

const ALL_CLASSES: readonly SeriesClass[] = ['ok', 'rejected', 'unknown', 'dropped'];

/**
 * Windows of one length follow each other from the zero of the threshold's phase, or of the baseline where it names
 * none. A window is made of the whole intervals (1 s; longer where a run is so long that they were merged) whose middle
 * lies in it, and sees what ended then; what a phase left under way is seen in windows after its end. One without data
 * neither fails nor holds and breaks no row. A window that is cut by the end is not asked for at least so many.
 * `settledUs`: windows that end later are not complete yet.
 */
export function judgeWindows(
  threshold: Threshold,
  { lengthUs, inARow }: ThresholdWindows,
  run: RunSoFar,
  settledUs = Number.POSITIVE_INFINITY,
): TimedJudgement {
  const limit = limitOf(threshold, run.tally);
  if (typeof limit === 'string') return noData(limit, undefined);
  const span = spanOf(threshold, run);
  if (span === undefined) return noData('the phase did not begin', limit);
  const asksForMore = threshold.measure.kind === 'count' && threshold.comparator.startsWith('>');
  const lastUs = asksForMore ? Math.min(settledUs, span.endUs) : settledUs;
  let judged = 0;
  let row = 0;
  let longest = 0;
  let failure: string | undefined;
  for (const [index, intervals] of windowsOf(run.tally.intervals(), span.startUs, lengthUs)) {
    const fromUs = span.startUs + index * lengthUs;
    const figure = fromUs + lengthUs <= lastUs ? figureOf(threshold, intervals) : undefined;
    if (figure === undefined) continue;
    judged += 1;
    row = compare(figure.value, threshold.comparator, limit) ? 0 : row + 1;
    longest = Math.max(longest, row);
    if (row >= inARow) failure ??= `${figure.words} in the window from ${formatDuration(fromUs)} on`;
  }
  const windows = `of ${judged} windows of ${formatDuration(lengthUs)}`;
  if (failure !== undefined)
    return {
      status: 'fail',
      words: inARow === 1 ? failure : `${failure}, the last of ${inARow} in a row`,
      because: `the threshold is crossed in up to ${longest} ${windows} in a row`,
      limit,
    };
  if (judged === 0) return noData(`no window of ${formatDuration(lengthUs)} has data`, limit);
  const words = `crossed in at most ${longest} ${windows} in a row`;
  return { status: 'pass', words, because: 'the threshold holds', limit };
}

/**
 * It holds if the figure over everything of the phase that ended from some instant on holds, for an instant (the start
 * of an interval) at most `withinUs` after the phase's zero. A relapse before the phase is over thus counts. It fails
 * only where the phase lasted longer than that and the figure from the last such instant on has data.
 */
export function judgeWithin(threshold: Threshold, withinUs: number, run: RunSoFar): TimedJudgement {
  const limit = limitOf(threshold, run.tally);
  if (typeof limit === 'string') return noData(limit, undefined);
  const span = spanOf(threshold, run);
  if (span === undefined) return noData('the phase did not begin', limit);
  const intervals = run.tally.intervals().filter((interval) => middleOf(interval) >= span.startUs);
  const starts = intervals.map(({ startUs }) => Math.max(startUs, span.startUs));
  let last: Figure | undefined;
  for (const [index, fromUs] of starts.entries()) {
    if (fromUs > span.startUs + withinUs) break;
    last = figureOf(threshold, intervals.slice(index));
    if (last === undefined || !compare(last.value, threshold.comparator, limit)) continue;
    const words = `${last.words} from ${formatDuration(fromUs - span.startUs)} after the phase's zero on`;
    return { status: 'pass', words, because: 'the threshold holds', limit };
  }
  const within = formatDuration(withinUs);
  if (span.endUs - span.startUs <= withinUs)
    return noData(`the phase ended before ${within} were over`, limit);
  if (last === undefined) return noData(`too few samples from ${within} after the phase's zero on`, limit);
  const words = `${last.words} from ${within} after the phase's zero on`;
  return { status: 'fail', words, because: 'it did not recover in time, or not for good', limit };
}

/** A figure that a whole stretch has; undefined: no data. */
function figureOf(threshold: Threshold, intervals: readonly Interval[]): Figure | undefined {
  const { subject, measure } = threshold;
  const of = { operation: subject.name as OperationName, phase: subject.phase as Phase | undefined };
  if (measure.kind === 'percentile') {
    const classes = subject.outcomes === 'ok' ? (['ok'] as const) : ALL_CLASSES;
    const { count, valueUs } = stretchPercentile(intervals, of, classes, measure.percentile);
    if (valueUs === null) return undefined;
    return { value: valueUs, words: `${formatDuration(valueUs)} of ${count} samples` };
  }
  const counts = stretchOutcomes(intervals, of);
  const ended = endedOf(counts);
  if (ended === 0) return undefined;
  const counted = countOf(counts, measure.of);
  const value = measure.kind === 'rate' ? counted / ended : counted;
  return { value, words: `${counted} of ${ended} operations` };
}

/** The limit, or why it has no data. */
function limitOf({ subject, measure, limit }: Threshold, tally: Tally): number | string {
  if (limit.kind === 'absolute' || measure.kind !== 'percentile') return limit.value;
  const { percentile } = measure;
  const classes = subject.outcomes === 'ok' ? (['ok'] as const) : ALL_CLASSES;
  const operation = subject.name as OperationName;
  const { count, valueUs } = tally.percentile(operation, 'baseline', classes, 'response', percentile);
  if (valueUs !== null) return valueUs * limit.value;
  return `baseline has ${count} samples, p(${percentile}) needs ${samplesNeeded(percentile)}`;
}

/** The threshold's phase, or all of the run; undefined: the phase did not begin. */
function spanOf({ subject }: Threshold, { phases }: RunSoFar): Omit<PhaseTime, 'name'> | undefined {
  if (subject.phase !== undefined) return phases.find(({ name }) => name === subject.phase);
  return { startUs: phases[0]?.startUs ?? 0, endUs: phases.at(-1)?.endUs ?? Number.POSITIVE_INFINITY };
}

/** Windows by number, in order; those without an interval are left out. */
function windowsOf(
  intervals: readonly Interval[],
  zeroUs: number,
  lengthUs: number,
): ReadonlyMap<number, readonly Interval[]> {
  const windows = new Map<number, Interval[]>();
  for (const interval of intervals) {
    // A phase may begin within an interval: the part of it before that belongs to other phases.
    const index = Math.max(0, Math.floor((middleOf(interval) - zeroUs) / lengthUs));
    const window = windows.get(index);
    if (window === undefined) windows.set(index, [interval]);
    else window.push(interval);
  }
  return windows;
}

function middleOf({ startUs, lengthUs }: Interval): number {
  return startUs + lengthUs / 2;
}

function noData(words: string, limit: number | undefined): TimedJudgement {
  return { status: 'no-data', words, because: words, limit };
}
