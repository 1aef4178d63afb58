/** What the dashboard's server and its page say to each other, as plain data. Types, limits and the rows of its picture; nothing here acts. */

import type { Summary } from '../../measure/tally.ts';
import type { VerdictStatus } from '../../verdict/verdict.ts';
import type { Moment, RunIdentity } from '../moment.ts';

/** Points of one kind that are kept: a quarter of an hour second by second; past that, neighbours are put together. */
export const MOST_POINTS = 900;

/** Events that are kept and shown: phases, holds and stops come in dozens; what comes in thousands is cut at its old end. */
export const MOST_NOTES = 200;

/** Rows of the heat map to each power of ten. */
const ROWS_A_DECADE = 5;

/** From a millisecond to 100 s; what lies beyond is counted in the outermost rows. */
export const HEAT_ROWS = 5 * ROWS_A_DECADE;

const LOWEST_US = 1_000;

/** The row that a time belongs to, the fastest first. */
export function heatRowOf(us: number): number {
  const row = Math.floor(Math.log10(Math.max(us, LOWEST_US) / LOWEST_US) * ROWS_A_DECADE);
  return Math.min(HEAT_ROWS - 1, row);
}

/** The time at which a row begins, in microseconds. */
export function heatRowFromUs(row: number): number {
  return LOWEST_US * 10 ** (row / ROWS_A_DECADE);
}

/** A figure over a stretch of time: put together, the extremes stay. */
export interface Spread {
  readonly low: number;
  readonly mean: number;
  readonly high: number;
}

/** The pace of a stretch between two moments; instants in microseconds from the baseline's zero. */
export interface PacePoint {
  /** Of the frame that told of it; the later where two were put together. */
  readonly seq: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** Journeys a second that were due, and that ended ok. */
  readonly offered: Spread;
  readonly achieved: Spread;
  /** Null where nobody can tell. */
  readonly owed: Spread | null;
}

/** Times of one thing in one stretch. Put together: the highest of the medians, the highest of all. */
export interface FeltTimes {
  readonly count: number;
  /** Null below 20 samples. */
  readonly p50Us: number | null;
  readonly maxUs: number | null;
}

/** What people waited for in one interval of the tally. */
export interface FeltColumn {
  readonly fromUs: number;
  readonly toUs: number;
  readonly signIn: FeltTimes;
  /** Test results, sent until visible. */
  readonly result: FeltTimes;
  /** Sign-ins by row. */
  readonly heat: readonly number[];
}

/** One thing the run is judged by, as it stands. */
export interface StandingFinding {
  readonly check: string;
  /** `open`: nothing can be said before a later phase, or before the end. */
  readonly status: 'pass' | 'fail' | 'no-data' | 'open';
  readonly observed: string | null;
  readonly limit: string;
  readonly because: string;
  /** The phase that it looks at; undefined: all of them. */
  readonly phase: string | undefined;
}

/** The verdict so far: nothing in it is final. Whether the generator is fit is the moment's to say. */
export interface Standing {
  readonly thresholds: readonly StandingFinding[];
}

/** What a watcher is shown of one second. */
export interface Glance {
  readonly moment: Moment;
  readonly standing: Standing;
  /** Test results, sent until visible, in the phase that runs or ran last, and in the baseline. */
  readonly resultUs: Summary;
  readonly resultBeforeUs: Summary;
  /** Intervals that have come to rest since the last glance. */
  readonly felt: readonly FeltColumn[];
  /** What each of the moment's refusals means, in their order. */
  readonly means: readonly string[];
}

/** A declared or actual event of the run. */
export interface Note {
  readonly atUs: number;
  readonly event: string;
  readonly detail?: string | undefined;
}

/** How the run ended. */
export interface Ending {
  readonly status: VerdictStatus;
  readonly exitCode: number;
  /** Why it ended so, in words. */
  readonly because: string;
  /** Path of report.html on the machine of the run; null where it could not be written. */
  readonly report: string | null;
}

/** First word to a watcher: who runs, and what it has missed. */
export interface Hello {
  readonly identity: RunIdentity | null;
  readonly readOnly: boolean;
  readonly stopping: boolean;
  /** True: this is all there is; false: it continues what the watcher has. */
  readonly whole: boolean;
  readonly pace: readonly PacePoint[];
  readonly felt: readonly (FeltColumn & { readonly seq: number })[];
  readonly notes: readonly (Note & { readonly seq: number })[];
  readonly latest: Latest | null;
}

/** The newest second. */
export interface Latest extends Omit<Glance, 'felt'> {
  readonly seq: number;
}

/** One second told: the newest state, and what it adds to the curves. */
export interface Second {
  readonly latest: Latest;
  /** Null where too little time has passed to speak of a pace. */
  readonly pace: PacePoint | null;
  readonly felt: Hello['felt'];
}
