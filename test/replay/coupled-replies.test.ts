/** Coupled replies on a pretended clock: they wait for sight, think, and leave; or starve, or are stopped; and the sums hold. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Recorder } from '../../src/measure/recorder.ts';
import { CoupledReplies } from '../../src/storm/coupled.ts';
import { Dispatcher } from '../../src/replay/dispatcher.ts';
import { thoughtUs } from '../../src/storm/awaited.ts';
import type { Journey } from '../../src/storm/journey.ts';
import { listMessage, makePlan, plannedIntents, stormOffsetUs } from '../../src/storm/plan.ts';
import type { DropReason } from '../../src/words.ts';
import { smokeWith } from '../storm/plans.ts';

const SECOND = 1_000_000;
const ZERO = 10 * SECOND;

const PLAN = makePlan(smokeWith({ readers: { rate: 0 }, canaries: { rate: 0 }, bystanders: { rate: 0 } }), {
  seed: 3,
  mailboxes: 40,
  speed: 60,
  mode: 'coupled',
});
const ENDS = ZERO + PLAN.lengthsUs.storm;

function stage() {
  const now = { us: 0 };
  const recorder = new Recorder();
  const coupled = new CoupledReplies(PLAN, () => ENDS);
  const started: { journey: Journey; intendedUs: number; dueUs: number }[] = [];
  const dropped: { number: number; by: DropReason }[] = [];
  const dispatcher = new Dispatcher({
    plan: PLAN,
    shard: { index: 0, count: 1 },
    clock: () => now.us,
    recorder,
    lateLimitUs: 60 * SECOND,
    spin: false,
    start: (journey, intendedUs, dueUs) => started.push({ journey, intendedUs, dueUs }),
    coupled,
    dropped: (journey, by) => dropped.push({ number: journey.id, by }),
  });
  dispatcher.announce('storm', ZERO);
  const at = (us: number): void => {
    now.us = us;
    dispatcher.drain();
  };
  /** The author of a reply sees what it answers. */
  const see = (reply: number, us: number): void =>
    coupled.saw(listMessage(PLAN, reply).author, PLAN.cascade[reply]?.parent ?? -1, us);
  return { dispatcher, coupled, recorder, started, dropped, at, see };
}

const children = (parent: number): number[] =>
  PLAN.cascade.filter((message) => message.parent === parent).map(({ number }) => number);

const [FIRST = -1] = children(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a reply in coupled mode', () => {
  test('does not leave at its planned instant: what it answers has not been seen', () => {
    const { at, started, recorder } = stage();
    at(ENDS - 1);
    expect(started.map(({ journey }) => journey.id)).toEqual([0]);
    // It is planned all the same, and its open-mode phase is its phase.
    const { operations } = recorder.drain();
    const sends = operations.find(({ operation }) => operation === 'journey.send');
    expect(sends?.phase).toBe('storm');
    expect(sends?.intents.planned).toBe(plannedIntents(PLAN, 'storm', Infinity).get('journey.send'));
  });

  test('leaves when its author has seen and thought, and is late only against that', () => {
    const { at, see, started } = stage();
    const seenUs = ZERO + stormOffsetUs(PLAN, FIRST) + SECOND;
    const meantUs = seenUs + thoughtUs(PLAN, FIRST);
    expect(meantUs).toBeLessThan(ENDS);
    at(seenUs);
    see(FIRST, seenUs);
    at(meantUs - 1);
    expect(started.map(({ journey }) => journey.id)).toEqual([0]);
    at(meantUs + 400);
    expect(started[1]).toMatchObject({ intendedUs: meantUs, dueUs: meantUs + 400, journey: { id: FIRST } });
  });

  test('seen before its open-mode instant leaves after its own thinking, whoever told first', () => {
    const { at, see, started } = stage();
    see(FIRST, ZERO + 5_000);
    at(ENDS - 1);
    expect(started[1]).toMatchObject({
      journey: { id: FIRST },
      intendedUs: ZERO + 5_000 + thoughtUs(PLAN, FIRST),
    });
  });

  test('leaves as the open storm would where everything is seen at once', () => {
    const { at, see, started } = stage();
    for (const { number, parent } of PLAN.cascade.slice(1)) see(number, ZERO + stormOffsetUs(PLAN, parent));
    at(ENDS - 1);
    expect(started.map(({ journey }) => journey.id).toSorted((a, b) => a - b)).toEqual(
      PLAN.cascade.map(({ number }) => number),
    );
    for (const { journey, intendedUs } of started) expect(intendedUs).toBe(ZERO + journey.offsetUs);
  });
});

describe('a reply that never leaves', () => {
  test('starves at the end of the storm, not before, and once', () => {
    const { at, started, dropped, recorder } = stage();
    at(ENDS - 1);
    expect(dropped).toEqual([]);
    at(ENDS);
    at(ENDS + SECOND);
    expect(started).toHaveLength(1);
    expect(dropped.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(
      PLAN.cascade.slice(1).map(({ number }) => number),
    );
    expect(new Set(dropped.map(({ by }) => by))).toEqual(new Set(['starved']));
    const { operations } = recorder.drain();
    for (const { operation, intents } of operations)
      expect({ operation, starved: intents.dropped.starved }).toEqual({ operation, starved: dropped.length });
  });

  test('starves too when it was seen, but not thought about before the end', () => {
    const { at, see, dropped, started } = stage();
    see(FIRST, ENDS - thoughtUs(PLAN, FIRST));
    at(ENDS + SECOND);
    expect(dropped).toContainEqual({ number: FIRST, by: 'starved' });
    expect(started).toHaveLength(1);
    const just = stage();
    just.see(FIRST, ENDS - thoughtUs(PLAN, FIRST) - 1);
    // A stall across the storm's end makes it late, and takes nothing from it.
    just.at(ENDS + SECOND);
    expect(just.started[1]).toMatchObject({ journey: { id: FIRST }, intendedUs: ENDS - 1 });
  });

  test('is stopped with the run, waiting or thinking, taken up or not', () => {
    const { at, see, dropped, dispatcher, recorder } = stage();
    at(ZERO + stormOffsetUs(PLAN, FIRST) + 1);
    see(FIRST, ZERO + stormOffsetUs(PLAN, FIRST) + 1);
    dispatcher.stop();
    const stopped = dropped.filter(({ by, number }) => by === 'stopped' && number < PLAN.cascade.length);
    expect(stopped.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(
      PLAN.cascade.slice(1).map(({ number }) => number),
    );
    at(ENDS + SECOND);
    const sends = recorder.drain().operations.filter(({ operation }) => operation === 'journey.send');
    // All but the first message, which had begun.
    const left = sends.map(({ intents }) => intents.planned - intents.dropped.stopped);
    expect(left.reduce((sum, one) => sum + one, 0)).toBe(1);
  });
});
