/** Draws one chart over time as inline SVG: phase bands, grid, lines, a legend of shapes and words. It knows no record. */

import { Markup, markup, NOTHING } from '../markup.ts';
import type { Axis } from './axis.ts';
import { scrolling } from './table.ts';
import { thinned } from './thin.ts';

/** A value over a stretch of time; null where it is not known, which leaves a gap. */
export interface Point {
  readonly fromUs: number;
  readonly toUs: number;
  readonly value: number | null;
}

export interface Series {
  readonly name: string;
  /** The first is a solid line, the second a dashed one. */
  readonly look: 'first' | 'second';
  readonly points: readonly Point[];
  /** Filled down to the axis. */
  readonly filled?: boolean;
}

export interface Band {
  readonly name: string;
  readonly startUs: number;
  readonly endUs: number;
}

/** An instant with the number under which the list of events has it. */
export interface Marker {
  readonly atUs: number;
  readonly number: number;
}

/** Places a value on the picture. */
export type Place = (value: number) => number;

export interface Chart {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly note: string;
  /** The picture in words. */
  readonly told: string;
  readonly time: Axis;
  readonly height: Axis;
  readonly bands: readonly Band[];
  readonly series: readonly Series[];
  readonly limit?: { readonly value: number; readonly name: string };
  readonly markers?: readonly Marker[];
  /** Drawn below the lines, for pictures that are no lines. */
  readonly painted?: (x: Place, y: Place) => Markup;
  /** Boxes of the legend: a class of the style sheet and what it stands for. */
  readonly boxes?: readonly { readonly look: string; readonly name: string }[];
}

const WIDTH = 760;
const LEFT = 66;
/** Room for the last phase's label, which is often wider than its phase. */
const RIGHT = 36;
const PLOT_HEIGHT = 150;
const LABEL_ROW = 15;

/** About what a letter of 12 px takes, to keep labels from running into each other. */
const LETTER = 6.6;

/** The chart with its caption, and its figures as a table folded away behind it. */
export function chartFigure(chart: Chart, behind: Markup = NOTHING): Markup {
  const figures =
    behind === NOTHING
      ? NOTHING
      : markup`<details class="behind"><summary>The figures of this picture: ${chart.title}</summary>
${behind}</details>`;
  return markup`<figure><figcaption>${chart.title} <span>${chart.note}</span></figcaption>
${scrolling(`Chart: ${chart.title}`, markup`<svg ${opening(chart)}>${content(chart)}</svg>`)}${figures}</figure>
`;
}

/** The chart as a file of its own, with the style it needs. */
export function chartFile(chart: Chart, style: string): Markup {
  return markup`<svg xmlns="http://www.w3.org/2000/svg" ${opening(chart)}><style>${new Markup(style)}</style>
${content(chart)}</svg>
`;
}

function opening(chart: Chart): Markup {
  return markup`role="img" aria-labelledby="${chart.id}-title ${chart.id}-desc" viewBox="0 0 ${WIDTH} ${topOf(bandLabels(chart)) + PLOT_HEIGHT + 42}"`;
}

/** Where the plot begins, below its labels. */
function topOf(labels: readonly BandLabel[]): number {
  return 4 + LABEL_ROW * Math.max(1, ...labels.map(({ row }) => row + 1));
}

function content(chart: Chart): Markup {
  const labels = bandLabels(chart);
  const top = topOf(labels);
  const x = (us: number): number => LEFT + chart.time.at(us) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => top + (1 - chart.height.at(value)) * PLOT_HEIGHT;
  return markup`<title id="${chart.id}-title">${chart.title}</title><desc id="${chart.id}-desc">${chart.told}</desc>
${bands(labels, x, top)}${grid(chart, x, y, top)}${chart.painted?.(x, y) ?? NOTHING}${chart.series.map((series) => drawn(series, x, y))}
${limit(chart, y)}${markers(chart.markers ?? [], x, top)}${legend(chart, top + PLOT_HEIGHT + 36)}`;
}

interface BandLabel {
  readonly band: Band;
  readonly x: number;
  readonly row: number;
}

/**
 * A label starts at its phase's line, and no label crosses a line or another label: from the right, each takes the
 * lowest free row. A line reaches up to its own label's row and no further.
 */
function bandLabels(chart: Chart): readonly BandLabel[] {
  const placed: {
    readonly lineX: number;
    readonly x: number;
    readonly endX: number;
    readonly row: number;
  }[] = [];
  const labels = chart.bands.toReversed().map((band): BandLabel => {
    const width = band.name.length * LETTER;
    const lineX = LEFT + chart.time.at(band.startUs) * (WIDTH - LEFT - RIGHT);
    const x = lineX + 3 + width > WIDTH ? lineX - 3 - width : lineX + 3;
    const endX = x + width;
    const isFree = (row: number): boolean =>
      placed.every((other) => {
        const meetsLabel = other.row === row && x < other.endX + 6 && other.x < endX + 6;
        const meetsLine = other.row >= row && x < other.lineX && other.lineX < endX;
        return !meetsLabel && !meetsLine;
      });
    let row = 0;
    while (!isFree(row)) row += 1;
    placed.push({ lineX, x, endX, row });
    return { band, x, row };
  });
  return labels.toReversed();
}

function bands(labels: readonly BandLabel[], x: Place, top: number): Markup {
  const parts = labels.map(({ band, x: labelX, row }, index) => {
    const left = x(band.startUs);
    const width = Math.max(0, x(band.endUs) - left);
    const labelY = top - 5 - row * LABEL_ROW;
    const back =
      index % 2 === 0
        ? markup`<rect class="band" x="${left}" y="${top}" width="${width}" height="${PLOT_HEIGHT}"/>`
        : NOTHING;
    return markup`${back}<line class="edge" x1="${left}" y1="${labelY - 9}" x2="${left}" y2="${top + PLOT_HEIGHT}"/><text class="strong" x="${labelX}" y="${labelY}">${band.name}</text>\n`;
  });
  return markup`${parts}`;
}

function grid(chart: Chart, x: Place, y: Place, top: number): Markup {
  const bottom = top + PLOT_HEIGHT;
  const across = chart.height.ticks.map(
    ({ value, label }) =>
      markup`<line class="grid" x1="${LEFT}" y1="${y(value)}" x2="${WIDTH - RIGHT}" y2="${y(value)}"/><text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${label}</text>\n`,
  );
  const along = chart.time.ticks.map(
    ({ value, label }) =>
      markup`<line class="grid" x1="${x(value)}" y1="${bottom}" x2="${x(value)}" y2="${bottom + 4}"/><text x="${x(value)}" y="${bottom + 16}" text-anchor="middle">${label}</text>\n`,
  );
  return markup`${across}${along}`;
}

function drawn(series: Series, x: Place, y: Place): readonly Markup[] {
  return runs(thinned(series.points)).map((run) => {
    const only = run[0];
    if (only === undefined) return NOTHING;
    // A line of one point has no length: without a dot it would not be seen at all.
    if (run.length === 1 && series.filled !== true)
      return markup`<circle class="${series.look}dot" cx="${x(middle(only))}" cy="${y(only.value)}" r="2.2"/>`;
    if (series.filled === true) return stepped(run, series.look, x, y);
    return markup`<polyline class="${series.look}" points="${run.map((point) => at(x(middle(point)), y(point.value))).join(' ')}"/>`;
  });
}

interface KnownPoint extends Point {
  readonly value: number;
}

/** Stretches without a gap. */
function runs(points: readonly Point[]): readonly (readonly KnownPoint[])[] {
  const found: KnownPoint[][] = [];
  let open = false;
  for (const { fromUs, toUs, value } of points) {
    if (value === null) {
      open = false;
      continue;
    }
    if (!open) found.push([]);
    found.at(-1)?.push({ fromUs, toUs, value });
    open = true;
  }
  return found;
}

/**
 * A count over an interval holds for the whole interval: a step, not a slope. One path is the line and what it fills, and
 * it is written from each corner to the next, since a page may hold thousands of them. Tenths of a pixel are counted whole,
 * so that no rounding adds up.
 */
function stepped(run: readonly KnownPoint[], look: Series['look'], x: Place, y: Place): Markup {
  const tenth = (place: number): number => Math.round(place * 10);
  let [atX, atY] = [tenth(x(run[0]?.fromUs ?? 0)), tenth(y(0))];
  let path = `M${atX / 10} ${atY / 10}`;
  const move = (toX: number, toY: number): void => {
    if (toX !== atX) path += `h${tenths(toX - atX)}`;
    if (toY !== atY) path += `v${tenths(toY - atY)}`;
    [atX, atY] = [toX, toY];
  };
  // A level that stays is one stroke, drawn when the next one begins.
  for (const { fromUs, value } of run) if (tenth(y(value)) !== atY) move(tenth(x(fromUs)), tenth(y(value)));
  move(tenth(x(run.at(-1)?.toUs ?? 0)), tenth(y(0)));
  return markup`<path class="${look} area" d="${path}"/>`;
}

/** A number of tenths, as short as a path allows. */
function tenths(count: number): string {
  return String(count / 10).replace(/^(-?)0\./, '$1.');
}

function at(x: number, y: number): string {
  return `${+x.toFixed(1)},${+y.toFixed(1)}`;
}

function middle(point: Point): number {
  return (point.fromUs + point.toUs) / 2;
}

function limit(chart: Chart, y: Place): Markup {
  if (chart.limit === undefined) return NOTHING;
  const place = y(chart.limit.value);
  return markup`<line class="limit" x1="${LEFT}" y1="${place}" x2="${WIDTH - RIGHT}" y2="${place}"/>`;
}

/** A number at each instant; neighbours that would run into each other stand lower. */
function markers(all: readonly Marker[], x: Place, top: number): Markup {
  const ends: number[] = [];
  const parts = all.map(({ atUs, number }) => {
    const left = x(atUs);
    let row = 0;
    while (row < MARKER_ROWS - 1 && (ends[row] ?? Number.NEGATIVE_INFINITY) > left - 9) row += 1;
    ends[row] = left + 9;
    const y = top + 9 + row * 18;
    return markup`<line class="mark" x1="${left}" y1="${top}" x2="${left}" y2="${top + PLOT_HEIGHT}"/><circle class="markdot" cx="${left}" cy="${y}" r="8"/><text class="marktext" x="${left}" y="${y + 4}" text-anchor="middle">${String(number)}</text>\n`;
  });
  return markup`${parts}`;
}

/** More would cover the whole plot. */
const MARKER_ROWS = 7;

function legend(chart: Chart, y: number): Markup {
  const entries = [
    ...chart.series.map(({ name, look }) => ({ name, look: look as string })),
    ...(chart.limit === undefined ? [] : [{ name: chart.limit.name, look: 'limit' }]),
  ];
  let x = LEFT;
  const parts = entries.map(({ name, look }) => {
    const from = x;
    x += 34 + name.length * LETTER + 18;
    return markup`<line class="${look}" x1="${from}" y1="${y - 4}" x2="${from + 28}" y2="${y - 4}"/><text class="strong" x="${from + 34}" y="${y}">${name}</text>`;
  });
  const boxes = (chart.boxes ?? []).map(({ look, name }) => {
    const from = x;
    x += 18 + name.length * LETTER + 14;
    return markup`<rect class="${look} key" x="${from}" y="${y - 10}" width="12" height="12"/><text class="strong" x="${from + 18}" y="${y}">${name}</text>`;
  });
  return markup`${parts}${boxes}`;
}
