/** The history stays small, loses no extreme, and continues what a watcher has without a gap or a repetition. */

import { array, assert, boolean, integer, pre, property } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { MOST_NOTES, MOST_POINTS, type Hello, type PacePoint } from '../../src/telemetry/dashboard/glance.ts';
import { History } from '../../src/telemetry/dashboard/history.ts';
import { columnAt, glanceAt } from './moments.ts';

/** A history of so many seconds, `owed` in each as it is given. */
function historyOf(seconds: number, owed: (second: number) => number | null = (second) => second): History {
  const history = new History();
  for (let second = 1; second <= seconds; second += 1) history.add(glanceAt(second, { owed: owed(second) }));
  return history;
}

const seqs = (points: readonly { readonly seq: number }[]): number[] => points.map(({ seq }) => seq);

describe('pace', () => {
  test('is what was due and what ended well between two moments', () => {
    const { pace } = historyOf(3).since(undefined);
    expect(pace.map(({ fromUs, toUs }) => [fromUs, toUs])).toEqual([
      [0, 1e6],
      [1e6, 2e6],
      [2e6, 3e6],
    ]);
    expect(pace[1]?.offered).toEqual({ low: 10, mean: 10, high: 10 });
    expect(pace[1]?.achieved).toEqual({ low: 9, mean: 9, high: 9 });
  });

  test('has no backlog where nobody can tell, which is not a backlog of 0', () => {
    expect(historyOf(1, () => null).since(undefined).pace[0]?.owed).toBeNull();
    expect(historyOf(1, () => 0).since(undefined).pace[0]?.owed?.high).toBe(0);
  });

  test('is of nothing due once the plan is over, whatever a stop adds to the plan’s count', () => {
    const history = new History();
    history.add(glanceAt(1));
    const { pace } = history.add(glanceAt(2, { phase: 'end', journeys: { planned: 900, ok: 12 } }));
    expect([pace?.offered.mean, pace?.achieved.mean]).toEqual([0, 3]);
  });

  test('a first look before the zero makes no stretch of negative length', () => {
    const history = new History();
    history.add(glanceAt(-0.3));
    history.add(glanceAt(0.7));
    const stretches = history.since(undefined).pace.map(({ fromUs, toUs }) => toUs - fromUs);
    expect(stretches).toEqual([0, 0.7e6]);
  });
});

describe('pace, at a change of phase', () => {
  test('waits until there is a stretch to speak of, and loses nothing by it', () => {
    const history = new History();
    const told = [1, 2, 2.1, 3.1].map((second) => history.add(glanceAt(second)).pace);
    expect(told.map((point) => point?.toUs ?? null)).toEqual([1e6, 2e6, null, 3.1e6]);
    expect(told[3]).toMatchObject({ fromUs: 2e6, offered: { mean: 10 } });
    expect(history.since(undefined).latest?.moment.atUs).toBe(3.1e6);
  });
});

describe('bounded', () => {
  test('a day stays within its limit, whole and in order', () => {
    const { pace, felt } = historyOf(86_400).since(undefined);
    for (const points of [pace, felt]) {
      expect(points.length).toBeLessThanOrEqual(MOST_POINTS);
      expect(points.length).toBeGreaterThan(MOST_POINTS / 3);
    }
    expect(pace[0]?.fromUs).toBe(0);
    expect(pace.at(-1)?.toUs).toBe(86_400e6);
    for (const [index, { fromUs }] of pace.entries())
      if (index > 0) expect(fromUs).toBe(pace[index - 1]?.toUs);
    const journeys = (of: (point: PacePoint) => number): number =>
      pace.reduce((sum, point) => sum + (of(point) * (point.toUs - point.fromUs)) / 1e6, 0);
    expect(journeys(({ offered }) => offered.mean)).toBeCloseTo(864_000, 3);
    expect(felt.reduce((sum, { heat }) => sum + (heat[0] ?? 0), 0)).toBe(86_400);
  });

  test('no extreme is lost, wherever it was', () => {
    assert(
      property(integer({ min: 1, max: 2_500 }), integer({ min: 1, max: 2_500 }), (high, low) => {
        pre(high !== low);
        const history = new History();
        for (let second = 1; second <= 2_500; second += 1) {
          const owed = second === high ? 1_000 : second === low ? 1 : 500;
          const us = second === high ? 9e6 : 1_000;
          history.add(glanceAt(second, { owed }, [columnAt(second, us)]));
        }
        const { pace, felt } = history.since(undefined);
        expect(pace.length).toBeLessThanOrEqual(MOST_POINTS);
        const highest = pace.find(({ owed }) => owed?.high === 1_000);
        expect(highest?.fromUs).toBeLessThan(high * 1e6);
        expect(highest?.toUs).toBeGreaterThanOrEqual(high * 1e6);
        expect(pace.some(({ owed }) => owed?.low === 1)).toBe(true);
        expect(felt.filter(({ signIn }) => signIn.maxUs === 9e6 && signIn.p50Us === 9e6)).toHaveLength(1);
      }),
      { numRuns: 20 },
    );
  });

  test('events are cut at their old end', () => {
    const history = new History();
    for (let i = 0; i < MOST_NOTES + 5; i += 1) history.note({ atUs: i, event: `event ${i}` });
    const { notes } = history.since(undefined);
    expect(notes).toHaveLength(MOST_NOTES);
    expect(notes[0]?.event).toBe('event 5');
  });
});

describe('since', () => {
  test('whoever comes back hears what it missed, once', () => {
    const history = historyOf(4);
    const seen = history.seq;
    history.note({ atUs: 4e6, event: 'phase drain' });
    history.add(glanceAt(5));
    const rest = history.since(seen);
    expect(rest.whole).toBe(false);
    expect(seqs(rest.pace)).toEqual([seen + 2]);
    expect(seqs(rest.felt)).toEqual([seen + 2]);
    expect(seqs(rest.notes)).toEqual([seen + 1]);
    expect(rest.latest?.moment.atUs).toBe(5e6);
  });

  test('whoever knows nothing, or what never was, or what has been put together since, hears everything', () => {
    const history = historyOf(MOST_POINTS);
    expect(history.since(undefined).whole).toBe(true);
    expect(history.since(history.seq + 1).whole).toBe(true);
    const seen = history.seq - 1;
    expect(history.since(seen).whole).toBe(false);
    history.add(glanceAt(MOST_POINTS + 1));
    expect(history.since(seen).whole).toBe(true);
  });

  test('a watcher that was away at any time and came back has what one has that never left', () => {
    assert(
      property(array(boolean(), { minLength: 1, maxLength: 40 }), (listens) => {
        const history = new History();
        let known: Pick<Hello, 'pace' | 'notes'> = { pace: [], notes: [] };
        let seq: number | undefined;
        for (const [second, isThere] of listens.entries()) {
          if (second % 3 === 0) history.note({ atUs: second, event: 'something' });
          history.add(glanceAt(second));
          if (!isThere) continue;
          const { whole, pace, notes } = history.since(seq);
          const before = whole ? { pace: [], notes: [] } : known;
          known = { pace: [...before.pace, ...pace], notes: [...before.notes, ...notes] };
          seq = history.seq;
        }
        const { pace, notes } = history.since(undefined);
        if (listens.at(-1) === true) expect(known).toEqual({ pace, notes });
      }),
    );
  });
});
