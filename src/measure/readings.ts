/** What virtual users saw on their way beside their times: arrivals, ways in, first screens, lines. Bounded and mergeable; it judges nothing. */

import { PHASES, type Phase } from '../words.ts';
import type { Acceptance } from './ledger-share.ts';

/** A message of this run that a watcher saw for the first time. Instants on the run's clock. */
export interface Arrival {
  readonly number: number;
  readonly mailbox: number;
  readonly atUs: number;
}

/** A submission whose arrival somebody may see: to everybody, or to a watched mailbox. */
export interface Departure {
  readonly number: number;
  readonly kind: 'list' | 'bystander' | 'clinical';
  readonly phase: Phase;
  readonly meantUs: number;
  /** When it was begun to be handed in. */
  readonly startedUs: number;
  /** When the target had answered. */
  readonly answeredUs: number;
  readonly acceptance: Acceptance;
  readonly outside: boolean;
  /** Refused in the words of the profile's `guardExpected`. */
  readonly guarded: boolean;
}

/** One mailbox's door, as those who signed in afresh found it. */
export interface Door {
  attempts: number;
  failed: number;
  /** Failed, or took longer than the objective, by phase. */
  readonly poor: Record<Phase, number>;
  /** Since when nobody who tried got in; undefined: open, as far as is known. */
  shutSinceUs: number | undefined;
  longestUs: number;
  /** When the longest began. */
  longestFromUs: number;
}

/** The newest headers that somebody saw on opening a mailbox. */
export interface Screens {
  looks: number;
  storm: number;
  other: number;
}

/** Connections that stood, by whether they were under TLS. */
export interface Lines {
  secured: number;
  plain: number;
}

/** One worker's readings; plain data that a thread can post. */
export interface ReadingsShare {
  readonly arrivals: Arrival[];
  readonly departures: Departure[];
  /** Arrivals and departures beyond the limits. */
  leftOut: number;
  readonly doors: Map<number, Door>;
  /** Attempts at doors beyond the limit. */
  doorsLeftOut: number;
  readonly screens: Record<Phase, Screens>;
  /** Storm messages that lay above a canary when its reader came for it, by phase. */
  readonly depths: Record<Phase, number[]>;
  /** Most people deleting at once, by second of the run's clock. */
  readonly deleters: Map<number, number>;
  readonly lines: { readonly submit: Lines; readonly mailbox: Lines };
  /** Clinical bodies of LARGE_BODY_BYTES and more: asked for, and fetched. */
  readonly largeBodies: { asked: number; fetched: number };
  /** Refusals in the words of `guardExpected`, of mail that was no part of the storm. */
  bystandersBlocked: number;
}

/** A watcher sees every message of the storm: a hundred of them in a storm of two thousand replies. */
const MOST_ARRIVALS = 200_000;

/** Everything to everybody, and what goes to watched mailboxes. */
const MOST_DEPARTURES = 100_000;

/** Doors followed, a hundred bytes or so each. */
const MOST_DOORS = 100_000;

/** Depths kept of one phase. */
const MOST_DEPTHS = 20_000;

/** Seconds of deleting that are followed: two hours, far longer than a compressed wave lasts. */
const MOST_SECONDS = 7_200;

/** A scan or a letter with a picture, where a result of text alone has a few thousand bytes. */
export const LARGE_BODY_BYTES = 65_536;

export function emptyReadings(): ReadingsShare {
  return {
    arrivals: [],
    departures: [],
    leftOut: 0,
    doors: new Map(),
    doorsLeftOut: 0,
    screens: byPhase(() => ({ looks: 0, storm: 0, other: 0 })),
    depths: byPhase(() => []),
    deleters: new Map(),
    lines: { submit: { secured: 0, plain: 0 }, mailbox: { secured: 0, plain: 0 } },
    largeBodies: { asked: 0, fetched: 0 },
    bystandersBlocked: 0,
  };
}

export function noteArrival(share: ReadingsShare, arrival: Arrival): void {
  if (share.arrivals.length < MOST_ARRIVALS) share.arrivals.push(arrival);
  else share.leftOut += 1;
}

export function noteDeparture(share: ReadingsShare, departure: Departure): void {
  if (share.departures.length < MOST_DEPARTURES) share.departures.push(departure);
  else share.leftOut += 1;
}

/** One attempt to get into a mailbox, from when it was meant. `poor`: it failed, or took longer than the objective. */
export interface Entry {
  readonly mailbox: number;
  readonly phase: Phase;
  readonly meantUs: number;
  readonly endedUs: number;
  readonly entered: boolean;
  readonly poor: boolean;
}

/**
 * Enters one attempt. Nobody had access from the instant that the first of a row of failures was meant until somebody
 * was in; a slow way in is without access for as long as it took.
 */
export function noteEntry(share: ReadingsShare, entry: Entry): void {
  const { mailbox, phase, meantUs, endedUs, entered, poor } = entry;
  let door = share.doors.get(mailbox);
  if (door === undefined) {
    if (share.doors.size >= MOST_DOORS) {
      share.doorsLeftOut += 1;
      return;
    }
    door = emptyDoor();
    share.doors.set(mailbox, door);
  }
  door.attempts += 1;
  if (poor) door.poor[phase] += 1;
  const fromUs = Math.min(door.shutSinceUs ?? meantUs, meantUs);
  if (!entered) {
    door.failed += 1;
    door.shutSinceUs = fromUs;
    return;
  }
  if (endedUs - fromUs > door.longestUs) {
    door.longestUs = endedUs - fromUs;
    door.longestFromUs = fromUs;
  }
  door.shutSinceUs = undefined;
}

function emptyDoor(): Door {
  const poor = byPhase(() => 0);
  return { attempts: 0, failed: 0, poor, shutSinceUs: undefined, longestUs: 0, longestFromUs: 0 };
}

export function noteScreen(share: ReadingsShare, phase: Phase, storm: number, other: number): void {
  const screen = share.screens[phase];
  screen.looks += 1;
  screen.storm += storm;
  screen.other += other;
}

export function noteDepth(share: ReadingsShare, phase: Phase, depth: number): void {
  if (share.depths[phase].length < MOST_DEPTHS) share.depths[phase].push(depth);
}

/** So many people are deleting at an instant of the run's clock. */
export function noteDeleters(share: ReadingsShare, atUs: number, atOnce: number): void {
  const second = Math.floor(atUs / 1e6);
  if (!share.deleters.has(second) && share.deleters.size >= MOST_SECONDS) return;
  share.deleters.set(second, Math.max(share.deleters.get(second) ?? 0, atOnce));
}

export function noteLine(share: ReadingsShare, side: 'submit' | 'mailbox', tls: boolean): void {
  share.lines[side][tls ? 'secured' : 'plain'] += 1;
}

/** Adds one worker's readings. Doors are disjoint by shard; people deleting at once add up, which is their most. */
export function mergeReadings(into: ReadingsShare, from: ReadingsShare): void {
  for (const arrival of from.arrivals) noteArrival(into, arrival);
  for (const departure of from.departures) noteDeparture(into, departure);
  into.leftOut += from.leftOut;
  for (const [mailbox, door] of from.doors) into.doors.set(mailbox, door);
  into.doorsLeftOut += from.doorsLeftOut;
  for (const phase of PHASES) {
    const { looks, storm, other } = from.screens[phase];
    into.screens[phase].looks += looks;
    into.screens[phase].storm += storm;
    into.screens[phase].other += other;
    for (const depth of from.depths[phase]) noteDepth(into, phase, depth);
  }
  for (const [second, atOnce] of from.deleters)
    into.deleters.set(second, (into.deleters.get(second) ?? 0) + atOnce);
  for (const side of ['submit', 'mailbox'] as const) {
    into.lines[side].secured += from.lines[side].secured;
    into.lines[side].plain += from.lines[side].plain;
  }
  into.largeBodies.asked += from.largeBodies.asked;
  into.largeBodies.fetched += from.largeBodies.fetched;
  into.bystandersBlocked += from.bystandersBlocked;
}

function byPhase<T>(make: () => T): Record<Phase, T> {
  return Object.fromEntries(PHASES.map((phase) => [phase, make()])) as Record<Phase, T>;
}
