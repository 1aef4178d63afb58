/** The run so far in bounded memory: seconds are put together as the run grows, and no extreme is lost by it. No clock, no sockets. */

import type { Moment } from '../moment.ts';
import {
  MOST_NOTES,
  MOST_POINTS,
  type FeltColumn,
  type FeltTimes,
  type Glance,
  type Hello,
  type Latest,
  type Note,
  type PacePoint,
  type Second,
  type Spread,
} from './glance.ts';

type Numbered<T> = T & { readonly seq: number };

/** Workers tell once a second: a shorter stretch holds all of a second's journeys or none, and its pace would be made up. */
const LEAST_STRETCH_US = 500_000;

/** Grows by a point a second, and keeps at most `MOST_POINTS` of each kind. */
export class History {
  #pace: PacePoint[] = [];
  #felt: Numbered<FeltColumn>[] = [];
  #notes: Numbered<Note>[] = [];
  #latest: Latest | null = null;
  /** Where the pace was last taken. */
  #pacedFrom: Moment | undefined;
  #seq = 0;
  /** What was told up to here may have been put together or cut since: whoever knows no more is told everything. */
  #settledSeq = 0;

  /** The number of the last frame. */
  get seq(): number {
    return this.#seq;
  }

  /** Takes one second; answers with what a watcher who knows all before must hear. */
  add({ felt, ...now }: Glance): Second {
    const seq = (this.#seq += 1);
    const point = this.#pacePoint(seq, now.moment);
    const columns = felt.map((column) => ({ ...column, seq }));
    this.#latest = { seq, ...now };
    if (point !== null) this.#pace = this.#bounded([...this.#pace, point], mergePace);
    this.#felt = this.#bounded([...this.#felt, ...columns], mergeFelt);
    return { latest: this.#latest, pace: point, felt: columns };
  }

  /** Takes an event of the run. */
  note(note: Note): Numbered<Note> {
    this.#seq += 1;
    const numbered = { ...note, seq: this.#seq };
    this.#notes = [...this.#notes, numbered];
    if (this.#notes.length > MOST_NOTES) {
      this.#settledSeq = Math.max(this.#settledSeq, this.#notes[0]?.seq ?? 0);
      this.#notes = this.#notes.slice(-MOST_NOTES);
    }
    return numbered;
  }

  /** What came after frame `seq`; everything where that frame is not known, or what followed it has been put together. */
  since(seq: number | undefined): Pick<Hello, 'whole' | 'pace' | 'felt' | 'notes' | 'latest'> {
    const whole = seq === undefined || seq < this.#settledSeq || seq > this.#seq;
    const after = whole ? -1 : seq;
    const rest = <T extends { readonly seq: number }>(all: readonly T[]): T[] =>
      all.filter((one) => one.seq > after);
    return {
      whole,
      pace: rest(this.#pace),
      felt: rest(this.#felt),
      notes: rest(this.#notes),
      latest: this.#latest,
    };
  }

  /** The pace since it was last taken; null where that is too short a time. */
  #pacePoint(seq: number, now: Moment): PacePoint | null {
    const from = this.#pacedFrom;
    if (from !== undefined && now.atUs - Math.max(0, from.atUs) < LEAST_STRETCH_US) return null;
    this.#pacedFrom = now;
    return paceOf(seq, from, now);
  }

  #bounded<T extends { readonly seq: number }>(points: T[], merge: (a: T, b: T) => T): T[] {
    const kept = putTogether(points, merge);
    if (kept !== points) this.#settledSeq = Math.max(this.#settledSeq, points.at(-1)?.seq ?? 0);
    return kept;
  }
}

/** The points themselves while they are few enough; else each two neighbours as one. */
export function putTogether<T>(points: T[], merge: (a: T, b: T) => T): T[] {
  if (points.length <= MOST_POINTS) return points;
  const kept: T[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const [a, b] = [points[i] as T, points[i + 1]];
    kept.push(b === undefined ? a : merge(a, b));
  }
  return kept;
}

/** The pace between two moments. The first has nothing before it: its stretch begins with the run. */
function paceOf(seq: number, before: Moment | undefined, now: Moment): PacePoint {
  // The first look comes before the baseline's zero: a stretch has no negative length.
  const fromUs = Math.max(0, before?.atUs ?? 0);
  const toUs = Math.max(fromUs, now.atUs);
  const seconds = (toUs - fromUs) / 1e6;
  const rate = (field: 'planned' | 'ok'): Spread => {
    const grown = now.journeys[field] - (before?.journeys[field] ?? 0);
    return level(seconds === 0 ? 0 : Math.max(0, grown / seconds));
  };
  return {
    seq,
    fromUs,
    toUs,
    // What a stop left undone is counted as planned then; after the plan's end nothing is due.
    offered: now.phase === 'end' ? level(0) : rate('planned'),
    achieved: rate('ok'),
    owed: now.owed === null ? null : level(now.owed),
  };
}

function level(value: number): Spread {
  return { low: value, mean: value, high: value };
}

export function mergePace(a: PacePoint, b: PacePoint): PacePoint {
  const [aUs, bUs] = [a.toUs - a.fromUs, b.toUs - b.fromUs];
  const both = (x: Spread, y: Spread): Spread => ({
    low: Math.min(x.low, y.low),
    mean: aUs + bUs === 0 ? y.mean : (x.mean * aUs + y.mean * bUs) / (aUs + bUs),
    high: Math.max(x.high, y.high),
  });
  return {
    seq: b.seq,
    fromUs: a.fromUs,
    toUs: b.toUs,
    offered: both(a.offered, b.offered),
    achieved: both(a.achieved, b.achieved),
    owed: a.owed === null || b.owed === null ? (a.owed ?? b.owed) : both(a.owed, b.owed),
  };
}

export function mergeFelt(a: Numbered<FeltColumn>, b: Numbered<FeltColumn>): Numbered<FeltColumn> {
  return {
    seq: b.seq,
    fromUs: a.fromUs,
    toUs: b.toUs,
    signIn: mergeTimes(a.signIn, b.signIn),
    result: mergeTimes(a.result, b.result),
    heat: a.heat.map((count, row) => count + (b.heat[row] ?? 0)),
  };
}

function mergeTimes(a: FeltTimes, b: FeltTimes): FeltTimes {
  return {
    count: a.count + b.count,
    p50Us: higher(a.p50Us, b.p50Us),
    maxUs: higher(a.maxUs, b.maxUs),
  };
}

function higher(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
