/** Forecast, silences, waiting, deleting and headroom, each from figures made up for it; and silence where there are none. */

import { describe, expect, test } from 'vitest';

import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import { type AftermathCase, aftermathFigures } from '../../src/verdict/aftermath.ts';
import { USUAL_DOORS, type OperationName, type Phase } from '../../src/words.ts';

const S = 1_000_000;

const OK = { kind: 'ok', evidence: 'said so' } as const;

interface Noted {
  readonly second: number;
  readonly operation: OperationName;
  readonly phase: Phase;
  readonly us: number;
  readonly times: number;
}

function tallyOf(noted: readonly Noted[], copies: (second: number) => number): Tally {
  const tally = new Tally();
  for (let second = 0; second < 30; second += 1) {
    const recorder = new Recorder();
    for (const { operation, phase, us, times } of noted.filter((one) => one.second === second))
      for (let time = 0; time < times; time += 1)
        recorder.sample({
          operation,
          phase,
          outcome: OK,
          intendedUs: 0,
          dueUs: 0,
          startedUs: 0,
          endedUs: us,
          induced: false,
        });
    recorder.accepted(copies(second));
    tally.add(recorder.drain(), (second + 0.5) * S);
  }
  return tally;
}

/** Ten seconds of storm at 100 copies a second, of which 50 are delivered: 500 owed at its end, gone after 8 s. */
const owed = Array.from({ length: 60 }, (_, half) => {
  const atUs = (half * S) / 2 + 1;
  const inStorm = Math.max(0, Math.min(10, atUs / S - 10));
  const inDrain = Math.max(0, atUs / S - 20);
  return { atUs, owed: Math.max(0, Math.round(50 * inStorm - 62.5 * inDrain)) };
});

const CASE: AftermathCase = {
  tally: tallyOf([], (second) => (second < 10 ? 2 : second < 20 ? 100 : 2)),
  phases: [
    { name: 'baseline', startUs: 0, endUs: 10 * S },
    { name: 'storm', startUs: 10 * S, endUs: 20 * S },
    { name: 'drain', startUs: 20 * S, endUs: 30 * S },
  ],
  doors: USUAL_DOORS,
  owed,
  owedUnit: 'copies',
  drainedUs: 8 * S,
  arrivalsUs: Array.from({ length: 170 }, (_, index) => 10.6 * S + index * 100_000),
  deleters: [],
};

describe('the forecast', () => {
  test('is what was owed over the rate of delivery seen until then', () => {
    const { forecast } = aftermathFigures(CASE);
    expect(forecast).toMatchObject({ unit: 'copies', actualUs: 8 * S });
    expect(forecast?.owedAtStormEnd).toBeGreaterThan(450);
    // The last look lies up to half a second before the storm's end.
    expect(forecast?.deliveredPerSecond).toBeGreaterThanOrEqual(50);
    expect(forecast?.deliveredPerSecond).toBeLessThan(53);
    expect((forecast?.forecastUs ?? 0) / S).toBeCloseTo(9.3, 0);
  });

  test.each([
    ['no probe', { owedUnit: undefined }, /no probe/],
    ['no end of the backlog', { drainedUs: null }, /not seen to go/],
    ['no end of the storm', { phases: CASE.phases.slice(0, 2) }, /did not end/],
    ['nothing owed', { owed: owed.map(({ atUs }) => ({ atUs, owed: 0 })) }, /nothing was owed/],
    ['a silent probe', { owed: owed.map(({ atUs }) => ({ atUs, owed: null })) }, /did not answer/],
  ] as const)('cannot be made: %s', (_, change, words) => {
    const { forecast, forecastBecause } = aftermathFigures({ ...CASE, ...change });
    expect(forecast).toBeNull();
    expect(forecastBecause).toMatch(words);
  });
});

describe('silences', () => {
  const gap = CASE.arrivalsUs.filter((atUs) => atUs < 14 * S || atUs > 18 * S);

  test('are counted in which something was owed', () => {
    expect(aftermathFigures(CASE).silences).toEqual([]);
    const { silences } = aftermathFigures({ ...CASE, arrivalsUs: gap });
    expect(silences).toHaveLength(1);
    expect((silences?.[0]?.endUs ?? 0) - (silences?.[0]?.startUs ?? 0)).toBeGreaterThanOrEqual(4 * S);
  });

  test('are none where the queue was empty meanwhile', () => {
    const empty = owed.map((one) => (one.atUs > 15 * S && one.atUs < 17 * S ? { ...one, owed: 0 } : one));
    expect(aftermathFigures({ ...CASE, arrivalsUs: gap, owed: empty }).silences).toEqual([]);
  });

  test('are none where one look found something owed, which is not none', () => {
    const { atUs } = owed[30] as { atUs: number };
    const once = owed.map((one) => ({ ...one, owed: one.atUs === atUs ? 5 : 0 }));
    expect(aftermathFigures({ ...CASE, owed: once })).toMatchObject({
      silences: [],
      silencesBecause: expect.stringMatching(/only one look/),
    });
    const never = owed.map((one) => ({ ...one, owed: 0 }));
    expect(aftermathFigures({ ...CASE, owed: never }).silencesBecause).toMatch(/nothing was ever owed/);
  });

  test('are not known without a probe, or with hardly an arrival', () => {
    expect(aftermathFigures({ ...CASE, owedUnit: undefined }).silences).toBeNull();
    expect(aftermathFigures({ ...CASE, arrivalsUs: gap.slice(0, 5) }).silences).toBeNull();
  });
});

test('waiting is what lies beyond the median before the storm', () => {
  const read = (second: number, phase: Phase, us: number): Noted => ({
    second,
    operation: 'journey.read',
    phase,
    us,
    times: 20,
  });
  const tally = tallyOf(
    [read(1, 'baseline', S), read(12, 'storm', 4 * S), read(13, 'storm', S / 2)],
    () => 0,
  );
  const { waited } = aftermathFigures({ ...CASE, tally });
  expect(waited).toMatchObject({ journeys: 40, operations: ['journey.read'] });
  // 20 people 3 s longer; who was quicker gives nothing back.
  expect((waited?.us ?? 0) / S).toBeCloseTo(60, 0);
  expect(aftermathFigures(CASE).waited).toBeNull();
});

test('sign-ins by how many people delete at once', () => {
  const signIns = (second: number, us: number): Noted => ({
    second,
    operation: 'imap.signin',
    phase: 'deletes',
    us,
    times: 25,
  });
  const tally = tallyOf([signIns(21, 10_000), signIns(25, 90_000)], () => 0);
  const { deleting } = aftermathFigures({
    ...CASE,
    tally,
    deleters: [
      [21, 2],
      [25, 40],
    ],
  });
  expect(deleting).toHaveLength(4);
  expect(deleting[0]).toMatchObject({ from: 1, to: 10, signIns: 25 });
  expect(deleting[0]?.signInP50Us).toBeLessThan(deleting[3]?.signInP50Us ?? 0);
  expect(deleting[1]).toMatchObject({ signIns: 0, signInP50Us: null });
  expect(aftermathFigures(CASE).deleting).toEqual([]);
});

test('headroom is delivery while there was a backlog over what came before', () => {
  const { headroom } = aftermathFigures(CASE);
  expect(headroom?.baselinePerSecond).toBe(2);
  expect(headroom?.deliveredPerSecond).toBeCloseTo((10 * 100 + 8 * 2) / 18, 5);
  expect(aftermathFigures({ ...CASE, drainedUs: 0 }).headroom).toBeNull();
});

describe('through other doors', () => {
  test('deleting is held against what stands for signing in', () => {
    const noted = (operation: OperationName): Noted => ({
      second: 21,
      operation,
      phase: 'deletes',
      us: 10_000,
      times: 25,
    });
    const tally = tallyOf([noted('jmap.session'), { ...noted('imap.signin'), times: 40 }], () => 0);
    const { deleting } = aftermathFigures({
      ...CASE,
      tally,
      doors: { submit: 'jmap', mailbox: 'jmap' },
      deleters: [[21, 1]],
    });
    expect(deleting[0]).toMatchObject({ signIns: 25 });
  });

  test('messages handed in are counted by what stands for it', () => {
    const submitted = (operation: OperationName, times: number): Noted[] =>
      Array.from({ length: 10 }, (_, index) => ({
        second: 10 + index,
        operation,
        phase: 'storm',
        us: 1_000,
        times,
      }));
    const tally = tallyOf([...submitted('http.submit', 100), ...submitted('smtp.submit', 1_000)], () => 0);
    const at = (submit: 'http' | 'smtp') =>
      aftermathFigures({ ...CASE, tally, owedUnit: 'messages', doors: { submit, mailbox: 'imap' } }).forecast;
    // 1,000 were handed in, 475 of them still owed at the last look: 0.5 s before the storm's end.
    expect(at('http')?.deliveredPerSecond).toBeCloseTo(52.5);
    expect(at('smtp')?.deliveredPerSecond).toBeCloseTo(952.5);
  });
});
