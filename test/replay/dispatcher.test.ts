/** The dispatcher on a pretended clock: never early, too late is dropped, what is cut is not planned, what is stopped is. */

import { assert, array, integer, property } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type OperationCounts, Recorder } from '../../src/measure/recorder.ts';
import { Dispatcher } from '../../src/replay/dispatcher.ts';
import { JOURNEY_OPERATION, type Journey, stepsOf } from '../../src/storm/journey.ts';
import { phaseJourneys, plannedIntents, type Plan, type Shard, WHOLE } from '../../src/storm/plan.ts';
import { type DropReason, PHASES, type Phase, USUAL_DOORS } from '../../src/words.ts';
import { planOf, SMOKE } from '../storm/plans.ts';

const STEPS = stepsOf(USUAL_DOORS);

const SECOND = 1_000_000;
const PLAN = planOf(SMOKE);

interface Started {
  readonly journey: Journey;
  readonly intendedUs: number;
  readonly dueUs: number;
}

function makeDispatcher(plan: Plan = PLAN, shard: Shard = WHOLE, lateLimitUs = 60 * SECOND) {
  const now = { us: 0 };
  const started: Started[] = [];
  const recorder = new Recorder();
  const dispatcher = new Dispatcher({
    plan,
    shard,
    clock: () => now.us,
    recorder,
    lateLimitUs,
    spin: false,
    start: (journey, intendedUs, dueUs) => {
      started.push({ journey, intendedUs, dueUs });
    },
  });
  return { dispatcher, now, started, recorder };
}

const journeysIn = (phase: Phase, shard: Shard = WHOLE): Journey[] => [...phaseJourneys(PLAN, phase, shard)];

function firstOf(phase: Phase): Journey {
  const [first] = journeysIn(phase);
  if (first === undefined) throw new Error(`nothing is planned in ${phase}`);
  return first;
}

/** Planned intents by phase and operation, as a recorder counted them. */
function plannedBy(operations: readonly OperationCounts[]): Map<string, number> {
  return new Map(
    operations.map(({ phase, operation, intents }) => [`${phase} ${operation}`, intents.planned]),
  );
}

/** The same from the plan; `untilUs` cuts a phase. */
function plannedFrom(
  phases: readonly Phase[],
  untilUs: Partial<Record<Phase, number>> = {},
): Map<string, number> {
  return new Map(
    phases.flatMap((phase) =>
      [...plannedIntents(PLAN, phase, untilUs[phase] ?? Number.POSITIVE_INFINITY)].map(
        ([operation, count]) => [`${phase} ${operation}`, count] as const,
      ),
    ),
  );
}

const sorted = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1));

/** Drops of a reason over all operations of a kind. */
const droppedAs = (operations: readonly OperationCounts[], reason: DropReason): number =>
  operations.reduce(
    (sum, { operation, intents }) => sum + (operation.startsWith('journey.') ? intents.dropped[reason] : 0),
    0,
  );

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('taking up', () => {
  test('is never early, and everything is taken up in order, whenever the clock is asked', () => {
    assert(
      property(array(integer({ min: 1, max: 900_000 }), { minLength: 1, maxLength: 20 }), (gaps) => {
        const { dispatcher, now, started } = makeDispatcher();
        dispatcher.announce('baseline', 500_000);
        for (const gap of gaps) {
          now.us += gap;
          dispatcher.drain();
          const due = journeysIn('baseline').filter(({ offsetUs }) => 500_000 + offsetUs <= now.us);
          expect(started.map(({ journey }) => journey.id)).toEqual(due.map(({ id }) => id));
        }
        for (const { journey, intendedUs, dueUs } of started) {
          expect(intendedUs).toBe(500_000 + journey.offsetUs);
          expect(dueUs).toBeGreaterThanOrEqual(intendedUs);
        }
        dispatcher.stop();
      }),
      { numRuns: 30 },
    );
  });

  test('happens at the very microsecond, not one before', () => {
    const first = firstOf('baseline');
    const { dispatcher, now, started } = makeDispatcher();
    dispatcher.announce('baseline', 1_000);
    now.us = 1_000 + first.offsetUs - 1;
    dispatcher.drain();
    expect(started).toEqual([]);
    now.us += 1;
    dispatcher.drain();
    expect(started.map(({ journey }) => journey.id)).toContain(first.id);
  });

  test('happens by itself on the tick, until it is stopped', () => {
    const { dispatcher, now, started } = makeDispatcher();
    dispatcher.announce('baseline', 0);
    now.us = 10 * SECOND;
    expect(started).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(started).toHaveLength(journeysIn('baseline').length);
    dispatcher.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('keeps phases apart, each from its own zero, and opens each once', () => {
    const { dispatcher, now, started, recorder } = makeDispatcher();
    dispatcher.announce('baseline', 0);
    dispatcher.announce('storm', 2 * SECOND);
    dispatcher.announce('storm', 0);
    now.us = 6 * SECOND;
    dispatcher.drain();
    for (const { journey, intendedUs } of started)
      expect(intendedUs).toBe((journey.phase === 'storm' ? 2 * SECOND : 0) + journey.offsetUs);
    expect(sorted(plannedBy(recorder.drain().operations))).toEqual(
      sorted(plannedFrom(['baseline', 'storm'])),
    );
  });

  test('of a shard is that shard’s', () => {
    const ids = [0, 1, 2].flatMap((index) => {
      const shard = { index, count: 3 };
      const { dispatcher, now, started } = makeDispatcher(PLAN, shard);
      dispatcher.announce('storm', 0);
      now.us = 60 * SECOND;
      dispatcher.drain();
      expect(started.map(({ journey }) => journey.id)).toEqual(
        journeysIn('storm', shard).map(({ id }) => id),
      );
      return started.map(({ journey }) => journey.id);
    });
    expect(ids.toSorted((a, b) => a - b)).toEqual(
      journeysIn('storm')
        .map(({ id }) => id)
        .toSorted((a, b) => a - b),
    );
  });
});

describe('too late', () => {
  test('is planned, dropped as late with all its steps, and not begun; at the limit it is begun', () => {
    const first = firstOf('baseline');
    for (const [overUs, begun] of [
      [0, true],
      [1, false],
    ] as const) {
      const { dispatcher, now, started, recorder } = makeDispatcher(PLAN, WHOLE, SECOND);
      dispatcher.announce('baseline', 0);
      now.us = first.offsetUs + SECOND + overUs;
      dispatcher.drain();
      expect(started.some(({ journey }) => journey.id === first.id)).toBe(begun);
      const { operations } = recorder.drain();
      expect(droppedAs(operations, 'late')).toBe(begun ? 0 : 1);
      if (begun) continue;
      for (const name of [JOURNEY_OPERATION[first.kind], ...STEPS[first.kind]])
        expect(operations.find(({ operation }) => operation === name)?.intents.dropped.late).toBe(1);
    }
  });
});

describe('a cut', () => {
  test('withdraws from its offset on: neither planned nor dropped, and the phase is used up', () => {
    assert(
      property(integer({ min: 0, max: 11 * SECOND }), (cutUs) => {
        const { dispatcher, now, started, recorder } = makeDispatcher();
        dispatcher.announce('drain', 0);
        dispatcher.grant('drain', 20 * SECOND);
        dispatcher.cut('drain', cutUs);
        now.us = 60 * SECOND;
        dispatcher.drain();
        expect(started).toHaveLength(journeysIn('drain').filter(({ offsetUs }) => offsetUs < cutUs).length);
        dispatcher.stop();
        const counted = recorder.drain().operations.filter(({ phase }) => phase === 'drain');
        expect(sorted(plannedBy(counted))).toEqual(sorted(plannedFrom(['drain'], { drain: cutUs })));
        expect(droppedAs(counted, 'stopped')).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  test('of one phase leaves the others alone', () => {
    const { dispatcher, now, started } = makeDispatcher();
    dispatcher.announce('drain', 0);
    dispatcher.announce('deletes', 0);
    dispatcher.cut('drain', 0);
    now.us = 60 * SECOND;
    dispatcher.drain();
    expect(started.map(({ journey }) => journey.id)).toEqual(journeysIn('deletes').map(({ id }) => id));
  });
});

describe('a stop', () => {
  test('plans and drops the rest, phases never opened included: planned is the plan’s, whenever it comes', () => {
    assert(
      property(integer({ min: 0, max: 8 * SECOND }), integer({ min: 0, max: 5 }), (stopUs, opened) => {
        const { dispatcher, now, started, recorder } = makeDispatcher();
        for (const [index, phase] of PHASES.slice(0, opened).entries())
          dispatcher.announce(phase, index * 2 * SECOND);
        now.us = stopUs;
        dispatcher.drain();
        const before = started.length;
        dispatcher.stop();
        expect(started).toHaveLength(before);
        const { operations } = recorder.drain();
        expect(sorted(plannedBy(operations))).toEqual(sorted(plannedFrom(PHASES)));
        const all = PHASES.flatMap((phase) => journeysIn(phase)).length;
        expect(droppedAs(operations, 'stopped')).toBe(all - before);
      }),
      { numRuns: 30 },
    );
  });

  test('respects a cut, and is final', () => {
    const { dispatcher, now, started, recorder } = makeDispatcher();
    for (const phase of PHASES) dispatcher.announce(phase, 0);
    dispatcher.cut('drain', 3 * SECOND);
    dispatcher.stop();
    dispatcher.stop();
    dispatcher.announce('storm', 0);
    now.us = 60 * SECOND;
    dispatcher.drain();
    expect(started).toEqual([]);
    const { operations } = recorder.drain();
    expect(sorted(plannedBy(operations))).toEqual(sorted(plannedFrom(PHASES, { drain: 3 * SECOND })));
  });
});
