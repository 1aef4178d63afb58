/** How the generator itself fared, in figures and over time: whether its testimony counts. It judges nothing. */

import type { HealthPoint, HealthWorst } from '../../measure/health.ts';
import type { RunRecord } from '../../record/record.ts';
import { formatDuration } from '../../units.ts';
import { countOrDash, DASH, isKnown, ratioOrDash, shareInWords, timeOrDash } from '../figures.ts';
import { markup, type Content, type Markup } from '../markup.ts';
import { decadeAxis, evenAxis } from './axis.ts';
import { timeFigure, type TimeChart } from './behind.ts';
import { frameOf, mostOf, peakWords, pointsOf, type Frame } from './frame.ts';
import { table } from './table.ts';

/** What was offered and what came of it: a schedule that does not wait for the mail system. */
export function loadSection(record: RunRecord): Markup {
  const health = record.generator?.health ?? [];
  const body =
    health.length === 0
      ? markup`<p>Not known: ${record.simulated ? 'a simulation offers nothing to anybody' : 'no load was run, or no load thread told how it fared'}.</p>`
      : markup`${timeFigure(offered(record, frameOf(record), health))}<p class="note">Where the lines part, people waited or gave up. Lag: ${timeOrDash(record.generator?.worst.lagMaxUs)} at most between the instant an operation was meant for and its being taken up by the generator; the picture of it stands with the generator's health.</p>`;
  return markup`<section aria-labelledby="load"><h2 id="load">Offered and achieved</h2>
${body}</section>
`;
}

/** The section, folded away: its findings stand at the top of the page. */
export function generatorSection(record: RunRecord): Markup {
  const { generator } = record;
  const body =
    generator === null || generator.health.length === 0
      ? markup`<p>Not known: no load was run, or no load thread told how it fared.</p>`
      : markup`<details><summary>What the generator saw of itself: ${said(generator.worst)}</summary>
${table('The worst of the run', COLUMNS, [{ rows: rows(generator.worst) }])}
${timeFigure(lateness(record, frameOf(record), generator.health))}
<p class="note">Delay: how long an answer that arrives would wait for the generator's own event loop. Lag: how late the generator took up what was due. Both are the generator's doing, not the mail system's. The limits and their reasons are in docs/fitness.md.</p>
</details>`;
  return markup`<section aria-labelledby="generator"><h2 id="generator">Was the generator fit?</h2>
${body}</section>
`;
}

function said(worst: HealthWorst): string {
  return `event loop delay p99 ${timeOrDash(worst.delayP99Us)}, largest lag ${timeOrDash(worst.lagMaxUs)}`;
}

const COLUMNS = [
  { head: 'Of the generator' },
  { head: 'usual worst', figure: true },
  { head: 'max', figure: true },
];

function rows(worst: HealthWorst): readonly (readonly Content[])[] {
  const busy = worst.spinning ? 'spinning' : shareOrDash(worst.utilisationP90);
  return [
    ['Event loop delay (p99 of the time)', timeOrDash(worst.delayP99Us), timeOrDash(worst.delayMaxUs)],
    [
      'Busiest load thread (p90 of its seconds)',
      busy,
      worst.spinning ? DASH : shareOrDash(worst.utilisationMax),
    ],
    ['CPU of all cores (p90 of the seconds)', shareOrDash(worst.cpuP90), shareOrDash(worst.cpuMax)],
    [
      'Garbage: share of a thread’s time, longest pause',
      shareOrDash(worst.gcShare),
      timeOrDash(worst.gcMaxUs),
    ],
    ['Lag', DASH, timeOrDash(worst.lagMaxUs)],
    ['Sockets open', DASH, countOrDash(worst.socketsMax)],
  ];
}

function shareOrDash(share: number | null): string {
  return isKnown(share) ? shareInWords(share) : DASH;
}

function offered(record: RunRecord, frame: Frame, health: readonly HealthPoint[]): TimeChart {
  const perSecond = (count: (point: HealthPoint) => number) =>
    pointsOf(health, (point) => count(point) / (point.lengthUs / 1_000_000));
  const due = perSecond((point) => point.offered);
  const ended = perSecond((point) => point.ended);
  const words = (value: number): string => `${ratioOrDash(value)} journeys per second`;
  return {
    ...frame,
    id: 'offered',
    title: 'Journeys offered and ended',
    note: 'per second; the schedule does not wait for the mail system',
    told: `Offered: ${peakWords(record, due, words)} Ended: ${peakWords(record, ended, words)}`,
    words,
    height: evenAxis(Math.max(mostOf(due), mostOf(ended))),
    series: [
      { name: 'offered by the schedule', look: 'first', points: due },
      { name: 'ended, whatever the outcome', look: 'second', points: ended },
    ],
  };
}

function lateness(record: RunRecord, frame: Frame, health: readonly HealthPoint[]): TimeChart {
  const delay = pointsOf(health, (point) => point.delayP99Us);
  const lag = pointsOf(health, (point) => point.lagMaxUs);
  const values = [...delay, ...lag].flatMap(({ value }) => (value === null ? [] : [value]));
  return {
    ...frame,
    id: 'lateness',
    title: 'The generator’s own lateness',
    note: 'each line upwards is ten times later; a gap is no reading',
    told: `Event loop: ${peakWords(record, delay, formatDuration)} Lag: ${peakWords(record, lag, formatDuration)}`,
    words: formatDuration,
    height: decadeAxis(
      values.reduce((a, b) => Math.min(a, b), 1_000),
      values.reduce((a, b) => Math.max(a, b), 10_000),
    ),
    series: [
      { name: 'event loop delay (p99 of the time)', look: 'first', points: delay },
      { name: 'largest lag', look: 'second', points: lag },
    ],
  };
}
