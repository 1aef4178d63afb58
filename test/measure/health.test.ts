/** The generator's own health: delays weighed by the time they lasted, the worst thread, a bounded series. */

import { describe, expect, test } from 'vitest';
import { delayWithin, Health, type HealthReading } from '../../src/measure/health.ts';
import { HotHistogram, type SparseCounts } from '../../src/measure/histogram.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { JOURNEYS } from '../../src/words.ts';
import { deltaOf } from './notebooks.ts';

const SECOND = 1_000_000;

const NOTHING = new Recorder().drain();

function delays(...us: readonly number[]): SparseCounts | undefined {
  const histogram = new HotHistogram();
  for (const one of us) histogram.record(one);
  return histogram.drain();
}

const readingOf = (changes: Partial<HealthReading> = {}): HealthReading => ({
  overUs: SECOND,
  delay: delays(100, 200),
  utilisation: 0.2,
  pauses: { count: 0, totalUs: 0, maxUs: 0 },
  sockets: 1,
  offered: [],
  ...changes,
});

/** One thread that told these utilisations, a second each. */
function utilised(...shares: readonly number[]): Health {
  const health = new Health(JOURNEYS);
  for (const [index, utilisation] of shares.entries())
    health.add(
      { worker: 0, reading: readingOf({ utilisation }), delta: NOTHING, atUs: (index + 1) * SECOND },
      0,
    );
  return health;
}

describe('a delay that 99 % of all moments keep', () => {
  test('is nothing where nothing was late', () => {
    expect(delayWithin(delays(0, 0, 0), SECOND, 0.99)).toBe(0);
    expect(delayWithin(delays(5_000), SECOND, 0.99)).toBe(0);
  });

  test('weighs a stall by its time: of half a second in ten, one in a hundred waited more than 400 ms', () => {
    const stalled = [...Array.from({ length: 950 }, () => 0), 500_000];
    const found = delayWithin(delays(...stalled), 10 * SECOND, 0.99);
    expect(found).toBeGreaterThan(399_000);
    expect(found).toBeLessThanOrEqual(400_000);
  });

  test('is found between delays, too', () => {
    // 20 of 30 ms and 20 of 10 ms in ten seconds: above 25 ms there are 20 times 5 ms, the hundredth of the time.
    const both = [...Array.from({ length: 20 }, () => 30_000), ...Array.from({ length: 20 }, () => 10_000)];
    const found = delayWithin(delays(...both), 10 * SECOND, 0.99);
    expect(found).toBeGreaterThan(24_900);
    expect(found).toBeLessThanOrEqual(25_000);
  });

  test('of a loop that never turned is the whole time', () => {
    expect(delayWithin(undefined, SECOND, 0.99)).toBe(SECOND);
  });
});

describe('health', () => {
  test('without a reading knows nothing', () => {
    const health = new Health(JOURNEYS);
    expect(health.points()).toEqual([]);
    expect(new Set(Object.values({ ...health.worst(), spinning: null }))).toEqual(new Set([null]));
  });

  test('tells the busiest thread’s utilisation; one second in a short run may be busy', () => {
    expect(utilised(0.2, 0.3, 0.4, 0.5, 1).worst()).toMatchObject({
      utilisationP90: 0.5,
      utilisationMax: 1,
    });
    expect(utilised(0.2, 0.3, 1, 1, 1).worst()).toMatchObject({ utilisationP90: 1 });
    const health = utilised(0.2, 0.2);
    health.add({ worker: 1, reading: readingOf({ utilisation: 0.95 }), delta: NOTHING, atUs: SECOND }, 0);
    expect(health.worst()).toMatchObject({ utilisationP90: 0.95 });
  });

  test('adds threads up second by second: load and sockets are sums, pauses keep their longest', () => {
    const health = new Health(JOURNEYS);
    const pauses = { count: 2, totalUs: 3_000, maxUs: 2_000 };
    for (const worker of [0, 1]) {
      const reading = readingOf({ pauses, sockets: 5, offered: [{ atUs: 7 * SECOND + 400, count: 4 }] });
      const delta = deltaOf('journey.read', [10, 20, 30], { dueUs: worker });
      health.add({ worker, reading, delta, atUs: 8 * SECOND }, 7 * SECOND);
    }
    health.addCpu(0.7, 10);
    expect(health.points()).toEqual([
      {
        startUs: 0,
        lengthUs: SECOND,
        delayP99Us: 0,
        delayMaxUs: 200,
        utilisation: 0.2,
        cpu: 0.7,
        gcCount: 4,
        gcTotalUs: 6_000,
        gcMaxUs: 2_000,
        sockets: 10,
        lagMaxUs: 1,
        offered: 8,
        takenUp: 6,
        ended: 6,
      },
    ]);
    expect(health.worst()).toMatchObject({ gcShare: 0.003, gcMaxUs: 2_000, cpuP90: 0.7, socketsMax: 10 });
  });

  test('counts only the units of load, and nothing that a stop dropped', () => {
    const health = new Health(JOURNEYS);
    const recorder = new Recorder();
    recorder.planned('journey.read', 'storm', false);
    recorder.dropped('journey.read', 'storm', false, 'stopped');
    recorder.planned('imap.open', 'storm', false);
    health.add({ worker: 0, reading: readingOf(), delta: recorder.drain(), atUs: SECOND }, 0);
    expect(health.points()).toMatchObject([{ takenUp: 0, ended: 0 }]);
  });

  test('keeps at most 900 intervals and loses no count', () => {
    const health = new Health(JOURNEYS);
    for (let second = 0; second < 2_000; second += 1) {
      const reading = readingOf({ offered: [{ atUs: second * SECOND, count: 1 }], sockets: 3 });
      health.add({ worker: 0, reading, delta: NOTHING, atUs: (second + 1) * SECOND }, 0);
    }
    const points = health.points();
    expect(points).toHaveLength(500);
    expect(points.every(({ lengthUs, sockets }) => lengthUs === 4 * SECOND && sockets === 3)).toBe(true);
    expect(points.reduce((sum, { offered }) => sum + offered, 0)).toBe(2_000);
  });
});
