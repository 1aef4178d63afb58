/** Percentile spectra: how long the slowest one in ten, in a hundred, in a thousand took, by two clocks. It draws no percentile that has too few samples. */

import { operationFor } from '../../record/doors.ts';
import type { RecordedOperation, RecordedSummary, RunRecord } from '../../record/record.ts';
import { formatCount, formatDuration } from '../../units.ts';
import { PHASES, type OperationName, type Phase } from '../../words.ts';
import { isKnown, operationIn, timeOrDash } from '../figures.ts';
import { type Log, type Spread, valueAt } from '../log-figures.ts';
import { markup, type Content, type Markup } from '../markup.ts';
import { decadeAxis, ninesAxis } from './axis.ts';
import { chartFigure, type Chart, type Point } from './chart.ts';
import { table } from './table.ts';

/** Points to each nine: finer than the line is wide. */
const POINTS_A_NINE = 24;

/** Percentiles told in the table. */
const TOLD = [0.5, 0.9, 0.99, 0.999, 0.9999] as const;

/** Percentiles that the two clocks may be compared at, the rarest first, and their names in a record. */
const COMPARED = [
  [0.999, 'p999'],
  [0.99, 'p99'],
  [0.9, 'p90'],
  [0.5, 'p50'],
] as const;

/** The section. `log` is undefined where no interval log was at hand. */
export function spectrumSection(record: RunRecord, log: Log | undefined): Markup {
  return markup`<section aria-labelledby="spectrum"><h2 id="spectrum">The slowest of many</h2>
${body(record, log)}</section>
`;
}

function body(record: RunRecord, log: Log | undefined): Markup {
  if (log === undefined) return markup`<p>Not known: there is no interval log beside this record.</p>`;
  const figures = subjectsOf(record).flatMap((operation) => figure(record, log, operation));
  if (figures.length === 0)
    return markup`<p>Not known: of nothing that people did were there 20 samples, which a median needs.</p>`;
  return markup`<p>To the right each line is ten times rarer: at 99 % one in a hundred took longer. A curve ends where fewer than ten samples lie beyond it.</p>
${figures}`;
}

function subjectsOf(record: RunRecord): readonly OperationName[] {
  const deeds = [
    operationFor(record, 'signIn'),
    operationFor(record, 'open'),
    operationFor(record, 'submit'),
  ];
  return [...new Set<OperationName>([...deeds, 'journey.read'])];
}

/** In the storm, where it matters; else in the phase with most samples. */
function phaseFor(
  log: Log,
  operation: OperationName,
): { readonly phase: Phase; readonly response: Spread } | undefined {
  const found = PHASES.map((phase) => ({
    phase,
    response: log.spread({ operation, clock: 'response', phase }),
  }));
  const storm = found.find(({ phase, response }) => phase === 'storm' && valueAt(response, 0.5) !== null);
  const [most] = found.toSorted((a, b) => b.response.total - a.response.total);
  return storm ?? (most === undefined || valueAt(most.response, 0.5) === null ? undefined : most);
}

function figure(record: RunRecord, log: Log, operation: OperationName): readonly Markup[] {
  const found = phaseFor(log, operation);
  if (found === undefined) return [];
  const { phase, response } = found;
  const service = log.spread({ operation, clock: 'service', phase });
  const [slow, served] = [curve(response), curve(service)];
  const values = [...slow, ...served].flatMap(({ value }) => (value === null ? [] : [value]));
  const gap = gapWords(operationIn(record, operation, phase), response, service);
  const chart: Chart = {
    id: `spectrum-${operation.replace('.', '-')}`,
    title: `${operation}, by percentile`,
    note: `in the phase ${phase}; response of ${formatCount(response.total)}, service of ${formatCount(service.total)}`,
    told: `Response: ${toldOf(response)}; service: ${toldOf(service)}.`,
    time: ninesAxis(Math.max(response.total, service.total)),
    height: decadeAxis(Math.min(...values), Math.max(...values)),
    bands: [],
    series: [
      { name: 'response: since it was meant', look: 'first', points: slow },
      { name: 'service: the mail system alone', look: 'second', points: served },
    ],
  };
  const heads = [{ head: 'Percentile' }, ...['response', 'service'].map((head) => ({ head, figure: true }))];
  const rows = [
    ...TOLD.map((share): readonly Content[] => [
      `${+(share * 100).toFixed(2)} %`,
      timeOrDash(valueAt(response, share)),
      timeOrDash(valueAt(service, share)),
    ]),
    ['longest', ...[response, service].map((one) => timeOrDash(one.total === 0 ? null : one.maxUs))],
  ];
  const behind = table(`${operation} in the phase ${phase}: – is too few samples`, heads, [{ rows }]);
  return [
    markup`${chartFigure(chart, behind)}<p class="note">${gap}</p>
`,
  ];
}

/** Points at even steps of rarity; `fromUs` is 1/(1−p). */
function curve(spread: Spread): readonly Point[] {
  const last = Math.floor(Math.log10(Math.max(1, spread.total / 10)) * POINTS_A_NINE + 1e-9);
  if (valueAt(spread, 0.5) === null) return [];
  return Array.from({ length: last + 1 }, (_, step) => {
    const rarity = 10 ** (step / POINTS_A_NINE);
    return { fromUs: rarity, toUs: rarity, value: valueAt(spread, 1 - 1 / rarity) };
  });
}

function toldOf(spread: Spread): string {
  return `p50 ${timeOrDash(valueAt(spread, 0.5))}, p90 ${timeOrDash(valueAt(spread, 0.9))}, longest ${timeOrDash(spread.total === 0 ? null : spread.maxUs)}`;
}

/** What lies between the two curves. */
function gapWords(recorded: RecordedOperation | undefined, response: Spread, service: Spread): string {
  const compared = COMPARED.find(
    ([one]) => valueAt(response, one) !== null && valueAt(service, one) !== null,
  );
  if (compared === undefined)
    return 'The service curve has too few samples, so what lies between the two is not known.';
  const [share, percentile] = compared;
  const [slow, served] = [valueAt(response, share) ?? 0, valueAt(service, share) ?? 0];
  const at = `${+(share * 100).toFixed(1)}\u00a0%`;
  const ours = lagWords(recorded?.lagUs);
  if (slow <= served * 1.1)
    return `The gap is what people waited before the mail system began with them; here there is hardly any: at ${at} response took ${formatDuration(slow)} and service ${formatDuration(served)}, so the mail system's own time is what they felt.${ours}`;
  const wait = recorded?.waitUs[percentile];
  const where = isKnown(wait) && wait > (slow - served) / 2 ? ', mostly for a free connection' : '';
  return `The gap is what people waited before the mail system began with them${where}: at ${at} response took ${formatDuration(slow)} and service ${formatDuration(served)}, so service times alone would hide ${formatDuration(slow - served)}.${ours}`;
}

/** The generator's part of the gap is no doing of the mail system's. */
function lagWords(lag: RecordedSummary | undefined): string {
  if (isKnown(lag?.p99)) return ` The generator's own lateness: lag p99 ${formatDuration(lag.p99)}.`;
  return isKnown(lag?.max) ? ` The generator's own lateness: lag at most ${formatDuration(lag.max)}.` : '';
}
