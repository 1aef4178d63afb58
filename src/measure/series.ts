/** The names of measured series: operation, phase, outcome class and clock, as they stand in the interval log's tags. */

import { OPERATIONS, PHASES, type OperationName, type Phase } from '../words.ts';

/** Outcome classes; `all` for clocks that are kept whatever the outcome. */
export const SERIES_CLASSES = ['ok', 'rejected', 'unknown', 'dropped', 'all'] as const;

export type SeriesClass = (typeof SERIES_CLASSES)[number];

/**
 * `response` = ended − intended (the user's); `service` = ended − started; `wait` = started − due;
 * `lag` = due − intended (ours); `visible` = a canary first seen − its intended instant.
 */
export const SERIES_CLOCKS = ['response', 'service', 'wait', 'lag', 'visible'] as const;

export type SeriesClock = (typeof SERIES_CLOCKS)[number];

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
    includes(OPERATIONS, operation) &&
    includes(PHASES, phase) &&
    includes(SERIES_CLASSES, outcome) &&
    includes(SERIES_CLOCKS, clock);
  return known ? ({ operation, phase, class: outcome, clock } as Series) : undefined;
}

function includes(words: readonly string[], word: string | undefined): boolean {
  return word !== undefined && words.includes(word);
}

/** Places of words in their closed lists: the hot path counts by number, not by name. */
const OPERATION_PLACE = placesOf(OPERATIONS);
const PHASE_PLACE = placesOf(PHASES);
const CLASS_PLACE = placesOf(SERIES_CLASSES);
const CLOCK_PLACE = placesOf(SERIES_CLOCKS);

/** Number of (operation, phase) pairs. */
export const CELLS = OPERATIONS.length * PHASES.length;

/** The number of an (operation, phase) pair. */
export function cellOf(operation: OperationName, phase: Phase): number {
  return (OPERATION_PLACE[operation] as number) * PHASES.length + (PHASE_PLACE[phase] as number);
}

/** The number of a series: its cell, class and clock. */
export function seriesNumber(cell: number, outcome: SeriesClass, clock: SeriesClock): number {
  const classes = SERIES_CLASSES.length;
  return (
    (cell * classes + (CLASS_PLACE[outcome] as number)) * SERIES_CLOCKS.length +
    (CLOCK_PLACE[clock] as number)
  );
}

/** The operation and phase of a cell. */
export function cellNames(cell: number): { readonly operation: OperationName; readonly phase: Phase } {
  return {
    operation: OPERATIONS[Math.floor(cell / PHASES.length)] as OperationName,
    phase: PHASES[cell % PHASES.length] as Phase,
  };
}

/** The tag of a series by its number. */
export function tagOfNumber(number: number): string {
  const clock = SERIES_CLOCKS[number % SERIES_CLOCKS.length] as SeriesClock;
  const rest = Math.floor(number / SERIES_CLOCKS.length);
  const outcome = SERIES_CLASSES[rest % SERIES_CLASSES.length] as SeriesClass;
  return seriesTag({ ...cellNames(Math.floor(rest / SERIES_CLASSES.length)), class: outcome, clock });
}

function placesOf(words: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(words.map((word, place) => [word, place]));
}
