/** A record as the terminal's end-of-run summary: short, aligned, without colours. It decides nothing about what is good. */

import type { RunRecord } from '../record/record.ts';
import type { Finding } from '../verdict/finding.ts';
import { formatCount, formatSpeed } from '../units.ts';
import type { Phase } from '../words.ts';
import { amplificationLines } from './amplification.ts';
import { cascadeLines } from './cascade.ts';
import { oneLine, shortened } from './clean.ts';
import { cohortLines } from './cohorts.ts';
import { dispositionLines, dispositionSum } from './dispositions.ts';
import {
  countInWords,
  feelingsOf,
  type Feeling,
  isKnown,
  lostOf,
  phasesOf,
  ratioOrDash,
  repliesDrawn,
  shareInWords,
  timeInWords,
  timeOrDash,
} from './figures.ts';
import { isWarning, worstFirst } from './findings.ts';
import { questionLines } from './questions.ts';
import { refusalCode, refusalSentence } from './refusals.ts';
import {
  cannotKnowBriefly,
  cannotKnowLines,
  SIMULATED_MARK,
  simulationLines,
  sweepHead,
  sweepRow,
} from './simulation.ts';

/** Findings shown one by one; the rest is counted, since a summary must fit a screen. */
const FINDINGS_SHOWN = 6;

/** Kinds of refusal shown; the page has more. */
const REFUSALS_SHOWN = 2;

/** Longest line but the last, which is never cut. */
const LINE_LENGTH = 160;

/** Lines of the whole summary: what a screen holds, whatever happened. */
const LINES = 40;

/** A part of the summary. Those with a rank make room where there are too many lines, the highest rank first. */
interface Part {
  readonly lines: readonly string[];
  /** What the part is called where it is left out, and when that comes. */
  readonly yields?: { readonly name: string; readonly rank: number };
  /** What stays of it then; nothing without. */
  readonly shorter?: readonly string[];
}

/** The summary, ending in the verdict's line and a line break. */
export function renderText(record: RunRecord): string {
  const { verdict, exit } = record;
  const lines = fitted(parts(record)).map((text) => shortened(text.trimEnd(), LINE_LENGTH));
  return `${lines.join('\n')}\n${record.simulated ? 'simulated verdict' : 'verdict'}: ${verdict.status} (exit ${exit.code}: ${oneLine(exit.reason)})\n`;
}

function parts(record: RunRecord): readonly Part[] {
  const part = (lines: readonly string[], name?: string, rank = 0): Part =>
    name === undefined ? { lines } : { lines, yields: { name, rank } };
  return [
    part([...heading(record), '']),
    part(simulationLines(record)),
    {
      lines: [...felt(record, phasesOf(record)), ''],
      yields: { name: 'times of the drain', rank: 4 },
      shorter: [
        ...felt(
          record,
          phasesOf(record).filter((phase) => phase !== 'drain'),
        ),
        '',
      ],
    },
    part(canaries(record)),
    part(cohortLines(record), 'cohorts', 1),
    part(cascadeLines(record), 'replies', 3),
    part(record.simulated ? [] : ledger(record)),
    part(amplificationLines(record), 'amplification', 2),
    part(drain(record)),
    part(record.simulated ? [] : generator(record)),
    part(refusals(record), 'refusals', 0),
    part(record.phases.length === 0 ? [] : questionLines(record), 'questions', 7),
    part(['', ...findings(record.verdict.findings), ...notices(record)]),
    {
      lines: cannotKnowLines(record),
      yields: { name: 'all that a simulation cannot know', rank: 5 },
      shorter: cannotKnowBriefly(record),
    },
  ];
}

/** Leaves parts out until the rest fits, and says which. */
function fitted(all: readonly Part[]): readonly string[] {
  // The blank line and the verdict's come after.
  const most = LINES - 2;
  let kept = all;
  const left: string[] = [];
  const count = (): number =>
    kept.reduce((sum, { lines }) => sum + lines.length, 0) + (left.length > 0 ? 1 : 0);
  while (count() > most) {
    const next = kept
      .filter(({ yields, lines }) => yields !== undefined && lines.length > 0)
      .toSorted((a, b) => (b.yields?.rank ?? 0) - (a.yields?.rank ?? 0))[0];
    if (next?.yields === undefined) break;
    left.push(next.yields.name);
    kept = kept.flatMap((part) => {
      if (part !== next) return [part];
      return next.shorter === undefined ? [] : [{ lines: next.shorter }];
    });
  }
  const said = left.length === 0 ? [] : [`left out for room, and in the report: ${left.join(', ')}`];
  return [...kept.flatMap(({ lines }) => lines), ...said, ''];
}

/** Simulations of one storm, a row a system. */
export function renderSweep(
  key: string,
  rows: readonly { readonly value: string; readonly record: RunRecord }[],
): string {
  const first = rows[0]?.record;
  const title = first === undefined ? [] : heading(first);
  const table = aligned([sweepHead(key), ...rows.map(({ value, record }) => sweepRow(value, record))], 0);
  return `${[...title, SIMULATED_MARK, '', ...table].join('\n')}\n`;
}

function heading(record: RunRecord): string[] {
  const { profile, plan } = record;
  const title = `${oneLine(profile.title)}  [${record.simulated ? 'simulation' : 'run'} ${oneLine(record.runId)}]`;
  if (plan === null) return [title, 'nothing was planned'];
  const about = [
    `${formatCount(plan.mailboxes)} of ${formatCount(profile.populationMailboxes)} mailboxes`,
    `${countInWords(repliesDrawn(record))} replies to all drawn`,
    formatSpeed(plan.speed),
    `seed ${plan.seed}`,
  ];
  return [title, about.join(', ')];
}

function felt(record: RunRecord, phases: readonly Phase[]): string[] {
  // Visibility is the canary's figure here: the journey also fetches the body, which the page shows. Reading includes
  // opening, which has rows of its own only where it is also getting in.
  const all = feelingsOf(record);
  const entersApart = all.some(({ short }) => short === 'sign-in');
  const shown = all.filter(({ short }) => short !== 'canary' && !(short === 'open' && entersApart));
  const rows = shown.flatMap((feeling) => feltRows(record, feeling, phases));
  if (rows.length === 0) return ['what people felt: not known'];
  return aligned([['', '', 'n', 'p50', 'p90', 'p99', 'max'], ...rows], 2);
}

function feltRows(record: RunRecord, feeling: Feeling, phases: readonly Phase[]): string[][] {
  const rows = phases.flatMap((phase): string[][] => {
    const all = feeling.figures(record, phase)?.all;
    if (all === undefined || all.count === 0) return [];
    const times = [all.p50, all.p90, all.p99, all.max].map(timeOrDash);
    return [['', phase, formatCount(all.count), ...times]];
  });
  return rows.map((row, index) => (index === 0 ? [feeling.short, ...row.slice(1)] : row));
}

/** Columns as wide as their widest cell: words to the left, figures to the right. */
function aligned(rows: readonly (readonly string[])[], words: number): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < words ? cell.padEnd(width) : cell.padStart(width + 1);
      })
      .join(' ')
      .trimEnd(),
  );
}

function canaries(record: RunRecord): string[] {
  const figures = record.canaries;
  if (figures === null) return ['test results  not known'];
  const { sent, seen, late } = figures;
  const lost = lostOf(record, figures.lost);
  const deadline = timeInWords(record.profile.canaryDeadlineUs);
  return [
    `test results  ${formatCount(sent)} sent, ${formatCount(seen)} seen, ${formatCount(late)} later than ${deadline}, ${isKnown(lost) ? `${formatCount(lost)} lost` : 'lost: not known'}`,
  ];
}

function ledger(record: RunRecord): string[] {
  const figures = record.ledger;
  if (figures === null) return ['copies        not known: no reading of the mailboxes at the end'];
  const lines = dispositionLines(figures);
  const said = (harm: boolean): string =>
    lines
      .filter((line) => line.harm === harm)
      .map((line) => `${line.name} ${formatCount(line.copies)}`)
      .join(', ');
  const sum = dispositionSum(figures);
  const holds = sum === figures.copiesAccepted ? '=' : 'but';
  return [
    ...(figures.sample === null
      ? []
      : [
          `in a sample   of ${formatCount(figures.sample.mailboxes)} of ${formatCount(figures.sample.of)} mailboxes: the copies below are theirs alone`,
        ]),
    `copies        ${formatCount(sum)} accounted for ${holds} ${formatCount(figures.copiesAccepted)} accepted, of ${formatCount(figures.copiesPlanned)} planned`,
    `  where       ${said(false)}`,
    `  harm        ${said(true)}`,
    `  beside      unknown ${formatCount(figures.unknown)}, duplicated ${formatCount(figures.duplicated)}, misdelivered ${formatCount(figures.misdelivered)}, foreign ${formatCount(figures.foreign)}, remaining ${formatCount(figures.copiesRemaining)}`,
    ...room(figures),
  ];
}

/** Said only where a mailbox was full. */
function room({ overQuota }: NonNullable<RunRecord['ledger']>): string[] {
  const { refused, notified, clinical } = overQuota;
  if (refused + notified === 0) return [];
  return [
    `  no room     full mailboxes kept out ${formatCount(refused)} at submission, ${formatCount(notified)} afterwards; ${formatCount(clinical)} of them clinical messages, by junk`,
  ];
}

function drain(record: RunRecord): string[] {
  const { drainedUs, owedAtEnd, pressure } = record.drain;
  const drained = isKnown(drainedUs) ? `${timeInWords(drainedUs)} after the storm's end` : 'not known';
  return [
    `drain         ${drained}; owed at the end ${countInWords(owedAtEnd)}; pressure ${isKnown(pressure) ? ratioOrDash(pressure) : 'not known'}`,
  ];
}

function generator(record: RunRecord): string[] {
  const worst = record.generator?.worst;
  if (worst === undefined) return ['generator     not known: no load was run'];
  const { delayP99Us, lagMaxUs, spinning, utilisationP90, cpuP90 } = worst;
  const busy = spinning ? 'spinning' : shareInWords(utilisationP90);
  return [
    `generator     event loop delay p99 ${timeInWords(delayP99Us)}, largest lag ${timeInWords(lagMaxUs)}, busiest thread ${busy}, CPU ${shareInWords(cpuP90)} of all cores`,
  ];
}

function refusals({ refusals: all }: RunRecord): string[] {
  const shown = all.slice(0, REFUSALS_SHOWN);
  const more = all.length - shown.length;
  return shown.map((refusal, index) => {
    const others = more > 0 && index === shown.length - 1 ? ` (kinds not shown: ${more})` : '';
    const { operation, count } = refusal;
    return `refused       ${operation} ${oneLine(refusalCode(refusal))} ${formatCount(count)}x${others}: ${refusalSentence(refusal)}`;
  });
}

function findings(all: readonly Finding[]): string[] {
  const open = worstFirst(all).filter(({ status }) => status !== 'pass');
  if (all.length === 0) return ['nothing was judged'];
  if (open.length === 0) return [`all ${all.length} checks passed`];
  const shown = open.slice(0, FINDINGS_SHOWN).map((finding) => {
    const { check, status, observed, limit, because } = finding;
    const word = isWarning(finding) ? 'warning' : status;
    return `${word.padEnd(8)} ${oneLine(check)}: ${oneLine(observed ?? 'not known')} (allowed ${oneLine(limit)}); ${oneLine(because)}`;
  });
  const more = open.length - shown.length;
  return [
    ...shown,
    `${all.length - open.length} of ${all.length} checks passed${more > 0 ? `; ${more} more not shown here` : ''}`,
  ];
}

function notices(record: RunRecord): string[] {
  const { warnings } = record;
  if (warnings.length === 0) return [];
  return [`${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'} in the record`];
}
