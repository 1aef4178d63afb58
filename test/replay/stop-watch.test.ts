/** The stop watch on a pretended clock: shares of errors over a window, the wall-time cap, and who spoke first. */

import { describe, expect, test } from 'vitest';
import type { ProtocolOutcome } from '../../src/measure/outcome.ts';
import { Recorder, type TallyDelta } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import type { Profile } from '../../src/profile/schema.ts';
import { StopWatch } from '../../src/replay/stop-watch.ts';
import { watchThresholds } from '../../src/verdict/live.ts';
import { enter, OK, ramp, REJECTED, UNKNOWN } from '../measure/notebooks.ts';
import { SMOKE, smokeWith } from '../storm/plans.ts';
import { thresholdOf } from '../verdict/cases.ts';

const SECOND = 1_000_000;
const TENTH = smokeWith({ stopConditions: [{ errors: 0.1, over: 10 * SECOND }] });

function makeWatch(profile: Profile): { watch: StopWatch; now: { us: number }; operator: AbortController } {
  const now = { us: 5 * SECOND };
  const operator = new AbortController();
  return { watch: new StopWatch(profile, () => now.us, operator.signal), now, operator };
}

/** A second of so many good and bad attempts. */
function second(
  good: number,
  bad: number,
  outcome = REJECTED as ProtocolOutcome,
  induced = false,
): TallyDelta {
  const recorder = new Recorder();
  enter(recorder, 'smtp.submit', ramp(good), { outcome: OK });
  enter(recorder, 'imap.open', ramp(bad), { outcome, induced });
  return recorder.drain();
}

describe('a stop condition', () => {
  test.each([
    ['at its limit', 90, 10, undefined],
    ['above it', 89, 11, 'condition'],
    ['with too few attempts', 0, 19, undefined],
    ['with just enough attempts', 0, 20, 'condition'],
    ['without attempts', 0, 0, undefined],
  ])('%s', (_, good, bad, kind) => {
    const { watch } = makeWatch(TENTH);
    watch.note(second(good, bad));
    expect(watch.reason?.kind).toBe(kind);
  });

  test('counts what is unknown and what is induced, and tells what it saw', () => {
    for (const [outcome, induced] of [
      [UNKNOWN, false],
      [REJECTED, true],
      [UNKNOWN, true],
    ] as const) {
      const { watch } = makeWatch(TENTH);
      watch.note(second(80, 20, outcome as ProtocolOutcome, induced));
      expect(watch.reason?.words).toBe(
        'stop condition reached: 20 of 100 attempts refused or unknown within 10 s',
      );
    }
  });

  test('leaves journeys and drops out: they are no attempts', () => {
    const { watch } = makeWatch(TENTH);
    const recorder = new Recorder();
    enter(recorder, 'journey.read', ramp(100), { outcome: REJECTED });
    for (let i = 0; i < 100; i += 1) recorder.dropped('imap.open', 'storm', false, 'stepFailed');
    watch.note(recorder.drain());
    expect(watch.reason).toBeUndefined();
  });

  test('adds up all workers within the window, and forgets what is older', () => {
    const { watch, now } = makeWatch(TENTH);
    for (let i = 0; i < 2; i += 1) watch.note(second(0, 9));
    now.us += 10 * SECOND;
    expect(watch.reason).toBeUndefined();
    watch.note(second(0, 2));
    expect(watch.reason?.kind).toBe('condition');

    const later = makeWatch(TENTH);
    for (let i = 0; i < 2; i += 1) later.watch.note(second(0, 9));
    later.now.us += 10 * SECOND + 1;
    later.watch.note(second(0, 2));
    expect(later.watch.reason).toBeUndefined();
  });

  test('good seconds within the window outweigh bad ones', () => {
    const { watch, now } = makeWatch(TENTH);
    watch.note(second(500, 0));
    now.us += 9 * SECOND;
    watch.note(second(0, 50));
    expect(watch.reason).toBeUndefined();
    now.us += 2 * SECOND;
    watch.note(second(0, 1));
    expect(watch.reason?.kind).toBe('condition');
  });

  test('of several the one that is reached stops, each by its own window', () => {
    const profile = smokeWith({
      stopConditions: [
        { errors: 0.5, over: SECOND },
        { errors: 0.05, over: 60 * SECOND },
      ],
    });
    const { watch, now } = makeWatch(profile);
    watch.note(second(100, 5));
    now.us += 30 * SECOND;
    watch.note(second(100, 10));
    expect(watch.reason?.words).toMatch(/15 of 215 .* within 60 s/);
  });

  test('with a short window does not see what only a longer one remembers', () => {
    const profile = smokeWith({
      stopConditions: [
        { errors: 0.5, over: SECOND },
        { errors: 0.9, over: 60 * SECOND },
      ],
    });
    const { watch, now } = makeWatch(profile);
    watch.note(second(0, 19));
    now.us += 30 * SECOND;
    watch.note(second(20, 10));
    expect(watch.reason).toBeUndefined();
  });

  test('where there is none nothing stops, however bad', () => {
    const { watch } = makeWatch(SMOKE);
    watch.note(second(0, 1_000));
    expect(watch.reason).toBeUndefined();
  });
});

describe('a threshold', () => {
  /** The storm begins at the clock's zero; every second ten submissions are refused. */
  function conducted(text: string): { watch: StopWatch; now: { us: number }; asked: number[] } {
    const thresholds = [{ ...thresholdOf(text), abortOnFail: true as const }];
    const { watch, now } = makeWatch(SMOKE);
    const tally = new Tally();
    const asked: number[] = [];
    now.us = 0;
    while (watch.reason === undefined && now.us < 30 * SECOND) {
      now.us += SECOND / 10;
      if (now.us % SECOND === 0) tally.add(second(10, 10), now.us - SECOND / 2);
      watch.ask(() => {
        asked.push(now.us);
        const phases = [{ name: 'storm', startUs: 0, endUs: now.us }] as const;
        const stop = watchThresholds(thresholds, { tally, phases }, now.us);
        return stop === undefined ? undefined : `${stop.text}: ${stop.observed}`;
      });
    }
    return { watch, now, asked };
  }

  test('that has failed for certain ends the run, and is named', () => {
    const text = 'imap.open: rate(rejected) <= 5% over 2s for 3';
    const { watch, now } = conducted(text);
    expect(watch.reason).toEqual({
      kind: 'condition',
      words: `threshold failed: ${text}: 20 of 20 operations in the window from 4.00 s on, the last of 3 in a row`,
    });
    expect(now.us / SECOND).toBeCloseTo(8.1);
  });

  test('that holds does not, and is asked once a second', () => {
    const { watch, asked } = conducted('imap.open: rate(ok) <= 5% over 2s');
    expect(watch.reason).toBeUndefined();
    expect(asked.length).toBe(30);
  });

  test('is not asked once there is a reason, or the plan has been carried out', () => {
    const stopped = makeWatch(SMOKE).watch;
    stopped.stop({ kind: 'shardLost', words: 'a worker ended' });
    const over = makeWatch(SMOKE).watch;
    over.finish();
    for (const watch of [stopped, over]) watch.ask(() => expect.fail('asked'));
  });
});

describe('other reasons', () => {
  const capped = { ...SMOKE, caps: { messages: 1, copies: 1, bytes: 1, connections: 1, wall: 60 * SECOND } };

  test('the wall-time cap counts from the run’s zero, until the plan has been carried out', () => {
    const { watch, now } = makeWatch(capped);
    now.us = 60 * SECOND;
    expect(watch.reason).toBeUndefined();
    now.us += 1;
    expect(watch.reason).toEqual({ kind: 'condition', words: 'caps.wall reached: 60 s' });
    const done = makeWatch(capped);
    done.watch.finish();
    done.now.us = 100 * SECOND;
    expect(done.watch.reason).toBeUndefined();
  });

  test('the operator stops at once', () => {
    const { watch, operator } = makeWatch(SMOKE);
    expect(watch.reason).toBeUndefined();
    operator.abort();
    expect(watch.reason).toEqual({ kind: 'operator', words: 'stopped by the operator' });
  });

  test('the first reason stays, whatever comes later', () => {
    const first = makeWatch({ ...capped, stopConditions: TENTH.stopConditions });
    first.watch.stop({ kind: 'shardLost', words: 'a worker ended' });
    first.operator.abort();
    first.now.us += 100 * SECOND;
    first.watch.note(second(0, 100));
    expect(first.watch.reason?.kind).toBe('shardLost');

    const condition = makeWatch(TENTH);
    condition.watch.note(second(0, 100));
    condition.operator.abort();
    expect(condition.watch.reason?.kind).toBe('condition');

    const operator = makeWatch(TENTH);
    operator.operator.abort();
    expect(operator.watch.reason?.kind).toBe('operator');
    operator.watch.note(second(0, 100));
    expect(operator.watch.reason?.kind).toBe('operator');
  });
});
