/** Fitness: the lag's limit, what was taken up, who was heard, and whose limiter answered. */

import { describe, expect, test } from 'vitest';
import type { Recorder } from '../../src/measure/recorder.ts';
import { checkFitness, lagLimitUs } from '../../src/verdict/fitness.ts';
import { enter, LIMITED, ramp, REJECTED } from '../measure/notebooks.ts';
import { AT_EASE, tallyOf, withThresholds } from './cases.ts';

const PROFILE = withThresholds('journey.read: p(90) < 1s');

/** Journeys with these lags, each ending at once. */
const lagging = (recorder: Recorder, lags: readonly number[]): void => {
  for (const us of lags) enter(recorder, 'journey.read', [us], { dueUs: us, startedUs: us });
};

const finding = (
  check: string,
  tell: (recorder: Recorder) => void,
  shards = { heard: 1, expected: 1 },
): object | undefined =>
  checkFitness(PROFILE, tallyOf(tell), AT_EASE, shards).find((one) => one.check === check);

const times = (count: number, us: number): number[] => Array.from({ length: count }, () => us);

describe('the limit of lag', () => {
  test.each([
    [[], 10_000],
    [['journey.read: p(90) < 100ms'], 10_000],
    [['journey.read: p(90) < 200ms'], 10_000],
    [['journey.read: p(90) < 1s'], 50_000],
    [['journey.read: p(90) < 1s', 'imap.open: p(50) < 400ms'], 20_000],
    [
      ['journey.read: p(90) < 2 * baseline', 'canaries: rate(late) <= 1%', 'ledger: count(lost) <= 0'],
      10_000,
    ],
  ])('with %j is %d µs: the larger of 10 ms and 5 %% of the tightest time', (texts, limit) => {
    expect(lagLimitUs(withThresholds(...texts))).toBe(limit);
  });
});

describe('lag', () => {
  const lag = (lags: readonly number[]): object | undefined =>
    finding('generator: lag', (recorder) => lagging(recorder, lags));

  test('is judged by its p99 where there are a thousand journeys', () => {
    expect(lag(times(1_000, 49_000))).toMatchObject({ status: 'pass' });
    expect(lag(times(1_000, 51_000))).toMatchObject({ status: 'fail' });
    expect(lag([...times(995, 10), ...times(5, 9e6)])).toMatchObject({ status: 'pass' });
    expect(lag([...times(985, 10), ...times(15, 9e6)])).toMatchObject({ status: 'fail' });
  });

  test('with fewer passes only by its maximum, and never fails', () => {
    expect(lag(times(999, 50_000))).toMatchObject({
      status: 'pass',
      observed: 'max 50.0 ms of 999 journeys',
    });
    expect(lag([...times(998, 10), 50_001])).toMatchObject({ status: 'no-data', observed: null });
    expect(lag(times(5, 9e6))).toMatchObject({ status: 'no-data' });
    expect(lag([])).toMatchObject({ status: 'no-data', because: 'nothing was taken up' });
  });

  test('is the journeys’ alone: a step waits for the target, not for us', () => {
    const tell = (recorder: Recorder): void => {
      lagging(recorder, times(1_000, 5));
      enter(recorder, 'imap.open', times(5_000, 9e6), { dueUs: 9e6, startedUs: 9e6 });
    };
    expect(finding('generator: lag', tell)).toMatchObject({
      status: 'pass',
      observed: 'p99 5 µs of 1000 journeys',
    });
  });
});

describe('what was taken up', () => {
  const taken = (late: number, otherwise: number): object | undefined =>
    finding('generator: taken up in time', (recorder) => {
      enter(recorder, 'journey.read', ramp(1_000 - late - otherwise));
      for (let i = 0; i < late + otherwise; i += 1) {
        recorder.planned('journey.read', 'storm', false);
        recorder.dropped('journey.read', 'storm', false, i < late ? 'late' : 'stopped');
      }
    });

  test('must be 99 % of the journeys; only what was dropped as late counts against us', () => {
    expect(taken(10, 0)).toMatchObject({ status: 'pass', observed: '99.00 % of 1000 journeys' });
    expect(taken(11, 0)).toMatchObject({ status: 'fail' });
    expect(taken(0, 900)).toMatchObject({ status: 'pass' });
  });

  test('has no data when nothing was planned', () => {
    expect(finding('generator: taken up in time', () => undefined)).toMatchObject({ status: 'no-data' });
  });
});

describe('shards and limiters', () => {
  test('every shard must be heard', () => {
    expect(finding('generator: all shards heard', () => undefined, { heard: 3, expected: 3 })).toMatchObject({
      status: 'pass',
    });
    expect(finding('generator: all shards heard', () => undefined, { heard: 2, expected: 3 })).toMatchObject({
      status: 'fail',
      observed: '2 of 3',
    });
  });

  test('a limiter may answer one attempt in a hundred, induced ones included', () => {
    const limited = (count: number, induced: boolean): object | undefined =>
      finding('target: limiters', (recorder) => {
        enter(recorder, 'smtp.submit', ramp(100));
        enter(recorder, 'imap.open', ramp(100 - count), { outcome: REJECTED });
        enter(recorder, 'imap.open', ramp(count), { outcome: LIMITED, induced });
      });
    for (const induced of [true, false]) {
      expect(limited(2, induced)).toMatchObject({ status: 'pass', observed: '2 of 200 attempts' });
      expect(limited(3, induced)).toMatchObject({ status: 'fail' });
    }
  });

  test('journeys are no attempts: they repeat what their steps told', () => {
    const tell = (recorder: Recorder): void => {
      enter(recorder, 'journey.read', ramp(1_000));
      enter(recorder, 'imap.open', ramp(1), { outcome: LIMITED });
    };
    expect(finding('target: limiters', tell)).toMatchObject({ status: 'fail', observed: '1 of 1 attempts' });
    expect(finding('target: limiters', (recorder) => enter(recorder, 'journey.read', ramp(9)))).toMatchObject(
      { status: 'no-data' },
    );
  });
});
