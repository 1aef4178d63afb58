/** A chart over time with its figures behind it, phase by phase, for those who cannot see it or want the number. It reads off what is drawn. */

import { formatCount, formatDuration } from '../../units.ts';
import { DASH } from '../figures.ts';
import { markup, NOTHING, type Content, type Markup } from '../markup.ts';
import { chartFigure, type Band, type Chart, type Point } from './chart.ts';
import { table } from './table.ts';

export interface TimeChart extends Chart {
  /** A value with its unit. */
  readonly words: (value: number) => string;
}

/** The figure and its table. */
export function timeFigure(chart: TimeChart): Markup {
  // An axis without a point would look like nothing having happened.
  if (chart.series.every(({ points }) => points.every(({ value }) => value === null)))
    return markup`<p><strong>${chart.title}</strong>: not known: no interval has enough samples, or nobody answered.</p>
`;
  if (chart.bands.length === 0) return chartFigure(chart);
  const heads = [
    { head: 'Phase' },
    ...['known', 'least', 'most', 'most at'].map((head) => ({ head, figure: true })),
  ];
  const groups = chart.series.map(({ name, points }) => ({
    title: name,
    rows: chart.bands.map((band) => row(band, points, chart.words)),
  }));
  return chartFigure(chart, table(`${chart.title}, by phase`, heads, groups));
}

function row(band: Band, points: readonly Point[], words: (value: number) => string): readonly Content[] {
  const inside = points.filter(({ fromUs }) => fromUs >= band.startUs && fromUs < band.endUs);
  const known = inside.flatMap(({ fromUs, value }) => (value === null ? [] : [{ fromUs, value }]));
  const counted = `${formatCount(known.length)} of ${formatCount(inside.length)}`;
  const [first] = known;
  if (first === undefined) return [band.name, counted, DASH, DASH, DASH];
  let [least, most] = [first, first];
  for (const point of known) {
    if (point.value < least.value) least = point;
    if (point.value > most.value) most = point;
  }
  return [
    band.name,
    counted,
    words(least.value),
    words(most.value),
    formatDuration(Math.max(0, most.fromUs)),
  ];
}

/** Pictures folded away together, or nothing where there are none. */
export function folded(summary: string, figures: readonly Markup[]): Markup {
  return figures.length === 0
    ? NOTHING
    : markup`<details><summary>${summary}</summary>
${figures}</details>`;
}
