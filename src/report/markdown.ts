/** A record as GitHub-flavoured Markdown for a pull request's comment or a step's summary: at most 60 lines. It names nobody and decides nothing. */

import type { RunRecord } from '../record/record.ts';
import { formatCount } from '../units.ts';
import { BRIEF_MOMENTS, briefRows } from './brief.ts';
import { oneLine, shortened, unnamed } from './clean.ts';
import { commandOf } from './command.ts';
import { decidedBy, verdictSentence } from './decisive.ts';
import { dispositionLines, dispositionSum } from './dispositions.ts';
import { isWarning, worstFirst } from './findings.ts';
import { isKnown, timeInWords } from './figures.ts';
import { SIMULATED_MARK } from './simulation.ts';

/** Findings shown one by one: with them the longest comment stays below 60 lines. */
const FINDINGS_SHOWN = 20;

const CELL_LENGTH = 240;

const SIGNS = { pass: '✅ PASS', fail: '❌ FAIL', invalid: '⚠️ INVALID', 'no-data': '❔ NO DATA' } as const;

const SMALL = { pass: '✅ pass', fail: '❌ fail', invalid: '⚠️ invalid', 'no-data': '❔ no data' } as const;

/** The whole comment. */
export function renderMarkdown(record: RunRecord): string {
  const { verdict, exit, profile, plan } = record;
  const decided = decidedBy(record);
  const command = commandOf(record);
  const size =
    plan === null
      ? 'nothing was planned'
      : `${formatCount(plan.mailboxes)} of ${formatCount(profile.populationMailboxes)} mailboxes, seed ${plan.seed}`;
  const lines = [
    `## ${SIGNS[verdict.status]}: ${cell(profile.title)}`,
    '',
    ...(record.simulated ? [`> ${SIMULATED_MARK}.`, ''] : []),
    `${verdictSentence(record)} Exit ${exit.code}.`,
    ...(decided === undefined ? [] : ['', `**Decided by** ${cell(decided.check)}: ${cell(decided.words)}`]),
    '',
    `| what people felt | ${BRIEF_MOMENTS.map(({ words }) => words).join(' | ')} |`,
    '| --- | ---: | ---: | ---: |',
    ...briefRows(record).map(({ name, cells }) => `| ${[name, ...cells].map(cell).join(' | ')} |`),
    '',
    ...copies(record),
    ...findings(record),
    '',
    ...(command === undefined ? [] : ['```sh', oneLine(command).replaceAll('```', "'''"), '```', '']),
    `<sub>Run ${cell(record.runId)} of ${cell(profile.name)}, ${size}; ${cell(`${record.tool.name} ${record.tool.version}`)}. – : not known, or too few samples. Nothing here is extrapolated to the full population.</sub>`,
  ];
  return `${lines.join('\n')}\n`;
}

function copies({ ledger, drain, simulated }: RunRecord): readonly string[] {
  const drained = isKnown(drain.drainedUs)
    ? `Delivered ${timeInWords(drain.drainedUs)} after the storm's end.`
    : 'When everything was delivered is not known.';
  if (simulated) return [drained, ''];
  if (ledger === null) return [`What became of the copies is not known. ${drained}`, ''];
  const harms = dispositionLines(ledger)
    .filter(({ harm }) => harm)
    .map((line) => `${line.name} ${formatCount(line.copies)}`);
  const sum = dispositionSum(ledger);
  const { sample } = ledger;
  const of =
    sample === null
      ? 'Copies'
      : `Copies in a sample of ${formatCount(sample.mailboxes)} of ${formatCount(sample.of)} mailboxes, theirs alone`;
  return [
    `${of}: ${formatCount(sum)} accounted for of ${formatCount(ledger.copiesAccepted)} accepted; ${harms.join(', ')}. ${drained}`,
    '',
  ];
}

function findings({ verdict }: RunRecord): readonly string[] {
  const open = worstFirst(verdict.findings).filter(({ status }) => status !== 'pass');
  const passed = verdict.findings.length - open.length;
  if (open.length === 0) return [`Checks passed: ${passed}.`];
  const rows = open.slice(0, FINDINGS_SHOWN).map((finding) => {
    const word = isWarning(finding) ? '⚠️ warning' : SMALL[finding.status];
    return `| ${[finding.check, word, finding.observed ?? 'not known', finding.limit].map(cell).join(' | ')} |`;
  });
  const more = open.length - rows.length;
  return [
    '| check | status | seen | allowed |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `Checks passed: ${passed}${more > 0 ? `; open and not shown here: ${more}` : ''}.`,
  ];
}

/** Words from elsewhere must not become markup, a mention, an issue's number or another cell. */
function cell(text: string): string {
  return shortened(unnamed(oneLine(text)), CELL_LENGTH)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|~#@!]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
