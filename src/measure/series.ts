/** The names of measured series: operation, phase, outcome class and clock, as they stand in the interval log's tags. */

import { OPERATIONS, PHASES, type OperationName, type Phase } from '../words.ts';

/** Outcome class; `all` for clocks that are kept whatever the outcome. */
export type SeriesClass = 'ok' | 'rejected' | 'unknown' | 'dropped' | 'all';

/**
 * `response` = ended − intended (the user's); `service` = ended − started; `wait` = started − due;
 * `lag` = due − intended (ours); `visible` = a canary first seen − its intended instant.
 */
export type SeriesClock = 'response' | 'service' | 'wait' | 'lag' | 'visible';

export interface Series {
  readonly operation: OperationName;
  readonly phase: Phase;
  readonly class: SeriesClass;
  readonly clock: SeriesClock;
}

/** `imap.signin;storm;ok;response`: the tag in the interval log. */
export function seriesTag(series: Series): string {
  return `${series.operation};${series.phase};${series.class};${series.clock}`;
}

/** Reads a tag back; `undefined` for one that is not ours. */
export function parseSeriesTag(tag: string): Series | undefined {
  const [operation, phase, outcome, clock] = tag.split(';');
  const known =
    (OPERATIONS as readonly (string | undefined)[]).includes(operation) &&
    (PHASES as readonly (string | undefined)[]).includes(phase) &&
    ['ok', 'rejected', 'unknown', 'dropped', 'all'].includes(outcome ?? '') &&
    ['response', 'service', 'wait', 'lag', 'visible'].includes(clock ?? '');
  return known ? ({ operation, phase, class: outcome, clock } as Series) : undefined;
}
