/** When it was over, from windows against the baseline: for the system, for people, and lost once more. */

import { describe, expect, test } from 'vitest';

import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import { recoveryFigures } from '../../src/verdict/recovery.ts';
import type { PhaseTime } from '../../src/verdict/windows.ts';
import { DOOR_OPERATIONS, USUAL_DOORS, type Doors, type Phase } from '../../src/words.ts';

const S = 1_000_000;

const PHASES: readonly PhaseTime[] = [
  { name: 'baseline', startUs: 0, endUs: 10 * S },
  { name: 'storm', startUs: 10 * S, endUs: 20 * S },
  { name: 'drain', startUs: 20 * S, endUs: 30 * S },
  { name: 'deletes', startUs: 30 * S, endUs: 40 * S },
  { name: 'recovery', startUs: 40 * S, endUs: 50 * S },
];

const OK = { kind: 'ok', evidence: 'said so' } as const;
const UNKNOWN = { kind: 'unknown', because: 'no answer' } as const;

interface Second {
  /** Sign-ins, openings and canaries of this second, each. */
  readonly samples?: number;
  readonly us: number;
  readonly failed?: number;
  readonly copies?: number;
}

/** A run second by second. */
function runOf(seconds: readonly Second[], doors: Doors): Tally {
  const tally = new Tally();
  const { signIn, open } = DOOR_OPERATIONS[doors.mailbox];
  for (const [second, { samples = 30, us, failed = 0, copies = 0 }] of seconds.entries()) {
    const recorder = new Recorder();
    const phase = PHASES.find(({ endUs }) => second * S < endUs)?.name as Phase;
    const times = { intendedUs: 0, dueUs: 0, startedUs: 0, endedUs: us };
    for (let index = 0; index < samples; index += 1) {
      const outcome = index < failed ? UNKNOWN : OK;
      recorder.sample({ operation: signIn, phase, outcome, ...times, induced: false });
      if (open !== signIn) recorder.sample({ operation: open, phase, outcome: OK, ...times, induced: false });
      recorder.visible(phase, us);
    }
    recorder.accepted(copies);
    tally.add(recorder.drain(), (second + 0.5) * S);
  }
  return tally;
}

/** Ten seconds of each phase at these times in milliseconds. */
const phased = (...ms: readonly number[]): Second[] =>
  ms.flatMap((one) => Array.from({ length: 10 }, (): Second => ({ us: one * 1_000 })));

const judge = (
  seconds: readonly Second[],
  drainedUs: number | null = 5 * S,
  tolerance = 1.5,
  { ran = USUAL_DOORS, judgedBy }: { readonly ran?: Doors; readonly judgedBy?: Doors } = {},
) =>
  recoveryFigures({
    tally: runOf(seconds, ran),
    phases: PHASES,
    doors: judgedBy ?? ran,
    drainedUs,
    probed: true,
    tolerance,
    majorShare: 0.05,
  });

describe('people', () => {
  test('are back where the last worse window ends, after the system', () => {
    const figures = judge(phased(10, 200, 200, 200, 10));
    expect(figures).toMatchObject({ percentile: 90, userNormalUs: 40 * S, systemNormalUs: 25 * S });
    expect(figures.firstWorseUs).toBeGreaterThan(10 * S);
    expect(figures.firstWorseUs).toBeLessThanOrEqual(15 * S);
    expect(figures.lostAgainUs).toBeNull();
  });

  test('are not back when it ended while it was still worse', () => {
    const figures = judge(phased(10, 200, 200, 200, 200));
    expect(figures.userNormalUs).toBeNull();
    expect(figures.userBecause).toContain('sign-in, open, test results');
  });

  test('were back and lost it again', () => {
    const figures = judge(phased(10, 200, 10, 200, 10));
    expect(figures).toMatchObject({ regainedUs: 20 * S, lostAgainUs: 30 * S, userNormalUs: 40 * S });
  });

  test('never noticed', () => {
    const figures = judge(phased(10, 10, 10, 10, 10));
    expect(figures).toMatchObject({ firstWorseUs: null, userNormalUs: 20 * S, lostAgainUs: null });
    expect(figures.userBecause).toContain('never worse');
  });

  test('may be given more tolerance, and a hair of the clock is nothing', () => {
    expect(judge(phased(10, 18, 10, 10, 10)).firstWorseUs).not.toBeNull();
    expect(judge(phased(10, 18, 10, 10, 10), 0, 2).firstWorseUs).toBeNull();
    expect(judge(phased(1, 4, 1, 1, 1)).firstWorseUs).toBeNull();
  });

  test('cannot be told where the baseline or all windows have too few samples', () => {
    const few = phased(10, 200, 200, 200, 10).map((one) => ({ ...one, samples: 1 }));
    expect(judge(few)).toMatchObject({ percentile: null, userNormalUs: null, firstWorseUs: null });
    const later = phased(10, 200, 200, 200, 10).map((one, second) =>
      second < 10 ? one : { ...one, samples: 0 },
    );
    const figures = judge(later);
    expect(figures.windows.every(({ state, major }) => state === 'unknown' && major === null)).toBe(true);
    expect(figures.userNormalUs).toBeNull();
  });
});

describe('the mail system', () => {
  test('is not back while it takes in more than before the storm', () => {
    const seconds = phased(10, 10, 10, 10, 10).map((one, second) => ({
      ...one,
      copies: second < 10 ? 10 : second < 28 ? 500 : 10,
    }));
    expect(judge(seconds).systemNormalUs).toBe(28 * S);
  });

  test('is not known to be back where the backlog was not seen to go', () => {
    expect(judge(phased(10, 10, 10, 10, 10), null).systemNormalUs).toBeNull();
  });
});

test('a major incident is more than the share of failing sign-ins in a window', () => {
  const failing = (failed: number) =>
    phased(10, 10, 10, 10, 10).map((one, second) => (second >= 12 && second < 18 ? { ...one, failed } : one));
  expect(judge(failing(1)).majorIncidentUs).toBeNull();
  expect(judge(failing(3)).majorIncidentUs).toBeGreaterThan(12 * S);
});

describe('through other doors', () => {
  const seconds = phased(10, 200, 200, 200, 200);
  const at = (mailbox: Doors['mailbox']): { ran: Doors } => ({ ran: { submit: 'jmap', mailbox } });

  test.each([
    ['jmap', 'sign-in, open, test results'],
    // One operation is getting in and opening: it is worse once, not twice.
    ['http', 'listing, test results'],
  ] as const)('%s: the same instants, by its own operations', (mailbox, worse) => {
    const figures = judge(seconds, 5 * S, 1.5, at(mailbox));
    const usual = judge(seconds);
    expect(figures.userBecause).toContain(`still worse than before when it ended: ${worse}`);
    expect(figures.firstWorseUs).not.toBeNull();
    expect(figures.firstWorseUs).toBe(usual.firstWorseUs);
    expect(figures.windowUs).toBe(usual.windowUs);
  });

  test('a major incident is told by what stands for signing in', () => {
    const failing = phased(10, 10, 10, 10, 10).map((one, second) =>
      second >= 12 && second < 18 ? { ...one, failed: 3 } : one,
    );
    expect(judge(failing, 5 * S, 1.5, at('jmap')).majorIncidentUs).toBeGreaterThan(12 * S);
  });

  test('nothing is known of a door that nobody went through', () => {
    const { percentile, windows } = judge(seconds, 5 * S, 1.5, {
      ran: USUAL_DOORS,
      judgedBy: { submit: 'smtp', mailbox: 'jmap' },
    });
    expect(percentile).toBeNull();
    expect(windows.every(({ state, major }) => state === 'unknown' && major === null)).toBe(true);
  });
});
