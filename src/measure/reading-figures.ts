/** Readings of all workers folded into figures: how far the blast got, how old mail was when it showed, how deep a result lay. Pure arithmetic. */

import { PHASES, type Phase } from '../words.ts';
import type { Arrival, Departure, Lines, ReadingsShare } from './readings.ts';
import { samplesNeeded, type Summary } from './tally.ts';

/** Where mail came from and whom it was for. */
export const MAIL_KINDS = ['list', 'bystander', 'clinical', 'outside'] as const;

export type MailKind = (typeof MAIL_KINDS)[number];

export interface AgePoint {
  readonly startUs: number;
  readonly lengthUs: number;
  readonly count: number;
  readonly p50Us: number | null;
  readonly maxUs: number;
}

/** All instants in microseconds from the baseline's zero. */
export interface ReadingFigures {
  /** Mailboxes with a session open all the time, of all; the looks are `imap.poll` of the operations. */
  readonly watched: { readonly mailboxes: number; readonly of: number };
  /** Readings beyond the limits of memory, in no figure. */
  readonly leftOut: number;
  readonly blast: {
    readonly sentUs: number | null;
    /** Watched mailboxes that it was for. Absent in older records: all of them. */
    readonly of?: number;
    /** Of them: showed it. */
    readonly seen: number;
    /** Microseconds from when it was meant until so large a share of them had it. */
    readonly coverage: readonly { readonly afterUs: number; readonly share: number }[];
    /** Until the last of them had it; null where one never showed it. */
    readonly lastAfterUs: number | null;
  };
  /** From when a message was meant to leave until it showed in a watched mailbox. */
  readonly age: {
    readonly byKind: Readonly<Record<MailKind, Summary>>;
    readonly byPhase: Readonly<Record<Phase, Summary>>;
    readonly overTime: readonly AgePoint[];
  };
  /** Storm messages above a test result when its reader came, by phase, before anybody deleted. */
  readonly depth: Readonly<Record<Phase, Summary>>;
  /** The newest headers (at most 25) that people saw on opening a mailbox. */
  readonly screens: Readonly<
    Record<Phase, { readonly looks: number; readonly storm: number; readonly other: number }>
  >;
  readonly doors: DoorFigures;
  /** Answers to the messages to everybody, the blast included. */
  readonly toAll: { readonly accepted: number; readonly refused: number; readonly unknown: number };
  readonly guard: GuardFigures;
  readonly lines: { readonly submit: Lines; readonly mailbox: Lines };
  readonly largeBodies: { readonly asked: number; readonly fetched: number };
}

export interface DoorFigures {
  /** Mailboxes that somebody tried to get into, and how often. */
  readonly mailboxes: number;
  readonly attempts: number;
  readonly failed: number;
  readonly leftOut: number;
  /** Longest stretch without access, a mailbox each. */
  readonly withoutAccess: Summary;
  readonly longestFromUs: number | null;
  /** Nobody had got in again when the run ended: their stretch is at least so long. */
  readonly stillShut: number;
  /** Mailboxes with an attempt that failed or took longer than the objective: before the storm, in storm and drain, ever since the blast. */
  readonly poorBefore: number;
  readonly poorInStorm: number;
  readonly poorSince: number;
  readonly objectiveUs: number;
}

export interface GuardFigures {
  /** The profile says how the guard refuses. */
  readonly expected: boolean;
  readonly firstUs: number | null;
  readonly refused: number;
  /** Messages to everybody that were begun after the first refusal and taken. */
  readonly letThroughAfter: number;
  readonly bystandersBlocked: number;
}

/** What the run was. */
export interface ReadingFrame {
  readonly zeroUs: number;
  /** On the run's clock. */
  readonly endUs: number;
  readonly watchers: readonly number[];
  /** Whom the blast is not sent: its author, where the list sends authors nothing back. */
  readonly blastNotTo?: number | undefined;
  readonly mailboxes: number;
  readonly objectiveUs: number;
  readonly guardExpected: boolean;
}

/** Points of a curve: as many as a picture shows. */
const MOST_POINTS = 60;

/** Folds the readings of all workers. */
export function readingFigures(share: ReadingsShare, frame: ReadingFrame): ReadingFigures {
  const sent = new Map(share.departures.map((departure) => [departure.number, departure]));
  const aged = share.arrivals.flatMap((arrival): readonly Aged[] => {
    const departure = sent.get(arrival.number);
    return departure === undefined ? [] : [agedOf(arrival, departure, frame.zeroUs)];
  });
  return {
    watched: { mailboxes: frame.watchers.length, of: frame.mailboxes },
    leftOut: share.leftOut,
    blast: blastOf(share, sent.get(0), frame),
    age: {
      byKind: keyed(MAIL_KINDS, (kind) => summaryOf(agesOf(aged, (one) => one.kind === kind))),
      byPhase: keyed(PHASES, (phase) => summaryOf(agesOf(aged, (one) => one.phase === phase))),
      overTime: overTime(aged),
    },
    depth: keyed(PHASES, (phase) => summaryOf(share.depths[phase])),
    screens: share.screens,
    doors: doorFigures(share, frame),
    toAll: toAllOf(share.departures),
    guard: guardFigures(share, frame),
    lines: share.lines,
    largeBodies: share.largeBodies,
  };
}

/** Figures of a list of values; a percentile is null below 10/(1−p) of them. */
export function summaryOf(values: readonly number[]): Summary {
  const sorted = Float64Array.from(values).sort();
  const count = sorted.length;
  const at = (percentile: number): number | null =>
    count < samplesNeeded(percentile) ? null : (sorted[Math.ceil((percentile / 100) * count) - 1] ?? null);
  return {
    count,
    min: sorted[0] ?? null,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: sorted.at(-1) ?? null,
  };
}

interface Aged {
  readonly kind: MailKind;
  readonly phase: Phase;
  readonly seenUs: number;
  readonly ageUs: number;
}

function agedOf(arrival: Arrival, departure: Departure, zeroUs: number): Aged {
  const ageUs = Math.max(0, arrival.atUs - departure.meantUs);
  return {
    kind: departure.outside ? 'outside' : departure.kind,
    phase: departure.phase,
    seenUs: arrival.atUs - zeroUs,
    ageUs,
  };
}

function agesOf(aged: readonly Aged[], which: (one: Aged) => boolean): number[] {
  return aged.filter(which).map(({ ageUs }) => ageUs);
}

function overTime(aged: readonly Aged[]): readonly AgePoint[] {
  if (aged.length === 0) return [];
  const lastUs = aged.reduce((last, { seenUs }) => Math.max(last, seenUs), 0);
  const lengthUs = Math.max(1, Math.ceil(lastUs / 1e6 / MOST_POINTS)) * 1e6;
  const slots = new Map<number, number[]>();
  for (const { seenUs, ageUs } of aged) {
    const slot = Math.max(0, Math.floor(seenUs / lengthUs));
    const ages = slots.get(slot);
    if (ages === undefined) slots.set(slot, [ageUs]);
    else ages.push(ageUs);
  }
  return [...slots]
    .sort(([a], [b]) => a - b)
    .map(([slot, ages]) => {
      const { count, p50, max } = summaryOf(ages);
      return { startUs: slot * lengthUs, lengthUs, count, p50Us: p50, maxUs: max ?? 0 };
    });
}

function blastOf(
  share: ReadingsShare,
  departure: Departure | undefined,
  { watchers, blastNotTo, zeroUs }: ReadingFrame,
): ReadingFigures['blast'] {
  const of = watchers.filter((mailbox) => mailbox !== blastNotTo).length;
  const firsts = new Map<number, number>();
  for (const { number, mailbox, atUs } of share.arrivals)
    if (number === 0 && mailbox !== blastNotTo)
      firsts.set(mailbox, Math.min(firsts.get(mailbox) ?? Number.POSITIVE_INFINITY, atUs));
  const seen = firsts.size;
  if (departure === undefined) return { sentUs: null, of, seen, coverage: [], lastAfterUs: null };
  const after = [...firsts.values()]
    .map((atUs) => Math.max(0, atUs - departure.meantUs))
    .sort((a, b) => a - b);
  const step = Math.max(1, Math.ceil(after.length / MOST_POINTS));
  const coverage = after.flatMap((afterUs, index) =>
    (index + 1) % step === 0 || index === after.length - 1 ? [{ afterUs, share: (index + 1) / of }] : [],
  );
  const lastAfterUs = seen === of ? (after.at(-1) ?? null) : null;
  return { sentUs: departure.meantUs - zeroUs, of, seen, coverage, lastAfterUs };
}

function doorFigures(share: ReadingsShare, frame: ReadingFrame): DoorFigures {
  const doors = [...share.doors.values()];
  let longestUs = 0;
  let longestFromUs: number | null = null;
  const lengths = doors.map((door) => {
    // Whoever still stood outside when the run ended had waited for at least so long.
    const shutUs = door.shutSinceUs === undefined ? 0 : Math.max(0, frame.endUs - door.shutSinceUs);
    const lengthUs = Math.max(door.longestUs, shutUs);
    if (lengthUs > longestUs) {
      longestUs = lengthUs;
      longestFromUs =
        (shutUs >= door.longestUs ? (door.shutSinceUs ?? 0) : door.longestFromUs) - frame.zeroUs;
    }
    return lengthUs;
  });
  const poorIn = (phases: readonly Phase[]): number =>
    doors.filter(({ poor }) => phases.some((phase) => poor[phase] > 0)).length;
  return {
    mailboxes: doors.length,
    attempts: doors.reduce((sum, { attempts }) => sum + attempts, 0),
    failed: doors.reduce((sum, { failed }) => sum + failed, 0),
    leftOut: share.doorsLeftOut,
    withoutAccess: summaryOf(lengths),
    longestFromUs,
    stillShut: doors.filter(({ shutSinceUs }) => shutSinceUs !== undefined).length,
    poorBefore: poorIn(['baseline']),
    poorInStorm: poorIn(['storm', 'drain']),
    poorSince: poorIn(['storm', 'drain', 'deletes', 'recovery']),
    objectiveUs: frame.objectiveUs,
  };
}

function toAllOf(departures: readonly Departure[]): ReadingFigures['toAll'] {
  const count = (acceptance: Departure['acceptance']): number =>
    departures.filter((one) => one.acceptance === acceptance && one.kind === 'list').length;
  return { accepted: count('accepted'), refused: count('rejected'), unknown: count('unknown') };
}

function guardFigures(share: ReadingsShare, { zeroUs, guardExpected }: ReadingFrame): GuardFigures {
  const toAll = share.departures.filter(({ kind }) => kind === 'list');
  const refused = toAll.filter(({ guarded }) => guarded);
  const firstUs = refused.reduce((first, one) => Math.min(first, one.answeredUs), Number.POSITIVE_INFINITY);
  return {
    expected: guardExpected,
    firstUs: refused.length === 0 ? null : firstUs - zeroUs,
    refused: refused.length,
    // The guard may stop the list's copies of a message and not the one beside: that was not let through.
    letThroughAfter: toAll.filter(
      ({ acceptance, guarded, startedUs }) => acceptance === 'accepted' && !guarded && startedUs > firstUs,
    ).length,
    bystandersBlocked: share.bystandersBlocked,
  };
}

function keyed<Key extends string, T>(keys: readonly Key[], make: (key: Key) => T): Record<Key, T> {
  return Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<Key, T>;
}
