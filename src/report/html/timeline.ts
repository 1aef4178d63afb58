/** The run over time in pictures: copies, what the mail system owed, sign-ins, test results. It invents no point. */

import type { RunRecord, TimelinePoint } from '../../record/record.ts';
import { formatCount, formatDuration } from '../../units.ts';
import { isKnown, lengthUs, timeInWords } from '../figures.ts';
import { markup, type Markup } from '../markup.ts';
import { decadeAxis, evenAxis, timeAxis, type Axis } from './axis.ts';
import { chartFigure, type Band, type Chart, type Point } from './chart.ts';

/** The section. */
export function timelineSection(record: RunRecord): Markup {
  const body =
    record.timeline.length === 0
      ? markup`<p>Not known: nothing was recorded over time.</p>`
      : markup`<p>${scaleOfTime(record)}</p>
${charts(record).map(chartFigure)}`;
  return markup`<section aria-labelledby="timeline"><h2 id="timeline">The run over time</h2>
${body}</section>
`;
}

function scaleOfTime(record: RunRecord): string {
  const real = 'The axis shows real seconds from the start of the baseline.';
  const speed = record.plan?.speed;
  if (!isKnown(speed)) return real;
  if (speed === 1) return `${real} The storm ran in its own time.`;
  const storm = record.phases.find(({ name }) => name === 'storm');
  const own =
    storm === undefined
      ? ''
      : `, so its ${formatDuration(storm.endUs - storm.startUs)} here were ${formatDuration((storm.endUs - storm.startUs) * speed)}`;
  return `${real} The storm's own time was compressed ${speed}x${own}; deadlines and patience were not.`;
}

function charts(record: RunRecord): readonly Chart[] {
  const { timeline } = record;
  const frame = frameOf(record);
  const owed = timeline.some((point) => isKnown(point.owed)) ? [backlog(record, frame)] : [];
  return [
    accepted(record, frame),
    ...owed,
    times(record, frame, {
      id: 'signin',
      title: 'Signing in',
      p50: (point) => point.signInP50Us,
      max: (point) => point.signInMaxUs,
    }),
    times(record, frame, {
      id: 'canary',
      title: 'A test result, sent until visible',
      p50: (point) => point.canaryP50Us,
      max: (point) => point.canaryMaxUs,
      limitUs: record.profile.canaryDeadlineUs,
    }),
  ];
}

interface Frame {
  readonly time: Axis;
  readonly bands: readonly Band[];
}

function frameOf(record: RunRecord): Frame {
  const { timeline, phases } = record;
  const starts = [...timeline, ...phases].map(({ startUs }) => startUs);
  const ends = [...timeline.map(endOf), ...phases.map(({ endUs }) => endUs)];
  return { time: timeAxis(Math.min(0, ...starts), Math.max(...ends, lengthUs(record) ?? 0)), bands: phases };
}

function endOf(point: TimelinePoint): number {
  return point.startUs + point.lengthUs;
}

function pointsOf(
  timeline: readonly TimelinePoint[],
  value: (point: TimelinePoint) => number | null,
): readonly Point[] {
  return timeline.map((point) => {
    const found = value(point);
    return { fromUs: point.startUs, toUs: endOf(point), value: isKnown(found) ? found : null };
  });
}

function accepted(record: RunRecord, frame: Frame): Chart {
  const points = pointsOf(record.timeline, (point) => point.copiesAccepted / (point.lengthUs / 1_000_000));
  return {
    ...frame,
    id: 'copies',
    title: 'Copies the mail system accepted',
    note: 'per second',
    told: peakWords(record, points, (value) => `${formatCount(value)} copies per second`),
    height: evenAxis(mostOf(points)),
    series: [{ name: 'accepted copies/s', look: 'first', points, filled: true }],
  };
}

function backlog(record: RunRecord, frame: Frame): Chart {
  const points = pointsOf(record.timeline, (point) => point.owed);
  return {
    ...frame,
    id: 'owed',
    title: 'Backlog',
    note: 'what the mail system still owed, as its own probe said; a gap is no reading',
    told: peakWords(record, points, (value) => `${formatCount(value)} owed`),
    height: evenAxis(mostOf(points)),
    series: [{ name: 'owed', look: 'first', points, filled: true }],
  };
}

interface Times {
  readonly id: string;
  readonly title: string;
  readonly p50: (point: TimelinePoint) => number | null;
  readonly max: (point: TimelinePoint) => number | null;
  readonly limitUs?: number;
}

function times(record: RunRecord, frame: Frame, of: Times): Chart {
  const median = pointsOf(record.timeline, of.p50);
  const slowest = pointsOf(record.timeline, of.max);
  const values = [...median, ...slowest].flatMap(({ value }) => (value === null ? [] : [value]));
  const limits = of.limitUs === undefined ? [] : [of.limitUs];
  const known = [...values, ...limits];
  return {
    ...frame,
    id: of.id,
    title: of.title,
    note: 'each line upwards is ten times slower; a gap is too few samples',
    told: `Slowest: ${peakWords(record, slowest, formatDuration)} Median: ${peakWords(record, median, formatDuration)}`,
    height: decadeAxis(Math.min(1_000_000, ...known), Math.max(1, ...known)),
    series: [
      { name: 'half were faster (p50)', look: 'first', points: median },
      { name: 'slowest (max)', look: 'second', points: slowest },
    ],
    ...(of.limitUs === undefined
      ? {}
      : { limit: { value: of.limitUs, name: `deadline ${timeInWords(of.limitUs)}` } }),
  };
}

function mostOf(points: readonly Point[]): number {
  return Math.max(0, ...points.map(({ value }) => value ?? 0));
}

function peakWords(record: RunRecord, points: readonly Point[], words: (value: number) => string): string {
  let peak: Point | undefined;
  for (const point of points) if (point.value !== null && point.value > (peak?.value ?? -1)) peak = point;
  if (peak === undefined || peak.value === null) return 'not known.';
  const { fromUs, value } = peak;
  const phase = record.phases.find(({ startUs, endUs }) => fromUs >= startUs && fromUs < endUs);
  const where = phase === undefined ? '' : `, in the phase ${phase.name}`;
  return `at most ${words(value)}, at ${formatDuration(fromUs)}${where}.`;
}
