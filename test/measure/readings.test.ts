/** What people saw beside their times: doors, arrivals, ages, depths, the guard; merged in any order, bounded, folded. */

import { describe, expect, test } from 'vitest';

import { readingFigures, summaryOf } from '../../src/measure/reading-figures.ts';
import {
  type Departure,
  emptyReadings,
  mergeReadings,
  noteArrival,
  noteDeleters,
  noteDeparture,
  noteDepth,
  noteEntry,
  noteLine,
  noteScreen,
  type ReadingsShare,
} from '../../src/measure/readings.ts';

const S = 1_000_000;

const FRAME = {
  zeroUs: 100 * S,
  endUs: 200 * S,
  watchers: [3, 4],
  mailboxes: 50,
  objectiveUs: 5 * S,
  guardExpected: false,
};

const sent = (number: number, meantUs: number, rest: Partial<Departure> = {}): Departure => ({
  number,
  kind: 'list',
  phase: 'storm',
  meantUs,
  startedUs: meantUs,
  answeredUs: meantUs + 1,
  acceptance: 'accepted',
  outside: false,
  guarded: false,
  ...rest,
});

describe('a door', () => {
  const enter = (
    share: ReadingsShare,
    meantUs: number,
    endedUs: number,
    entered: boolean,
    mailbox = 7,
  ): void =>
    noteEntry(share, {
      mailbox,
      phase: 'storm',
      meantUs,
      endedUs,
      entered,
      poor: !entered || endedUs - meantUs > 5 * S,
    });

  test('is without access from the first failure that was meant to the next way in', () => {
    const share = emptyReadings();
    enter(share, 110 * S, 111 * S, true);
    enter(share, 120 * S, 125 * S, false);
    enter(share, 130 * S, 131 * S, false);
    enter(share, 140 * S, 142 * S, true);
    enter(share, 150 * S, 151 * S, true);
    const { doors } = readingFigures(share, FRAME);
    expect(doors).toMatchObject({ mailboxes: 1, attempts: 5, failed: 2, stillShut: 0, poorInStorm: 1 });
    expect(doors.withoutAccess.max).toBe(22 * S);
    expect(doors.longestFromUs).toBe(20 * S);
  });

  test('still shut when the run ends was shut for at least so long', () => {
    const share = emptyReadings();
    enter(share, 150 * S, 151 * S, false);
    expect(readingFigures(share, FRAME).doors).toMatchObject({
      stillShut: 1,
      longestFromUs: 50 * S,
      withoutAccess: { max: 50 * S },
    });
  });

  test('that is slow is shut for as long as it took, and counts as poor beyond the objective', () => {
    const share = emptyReadings();
    enter(share, 110 * S, 112 * S, true, 1);
    enter(share, 110 * S, 119 * S, true, 2);
    const { doors } = readingFigures(share, FRAME);
    expect(doors).toMatchObject({ mailboxes: 2, failed: 0, poorInStorm: 1, poorSince: 1, poorBefore: 0 });
    expect(doors.withoutAccess.max).toBe(9 * S);
  });

  test('that nobody tried is no door', () => {
    expect(readingFigures(emptyReadings(), FRAME).doors).toMatchObject({
      mailboxes: 0,
      longestFromUs: null,
      withoutAccess: { count: 0, max: null },
    });
  });
});

describe('arrivals', () => {
  test('tell how far the blast got, and when the last had it', () => {
    const share = emptyReadings();
    noteDeparture(share, sent(0, 110 * S));
    noteArrival(share, { number: 0, mailbox: 3, atUs: 112 * S });
    expect(readingFigures(share, FRAME).blast).toEqual({
      sentUs: 10 * S,
      of: 2,
      seen: 1,
      coverage: [{ afterUs: 2 * S, share: 0.5 }],
      lastAfterUs: null,
    });
    noteArrival(share, { number: 0, mailbox: 4, atUs: 115 * S });
    noteArrival(share, { number: 0, mailbox: 4, atUs: 190 * S });
    expect(readingFigures(share, FRAME).blast).toMatchObject({ seen: 2, lastAfterUs: 5 * S });
  });

  test('of the blast are owed to everybody but its author, where the list sends authors nothing back', () => {
    const share = emptyReadings();
    noteDeparture(share, sent(0, 110 * S));
    noteArrival(share, { number: 0, mailbox: 3, atUs: 112 * S });
    expect(readingFigures(share, { ...FRAME, blastNotTo: 4 }).blast).toEqual({
      sentUs: 10 * S,
      of: 1,
      seen: 1,
      coverage: [{ afterUs: 2 * S, share: 1 }],
      lastAfterUs: 2 * S,
    });
    const alone = readingFigures(share, { ...FRAME, watchers: [3], blastNotTo: 3 }).blast;
    expect(alone).toEqual({ sentUs: 10 * S, of: 0, seen: 0, coverage: [], lastAfterUs: null });
  });

  test('are as old as from when they were meant, by kind and over time', () => {
    const share = emptyReadings();
    for (let number = 1; number <= 20; number += 1) {
      noteDeparture(share, sent(number, 110 * S));
      noteArrival(share, { number, mailbox: 3, atUs: (110 + number) * S });
    }
    noteDeparture(share, sent(99, 120 * S, { kind: 'bystander', outside: true }));
    noteArrival(share, { number: 99, mailbox: 3, atUs: 121 * S });
    noteArrival(share, { number: 1_000, mailbox: 3, atUs: 121 * S });
    const { age } = readingFigures(share, FRAME);
    expect(age.byKind.list).toMatchObject({ count: 20, p50: 10 * S, p90: null, max: 20 * S });
    expect(age.byKind.outside).toMatchObject({ count: 1, max: S });
    expect(age.byKind.bystander.count).toBe(0);
    expect(age.overTime.reduce((sum, { count }) => sum + count, 0)).toBe(21);
    expect(age.overTime.at(-1)).toMatchObject({ startUs: 30 * S, maxUs: 20 * S });
  });
});

test('the guard: first refusal, what it let through afterwards, whom else it blocked', () => {
  const share = emptyReadings();
  noteDeparture(share, sent(0, 110 * S));
  noteDeparture(share, sent(1, 120 * S, { acceptance: 'rejected', guarded: true }));
  noteDeparture(share, sent(2, 121 * S));
  // The list was refused, and only whom it answers has it: the guard let nothing through.
  noteDeparture(share, sent(5, 123 * S, { guarded: true }));
  // Under way when the guard stepped in.
  noteDeparture(share, sent(4, 119 * S, { answeredUs: 125 * S }));
  noteDeparture(share, sent(3, 122 * S, { acceptance: 'rejected' }));
  share.bystandersBlocked = 2;
  const { guard, toAll } = readingFigures(share, { ...FRAME, guardExpected: true });
  expect(guard).toEqual({
    expected: true,
    firstUs: 20 * S + 1,
    refused: 2,
    letThroughAfter: 1,
    bystandersBlocked: 2,
  });
  expect(toAll).toEqual({ accepted: 4, refused: 2, unknown: 0 });
  expect(readingFigures(emptyReadings(), FRAME).guard).toMatchObject({ firstUs: null, letThroughAfter: 0 });
});

test('workers merge to the same in any order', () => {
  const one = emptyReadings();
  const other = emptyReadings();
  noteDeparture(one, sent(0, 110 * S));
  noteArrival(other, { number: 0, mailbox: 3, atUs: 111 * S });
  noteArrival(one, { number: 0, mailbox: 4, atUs: 112 * S });
  noteEntry(one, { mailbox: 1, phase: 'storm', meantUs: 1, endedUs: 5, entered: true, poor: false });
  noteEntry(other, { mailbox: 2, phase: 'storm', meantUs: 1, endedUs: 9, entered: false, poor: true });
  noteScreen(one, 'storm', 20, 5);
  noteScreen(other, 'storm', 25, 0);
  noteDepth(one, 'storm', 3);
  noteDepth(other, 'storm', 9);
  noteDeleters(one, 150 * S, 4);
  noteDeleters(one, 150.5 * S, 2);
  noteDeleters(other, 150 * S, 3);
  noteLine(one, 'submit', true);
  noteLine(other, 'submit', false);
  const merged = [
    [one, other],
    [other, one],
  ].map((order) => {
    const whole = emptyReadings();
    for (const share of order) mergeReadings(whole, structuredClone(share));
    return whole;
  });
  const [left, right] = merged.map((share) => readingFigures(share, FRAME));
  expect(left).toEqual(right);
  expect(left?.screens.storm).toEqual({ looks: 2, storm: 45, other: 5 });
  expect(left?.depth.storm.max).toBe(9);
  expect(left?.lines.submit).toEqual({ secured: 1, plain: 1 });
  expect(merged[0]?.deleters.get(150)).toBe(7);
});

test('readings beyond the limits are counted, not kept', () => {
  const share = emptyReadings();
  for (let number = 0; number < 100_003; number += 1) noteDeparture(share, sent(number, 0));
  expect(share.departures).toHaveLength(100_000);
  expect(readingFigures(share, FRAME).leftOut).toBe(3);
});

test('a percentile of a list needs its samples', () => {
  expect(summaryOf([])).toMatchObject({ count: 0, min: null, p50: null, max: null });
  expect(summaryOf(Array.from({ length: 19 }, (_, index) => index)).p50).toBeNull();
  expect(summaryOf(Array.from({ length: 20 }, (_, index) => index + 1)).p50).toBe(10);
});
