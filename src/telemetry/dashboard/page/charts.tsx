/** The four curves of a run: signing in, test results, backlog, pace. Data to pictures; what is not known leaves a gap. */

import { computed } from '@preact/signals';
import type uPlot from 'uplot';
import { formatCount, formatDuration } from '../../../units.ts';
import { HEAT_ROWS, heatRowFromUs, type FeltTimes, type PacePoint } from '../glance.ts';
import { NOT_KNOWN, rateWords, timeOrDash } from './figures.ts';
import { Plot, type PlotData } from './plot.tsx';
import { felt, latest, pace } from './state.ts';

type Column = readonly (number | null)[];

const bands = computed(() =>
  (latest.value?.moment.phases ?? []).map(({ name, startUs, endUs }) => ({
    name,
    startS: startUs / 1e6,
    endS: endUs / 1e6,
  })),
);

function plotted(columns: readonly Column[], range: PlotData['range'], told: string): PlotData {
  return {
    columns: columns as unknown as uPlot.AlignedData,
    range,
    told,
    bands: bands.value,
    endS: (latest.value?.moment.atUs ?? 0) / 1e6,
  };
}

/** Powers of ten around all times that are known. */
function decadesAround(times: readonly Column[]): PlotData['range'] {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const column of times)
    for (const us of column) {
      if (us === null || us <= 0) continue;
      low = Math.min(low, us);
      high = Math.max(high, us);
    }
  if (high === 0) return null;
  const from = Math.floor(Math.log10(low));
  return [10 ** from, 10 ** Math.max(from + 1, Math.ceil(Math.log10(high)))];
}

function fromZero(columns: readonly Column[]): PlotData['range'] {
  const known = columns.flatMap((column) => column.filter((value) => value !== null));
  return known.length === 0 ? null : [0, Math.max(1, ...known) * 1.08];
}

function feltData(pick: (column: { signIn: FeltTimes; result: FeltTimes }) => FeltTimes, what: string) {
  return computed((): PlotData => {
    const times = felt.value.map(pick);
    const p50s = times.map(({ p50Us }) => p50Us);
    const slowest = times.map(({ maxUs }) => maxUs);
    const middles = felt.value.map(({ fromUs, toUs }) => (fromUs + toUs) / 2e6);
    const range = decadesAround([p50s, slowest]);
    const newest = times.findLast(({ count }) => count > 0);
    const told =
      range === null || newest === undefined
        ? `No ${what} in the seconds that have come to rest; they are told two seconds late.`
        : `Newest second with any: median ${newest.p50Us === null ? 'of too few' : timeOrDash(newest.p50Us)}, slowest ${timeOrDash(newest.maxUs)}. Slowest so far ${timeOrDash(Math.max(...slowest.map((us) => us ?? 0)))}.`;
    return plotted([middles, p50s, slowest], range, told);
  });
}

const signInData = feltData(({ signIn }) => signIn, 'sign-in');
const resultData = feltData(({ result }) => result, 'test result');

/** Each stretch from its beginning, and the end of the last. */
function paced(pick: (point: PacePoint) => readonly (number | null)[]): readonly Column[] {
  const points = pace.value;
  const last = points.at(-1);
  if (last === undefined) return [[], ...Array.from({ length: 2 }, () => [])];
  const rows = [...points, last].map(pick);
  const starts = [...points.map(({ fromUs }) => fromUs / 1e6), last.toUs / 1e6];
  return [starts, ...(rows[0] ?? []).map((_, index) => rows.map((row) => row[index] ?? null))];
}

const owedData = computed((): PlotData => {
  const columns = paced(({ owed }) => [owed?.high ?? null]);
  const range = fromZero(columns.slice(1));
  const now = latest.value?.moment.owed ?? null;
  const told =
    range === null
      ? 'Not known: nobody tells what the mail system owes.'
      : `Owed now: ${now === null ? NOT_KNOWN : formatCount(now)}.`;
  return plotted(columns, range, told);
});

const paceData = computed((): PlotData => {
  const columns = paced(({ offered, achieved }) => [achieved.mean, offered.mean]);
  const range = fromZero(columns.slice(1));
  const newest = pace.value.at(-1);
  const told =
    newest === undefined
      ? 'No journey was due so far.'
      : `In the last second ${rateWords(newest.offered.mean)} were due and ${rateWords(newest.achieved.mean)} ended well.`;
  return plotted(columns, range, told);
});

/** Sign-ins by time and length: the more of them, the stronger the colour. */
function drawHeat(plot: uPlot, colour: (name: string) => string): void {
  const { ctx } = plot;
  const all = felt.value;
  const most = Math.max(1, ...all.map(({ heat }) => Math.max(...heat)));
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.fillStyle = colour('--first');
  for (const { fromUs, toUs, heat } of all) {
    const left = plot.valToPos(fromUs / 1e6, 'x', true);
    const width = Math.max(1, plot.valToPos(toUs / 1e6, 'x', true) - left);
    for (let row = 0; row < HEAT_ROWS; row += 1) {
      const count = heat[row] ?? 0;
      if (count === 0) continue;
      const top = plot.valToPos(heatRowFromUs(row + 1), 'y', true);
      const bottom = plot.valToPos(heatRowFromUs(row), 'y', true);
      // By the logarithm, and never quite pale: a single slow sign-in has to be seen.
      ctx.globalAlpha = 0.14 + 0.5 * (Math.log1p(count) / Math.log1p(most));
      ctx.fillRect(left, top, width, bottom - top);
    }
  }
  ctx.restore();
}

const TIMES = [
  { name: 'median', look: 'first' },
  { name: 'slowest', look: 'second' },
] as const;

export function Charts() {
  return (
    <section class="charts" aria-label="Curves">
      <Plot
        id="chart-signin"
        title="Signing in"
        note="by second, all outcomes"
        lines={TIMES}
        logarithmic
        words={formatDuration}
        data={signInData}
        under={drawHeat}
        underName="how many took how long"
      />
      <Plot
        id="chart-results"
        title="Test results"
        note="sent until visible, by second"
        lines={TIMES}
        logarithmic
        words={formatDuration}
        data={resultData}
      />
      <Plot
        id="chart-owed"
        title="Backlog"
        note="what the mail system owes"
        lines={[{ name: 'owed', look: 'first', filled: true, stepped: true }]}
        words={formatCount}
        data={owedData}
      />
      <Plot
        id="chart-pace"
        title="Journeys a second"
        note="due, and ended well"
        lines={[
          { name: 'ended well', look: 'first', stepped: true },
          { name: 'due', look: 'second', stepped: true },
        ]}
        words={formatCount}
        data={paceData}
      />
    </section>
  );
}
