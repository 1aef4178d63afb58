/** The run's clock: integer microseconds from the plan's zero, the same in every thread of a process. The only clock of a replay. */

import type { Clock } from '../measure/outcome.ts';

/** Now on the machine's monotonic clock, in microseconds: a zero to hand to every thread. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/**
 * A clock that reads 0 at `zeroUs` of the monotonic clock. performance.now() is cheaper than hrtime but counts from
 * the thread's own start, so the difference is taken once.
 */
export function runClock(zeroUs: number): Clock {
  const differenceUs = monotonicUs() - performance.now() * 1_000;
  return () => Math.floor(performance.now() * 1_000 + differenceUs - zeroUs);
}
