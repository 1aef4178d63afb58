/** One chart over the run's time on uPlot: phase bands behind, series and a legend of shapes and words. It knows no run beyond what it is given. */

import { effect, type ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { clockWords } from './figures.ts';

/** A line: solid, dashed or none of its own but an area. */
export interface Line {
  readonly name: string;
  readonly look: 'first' | 'second';
  readonly filled?: boolean;
  /** It holds for its whole stretch, and does not slope to the next. */
  readonly stepped?: boolean;
}

export interface PlotData {
  /** Seconds from the baseline's zero, then a column a line; null: not known. */
  readonly columns: uPlot.AlignedData;
  readonly bands: readonly { readonly name: string; readonly startS: number; readonly endS: number }[];
  /** The same for all charts, so that what stands above each other was at the same time. */
  readonly endS: number;
  /** The picture in words. */
  readonly told: string;
  /** Both ends of the scale upwards; null: nothing to show. */
  readonly range: readonly [number, number] | null;
}

export interface PlotProps {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly lines: readonly Line[];
  readonly logarithmic?: boolean;
  readonly words: (value: number) => string;
  readonly data: ReadonlySignal<PlotData>;
  /** Drawn beneath the lines. */
  readonly under?: (plot: uPlot, colour: (name: string) => string) => void;
  /** What `under` draws, for the legend. */
  readonly underName?: string;
}

const HEIGHT = 190;

/** A run of two seconds drawn over the whole width would look like a long one. */
const LEAST_SPAN_S = 10;

/** Steps of a scale of counts: there is no half of one. */
const WHOLE = Array.from({ length: 10 }, (_, decade) => [1, 2, 5].map((step) => step * 10 ** decade)).flat();

/** A chart with its caption and legend. */
export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const { id, title, note, lines, data, underName } = props;
  useEffect(() => {
    const host = place.current;
    return host === null ? undefined : draw(host, props);
    // The chart lives as long as its place; what it shows comes by the signal.
  }, []);
  const { told, range } = data.value;
  return (
    <figure class="plot" id={id}>
      <figcaption>
        {title} <span>{note}</span>
      </figcaption>
      <div ref={place} role="img" aria-label={`${title}. ${told}`} class={range === null ? 'empty' : ''} />
      {range === null ? (
        <p class="soft">{told}</p>
      ) : (
        <ul class="legend">
          {lines.map(({ name, look }) => (
            <li key={name}>
              <i class={look} />
              {name}
            </li>
          ))}
          {underName !== undefined && (
            <li>
              <i class="heat" />
              {underName}
            </li>
          )}
        </ul>
      )}
    </figure>
  );
}

function draw(host: HTMLElement, props: PlotProps): () => void {
  const { data } = props;
  const colour = (name: string): string => getComputedStyle(host).getPropertyValue(name).trim();
  const plot = new uPlot(optionsOf(host, props, colour), data.value.columns, host);
  const resized = new ResizeObserver(() => plot.setSize({ width: widthOf(host), height: HEIGHT }));
  resized.observe(host);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const repaint = (): void => plot.redraw(false, true);
  scheme.addEventListener('change', repaint);
  const stop = effect(() => plot.setData(data.value.columns));
  return () => {
    stop();
    scheme.removeEventListener('change', repaint);
    resized.disconnect();
    plot.destroy();
  };
}

function widthOf(host: HTMLElement): number {
  return Math.max(200, host.clientWidth);
}

type Colour = (name: string) => string;

function optionsOf(host: HTMLElement, props: PlotProps, colour: Colour): uPlot.Options {
  const { lines, logarithmic = false, words, data, under } = props;
  const axis: uPlot.Axis = {
    stroke: () => colour('--soft'),
    grid: { stroke: () => colour('--rule'), width: 1 },
    ticks: { stroke: () => colour('--rule'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  return {
    width: widthOf(host),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [20, 24, 0, 0],
    scales: {
      x: { time: false, range: () => [0, Math.max(data.value.endS, LEAST_SPAN_S)] },
      y: { distr: logarithmic ? 3 : 1, range: () => [...(data.value.range ?? [1, 10])] as [number, number] },
    },
    axes: [
      { ...axis, space: 70, values: (_plot, splits) => splits.map((s) => clockWords(s * 1e6)) },
      {
        ...axis,
        size: 62,
        ...(logarithmic ? { splits: (plot: uPlot) => decades(plot) } : { incrs: WHOLE }),
        values: (_plot, splits) => splits.map((value) => (value === null ? '' : words(value))),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, colour))],
    hooks: {
      drawClear: [
        (plot) => {
          drawBands(plot, data.value.bands, colour);
          under?.(plot, colour);
        },
      ],
    },
  };
}

function seriesOf({ look, filled = false, stepped = false }: Line, colour: Colour): uPlot.Series {
  const stroke = (): string => colour(`--${look}`);
  return {
    stroke,
    width: look === 'first' ? 2 : 1.5,
    ...(look === 'second' ? { dash: [5, 3] } : {}),
    ...(filled ? { fill: () => `${stroke()}2e` } : {}),
    ...(stepped ? { paths: uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder } : {}),
    points: { show: true, size: 5, width: 0, fill: stroke, filter: alone },
    spanGaps: false,
  };
}

/** A line of one point has no length: without a dot it would not be seen at all. */
function alone(plot: uPlot, line: number): number[] {
  const values = plot.data[line] ?? [];
  const isGap = (index: number): boolean => (values[index] ?? null) === null;
  return Array.from(values.keys()).filter((index) => !isGap(index) && isGap(index - 1) && isGap(index + 1));
}

function decades({ scales }: uPlot): number[] {
  const low = Math.ceil(Math.log10(scales['y']?.min ?? 1) - 1e-9);
  const high = Math.floor(Math.log10(scales['y']?.max ?? 10) + 1e-9);
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => 10 ** (low + index));
}

function drawBands(plot: uPlot, bands: PlotData['bands'], colour: Colour): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  let freeFrom = 0;
  for (const [index, { name, startS, endS }] of bands.entries()) {
    const left = Math.max(bbox.left, plot.valToPos(startS, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(endS, 'x', true));
    if (right <= left) continue;
    if (index % 2 === 1) {
      ctx.fillStyle = colour('--band');
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
    ctx.fillStyle = colour('--rule');
    ctx.fillRect(left, bbox.top, ratio, bbox.height);
    // A name that would run into the one before is left out: the bar above has them all.
    const width = ctx.measureText(name).width;
    if (left < freeFrom || left + width > bbox.left + bbox.width + 8 * ratio) continue;
    ctx.fillStyle = colour('--soft');
    ctx.fillText(name, left + 3 * ratio, bbox.top - 7 * ratio);
    freeFrom = left + width + 10 * ratio;
  }
  ctx.restore();
}
