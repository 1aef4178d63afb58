/** Notebooks and the tally: merged in any order they give equal figures, no percentile without its samples, no interval lost. */

import { array, assert, constantFrom, integer, property, record, shuffledSubarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/measure/outcome.ts';
import { Recorder, type TallyDelta } from '../../src/measure/recorder.ts';
import { parseSeriesTag, seriesTag, type SeriesClass } from '../../src/measure/series.ts';
import { MAX_INTERVALS, samplesNeeded, Tally } from '../../src/measure/tally.ts';
import { DROP_REASONS, OPERATIONS, PHASES } from '../../src/words.ts';
import { deltaOf, enter, LIMITED, OK, ramp, REJECTED, sampleOf, UNKNOWN } from './notebooks.ts';

const SECOND = 1_000_000;
const CLASSES: readonly SeriesClass[] = ['ok', 'rejected', 'unknown', 'dropped'];

const tallyOf = (...deltas: readonly TallyDelta[]): Tally => {
  const tally = new Tally();
  for (const delta of deltas) tally.add(delta, 0);
  return tally;
};

describe('a notebook', () => {
  test('keeps the four clocks of a sample apart', () => {
    const recorder = new Recorder();
    recorder.sample(sampleOf('imap.signin', 1_000, { intendedUs: 100, dueUs: 150, startedUs: 400 }));
    const tally = tallyOf(recorder.drain());
    const max = (clock: 'response' | 'service' | 'wait' | 'lag'): number | null =>
      tally.summary('imap.signin', 'storm', ['ok', 'all'], clock).max;
    expect([max('response'), max('service'), max('wait'), max('lag')]).toEqual([900, 600, 250, 50]);
  });

  test('files times under the outcome, and lag for intents only', () => {
    const outcomes: readonly Outcome[] = [OK, REJECTED, UNKNOWN, { kind: 'dropped', by: 'abandoned' }];
    const recorder = new Recorder();
    for (const [i, outcome] of outcomes.entries()) recorder.sample(sampleOf('imap.open', i + 1, { outcome }));
    recorder.sample(sampleOf('imap.poll', 9, { induced: true }));
    const tags = recorder.drain().series.map(({ tag }) => tag);
    for (const kind of CLASSES) expect(tags).toContain(`imap.open;storm;${kind};response`);
    expect(tags).toContain('imap.open;storm;all;lag');
    expect(tags).not.toContain('imap.poll;storm;all;lag');
    expect(tags).toContain('imap.poll;storm;all;wait');
  });

  test('sums intents and induced operations apart, with every reason to drop and what a limiter refused', () => {
    const recorder = new Recorder();
    enter(recorder, 'smtp.submit', [1, 2]);
    enter(recorder, 'smtp.submit', [1], { outcome: LIMITED });
    enter(recorder, 'smtp.submit', [1], { outcome: REJECTED, induced: true });
    for (const reason of DROP_REASONS) {
      recorder.planned('smtp.submit', 'storm', false);
      recorder.dropped('smtp.submit', 'storm', false, reason);
    }
    const [counts, ...others] = recorder.drain().operations;
    expect(others).toEqual([]);
    const dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 1]));
    expect(counts?.intents).toEqual({
      planned: 10,
      ok: 2,
      rejected: 1,
      unknown: 0,
      limited: 1,
      expected: 0,
      dropped,
    });
    expect(counts?.induced).toMatchObject({ planned: 1, ok: 0, rejected: 1, limited: 0 });
  });

  test('what was dropped before it began has no times', () => {
    const recorder = new Recorder();
    recorder.dropped('journey.read', 'storm', false, 'late');
    expect(recorder.drain().series).toEqual([]);
  });

  test('gives everything out once', () => {
    const recorder = new Recorder();
    enter(recorder, 'imap.open', [5]);
    recorder.accepted(7);
    recorder.visible('storm', 3);
    expect(recorder.drain()).toMatchObject({ copiesAccepted: 7 });
    expect(recorder.drain()).toEqual({
      series: [],
      operations: [],
      copiesAccepted: 0,
      errors: [],
      refusals: [],
    });
  });

  test('keeps a bounded number of error texts, each bounded, and counts the rest together', () => {
    const recorder = new Recorder();
    for (let i = 0; i < 500; i += 1)
      enter(recorder, 'smtp.submit', [1], {
        outcome: { ...REJECTED, text: `no ${i} ${'x'.repeat(400)}` } as Outcome,
      });
    const { errors } = recorder.drain();
    expect(errors.length).toBeLessThanOrEqual(51);
    expect(errors.reduce((sum, { count }) => sum + count, 0)).toBe(500);
    for (const { text } of errors) expect(text.length).toBeLessThanOrEqual(200);
    expect(errors.find(({ text }) => text === 'other errors')?.count).toBe(450);
  });
});

const deltas = array(
  record({
    operation: constantFrom('imap.signin', 'smtp.submit', 'journey.read'),
    phase: constantFrom('baseline', 'storm'),
    outcome: constantFrom(OK, REJECTED, LIMITED, UNKNOWN),
    endedUs: array(integer({ min: 0, max: 7_200_000_000 }), { minLength: 1, maxLength: 40 }),
    induced: constantFrom(true, false),
    atUs: integer({ min: 0, max: 3_000 * SECOND }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** All figures of a tally that a report is made from. */
function figures(tally: Tally): unknown {
  const operations = tally
    .operations()
    .map((one) => [`${one.operation} ${one.phase}`, one.intents, one.induced] as const);
  return {
    operations: operations.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    summaries: (['imap.signin', 'smtp.submit', 'journey.read'] as const).flatMap((operation) =>
      (['baseline', 'storm', undefined] as const).map((phase) =>
        tally.summary(operation, phase, CLASSES, 'response'),
      ),
    ),
    lag: tally.summaryOf(['imap.signin', 'journey.read'], 'lag'),
    errors: tally.errors().toSorted((a, b) => (a.text < b.text ? -1 : 1)),
    refusals: tally.refusals(),
  };
}

describe('the tally', () => {
  test('gives the same figures whatever the order, and whether workers drained once or often', () => {
    assert(
      property(
        deltas.chain((list) =>
          shuffledSubarray(list, { minLength: list.length }).map((shuffled) => [list, shuffled] as const),
        ),
        ([list, shuffled]) => {
          const [straight, mixed, together] = [new Tally(), new Tally(), new Tally()];
          const one = new Recorder();
          for (const { operation, endedUs, atUs, ...rest } of list) {
            straight.add(deltaOf(operation, endedUs, rest), atUs);
            enter(one, operation, endedUs, rest);
          }
          for (const { operation, endedUs, atUs, ...rest } of shuffled)
            mixed.add(deltaOf(operation, endedUs, rest), atUs);
          together.add(one.drain(), 0);
          expect(figures(mixed)).toEqual(figures(straight));
          expect(figures(together)).toEqual(figures(straight));
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each([
    [50, 20],
    [90, 100],
    [99, 1_000],
    [99.9, 10_000],
    [75, 40],
  ])('p%d needs %d samples and not one fewer', (percentile, needed) => {
    expect(samplesNeeded(percentile)).toBe(needed);
    const at = (count: number): number | null =>
      tallyOf(deltaOf('imap.open', ramp(count))).percentile(
        'imap.open',
        'storm',
        ['ok'],
        'response',
        percentile,
      ).valueUs;
    expect(at(needed - 1)).toBeNull();
    expect(at(needed)).not.toBeNull();
  });

  test('a summary has each percentile from its own floor on, and null for what nobody measured', () => {
    const summary = (count: number): object =>
      tallyOf(deltaOf('imap.open', ramp(count))).summary('imap.open', 'storm', ['ok'], 'response');
    expect(summary(0)).toEqual({
      count: 0,
      min: null,
      p50: null,
      p90: null,
      p99: null,
      p999: null,
      max: null,
    });
    expect(summary(19)).toEqual({ count: 19, min: 1, p50: null, p90: null, p99: null, p999: null, max: 19 });
    expect(summary(1_000)).toEqual({
      count: 1_000,
      min: 1,
      p50: 500,
      p90: 900,
      p99: 990,
      p999: null,
      max: 1_000,
    });
    expect(summary(10_000)).toMatchObject({ p999: expect.closeTo(9_990, -2) as number, max: 10_000 });
  });

  test('no percentile is ever above the largest value measured', () => {
    assert(
      property(integer({ min: 1, max: 7_200_000_000 }), integer({ min: 20, max: 200 }), (us, count) => {
        const { p50, max } = tallyOf(
          deltaOf(
            'imap.open',
            Array.from({ length: count }, () => us),
          ),
        ).summary('imap.open', 'storm', ['ok'], 'response');
        expect(max).toBe(us);
        expect(p50).not.toBeNull();
        expect(p50 ?? Infinity).toBeLessThanOrEqual(us);
      }),
    );
  });

  test('picks operation, phase, outcome and clock, and nothing else', () => {
    const tally = tallyOf(
      deltaOf('imap.open', [1]),
      deltaOf('imap.open', [2], { outcome: REJECTED }),
      deltaOf('imap.open', [3], { phase: 'recovery' }),
      deltaOf('imap.body', [4]),
    );
    const max = (...args: Parameters<Tally['summary']>): number | null => tally.summary(...args).max;
    expect(max('imap.open', 'storm', ['ok'], 'response')).toBe(1);
    expect(max('imap.open', 'storm', CLASSES, 'response')).toBe(2);
    expect(max('imap.open', undefined, CLASSES, 'response')).toBe(3);
    expect(max('imap.open', 'drain', CLASSES, 'response')).toBeNull();
    expect(tally.summaryOf(['imap.open', 'imap.body'], 'service')).toMatchObject({ count: 4, max: 4 });
  });

  test('adds intents to intents and induced to induced, drops by their reason', () => {
    const delta = (): TallyDelta => {
      const recorder = new Recorder();
      enter(recorder, 'smtp.submit', [1, 2], { outcome: LIMITED });
      enter(recorder, 'smtp.submit', [3], { outcome: UNKNOWN, induced: true });
      recorder.planned('smtp.submit', 'storm', true);
      recorder.dropped('smtp.submit', 'storm', true, 'held');
      return recorder.drain();
    };
    const [counts, ...others] = tallyOf(delta(), delta(), delta()).operations();
    expect(others).toEqual([]);
    expect(counts?.intents).toMatchObject({ planned: 6, rejected: 6, limited: 6, unknown: 0 });
    expect(counts?.induced).toMatchObject({
      planned: 6,
      rejected: 0,
      unknown: 3,
      dropped: { held: 3, late: 0 },
    });
  });

  test('errors come most frequent first, over all workers', () => {
    const tally = tallyOf(
      deltaOf('smtp.submit', [1], { outcome: UNKNOWN }),
      deltaOf('smtp.submit', [1, 2], { outcome: REJECTED }),
      deltaOf('smtp.submit', [1], { outcome: REJECTED }),
    );
    expect(tally.errors()).toEqual([
      { text: 'smtp.submit: 550 no', count: 3 },
      { text: 'smtp.submit: timed out', count: 1 },
    ]);
  });
});

describe('intervals', () => {
  const copies = (accepted: number): TallyDelta => {
    const recorder = new Recorder();
    recorder.accepted(accepted);
    enter(recorder, 'imap.signin', [accepted]);
    return recorder.drain();
  };

  test('are a second each, from the first on', () => {
    const tally = new Tally();
    tally.add(copies(1), 2.5 * SECOND);
    tally.add(copies(2), 2.9 * SECOND);
    tally.add(copies(4), -5);
    expect(tally.intervals().map((one) => [one.startUs, one.lengthUs, one.copiesAccepted])).toEqual([
      [0, SECOND, 4],
      [SECOND, SECOND, 0],
      [2 * SECOND, SECOND, 3],
    ]);
  });

  test('double past 900 without losing anything, and still line up', () => {
    assert(
      property(array(integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 60 }), (seconds) => {
        const tally = new Tally();
        for (const second of seconds) tally.add(copies(1), second * SECOND);
        const intervals = tally.intervals();
        expect(intervals.length).toBeLessThanOrEqual(MAX_INTERVALS);
        expect(intervals.reduce((sum, one) => sum + one.copiesAccepted, 0)).toBe(seconds.length);
        const lengthUs = intervals[0]?.lengthUs ?? 0;
        expect(Math.log2(lengthUs / SECOND) % 1).toBe(0);
        for (const [index, one] of intervals.entries()) {
          expect([one.startUs, one.lengthUs]).toEqual([index * lengthUs, lengthUs]);
          const here = seconds.filter((second) => Math.floor((second * SECOND) / lengthUs) === index).length;
          expect(one.copiesAccepted).toBe(here);
          expect(one.series.get('imap.signin;storm;ok;response')?.total ?? 0).toBe(here);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('double once, exactly at the 901st second', () => {
    const tally = new Tally();
    tally.add(copies(1), 899 * SECOND);
    expect(tally.intervals()).toHaveLength(900);
    tally.add(copies(1), 900 * SECOND);
    expect(tally.intervals()).toHaveLength(451);
    expect(tally.summary('imap.signin', 'storm', ['ok'], 'response').count).toBe(2);
  });

  test('a point of the timeline has its maximum, and its median from 20 samples on', () => {
    const pointOf = (count: number): unknown => {
      const tally = new Tally();
      tally.add(deltaOf('imap.signin', ramp(count)), 0);
      tally.add(deltaOf('imap.open', [9_999]), 0);
      const [interval] = tally.intervals();
      return interval && tally.point(interval, 'imap.signin', 'response');
    };
    expect(pointOf(0)).toEqual({ p50Us: null, maxUs: null });
    expect(pointOf(19)).toEqual({ p50Us: null, maxUs: 19 });
    expect(pointOf(20)).toEqual({ p50Us: 10, maxUs: 20 });
  });
});

describe('series tags', () => {
  test('are read back as they were written; what is none of ours is not', () => {
    for (const operation of OPERATIONS)
      for (const phase of PHASES) {
        const series = { operation, phase, class: 'all', clock: 'lag' } as const;
        expect(parseSeriesTag(seriesTag(series))).toEqual(series);
      }
    for (const tag of [
      '',
      'imap.open',
      'imap.open;night;ok;lag',
      'imap.shut;storm;ok;lag',
      'imap.open;storm;ok;',
      'imap.open;storm;fine;lag',
    ])
      expect(parseSeriesTag(tag)).toBeUndefined();
  });
});
