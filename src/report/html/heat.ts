/** Response times as heat maps: time across, how long it took upwards, how many in the colour; one for each operation. It averages nothing. */

import { operationFor } from '../../record/doors.ts';
import type { RunRecord } from '../../record/record.ts';
import { lowestValueOf } from '../../measure/histogram.ts';
import type { SeriesClock } from '../../measure/series.ts';
import { formatCount, formatDuration } from '../../units.ts';
import { BACKGROUND_OPERATIONS, JOURNEYS, OPERATIONS, type OperationName } from '../../words.ts';
import { timeOrDash } from '../figures.ts';
import { type Log, type Spread, valueAt } from '../log-figures.ts';
import { markup, NOTHING, type Content, type Markup } from '../markup.ts';
import { decadeAxis } from './axis.ts';
import { folded } from './behind.ts';
import { chartFigure, type Chart, type Place } from './chart.ts';
import { frameOf, type Frame } from './frame.ts';
import { heatGrid, levelBounds, rowOf, type HeatGrid } from './heat-grid.ts';
import { table } from './table.ts';

/** Pictures of some 10 kB each: with more of them a page would no longer fit a message. */
const MAPS_SHOWN = 8;

/** Of them in sight: what people felt first. The others are folded away. */
const MAPS_OPEN = 3;

interface Subject {
  readonly title: string;
  readonly operation: OperationName;
  readonly clock: SeriesClock;
}

/** The section. `log` is undefined where no interval log was at hand. */
export function heatSection(record: RunRecord, log: Log | undefined): Markup {
  return markup`<section aria-labelledby="heat"><h2 id="heat">How long everything took, over time</h2>
${body(record, log)}</section>
`;
}

function body(record: RunRecord, log: Log | undefined): Markup {
  if (log === undefined) return markup`<p>Not known: there is no interval log beside this record.</p>`;
  const subjects = subjectsOf(record, log);
  if (subjects.length === 0) return markup`<p>Not known: the interval log holds no response time.</p>`;
  const frame = frameOf(record);
  const figures = subjects.slice(0, MAPS_SHOWN).map((subject) => figure(subject, frame, log));
  const left = subjects.slice(MAPS_SHOWN).map(({ title }) => title);
  const more =
    left.length === 0
      ? NOTHING
      : markup`<p class="note">Not drawn for room: ${left.join(', ')}. Their figures stand in the table of every operation.</p>`;
  return markup`<p>Each box is a stretch of time and a range of response times, four to each power of ten; the darker (on a dark page: the brighter), the more operations ended there, whatever their outcome. Where nothing ended there is no box. Two bands one above the other are two groups of people, which an average would hide.</p>
${figures.slice(0, MAPS_OPEN)}${folded(`${formatCount(figures.length - MAPS_OPEN)} more operations`, figures.slice(MAPS_OPEN))}${more}`;
}

/** What people did first, then whole journeys, then the steps; looks that sessions make by themselves last. */
function subjectsOf(record: RunRecord, log: Log): readonly Subject[] {
  const timed = log.operations('response');
  const first: readonly OperationName[] = [
    operationFor(record, 'signIn'),
    'journey.read',
    operationFor(record, 'open'),
    operationFor(record, 'submit'),
    'journey.delete',
  ];
  const rank = (name: OperationName): number => {
    const place = first.indexOf(name);
    if (place >= 0) return place;
    if (JOURNEYS.includes(name)) return first.length + JOURNEYS.indexOf(name);
    return (BACKGROUND_OPERATIONS.includes(name) ? 1_000 : 100) + OPERATIONS.indexOf(name);
  };
  const ordered = [...timed].toSorted((a, b) => rank(a) - rank(b));
  const subjects = ordered.map((operation): Subject => ({ title: operation, operation, clock: 'response' }));
  const canary: Subject = {
    title: 'test results, sent until visible',
    operation: 'journey.canary',
    clock: 'visible',
  };
  const seen = log.operations('visible').has('journey.canary');
  return seen ? [...subjects.slice(0, 1), canary, ...subjects.slice(1)] : subjects;
}

function figure({ title, operation, clock }: Subject, frame: Frame, log: Log): Markup {
  const grid = heatGrid(log, { operation, clock }, frame.spanUs);
  const bounds = levelBounds(grid.most);
  const whole = log.spread({ operation, clock });
  const height = decadeAxis(lowestOf(whole), whole.maxUs);
  const chart: Chart = {
    ...frame,
    id: `heat-${operation.replace('.', '-')}-${clock}`,
    title: `${title}, over time`,
    note: `${clock === 'visible' ? 'canaries' : 'response time'}; a box is ${formatDuration(grid.columnUs)} wide`,
    told: `${formatCount(whole.total)} in all: p50 ${timeOrDash(valueAt(whole, 0.5))}, p90 ${timeOrDash(valueAt(whole, 0.9))}, longest ${timeOrDash(whole.total === 0 ? null : whole.maxUs)}. The table behind the picture has each phase.`,
    height,
    series: [],
    painted: (x, y) => painted(grid, { bounds, lowUs: height.ticks[0]?.value ?? 1 }, x, y),
    boxes: bounds.map((from, index) => ({
      look: `h${index + 1}`,
      name: rangeWords(from, bounds[index + 1]),
    })),
  };
  const rows = frame.bands.map(({ name, phase }): readonly Content[] => {
    const spread = log.spread({ operation, clock, phase });
    return [name, formatCount(spread.total), ...timesOf(spread)];
  });
  const heads = [
    { head: 'Phase' },
    ...['n', 'p50', 'p90', 'p99', 'max'].map((head) => ({ head, figure: true })),
  ];
  return chartFigure(chart, table(`${title}: response times by phase`, heads, [{ rows }]));
}

function timesOf(spread: Spread): readonly string[] {
  const percentiles = [0.5, 0.9, 0.99].map((share) => timeOrDash(valueAt(spread, share)));
  return [...percentiles, timeOrDash(spread.total === 0 ? null : spread.maxUs)];
}

/** Values below a microsecond have no place on an axis of powers. */
function lowestOf({ buckets }: Spread): number {
  return Math.max(1, lowestValueOf(buckets[0] ?? 0));
}

function rangeWords(from: number, next: number | undefined): string {
  if (next === undefined) return `${formatCount(from)} or more`;
  return next - from <= 1 ? formatCount(from) : `${formatCount(from)}–${formatCount(next - 1)}`;
}

/**
 * One path a level: thousands of boxes as elements of their own would make the page slow and large. A box is a stroke as
 * wide as its row is high, which takes half the room of its outline.
 */
function painted(
  grid: HeatGrid,
  { bounds, lowUs }: { readonly bounds: readonly number[]; readonly lowUs: number },
  x: Place,
  y: Place,
): Markup {
  const left = x(grid.startUs);
  const across = x(grid.startUs + grid.columnUs) - left;
  const bottom = y(lowUs);
  const upwards = bottom - y(lowUs * grid.rowRatio);
  const base = rowOf(lowUs);
  const paths = bounds.map((_, level) => {
    const boxes = grid.runs
      .filter((run) => run.level === level)
      .map(({ column, row, length }) => `M${column} ${row - base}h${length}`);
    return boxes.length === 0 ? NOTHING : markup`<path class="h${level + 1}" d="${boxes.join('')}"/>\n`;
  });
  return markup`<g shape-rendering="crispEdges" transform="translate(${left} ${bottom}) scale(${across} ${-upwards}) translate(0 .5)">${paths}</g>`;
}
