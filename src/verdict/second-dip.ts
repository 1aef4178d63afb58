/** Did deleting hurt the readers a second time? One rule over the readers' p90 before, during and after. It knows no record. */

/** Slower by this factor, and not by a hair of the clock, is a dip. */
export const DIP_RATIO = 1.5;
export const DIP_LEAST_US = 5_000;

/** `backlog`: slower, but the storm's own mail was still being delivered, which deleting is not to blame for. */
export type SecondDip = 'yes' | 'none' | 'backlog' | 'no data';

/** p90 of the readers' journeys in microseconds; null for too few. */
export interface DipFigures {
  readonly baseline: number | null;
  readonly deletes: number | null;
  readonly recovery: number | null;
}

/**
 * Slower during the deletes than before the storm and than afterwards. `drained`: the backlog was gone before the deletes
 * began; one that went later, while people deleted, made the readers slow too.
 */
export function secondDip({ baseline, deletes, recovery }: DipFigures, drained: boolean): SecondDip {
  if (baseline === null || deletes === null || recovery === null) return 'no data';
  const isDip = [baseline, recovery].every((other) => isSlower(deletes, other));
  if (!isDip) return 'none';
  return drained ? 'yes' : 'backlog';
}

/** Slower than something else by more than the rule allows. */
export function isSlower(us: number, thanUs: number, ratio = DIP_RATIO): boolean {
  return us > thanUs * ratio && us - thanUs > DIP_LEAST_US;
}
