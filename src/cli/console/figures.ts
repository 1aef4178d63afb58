/** The figures of a moment as rows of a screen: load, test results, generator, stop conditions, operations, errors. Pure; a figure that is not known is a dash or said to be so. */

import { DASH, shareInWords, timeInWords, timeOrDash } from '../../report/figures.ts';
import { oneLine, unnamed } from '../../report/clean.ts';
import type { FitnessSoFar, Moment, MomentOperation, RunIdentity } from '../../telemetry/moment.ts';
import { formatCount, formatDuration } from '../../units.ts';
import {
  BACKGROUND_OPERATIONS,
  DOOR_OPERATIONS,
  OPERATIONS,
  SUBMIT_OPERATIONS,
  type Doors,
  type OperationName,
} from '../../words.ts';
import { bar } from './charts.ts';
import { ratesOf, type History } from './history.ts';
import { cut, ink, padEnd, padStart, sideBySide, type Ink, type Row } from './ink.ts';
import { clockOf } from './progress.ts';

/** Columns of the words that rows begin with. */
const LABEL = 10;

/** Columns of a gauge. */
const GAUGE = 12;

/** So near to its limit a stop condition is worth a colour. */
const NEAR = 0.5;

function labelled(label: string, groups: readonly Row[], cols: number): Row {
  return [ink(padEnd(label, LABEL), 'dim'), ...sideBySide(groups, cols - LABEL)];
}

/** What is owed and accepted, what is offered and achieved. */
export function loadRow(moment: Moment, history: History, cols: number): Row {
  const { owed, copiesAccepted } = moment;
  const rates = ratesOf(history);
  const rate = (value: number): string => (value >= 9.95 ? formatCount(value) : value.toFixed(1));
  return labelled(
    'target',
    [
      [ink('owes '), owed === null ? ink('not known', 'dim') : ink(formatCount(owed), 'strong')],
      [ink(`accepted ${formatCount(copiesAccepted)} copies`)],
      ...(rates === null
        ? []
        : [[ink(`journeys ${rate(rates.due)}/s due, ${rate(rates.ok)}/s ok`)] satisfies Row]),
    ],
    cols,
  );
}

/** Test results: those under way, and how long the others took to show. */
export function resultsRow({ canaries, operations }: Moment, cols: number): Row {
  const { waiting, visibleUs } = canaries;
  const missed = operations
    .filter(({ operation }) => operation === 'journey.canary')
    .reduce((sum, one) => sum + one.rejected + one.unknown + one.dropped, 0);
  const seen = visibleUs?.count ?? 0;
  const time = (name: string, us: number | null | undefined): Row => [
    ink(`${name} `, 'dim'),
    ink(timeOrDash(us)),
  ];
  return labelled(
    'results',
    [
      [ink('waiting '), ink(formatCount(waiting), 'strong')],
      [ink('not seen '), ink(formatCount(missed), missed > 0 ? 'warn' : 'plain')],
      [ink(visibleUs === null ? 'visible not known' : `visible ${formatCount(seen)}`)],
      time('p50', visibleUs?.p50),
      time('p90', visibleUs?.p90),
      time('max', visibleUs?.max),
    ],
    cols,
  );
}

const FITNESS: Readonly<Record<FitnessSoFar['status'], readonly [string, Ink]>> = {
  fit: ['fit so far', 'good'],
  unfit: ['UNFIT so far', 'bad'],
  unknown: ['fitness not known yet', 'dim'],
};

/** Whether the generator could testify, and how it fares; if it could not, why comes first. */
export function generatorRows({ fitness, health }: Moment, cols: number): readonly Row[] {
  const [word, how] = FITNESS[fitness?.status ?? 'unknown'];
  const figures: readonly Row[] = [
    [ink('lag ', 'dim'), ink(timeOrDash(health?.lagMaxUs))],
    [ink('loop p99 ', 'dim'), ink(timeOrDash(health?.delayP99Us))],
    [ink('CPU ', 'dim'), ink(percent(health?.cpu))],
    [ink('busiest thread ', 'dim'), ink(percent(health?.utilisation))],
    [ink('in the last second', 'dim')],
  ];
  const why = fitness?.because[0];
  return why === undefined
    ? [labelled('generator', [[ink(word, how)], ...figures], cols)]
    : [labelled('generator', [[ink(word, how), ink(`  ${why}`)]], cols), labelled('', figures, cols)];
}

function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? DASH : `${Math.round(share * 100)} %`;
}

function within(overUs: number): Row {
  return [ink(`in ${formatDuration(overUs)}`, 'dim')];
}

/** How near each stop condition is, the nearest first. */
export function stopRows({ conditions }: Moment, cols: number): readonly Row[] {
  if (conditions.length === 0) return [labelled('stop', [[ink('no stop condition', 'dim')]], cols)];
  const near = (one: (typeof conditions)[number]): number => (one.share ?? -1) / Math.max(one.limit, 1e-9);
  return [...conditions]
    .sort((a, b) => near(b) - near(a))
    .map((condition, index): Row => {
      const { limit, overUs, share } = condition;
      const { done, left } = bar(near(condition), GAUGE);
      const how = near(condition) >= NEAR ? 'warn' : 'plain';
      if (share === null) {
        const words = `errors: too few attempts to tell, limit ${shareInWords(limit)}`;
        return labelled(index === 0 ? 'stop' : '', [[ink(words, 'dim')], within(overUs)], cols);
      }
      const errors = ink(`errors ${shareInWords(share)} of ${shareInWords(limit)}`, how);
      const gauge = [ink(done, how), ink(left, 'dim')];
      return labelled(index === 0 ? 'stop' : '', [[errors], within(overUs), gauge], cols);
    });
}

/** The errors that were met last. */
export function errorRows({ news }: History, atUs: number, cols: number): readonly Row[] {
  if (news.length === 0) return [labelled('errors', [[ink('none so far', 'good')]], cols)];
  return news.map(({ text, count, grewAtUs }, index): Row => {
    const ago = atUs - grewAtUs < 2_000_000 ? 'now' : `${clockOf(atUs - grewAtUs)} ago`;
    return cut(
      [
        ink(padEnd(index === 0 ? 'errors' : '', LABEL), 'dim'),
        ink(padStart(`${formatCount(count)}x`, 7), 'warn'),
        ink(padStart(ago, 10), 'dim'),
        ink(`  ${unnamed(oneLine(text))}`),
      ],
      cols,
    );
  });
}

interface ColumnOf {
  readonly head: string;
  readonly width: number;
  /** Columns with a smaller one stay longer when the screen gets narrow. */
  readonly rank: number;
  readonly of: (row: MomentOperation) => string;
  readonly how?: (row: MomentOperation) => Ink;
}

const some = (count: number): Ink => (count > 0 ? 'warn' : 'dim');

const COLUMNS: readonly ColumnOf[] = [
  { head: 'n', width: 10, rank: 2, of: ({ responseUs }) => formatCount(responseUs.count) },
  { head: 'p50', width: 9, rank: 1, of: ({ responseUs }) => timeOrDash(responseUs.p50) },
  { head: 'p90', width: 9, rank: 6, of: ({ responseUs }) => timeOrDash(responseUs.p90) },
  { head: 'p99', width: 9, rank: 0, of: ({ responseUs }) => timeOrDash(responseUs.p99) },
  { head: 'max', width: 9, rank: 5, of: ({ responseUs }) => timeOrDash(responseUs.max) },
  {
    head: 'refused',
    width: 9,
    rank: 3,
    of: ({ rejected }) => formatCount(rejected),
    how: ({ rejected }) => some(rejected),
  },
  {
    head: 'unknown',
    width: 9,
    rank: 4,
    of: ({ unknown }) => formatCount(unknown),
    how: ({ unknown }) => some(unknown),
  },
  {
    head: 'dropped',
    width: 9,
    rank: 7,
    of: ({ dropped }) => formatCount(dropped),
    how: ({ dropped }) => some(dropped),
  },
];

/** Rows that a table keeps even while they are empty: about what a storm over IMAP fills. */
const ROOM_KEPT = 13;

/** The table of the phase that runs, with its head: so many rows in all at most. */
export function operationRows(
  identity: RunIdentity,
  moment: Moment,
  cols: number,
  height: number,
): readonly Row[] {
  const phase = moment.phase === 'end' ? moment.phases.at(-1)?.name : moment.phase;
  const all = inOrder(
    identity.doors,
    moment.operations.filter((one) => one.phase === phase && one.planned > 0),
  );
  const shown = all.slice(0, Math.max(0, height - 1));
  const name = Math.max(16, ...shown.map(({ operation }) => operation.length + 1));
  const columns = fitting(cols - name);
  const more = all.length - shown.length;
  const title = `${phase ?? ''}${more > 0 ? ` (+${more})` : ''}`;
  const head: Row = [
    ink(padEnd(title, name), 'dim'),
    ink(columns.map((column) => padStart(column.head, column.width)).join(''), 'dim'),
  ];
  const rows = [head, ...shown.map((row) => operationRow(row, name, columns))];
  const kept = Math.max(rows.length, Math.min(height, ROOM_KEPT));
  return Array.from({ length: kept }, (_, index) => cut(rows[index] ?? [], cols));
}

function operationRow(row: MomentOperation, name: number, columns: readonly ColumnOf[]): Row {
  const cells = columns.map((column) => ink(padStart(column.of(row), column.width), column.how?.(row)));
  return [ink(padEnd(row.operation, name)), ...cells];
}

function fitting(cols: number): readonly ColumnOf[] {
  let left = cols;
  const kept = new Set<ColumnOf>();
  for (const column of COLUMNS.toSorted((a, b) => a.rank - b.rank)) {
    if (column.width > left) break;
    left -= column.width;
    kept.add(column);
  }
  return COLUMNS.filter((column) => kept.has(column));
}

/** Journeys, then what stands at the doors, then the rest; looks that sessions make by themselves last. */
function inOrder(doors: Doors, rows: readonly MomentOperation[]): readonly MomentOperation[] {
  const { signIn, open } = DOOR_OPERATIONS[doors.mailbox];
  const first: readonly OperationName[] = [signIn, open, SUBMIT_OPERATIONS[doors.submit]];
  const rankOf = (operation: OperationName): number => {
    if (operation.startsWith('journey.')) return OPERATIONS.indexOf(operation) - 2 * OPERATIONS.length;
    if (first.includes(operation)) return first.indexOf(operation) - OPERATIONS.length;
    return (
      OPERATIONS.indexOf(operation) + (BACKGROUND_OPERATIONS.includes(operation) ? OPERATIONS.length : 0)
    );
  };
  return rows.toSorted((a, b) => rankOf(a.operation) - rankOf(b.operation));
}

/** One line for a place where nothing can be redrawn. */
export function plainLine(identity: RunIdentity, moment: Moment, history: History): string {
  const { phase, atUs, leftUs, held, owed, canaries, operations } = moment;
  const where = phase === 'end' ? 'waiting for quiet' : phase;
  const { signIn } = DOOR_OPERATIONS[identity.doors.mailbox];
  const felt = operations.find((one) => one.operation === signIn && one.phase === phase)?.responseUs;
  const rates = ratesOf(history);
  const errors = moment.errors
    .slice(0, 3)
    .map(({ text, count }) => `${count}x ${unnamed(oneLine(text)).slice(0, 60)}`);
  return [
    `${where}  ${formatDuration(Math.max(0, atUs))} elapsed, at most ${formatDuration(leftUs)} left${held ? '  REPLIES HELD' : ''}`,
    `journeys offered ${rates === null ? '?' : rates.due.toFixed(0)}/s achieved ${rates === null ? '?' : rates.ok.toFixed(0)}/s  owed ${owed === null ? '?' : formatCount(owed)}  canaries waiting ${canaries.waiting}`,
    `sign-in p50 ${timeInWords(felt?.p50)} p99 ${timeInWords(felt?.p99)}  errors ${errors.length === 0 ? 'none' : errors.join(' | ')}`,
  ].join('  ');
}
