/** The paced load on a pretended clock: the rate to the operation, never early; a stall of the target shown in full; an end in order. */

import { describe, expect, test } from 'vitest';

import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import { PacedLoad } from '../../src/replay/paced.ts';
import { randomStream } from '../../src/random.ts';
import { instants, type Instant, type Pace } from '../../src/storm/schedule.ts';
import { PretendedWorld, type Target } from './pretended.ts';

const MILLISECOND = 1_000;
const SECOND = 1_000_000;

/** Where the schedule's zero lies on the clock: not at 0, which would hide a mix-up of the two. */
const ZERO = 3 * SECOND;

const NEVER = Number.POSITIVE_INFINITY;

interface Setting {
  readonly pace: Pace;
  readonly durationUs: number;
  readonly lines: number;
  readonly target: Target;
  readonly workers?: number;
  readonly lateLimitUs?: number;
  readonly patienceUs?: number;
}

function makeLoads(setting: Setting) {
  const { pace, durationUs, lines, target, workers = 1 } = setting;
  const { lateLimitUs = 60 * SECOND, patienceUs = 60 * SECOND } = setting;
  const world = new PretendedWorld();
  const recorder = new Recorder();
  const loads = Array.from(
    { length: workers },
    (_, index) =>
      new PacedLoad({
        instants: instants(pace, durationUs, { index, count: workers }),
        clock: world.clock,
        zeroUs: ZERO,
        recorder,
        lines: Array.from({ length: lines }, () => world.line(target)),
        lateLimitUs,
        patienceUs,
      }),
  );
  const tallied = (): Tally => {
    const tally = new Tally();
    tally.add(recorder.drain(), 0);
    return tally;
  };
  return { world, loads, tallied };
}

/** Moves on in ticks of `tickUs` until the time, draining at each. */
async function tickUntil(
  { world, loads }: Pick<ReturnType<typeof makeLoads>, 'world' | 'loads'>,
  untilUs: number,
  tickUs: () => number = () => MILLISECOND,
): Promise<void> {
  while (world.clock() < untilUs) {
    await world.moveTo(Math.min(untilUs, world.clock() + tickUs()));
    for (const load of loads) load.drain();
  }
}

function submits(tally: Tally) {
  const found = tally.operations().find((one) => one.operation === 'smtp.submit');
  if (found === undefined) throw new Error('nothing was submitted');
  const { planned, ok, rejected, unknown, dropped } = found.intents;
  const droppedInAll = Object.values(dropped).reduce((sum, one) => sum + one, 0);
  expect(ok + rejected + unknown + droppedInAll).toBe(planned);
  return found.intents;
}

const even = (perSecond: number): Pace => ({ kind: 'even', perSecond });

describe('a rate is honoured', () => {
  const cases = [10, 1_000, 20_000].flatMap((perSecond) =>
    [even(perSecond), { kind: 'poisson', perSecond, seed: 5 } as const].flatMap((pace) =>
      [1, 2, 5, 16].map((workers) => ({ kind: pace.kind, perSecond, workers, pace })),
    ),
  );

  test.each(cases)('$kind $perSecond/s over $workers workers', async ({ pace, perSecond, workers }) => {
    const durationUs = perSecond === 10 ? 20 * SECOND : SECOND;
    const plan: Instant[] = [...instants(pace, durationUs, { index: 0, count: 1 })];
    const made = makeLoads({ pace, durationUs, workers, lines: 40, target: (startedUs) => startedUs + 200 });
    const { world, loads, tallied } = made;
    // Ticks come as timers do: early, late, and sometimes not for a while.
    const stream = randomStream(1, 'ticks', workers);
    let takenUp = 0;
    await world.moveTo(ZERO - 2 * MILLISECOND);
    while (world.clock() < ZERO + durationUs + 20 * MILLISECOND) {
      await world.moveTo(world.clock() + 1 + stream.integer(2_500));
      for (const load of loads) load.drain();
      while (takenUp < plan.length && ZERO + (plan[takenUp]?.offsetUs ?? NEVER) <= world.clock())
        takenUp += 1;
      expect(loads.reduce((sum, load) => sum + load.takenUp, 0)).toBe(takenUp);
    }
    await tickUntil(made, world.clock() + SECOND);
    expect(loads.every((load) => load.over)).toBe(true);
    expect(takenUp).toBe(plan.length);
    const offsetOf = new Map(plan.map(({ index, offsetUs }) => [index, offsetUs]));
    for (const { index, atUs } of world.submitted)
      if (atUs < ZERO + (offsetOf.get(index) ?? NEVER)) throw new Error(`operation ${index} left early`);
    expect(new Set(world.submitted.map(({ index }) => index)).size).toBe(plan.length);
    expect(world.submitted).toHaveLength(plan.length);
    expect(submits(tallied())).toMatchObject({ planned: plan.length, ok: plan.length });
  });

  test('an answer is a tick too: what came due meanwhile leaves with it', async () => {
    const target = (startedUs: number): number => startedUs + 700;
    const made = makeLoads({ pace: even(1_000), durationUs: SECOND, lines: 4, target });
    await made.world.moveTo(ZERO);
    made.loads[0]?.drain();
    await made.world.moveTo(ZERO + 100 * MILLISECOND);
    // The first answer came at 0.7 ms, when the second was not due yet: without a tick nobody looks again.
    expect(made.loads[0]?.takenUp).toBe(1);
    made.loads[0]?.drain();
    expect(made.loads[0]?.takenUp).toBe(101);
    await made.world.moveTo(ZERO + 101 * MILLISECOND + 500);
    expect(made.loads[0]?.takenUp).toBe(102);
  });
});

/*
 * A target that answers in a moment, frozen for F seconds of a load of T seconds at λ a second over c lines. What is
 * intended s seconds into the stall is answered when the target has thawed, after everything before it: by then the
 * backlog before it is λ·s, worked off at μ = c/service. So its response is F − s + λ·s/μ = F − s·(1 − ρ), ρ = λ/μ.
 * That holds past the thaw too, until the backlog is gone. Responses longer than x are those with s < (F − x)/(1 − ρ):
 * a share of (F − x)/((1 − ρ)·T) of all. Hence the percentile p < 1 is
 *
 *   x(p) = F − (1 − p)·T·(1 − ρ)   while that is above 0; the ordinary service time below.
 *
 * With ρ near 0 this is F − (1 − p)·T: of the stalled share f = F/T, spread evenly from F down to 0, the top (1 − p).
 */
describe('a target frozen for 6 of 30 seconds', () => {
  const STALL = { fromUs: ZERO + 10 * SECOND, untilUs: ZERO + 16 * SECOND };
  const SERVICE = 500;
  const T = 30 * SECOND;
  const F = STALL.untilUs - STALL.fromUs;
  const target: Target = (startedUs) => {
    const endsUs = startedUs + SERVICE;
    if (endsUs < STALL.fromUs || startedUs >= STALL.untilUs) return endsUs;
    // What was begun before keeps the work it had left; what came into the stall has all of it left.
    return STALL.untilUs + Math.min(SERVICE, endsUs - STALL.fromUs);
  };

  test.each([
    { perSecond: 200, lines: 10, judged: ['p90', 'p99'] },
    { perSecond: 500, lines: 25, judged: ['p90', 'p99', 'p999'] },
  ] as const)('$perSecond/s over $lines lines', async ({ perSecond, lines, judged }) => {
    const made = makeLoads({ pace: even(perSecond), durationUs: T, lines, target });
    await tickUntil(made, ZERO + T + SECOND);
    expect(made.loads[0]?.over).toBe(true);
    const tally = made.tallied();
    const response = tally.summary('smtp.submit', 'storm', ['ok'], 'response');
    const service = tally.summary('smtp.submit', 'storm', ['ok'], 'service');
    const wait = tally.summary('smtp.submit', 'storm', ['all'], 'wait');
    const lag = tally.summary('smtp.submit', 'storm', ['all'], 'lag');
    expect(submits(tally)).toMatchObject({ planned: perSecond * 30, ok: perSecond * 30 });
    for (const { count } of [response, service, wait, lag]) expect(count).toBe(perSecond * 30);

    const rho = (perSecond * SERVICE) / SECOND / lines;
    const share = { p90: 0.1, p99: 0.01, p999: 0.001 };
    for (const name of judged) {
      const seen = response[name] ?? Number.NaN;
      const expected = F - share[name] * T * (1 - rho);
      expect(Math.abs(seen / expected - 1), `${name} ${seen}`).toBeLessThan(0.005);
      expect(Math.abs(seen / (F - share[name] * T) - 1), `${name} ${seen}`).toBeLessThan(0.02);
      // It was in the queue, not on the wire, and not in our own lateness.
      // Those that held the lines when it froze did not wait: of the waits' top share they are missing.
      const waited = F - (share[name] + lines / (perSecond * 30)) * T * (1 - rho);
      expect(Math.abs((wait[name] ?? Number.NaN) / waited - 1), `wait ${name}`).toBeLessThan(0.005);
    }
    if (perSecond * 30 < 10_000) expect(response.p999).toBeNull();
    expect(response.p50).toBeLessThan(2 * MILLISECOND);
    // Coordinated omission: by service times alone one answer a line was slow.
    expect(service.p50).toBeLessThanOrEqual(SERVICE);
    expect(service.p99).toBeLessThanOrEqual(SERVICE);
    expect(service.max).toBeGreaterThan(F * 0.99);
    expect(lag.max).toBeLessThanOrEqual(MILLISECOND);
  });

  test('is followed in the order of intent, and by no more than the plan', async () => {
    const made = makeLoads({ pace: even(200), durationUs: T, lines: 10, target });
    await tickUntil(made, ZERO + T + SECOND);
    const order = made.world.submitted.map(({ index }) => index);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).toHaveLength(6_000);
  });
});

describe('an end in order', () => {
  const never: Target = () => NEVER;

  test('what waited past the patience is abandoned, and its time counts; what waited up to it is sent', async () => {
    // One line, held for 5 s by the first; ten a second wait, the patience is 2 s.
    const target: Target = (startedUs) => (startedUs < ZERO + SECOND ? ZERO + 5 * SECOND : startedUs + 100);
    const made = makeLoads({
      pace: even(10),
      durationUs: 5 * SECOND,
      lines: 1,
      target,
      lateLimitUs: SECOND,
      patienceUs: 2 * SECOND,
    });
    await tickUntil(made, ZERO + 6 * SECOND, () => MILLISECOND / 2);
    const tally = made.tallied();
    // Intended at 0.1 to 2.9 s: impatient at 5 s. The one of 3.0 s waited 2 s to the microsecond and may go, but for the
    // 100 µs each that nobody before it took.
    const { planned, ok, dropped } = submits(tally);
    expect({ planned, ok, abandoned: dropped.abandoned, late: dropped.late }).toEqual({
      planned: 50,
      ok: 21,
      abandoned: 29,
      late: 0,
    });
    const all = ['ok', 'rejected', 'unknown', 'dropped'] as const;
    expect(tally.summary('smtp.submit', 'storm', ['ok'], 'response').count).toBe(21);
    const response = tally.summary('smtp.submit', 'storm', all, 'response');
    expect(response.count).toBe(50);
    const waited = tally.summary('smtp.submit', 'storm', ['dropped'], 'response');
    expect(waited).toMatchObject({ count: 29, max: 4_900 * MILLISECOND });
    expect(made.loads[0]?.over).toBe(true);
  });

  test('what is taken up past the late limit is dropped as late: that is ours, and nobody waited for the target', async () => {
    const made = makeLoads({
      pace: even(10),
      durationUs: 5 * SECOND,
      lines: 1,
      target: (startedUs) => startedUs + 100,
      lateLimitUs: 2 * SECOND,
      patienceUs: SECOND / 2,
    });
    // No tick for 4 s: those of 0 to 1.9 s are late then, those after it are sent, one after the other.
    await tickUntil(made, ZERO + 4 * SECOND, () => ZERO + 4 * SECOND);
    await tickUntil(made, ZERO + 6 * SECOND);
    const { planned, ok, dropped } = submits(made.tallied());
    expect({ planned, ok, late: dropped.late, abandoned: dropped.abandoned }).toEqual({
      planned: 50,
      ok: 30,
      late: 20,
      abandoned: 0,
    });
  });

  test('given up at the end of the grace: what waits is abandoned at the time it has waited', async () => {
    const made = makeLoads({ pace: even(10), durationUs: SECOND, lines: 2, target: never });
    await tickUntil(made, ZERO + 3 * SECOND);
    made.loads[0]?.giveUp();
    const tally = made.tallied();
    const dropped = tally.summary('smtp.submit', 'storm', ['dropped'], 'response');
    // The two on the lines are still under way; the other eight were meant for 0.2 to 0.9 s.
    expect(dropped).toMatchObject({ count: 8, min: 2_100 * MILLISECOND, max: 2_800 * MILLISECOND });
    expect(made.loads[0]?.over).toBe(false);
  });

  test('stop plans and drops what waits and what was not due; what is under way is awaited', async () => {
    const target: Target = (startedUs) => (startedUs < ZERO + SECOND ? ZERO + 3 * SECOND : NEVER);
    const made = makeLoads({ pace: even(10), durationUs: 10 * SECOND, lines: 4, target });
    const [load] = made.loads;
    if (load === undefined) throw new Error('no worker');
    await tickUntil(made, ZERO + 2 * SECOND);
    expect(load.takenUp).toBe(21);
    load.stop();
    expect(load.over).toBe(false);
    await tickUntil(made, ZERO + 4 * SECOND);
    expect(load.over).toBe(true);
    expect(made.world.submitted).toHaveLength(4);
    const { planned, ok, dropped } = submits(made.tallied());
    expect({ planned, ok, stopped: dropped.stopped }).toEqual({ planned: 100, ok: 4, stopped: 96 });
  });

  test('stop may be said twice, and before anything was due', () => {
    const made = makeLoads({ pace: even(10), durationUs: SECOND, lines: 1, target: never });
    made.loads[0]?.stop();
    made.loads[0]?.stop();
    expect(made.loads[0]?.over).toBe(true);
    expect(submits(made.tallied()).dropped.stopped).toBe(10);
  });

  test('a long queue is worked off to the last', async () => {
    // 40,000 wait: more than the queue holds before it is cut down to what is left.
    const thaw = ZERO + 2 * SECOND;
    const target: Target = (startedUs) => Math.max(thaw, startedUs + 10);
    const made = makeLoads({ pace: even(20_000), durationUs: 2 * SECOND, lines: 3, target });
    await tickUntil(made, thaw + SECOND);
    expect(made.loads[0]?.over).toBe(true);
    expect(made.world.submitted.map(({ index }) => index)).toEqual(
      Array.from({ length: 40_000 }, (_, i) => i),
    );
    expect(submits(made.tallied()).ok).toBe(40_000);
  });
});
