/** The capacity model against closed forms, in pretended time. */

import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Capacity } from '../../src/capacity/capacity.ts';
import {
  type CapacityConfig,
  capacityProblems,
  DEFAULT_CAPACITY,
  UNLIMITED_CAPACITY,
} from '../../src/capacity/config.ts';
import { randomStream } from '../../src/random.ts';

const SECOND = 1_000_000;

function config(changes: Partial<CapacityConfig>, pollUs = 1_000): CapacityConfig {
  return {
    ...UNLIMITED_CAPACITY,
    service: { ...UNLIMITED_CAPACITY.service, poll: { fixedUs: pollUs, perMessageUs: 0 } },
    ...changes,
  };
}

/**
 * Mean wait of a copy that arrives in a batch (M^[X]/D/1): the batch waits as a job of X services by Pollaczek and
 * Khinchine, a copy for half of the others of its batch besides. X = 1 is M/D/1.
 */
function batchWaitUs(load: number, batch: number, serviceUs: number): number {
  return (load * batch * serviceUs) / (2 * (1 - load)) + ((batch - 1) * serviceUs) / 2;
}

function within(share: number, found: number, expected: number): void {
  expect(Math.abs(found / expected - 1), `${found} for ${expected}`).toBeLessThan(share);
}

/** Walks from one delivery to the next; returns the instant of the last. */
function drain(capacity: Capacity): number {
  let last = 0;
  for (let next = capacity.nextDeliveryUs(); next !== undefined; next = capacity.nextDeliveryUs()) {
    expect(capacity.deliver(next)).toBeGreaterThan(0);
    last = next;
  }
  return last;
}

describe('delivery', () => {
  it('drains a burst of B at rate R in B/R', () => {
    const capacity = new Capacity(config({ deliveriesPerSecond: 500 }));
    capacity.enqueue(7 * SECOND, 10_000);
    const took = drain(capacity) - 7 * SECOND;
    expect(Math.abs(took / (20 * SECOND) - 1)).toBeLessThan(0.02);
    expect(capacity.owed()).toBe(0);
  });

  it('hands over the same number whether asked once or often', () => {
    const often = new Capacity(
      config({ deliveriesPerSecond: 333, accessSlowsDelivery: 2, saturationUs: SECOND }),
    );
    const once = new Capacity(
      config({ deliveriesPerSecond: 333, accessSlowsDelivery: 2, saturationUs: SECOND }),
    );
    for (const capacity of [often, once]) {
      capacity.enqueue(0, 2_000);
      for (let i = 0; i < 2_500; i += 1) capacity.access(0, 'poll', 0);
    }
    let total = 0;
    for (let now = 0; now <= 5 * SECOND; now += 1_237) total += often.deliver(now);
    total += often.deliver(5 * SECOND);
    expect(once.deliver(5 * SECOND)).toBe(total);
  });

  it('delivers in bulk what it delivers copy by copy, whatever the other side asks for', () => {
    const asks = array(
      record({ gap: integer({ min: 0, max: 400_000 }), polls: integer({ min: 0, max: 300 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    assert(
      property(asks, integer({ min: 0, max: 4 }), (steps, accessSlowsDelivery) => {
        const settings = config({ deliveriesPerSecond: 20_000, accessSlowsDelivery, saturationUs: 200_000 });
        const bulk = new Capacity(settings);
        const single = new Capacity(settings);
        for (const capacity of [bulk, single]) capacity.enqueue(0, 100_000);
        let now = 0;
        for (const { gap, polls } of steps) {
          now += gap;
          let one = 0;
          while (single.deliver(now, 1) === 1) one += 1;
          // Rounding may move a copy's end over the instant of asking, and no further.
          expect(Math.abs(bulk.deliver(now) - one)).toBeLessThanOrEqual(1);
          for (let i = 0; i < polls; i += 1)
            for (const capacity of [bulk, single]) capacity.access(now, 'poll', 0);
        }
        bulk.deliver(1e12);
        single.deliver(1e12);
        expect(bulk.lastDeliveryUs / single.lastDeliveryUs).toBeCloseTo(1, 9);
      }),
      { numRuns: 40 },
    );
  });

  it('stands still at the instant of the last copy that was asked for', () => {
    const capacity = new Capacity(config({ deliveriesPerSecond: 1_000 }));
    capacity.enqueue(0, 10_000);
    expect(capacity.deliver(SECOND, 250)).toBe(250);
    expect(capacity.lastDeliveryUs).toBeCloseTo(250_000, 6);
    expect(capacity.access(300_000, 'poll', 0)).toBe(301_000);
    expect(capacity.deliver(SECOND)).toBe(750);
  });

  it.each([
    { load: 0.5, batch: 1, count: 200_000 },
    { load: 0.8, batch: 1, count: 400_000 },
    { load: 0.6, batch: 20, count: 2_000_000 },
  ])('waits as M/D/1 in batches of $batch at a load of $load, within 2 %', ({ load, batch, count }) => {
    const capacity = new Capacity(config({ deliveriesPerSecond: 100 }));
    const stream = randomStream(1, 'test.arrivals', batch);
    const arrivals: number[] = [];
    let first = 0;
    let now = 0;
    let waited = 0;
    const settle = (until: number): void => {
      for (
        let next = capacity.nextDeliveryUs();
        next !== undefined && next <= until;
        next = capacity.nextDeliveryUs()
      ) {
        const done = capacity.deliver(next, 1);
        waited += next - (arrivals[Math.floor(first / batch)] ?? 0) - 10_000;
        first += done;
      }
    };
    for (let i = 0; i < count / batch; i += 1) {
      now += (-Math.log(1 - stream.uniform()) * 10_000 * batch) / load;
      settle(now);
      arrivals.push(now);
      capacity.enqueue(now, batch);
    }
    settle(Number.MAX_SAFE_INTEGER);
    expect(first).toBe(count);
    within(0.02, waited / count, batchWaitUs(load, batch, 10_000));
  });

  it('keeps every copy, whatever happens when', () => {
    const step = record({
      gap: integer({ min: 0, max: 50_000 }),
      copies: integer({ min: 0, max: 40 }),
    });
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const capacity = new Capacity({
          ...DEFAULT_CAPACITY,
          deliveriesPerSecond: 900,
          saturationUs: 10_000,
        });
        let now = 0;
        let queued = 0;
        let delivered = 0;
        for (const { gap, copies } of steps) {
          now += gap;
          capacity.enqueue(now, copies);
          capacity.access(now, 'move', copies);
          queued += copies;
          delivered += capacity.deliver(now);
          expect(delivered + capacity.owed()).toBe(queued);
        }
        delivered += capacity.deliver(now + 60 * SECOND);
        expect(delivered).toBe(queued);
        expect(capacity.nextDeliveryUs()).toBeUndefined();
      }),
    );
  });
});

describe('access', () => {
  it('serves first come, first served, on as many servers as there are', () => {
    const capacity = new Capacity(config({ accessServers: 2 }));
    const done = [0, 0, 0, 0].map(() => capacity.access(0, 'poll', 0));
    expect(done).toEqual([1_000, 1_000, 2_000, 2_000]);
    expect(capacity.accessBacklogUs(500)).toBe(1_500);
    expect(capacity.access(10_000, 'poll', 0)).toBe(11_000);
  });

  it.each([0.5, 0.8])('waits as M/D/1 at a load of %d, within 2 %', (load) => {
    const capacity = new Capacity(config({ accessServers: 1 }));
    const stream = randomStream(2, 'test.arrivals', 0);
    const count = 1_000_000;
    let now = 0;
    let waited = 0;
    for (let i = 0; i < count; i += 1) {
      now += (-Math.log(1 - stream.uniform()) * 1_000) / load;
      waited += capacity.access(now, 'poll', 0) - now - 1_000;
    }
    within(0.02, waited / count, batchWaitUs(load, 1, 1_000));
  });

  it('waits as Pollaczek and Khinchine say where service times differ, within 2 %', () => {
    const service = { fixedUs: 500, perMessageUs: 100 };
    const mixed = new Capacity(
      config({ accessServers: 1, service: { ...UNLIMITED_CAPACITY.service, headers: service } }),
    );
    const stream = randomStream(3, 'test.arrivals', 0);
    const load = 0.7;
    // 1 or 25 messages, evenly: 600 us or 3,000 us.
    const times = [600, 3_000];
    const meanUs = 1_800;
    const count = 1_000_000;
    let now = 0;
    let waited = 0;
    for (let i = 0; i < count; i += 1) {
      now += (-Math.log(1 - stream.uniform()) * meanUs) / load;
      const large = stream.uniform() < 0.5;
      waited += mixed.access(now, 'headers', large ? 25 : 1) - now - (times[large ? 1 : 0] ?? 0);
    }
    const meanSquare = (600 ** 2 + 3_000 ** 2) / 2;
    within(0.02, waited / count, ((load / meanUs) * meanSquare) / (2 * (1 - load)));
  });

  it('takes longer for more messages', () => {
    const capacity = new Capacity(DEFAULT_CAPACITY);
    const { fixedUs, perMessageUs } = DEFAULT_CAPACITY.service.move;
    expect(capacity.access(0, 'move', 600)).toBe(fixedUs + 600 * perMessageUs);
  });

  it('takes an instant that runs backwards as the latest seen', () => {
    const capacity = new Capacity(config({}));
    expect(capacity.access(5_000, 'poll', 0)).toBe(6_000);
    expect(capacity.access(1_000, 'poll', 0)).toBe(7_000);
  });
});

describe('coupling', () => {
  const coupled = config({
    deliveriesPerSecond: 1_000,
    accessServers: 1,
    deliverySlowsAccess: 4,
    accessSlowsDelivery: 3,
    saturationUs: SECOND,
  });

  it('slows sign-ins under a delivery backlog and recovers', () => {
    const capacity = new Capacity(coupled);
    expect(capacity.access(0, 'poll', 0)).toBe(1_000);
    capacity.enqueue(10_000, 500);
    expect(capacity.access(10_000, 'poll', 0) - 10_000).toBeCloseTo(1_000 * (1 + 4 * 0.5), 6);
    capacity.enqueue(20_000, 5_000);
    expect(capacity.access(20_000, 'poll', 0) - 20_000).toBeCloseTo(5_000, 6);
    const after = drain(capacity) + 1;
    expect(capacity.access(after, 'poll', 0) - after).toBeCloseTo(1_000, 6);
  });

  it('slows delivery under a delete wave and recovers', () => {
    const capacity = new Capacity(coupled);
    for (let i = 0; i < 5_000; i += 1) capacity.access(0, 'poll', 0);
    capacity.enqueue(0, 2_000);
    // Saturated from 0 to 4 s: a copy takes 4 ms.
    expect(capacity.deliver(3 * SECOND)).toBe(750);
    drain(capacity);
    capacity.enqueue(60 * SECOND, 1_000);
    expect(capacity.deliver(61 * SECOND + 1)).toBe(1_000);
  });
});

it('refuses a configuration that means nothing', () => {
  expect(capacityProblems(DEFAULT_CAPACITY)).toEqual([]);
  expect(capacityProblems(UNLIMITED_CAPACITY)).toEqual([]);
  const broken = {
    ...DEFAULT_CAPACITY,
    deliveriesPerSecond: 0,
    accessServers: 0.5,
    saturationUs: Number.NaN,
  };
  expect(capacityProblems(broken)).toHaveLength(3);
  expect(() => new Capacity(broken)).toThrow(/deliveriesPerSecond/);
});
