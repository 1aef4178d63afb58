/** What every chart over a run's time shares: its axis, its phases, its points. It draws nothing. */

import type { RunRecord } from '../../record/record.ts';
import { formatDuration } from '../../units.ts';
import { isKnown, lengthUs } from '../figures.ts';
import { timeAxis, type Axis } from './axis.ts';
import type { Phase } from '../../words.ts';
import type { Band, Point } from './chart.ts';

/** One interval of a run; figures of it are known or null. */
interface Stretch {
  readonly startUs: number;
  readonly lengthUs: number;
}

/** The axis of time and the phases along it. */
export interface Frame {
  readonly time: Axis;
  readonly bands: readonly (Band & { readonly phase: Phase })[];
  /** The axis's ends. */
  readonly spanUs: { readonly startUs: number; readonly endUs: number };
}

/** All of the run: what was recorded and what was planned into phases. */
export function frameOf(record: RunRecord): Frame {
  const { timeline, phases } = record;
  const starts = [...timeline, ...phases].map(({ startUs }) => startUs);
  const ends = [...timeline.map(endOf), ...phases.map(({ endUs }) => endUs)];
  const spanUs = { startUs: least(starts), endUs: Math.max(most(ends), lengthUs(record) ?? 0) };
  const bands = phases.map((phase) => ({ ...phase, phase: phase.name }));
  return { time: timeAxis(spanUs.startUs, spanUs.endUs), bands, spanUs };
}

/** A foreign record may hold more intervals than a call takes arguments. */
function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), 0);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

function endOf(stretch: Stretch): number {
  return stretch.startUs + stretch.lengthUs;
}

/** One figure of each interval; what is not known leaves a gap. */
export function pointsOf<T extends Stretch>(
  timeline: readonly T[],
  value: (point: T) => number | null,
): readonly Point[] {
  return timeline.map((point) => {
    const found = value(point);
    return { fromUs: point.startUs, toUs: endOf(point), value: isKnown(found) ? found : null };
  });
}

/** The largest value, 0 where none is known. */
export function mostOf(points: readonly Point[]): number {
  return most(points.map(({ value }) => value ?? 0));
}

/** The peak as a sentence, for those who cannot see the chart. */
export function peakWords(
  record: RunRecord,
  points: readonly Point[],
  words: (value: number) => string,
): string {
  let peak: Point | undefined;
  for (const point of points) if (point.value !== null && point.value > (peak?.value ?? -1)) peak = point;
  if (peak === undefined || peak.value === null) return 'not known.';
  const { fromUs, value } = peak;
  const phase = record.phases.find(({ startUs, endUs }) => fromUs >= startUs && fromUs < endUs);
  const where = phase === undefined ? '' : `, in the phase ${phase.name}`;
  return `at most ${words(value)}, at ${formatDuration(fromUs)}${where}.`;
}
