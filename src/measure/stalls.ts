/** When nothing moved: stretches in which a mail system owed mail and none of it left the queue. Pure arithmetic over what a probe said. */

/** A look at the queue; `owed` null where nobody could tell. */
export interface OwedReading {
  readonly atUs: number;
  readonly owed: number | null;
}

export interface Stall {
  readonly startUs: number;
  readonly endUs: number;
  readonly owed: number;
}

/** Shorter than this is how queues breathe: a batch, a flush, a look that came late. */
export const LEAST_STALL_US = 2_500_000;

/** A copy is counted as accepted by the notebook of its second, and that may be the one before or after. */
const BLUR_US = 1_500_000;

/** What was accepted by when: whole intervals, in order of time. */
export interface AcceptedInterval {
  readonly startUs: number;
  readonly lengthUs: number;
  readonly copiesAccepted: number;
}

/** Arrivals beyond this share of what is owed could hide deliveries as many: then nothing is claimed. */
const HIDING_SHARE = 0.25;

/**
 * Stretches of at least LEAST_STALL_US between two readings in which the queue held something throughout, did not
 * shrink, and little came in: what can have left it unseen is no more than a quarter of it.
 */
export function stallsOf(
  readings: readonly OwedReading[],
  accepted: readonly AcceptedInterval[],
): readonly Stall[] {
  const stalls: Stall[] = [];
  let from = 0;
  for (let at = 1; at <= readings.length; at += 1) {
    const first = readings[from] as OwedReading;
    const last = readings[at];
    if (last !== undefined && stood(first, last, accepted)) continue;
    close(stalls, first, readings[at - 1] as OwedReading);
    // Arrivals add up until they could hide something: a stall that only goes on is one, from that reading on.
    const goesOn =
      last !== undefined && at - 1 > from && stood(readings[at - 1] as OwedReading, last, accepted);
    from = goesOn ? at - 1 : at;
  }
  return stalls;
}

function close(stalls: Stall[], first: OwedReading, last: OwedReading): void {
  if (first.owed === null || last.owed === null) return;
  const before = stalls.at(-1);
  if (before?.endUs === first.atUs) stalls[stalls.length - 1] = { ...before, endUs: last.atUs };
  else if (last.atUs - first.atUs >= LEAST_STALL_US)
    stalls.push({ startUs: first.atUs, endUs: last.atUs, owed: first.owed });
}

function stood(first: OwedReading, last: OwedReading, accepted: readonly AcceptedInterval[]): boolean {
  if (first.owed === null || last.owed === null || first.owed === 0 || last.owed < first.owed) return false;
  return acceptedBetween(accepted, first.atUs - BLUR_US, last.atUs + BLUR_US) <= last.owed * HIDING_SHARE;
}

function acceptedBetween(accepted: readonly AcceptedInterval[], fromUs: number, toUs: number): number {
  let sum = 0;
  for (const { startUs, lengthUs, copiesAccepted } of accepted)
    if (startUs + lengthUs > fromUs && startUs < toUs) sum += copiesAccepted;
  return sum;
}
