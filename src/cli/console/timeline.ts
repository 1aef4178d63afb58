/** The storm over time: what was planned, what was accepted, what is owed, above one axis with a cursor. Pure; it shows, it does not judge. */

import type { Moment, RunIdentity } from '../../telemetry/moment.ts';
import { formatCount } from '../../units.ts';
import { PHASES, type Phase } from '../../words.ts';
import { largest, spark, type Column } from './charts.ts';
import { acceptedUntil, owedWithin, type History } from './history.ts';
import { ink, padEnd, type Ink, type Row } from './ink.ts';

/** Columns of the words at the left, and at the right. */
const LABEL = 10;
const SUMS = 22;

/** Below so many columns the sums at the right go. */
const NARROW = 60;

/** A storm that is over is drawn shorter by this, again and again: an axis that grew each second would never stand still. */
const STRETCH = 1.5;

/** Flows are counted over a second, which moments are apart, but a storm is drawn in at least so many steps. */
const BIN_US = 1_000_000;
const LEAST_BINS = 24;

interface Axis {
  readonly startUs: number;
  readonly columnUs: number;
  readonly columns: number;
  /** What flows is counted over at least a column; finer than that it would be dots of single messages. */
  readonly binUs: number;
}

/** Makes three sparklines of so many rows each, and their axis; what they show is found once for all heights. */
export function timeline(
  identity: RunIdentity,
  moment: Moment,
  history: History,
  cols: number,
): (height: number) => readonly Row[] {
  const sums = cols >= NARROW ? SUMS : 0;
  const axis = axisOf(identity, moment, Math.max(1, cols - LABEL - sums));
  const planned = plannedColumns(identity, axis);
  const accepted = columnsOf(axis, moment.atUs, (fromUs) => {
    const fromBinUs = binAt(axis, fromUs - axis.startUs) * axis.binUs + axis.startUs;
    const untilUs = Math.min(fromBinUs + axis.binUs, moment.atUs);
    const copies = acceptedUntil(history, untilUs) - acceptedUntil(history, fromBinUs);
    return Math.max(0, (copies / (untilUs - fromBinUs)) * axis.binUs);
  });
  const owed = columnsOf(axis, moment.atUs, (fromUs, untilUs) => owedWithin(history, fromUs, untilUs));
  // On one scale, so that what is accepted later than planned is seen to be.
  const copies = Math.max(largest(planned), largest(accepted));
  const mostOwed = history.past.reduce<number | null>(
    (most, one) => (one.owed === null ? most : Math.max(most ?? 0, one.owed)),
    null,
  );
  const { stormCopies } = identity;
  const inPlan = stormCopies === undefined ? '' : `${formatCount(stormCopies)} copies`;
  const graphs: readonly Graph[] = [
    { name: 'planned', columns: planned, most: copies, sum: inPlan, how: 'plain' },
    {
      name: 'accepted',
      columns: accepted,
      most: copies,
      sum: `${formatCount(moment.copiesAccepted)} copies`,
      how: 'line',
    },
    {
      name: 'owed',
      columns: owed,
      most: largest(owed),
      sum: mostOwed === null ? 'not known' : `peak ${formatCount(mostOwed)}`,
      how: 'warn',
    },
  ];
  const below: Row = [ink(' '.repeat(LABEL)), ink(axisText(axis, identity, moment), 'dim')];
  return (height) => [...graphs.flatMap((graph) => graphRows(graph, height, sums > 0)), below];
}

interface Graph {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly most: number;
  readonly sum: string;
  readonly how: Ink;
}

function graphRows({ name, columns, most, sum, how }: Graph, height: number, summed: boolean): Row[] {
  return spark(columns, height, most).map((text, index) => {
    const isLast = index === height - 1;
    return [
      ink(padEnd(isLast ? name : '', LABEL), 'dim'),
      ink(text, how),
      ink(summed && isLast ? `  ${sum}` : '', 'dim'),
    ];
  });
}

/** From the storm's zero to its end, and on in steps once it is over. */
function axisOf({ lengthsUs }: RunIdentity, { atUs }: Moment, columns: number): Axis {
  const startUs = lengthsUs.baseline;
  let lengthUs = Math.max(1, lengthsUs.storm);
  while (startUs + lengthUs < atUs) lengthUs *= STRETCH;
  const columnUs = lengthUs / columns;
  return { startUs, columnUs, columns, binUs: Math.max(columnUs, Math.min(BIN_US, lengthUs / LEAST_BINS)) };
}

/** The bin of an instant after the axis's start; half a microsecond against the grain of fractions. */
function binAt({ binUs }: Axis, us: number): number {
  return Math.floor((us + 0.5) / binUs);
}

/** Copies that the plan wants in each column, all messages to everybody being alike. */
function plannedColumns({ stormUs, stormCopies, mailboxes }: RunIdentity, axis: Axis): readonly Column[] {
  const each = stormCopies === undefined ? mailboxes : stormCopies / Math.max(1, stormUs.length);
  const bins = new Map<number, number>();
  for (const us of stormUs) bins.set(binAt(axis, us), (bins.get(binAt(axis, us)) ?? 0) + each);
  return Array.from(
    { length: axis.columns },
    (_, column) => bins.get(binAt(axis, column * axis.columnUs)) ?? 0,
  );
}

function columnsOf(
  { startUs, columnUs, columns }: Axis,
  nowUs: number,
  valueOf: (fromUs: number, untilUs: number) => Column,
): readonly Column[] {
  return Array.from({ length: columns }, (_, column) => {
    const fromUs = startUs + column * columnUs;
    return fromUs >= nowUs ? undefined : valueOf(fromUs, fromUs + columnUs);
  });
}

/** Where phases begin, by name where there is room, and a cursor at this moment. */
function axisText(axis: Axis, { lengthsUs }: RunIdentity, moment: Moment): string {
  const { startUs, columnUs, columns } = axis;
  const cells = Array.from({ length: columns }, () => '─');
  const columnOf = (us: number): number => Math.floor((us - startUs) / columnUs);
  const starts = new Map<Phase, number>([
    ['storm', lengthsUs.baseline],
    ['drain', lengthsUs.baseline + lengthsUs.storm],
    ...moment.phases.map(({ name, startUs: us }) => [name, us] as const),
  ]);
  const cursor = moment.atUs < startUs ? -1 : Math.min(columns - 1, columnOf(moment.atUs));
  let free = 0;
  for (const phase of PHASES) {
    const us = starts.get(phase);
    const column = us === undefined ? -1 : columnOf(us);
    if (column < free || column >= columns) continue;
    cells[column] = '┴';
    free = column + 1;
    const room = column + phase.length + 2;
    const covered = cursor > column && cursor < room;
    if (room > columns || covered) continue;
    for (const [index, letter] of phase.split('').entries()) cells[column + 1 + index] = letter;
    free = room;
  }
  if (cursor >= 0) cells[cursor] = '▲';
  return cells.join('');
}
