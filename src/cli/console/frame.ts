/** One screenful of a run: what matters most first, as much as there is room for. Pure; it writes nothing and asks no clock. */

import { oneLine } from '../../report/clean.ts';
import type { Moment, RunIdentity } from '../../telemetry/moment.ts';
import { formatCount, formatSpeed } from '../../units.ts';
import { errorRows, generatorRows, loadRow, operationRows, resultsRow, stopRows } from './figures.ts';
import type { History } from './history.ts';
import { apart, cut, ink, type Paint, type Row, sideBySide, UNPAINTED } from './ink.ts';
import { clockLine, phaseBar, phaseRows, phaseStrip } from './progress.ts';
import { timeline } from './timeline.ts';

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** Lines wider than this are hard to follow by eye. */
const WIDEST = 160;

type Rows = readonly Row[];

/** The parts of the screen from top to bottom. */
const PARTS = [
  'head',
  'gapClock',
  'clock',
  'gapLoad',
  'charts',
  'gapFigures',
  'load',
  'results',
  'generator',
  'stops',
  'gapTable',
  'table',
  'gapErrors',
  'errors',
] as const;

type Part = (typeof PARTS)[number];

/** One more thing to show, if there is room: a part takes this instead of what it had. */
interface Step {
  readonly part: Part;
  readonly rows: () => Rows;
}

/** The screen's lines: never more than `rows`, none wider than `cols`. */
export function frame(
  moment: Moment,
  history: History,
  identity: RunIdentity,
  { cols, rows }: Size,
  paint: Paint = UNPAINTED,
): readonly string[] {
  const width = Math.min(cols, WIDEST);
  const taken = new Map<Part, Rows>();
  let used = 0;
  for (const { part, rows: make } of stepsOf(identity, moment, history, width)) {
    const before = taken.get(part)?.length ?? 0;
    const made = make();
    if (made.length <= before || used - before + made.length > rows) continue;
    used += made.length - before;
    taken.set(part, made);
  }
  return PARTS.flatMap((part) => taken.get(part) ?? []).map((row) => cut(row, width).map(paint).join(''));
}

/** Everything there is to show, in order of importance. */
function stepsOf(identity: RunIdentity, moment: Moment, history: History, cols: number): readonly Step[] {
  const clock = (): Row => clockLine(identity, moment, cols);
  const stops = stopRows(moment, cols);
  const errors = errorRows(history, moment.atUs, cols);
  const step = (part: Part, make: () => Rows): Step => ({ part, rows: make });
  const gap = (part: Part): Step => step(part, () => [[]]);
  const table = (most: number): Step => step('table', () => operationRows(identity, moment, cols, most));
  const storm = timeline(identity, moment, history, cols);
  const charts = (height: number): Step => step('charts', () => storm(height));
  // Room is kept for what may come: rows that moved at each new error could not be read.
  const failures = (height: number): Step =>
    step('errors', () => Array.from({ length: height }, (_, index) => errors[index] ?? []));
  const generator = generatorRows(moment, cols);
  return [
    step('clock', () => [clock()]),
    step('load', () => [loadRow(moment, history, cols)]),
    step('results', () => [resultsRow(moment, cols)]),
    failures(1),
    step('stops', () => stops.slice(0, 1)),
    step('generator', () => generator.slice(0, 1)),
    step('clock', () => [clock(), phaseBar(identity, moment, cols)]),
    table(3),
    step('head', () => [titleRow(identity, cols)]),
    table(5),
    charts(1),
    step('head', () => [titleRow(identity, cols), targetRow(identity, cols)]),
    gap('gapFigures'),
    gap('gapTable'),
    step('clock', () => [clock(), phaseBar(identity, moment, cols), phaseStrip(identity, moment, cols)]),
    gap('gapClock'),
    table(6),
    failures(2),
    gap('gapLoad'),
    step('generator', () => generator),
    failures(3),
    gap('gapErrors'),
    table(8),
    step('stops', () => stops.slice(0, 3)),
    charts(2),
    step('clock', () => [clock(), ...phaseRows(identity, moment, cols)]),
    table(13),
    failures(5),
    charts(3),
    failures(8),
    charts(4),
    table(20),
    charts(6),
  ];
}

function titleRow({ title, runId, mailboxes, speed }: RunIdentity, cols: number): Row {
  const scale = `  ${formatCount(mailboxes)} mailboxes at ${formatSpeed(speed)}`;
  return apart([ink(oneLine(title), 'strong'), ink(scale)], [ink(`run ${runId}`, 'dim')], cols);
}

function targetRow({ target, seed, digest, profile }: RunIdentity, cols: number): Row {
  const groups = [oneLine(target), `seed ${seed}`, profile, `digest ${digest}`];
  return sideBySide(
    groups.map((text) => [ink(text, 'dim')]),
    cols,
  );
}
