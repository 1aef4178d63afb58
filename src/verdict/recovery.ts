/** When it was over: for the mail system, and for the people on it. Windows of a run against its own baseline; pure, and silent where there is no data. */

import { stretchOutcomes, stretchPercentile } from '../measure/stretch.ts';
import type { SeriesClass, SeriesClock } from '../measure/series.ts';
import { samplesNeeded, type Interval, type Tally } from '../measure/tally.ts';
import { DOOR_OPERATIONS, type Doors, type MailboxDoor, type OperationName } from '../words.ts';
import { endedOf } from './limits.ts';
import { isSlower } from './second-dip.ts';
import type { PhaseTime } from './windows.ts';

/** Of each window: all measures as before the storm, one of them worse, or too few samples to say. */
export type WindowState = 'asBefore' | 'worse' | 'unknown';

export interface RecoveryWindow {
  readonly startUs: number;
  readonly endUs: number;
  readonly state: WindowState;
  /** What was worse, in the names of the measures. */
  readonly worse: readonly string[];
  /** So many sign-ins failed that somebody would declare a major incident; null: too few to say. */
  readonly major: boolean | null;
}

/** Instants in microseconds from the baseline's zero; null where it was not seen, with the reason beside. */
export interface RecoveryFigures {
  readonly tolerance: number;
  /** 90, or 50 where the baseline has too few samples for it; null: too few for either. */
  readonly percentile: 50 | 90 | null;
  readonly windowUs: number;
  readonly windows: readonly RecoveryWindow[];
  /** The end of the first window in which people could tell. */
  readonly firstWorseUs: number | null;
  readonly systemNormalUs: number | null;
  /** True: nobody could ask the queue, so it is the last arrival in a sample of mailboxes. */
  readonly systemEstimated: boolean;
  /** The start of the first window of those that, to the end, were as before. */
  readonly userNormalUs: number | null;
  readonly userBecause: string;
  /** After the storm's end: when it was as before again, and when that was lost once more. */
  readonly regainedUs: number | null;
  readonly lostAgainUs: number | null;
  readonly majorIncidentUs: number | null;
  readonly majorShare: number;
}

export interface RecoveryCase {
  readonly tally: Tally;
  readonly phases: readonly PhaseTime[];
  readonly doors: Doors;
  /** After the storm's end until the target owed nothing; null if that was not seen. */
  readonly drainedUs: number | null;
  readonly probed: boolean;
  readonly tolerance: number;
  readonly majorShare: number;
}

interface Measure {
  readonly name: string;
  readonly operation: OperationName;
  readonly clock: SeriesClock;
  readonly classes: readonly SeriesClass[];
}

const ALL: readonly SeriesClass[] = ['ok', 'rejected', 'unknown', 'dropped'];

/** What people feel first: getting in, opening, and a result that shows. Where getting in is opening, it is one measure. */
const MEASURES: Readonly<Record<MailboxDoor, readonly Measure[]>> = {
  imap: measuresOf('imap'),
  jmap: measuresOf('jmap'),
  http: measuresOf('http'),
};

function measuresOf(mailbox: MailboxDoor): readonly Measure[] {
  const { signIn, open } = DOOR_OPERATIONS[mailbox];
  const felt = (name: string, operation: OperationName): Measure => {
    return { name, operation, clock: 'response', classes: ALL };
  };
  const entering = signIn === open ? [felt('listing', open)] : [felt('sign-in', signIn), felt('open', open)];
  return [
    ...entering,
    { name: 'test results', operation: 'journey.canary', clock: 'visible', classes: ['ok'] },
  ];
}

/** A window holds this much more than the least number of samples: they do not come evenly. */
const SPARE = 1.2;

/** A longer window would no longer tell when. */
const LONGEST_WINDOW_US = 300_000_000;

const SECOND_US = 1_000_000;

/** Sign-ins in a window below which a share of failures says nothing. */
const LEAST_SIGN_INS = 20;

/** Judges the windows from the blast on, and reads the instants off them. */
export function recoveryFigures(theCase: RecoveryCase): RecoveryFigures {
  const { phases, tolerance, majorShare } = theCase;
  const yardstick = yardstickOf(theCase);
  const windows = phases
    .filter(({ name }) => name !== 'baseline')
    .flatMap((phase) => windowsOf(phase, yardstick.windowUs).map((span) => judged(theCase, yardstick, span)));
  const stormEndUs = phases.find(({ name }) => name === 'storm')?.endUs ?? Number.POSITIVE_INFINITY;
  const after = windows.filter(({ startUs }) => startUs >= stormEndUs);
  const regained = after.find(({ state }) => state === 'asBefore');
  const lost = after.find(
    ({ state, startUs }) => state === 'worse' && regained !== undefined && startUs > regained.startUs,
  );
  return {
    tolerance,
    percentile: yardstick.percentile,
    windowUs: yardstick.windowUs,
    windows,
    firstWorseUs: windows.find(({ state }) => state === 'worse')?.endUs ?? null,
    systemNormalUs: systemNormal(theCase),
    systemEstimated: !theCase.probed,
    ...userNormal(yardstick, windows, after),
    regainedUs: regained?.startUs ?? null,
    lostAgainUs: lost?.startUs ?? null,
    majorIncidentUs: windows.find(({ major }) => major === true)?.endUs ?? null,
    majorShare,
  };
}

interface Yardstick {
  readonly percentile: 50 | 90 | null;
  readonly windowUs: number;
  /** By measure, in their order. */
  readonly baselineUs: readonly number[];
}

/** The highest percentile that the baseline has samples for, and how long a window must be to have them too. */
function yardstickOf({ tally, phases, doors }: RecoveryCase): Yardstick {
  const baseline = phases.find(({ name }) => name === 'baseline');
  const lengthUs = baseline === undefined ? 0 : baseline.endUs - baseline.startUs;
  for (const percentile of [90, 50] as const) {
    const found = MEASURES[doors.mailbox].map(({ operation, classes, clock }) =>
      tally.percentile(operation, 'baseline', classes, clock, percentile),
    );
    const least = Math.min(...found.map(({ count }) => count));
    if (lengthUs <= 0 || least < samplesNeeded(percentile)) continue;
    const neededUs = (samplesNeeded(percentile) * SPARE * lengthUs) / least;
    const windowUs = Math.min(LONGEST_WINDOW_US, Math.max(1, Math.ceil(neededUs / SECOND_US)) * SECOND_US);
    return { percentile, windowUs, baselineUs: found.map(({ valueUs }) => valueUs ?? 0) };
  }
  return { percentile: null, windowUs: SECOND_US, baselineUs: [] };
}

interface Span {
  readonly startUs: number;
  readonly endUs: number;
}

/** Windows of a phase from its zero; the last is cut by its end. */
function windowsOf({ startUs, endUs }: PhaseTime, windowUs: number): Span[] {
  const spans: Span[] = [];
  for (let fromUs = startUs; fromUs < endUs; fromUs += windowUs)
    spans.push({ startUs: fromUs, endUs: Math.min(endUs, fromUs + windowUs) });
  return spans;
}

function judged(
  { tally, doors, tolerance, majorShare }: RecoveryCase,
  yardstick: Yardstick,
  span: Span,
): RecoveryWindow {
  const intervals = tally.intervals().filter((interval) => isWithin(interval, span));
  const { percentile, baselineUs } = yardstick;
  const worse: string[] = [];
  let unknown = percentile === null;
  for (const [index, measure] of percentile === null ? [] : MEASURES[doors.mailbox].entries()) {
    const { operation, clock, classes } = measure;
    const subject = { operation, phase: undefined, clock };
    const { valueUs } = stretchPercentile(intervals, subject, classes, percentile ?? 50);
    if (valueUs === null) unknown = true;
    else if (isSlower(valueUs, baselineUs[index] ?? 0, tolerance)) worse.push(measure.name);
  }
  const { signIn } = DOOR_OPERATIONS[doors.mailbox];
  const signIns = stretchOutcomes(intervals, { operation: signIn, phase: undefined });
  const ended = endedOf(signIns);
  const major = ended < LEAST_SIGN_INS ? null : 1 - signIns.ok / ended > majorShare;
  const state = worse.length > 0 ? 'worse' : unknown ? 'unknown' : 'asBefore';
  return { ...span, state, worse, major };
}

function isWithin({ startUs, lengthUs }: Interval, span: Span): boolean {
  const middleUs = startUs + lengthUs / 2;
  return middleUs >= span.startUs && middleUs < span.endUs;
}

/** The backlog gone and no more taken in a second than the busiest second before the storm, by the tolerance. */
function systemNormal({ tally, phases, drainedUs, tolerance }: RecoveryCase): number | null {
  const drain = phases.find(({ name }) => name === 'drain');
  const baseline = phases.find(({ name }) => name === 'baseline');
  if (drain === undefined || baseline === undefined || drainedUs === null) return null;
  const goneUs = drain.startUs + drainedUs;
  const rate = ({ copiesAccepted, lengthUs }: Interval): number => copiesAccepted / lengthUs;
  const intervals = tally.intervals();
  const most = intervals
    .filter((interval) => isWithin(interval, baseline))
    .reduce((highest, interval) => Math.max(highest, rate(interval)), 0);
  const calm = intervals.find(
    (interval) => interval.startUs + interval.lengthUs > goneUs && rate(interval) <= most * tolerance,
  );
  return calm === undefined ? null : Math.max(goneUs, calm.startUs);
}

function userNormal(
  { percentile }: Yardstick,
  windows: readonly RecoveryWindow[],
  after: readonly RecoveryWindow[],
): Pick<RecoveryFigures, 'userNormalUs' | 'userBecause'> {
  if (percentile === null)
    return { userNormalUs: null, userBecause: 'too few samples before the storm to compare with' };
  const known = after.filter(({ state }) => state !== 'unknown');
  if (known.length === 0)
    return { userNormalUs: null, userBecause: 'no window after the storm has enough samples' };
  const lastWorse = known.findLastIndex(({ state }) => state === 'worse');
  const back = known[lastWorse + 1];
  if (back === undefined) {
    const { worse } = known.at(-1) as RecoveryWindow;
    return { userNormalUs: null, userBecause: `still worse than before when it ended: ${worse.join(', ')}` };
  }
  const ever = windows.some(({ state }) => state === 'worse');
  return {
    userNormalUs: back.startUs,
    userBecause: ever ? 'as before from there to the end' : 'never worse than before',
  };
}
