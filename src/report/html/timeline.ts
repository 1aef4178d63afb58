/** The run over time in pictures: copies, what the mail system owed, sign-ins, test results. It invents no point. */

import { operationFor } from '../../record/doors.ts';
import type { RecordedProbe, RunRecord, TimelinePoint } from '../../record/record.ts';
import { FASTEST, formatCount, formatDuration } from '../../units.ts';
import { isKnown, ratioOrDash, timeInWords } from '../figures.ts';
import { markup, type Markup } from '../markup.ts';
import { decadeAxis, evenAxis } from './axis.ts';
import { timeFigure, type TimeChart } from './behind.ts';
import { happenedTable, markersOf } from './happened.ts';
import { frameOf, mostOf, peakWords, pointsOf, type Frame } from './frame.ts';

/** The section. */
export function timelineSection(record: RunRecord): Markup {
  const body =
    record.timeline.length === 0
      ? markup`<p>Not known: nothing was recorded over time.</p>`
      : markup`<p>${scaleOfTime(record)}</p>
${happenedTable(record)}${charts(record).map(timeFigure)}`;
  return markup`<section aria-labelledby="timeline"><h2 id="timeline">The run over time</h2>
${body}</section>
`;
}

function scaleOfTime(record: RunRecord): string {
  const real = 'The axis shows real seconds from the start of the baseline.';
  const speed = record.plan?.speed;
  if (!isKnown(speed)) return real;
  if (speed >= FASTEST) return `${real} The storm ran without its gaps, in order, as fast as it went.`;
  if (speed === 1) return `${real} The storm ran in its own time.`;
  const storm = record.phases.find(({ name }) => name === 'storm');
  const own =
    storm === undefined
      ? ''
      : `, so its ${formatDuration(storm.endUs - storm.startUs)} here were ${formatDuration((storm.endUs - storm.startUs) * speed)}`;
  return `${real} The storm's own time was compressed ${speed}x${own}; deadlines and patience were not.`;
}

function charts(record: RunRecord): readonly TimeChart[] {
  const { timeline } = record;
  const frame = frameOf(record);
  const owed = timeline.some((point) => isKnown(point.owed)) ? [backlog(record, frame)] : [];
  return [
    accepted(record, frame),
    ...owed,
    times(record, frame, {
      id: 'signin',
      title: operationFor(record, 'signIn') === operationFor(record, 'open') ? 'Getting in' : 'Signing in',
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
    ...(record.probes ?? []).map((probe, index) => gauge(record, frame, probe, index)),
  ];
}

function accepted(record: RunRecord, frame: Frame): TimeChart {
  const points = pointsOf(record.timeline, (point) => point.copiesAccepted / (point.lengthUs / 1_000_000));
  return {
    ...frame,
    id: 'copies',
    title: 'Copies the mail system accepted',
    note: 'per second',
    told: peakWords(record, points, (value) => `${ratioOrDash(value)} copies per second`),
    height: evenAxis(mostOf(points)),
    markers: markersOf(record),
    words: ratioOrDash,
    series: [{ name: 'accepted copies/s', look: 'first', points, filled: true }],
  };
}

function backlog(record: RunRecord, frame: Frame): TimeChart {
  const points = pointsOf(record.timeline, (point) => point.owed);
  return {
    ...frame,
    id: 'owed',
    title: 'Backlog',
    note: 'what the mail system still owed, as its own probe said; a gap is no reading',
    told: peakWords(record, points, (value) => `${formatCount(value)} owed`),
    height: evenAxis(mostOf(points)),
    markers: markersOf(record),
    words: formatCount,
    series: [{ name: 'owed', look: 'first', points, filled: true }],
  };
}

/** One of the operator's own gauges: a point holds until the next, unless that is much later than usual. */
function gauge(
  record: RunRecord,
  frame: Frame,
  { name, unit, points: read }: RecordedProbe,
  index: number,
): TimeChart {
  const endUs = record.phases.at(-1)?.endUs ?? 0;
  const points = read.flatMap(({ atUs, value }, at) => {
    const toUs = Math.min(endUs, read[at + 1]?.atUs ?? endUs);
    // Before the baseline and after the end there is no axis to stand on; below 0 no chart of ours goes.
    return atUs < 0 || toUs <= atUs
      ? []
      : [{ fromUs: atUs, toUs, value: value === null ? null : Math.max(0, value) }];
  });
  const words = (value: number): string => `${ratioOrDash(value)}${unit === null ? '' : ` ${unit}`}`;
  const least = read.reduce((a, { value }) => Math.min(a, value ?? 0), 0);
  const below = least < 0 ? `; what is below 0, down to ${words(least)}, stands at 0` : '';
  return {
    ...frame,
    id: `probe-${index}`,
    title: name,
    note: `${unit ?? 'a number'}, as the operator's own probe said; a gap is no answer${below}`,
    told: peakWords(record, points, words),
    height: evenAxis(mostOf(points)),
    words,
    series: [{ name, look: 'first', points, filled: true }],
  };
}

interface Times {
  readonly id: string;
  readonly title: string;
  readonly p50: (point: TimelinePoint) => number | null;
  readonly max: (point: TimelinePoint) => number | null;
  readonly limitUs?: number;
}

function times(record: RunRecord, frame: Frame, of: Times): TimeChart {
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
    height: decadeAxis(
      known.reduce((a, b) => Math.min(a, b), 1_000_000),
      known.reduce((a, b) => Math.max(a, b), 1),
    ),
    words: formatDuration,
    series: [
      { name: 'half were faster (p50)', look: 'first', points: median },
      { name: 'slowest (max)', look: 'second', points: slowest },
    ],
    ...(of.limitUs === undefined
      ? {}
      : { limit: { value: of.limitUs, name: `deadline ${timeInWords(of.limitUs)}` } }),
  };
}
