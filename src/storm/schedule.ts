/** When operations are due: arithmetic over an index, never a timer. Even, Poisson or ramped; shares of it for any number of shards. */

import { poisson, randomStream } from '../random.ts';

const SECOND_US = 1_000_000;

/** `even`: one each 1/rate. `poisson`: memoryless arrivals of the same mean. `ramp`: from one rate to another, in proportion to time. */
export type Pace =
  | { readonly kind: 'even'; readonly perSecond: number }
  | { readonly kind: 'poisson'; readonly perSecond: number; readonly seed: number }
  | { readonly kind: 'ramp'; readonly fromPerSecond: number; readonly toPerSecond: number };

/** One instant of a schedule: `index` counts from 0 over the whole, whoever carries it out. */
export interface Instant {
  readonly index: number;
  /** Whole microseconds after the schedule's zero. */
  readonly offsetUs: number;
}

/**
 * The instants of one shard, in order. Every shard computes the same schedule and keeps every count-th index, so a
 * number of workers changes who does what and never when.
 */
export function* instants(
  pace: Pace,
  durationUs: number,
  shard: { readonly index: number; readonly count: number },
): Generator<Instant> {
  const all =
    pace.kind === 'poisson'
      ? poissonOffsets(pace.perSecond, pace.seed, durationUs)
      : arithmeticOffsets(pace, durationUs);
  let index = 0;
  for (const offsetUs of all) {
    if (index % shard.count === shard.index) yield { index, offsetUs };
    index += 1;
  }
}

/** How many instants the schedule has. */
export function instantCount(pace: Pace, durationUs: number): number {
  let count = 0;
  for (const _ of instants(pace, durationUs, { index: 0, count: 1 })) count += 1;
  return count;
}

/** Offset of operation `index` for a pace that is a formula; Infinity where it never comes. */
export function offsetOf(
  pace: Exclude<Pace, { kind: 'poisson' }>,
  index: number,
  durationUs: number,
): number {
  if (pace.kind === 'even') return (index / pace.perSecond) * SECOND_US;
  // index = r0·t + (r1 − r0)·t²/(2D), solved for t in the form that stays exact when the slope vanishes.
  const { fromPerSecond: r0, toPerSecond: r1 } = pace;
  const slope = (r1 - r0) / (durationUs / SECOND_US);
  const root = r0 * r0 + 2 * slope * index;
  const seconds = root < 0 ? Number.POSITIVE_INFINITY : (2 * index) / (r0 + Math.sqrt(root));
  return index === 0 ? 0 : seconds * SECOND_US;
}

function* arithmeticOffsets(pace: Exclude<Pace, { kind: 'poisson' }>, durationUs: number): Generator<number> {
  for (let index = 0; ; index += 1) {
    const offsetUs = Math.round(offsetOf(pace, index, durationUs));
    if (!(offsetUs < durationUs)) return;
    yield offsetUs;
  }
}

/** A Poisson count a second, spread uniformly over it: the same process as exponential gaps, without a running sum. */
function* poissonOffsets(perSecond: number, seed: number, durationUs: number): Generator<number> {
  for (let slice = 0; slice * SECOND_US < durationUs; slice += 1) {
    const stream = randomStream(seed, 'schedule', slice);
    const offsets = new Float64Array(poisson(stream, perSecond));
    for (let i = 0; i < offsets.length; i += 1) offsets[i] = slice * SECOND_US + stream.integer(SECOND_US);
    offsets.sort();
    for (const offsetUs of offsets) {
      if (offsetUs >= durationUs) return;
      yield offsetUs;
    }
  }
}
