/** What people felt, phase by phase: response times of the things they set out to do. It judges nothing. */

import type { RunRecord } from '../../record/record.ts';
import { samplesNeeded } from '../../measure/tally.ts';
import { formatCount } from '../../units.ts';
import type { Phase } from '../../words.ts';
import {
  countOrDash,
  DASH,
  feelingsOf,
  type Feeling,
  isKnown,
  phasesOf,
  ratioOrDash,
  timeOrDash,
} from '../figures.ts';
import { markup, type Content, type Markup } from '../markup.ts';
import { table, type Column } from './table.ts';

const COLUMNS: readonly Column[] = [
  { head: 'Phase' },
  { head: 'n', figure: true },
  { head: 'not ok', figure: true },
  { head: 'p50', figure: true },
  { head: 'p90', figure: true },
  { head: markup`p90,<br/>ok only`, figure: true },
  { head: 'p99', figure: true },
  { head: 'max', figure: true },
  { head: markup`p90 against<br/>baseline`, figure: true },
];

/** The section. */
export function feltSection(record: RunRecord): Markup {
  const phases = phasesOf(record);
  const body =
    phases.length === 0
      ? markup`<p>Not known: no phase was run.</p>`
      : markup`${table(
          'Response times, from the instant a person meant to act until the answer; all outcomes, in every phase',
          COLUMNS,
          feelingsOf(record).map((feeling) => ({
            title: feeling.title,
            rows: phases.map((phase) => row(record, feeling, phase)),
          })),
        )}<p class="note">${footnote()}</p>`;
  return markup`<section aria-labelledby="felt"><h2 id="felt">What people felt</h2>
${body}</section>
`;
}

function row(record: RunRecord, feeling: Feeling, phase: Phase): readonly Content[] {
  const felt = feeling.figures(record, phase);
  const all = felt?.all;
  const baseline = feeling.figures(record, 'baseline')?.all.p90;
  const okP90 = felt?.ok?.p90;
  const differs = isKnown(okP90) && okP90 !== all?.p90;
  const worse = isKnown(baseline) && baseline > 0 && isKnown(all?.p90) ? all.p90 / baseline : null;
  return [
    phase,
    countOrDash(all?.count),
    felt?.outcome === undefined ? DASH : formatCount(felt.outcome.notOk),
    timeOrDash(all?.p50),
    timeOrDash(all?.p90),
    differs ? timeOrDash(okP90) : '',
    timeOrDash(all?.p99),
    timeOrDash(all?.max),
    worse === null ? DASH : `× ${ratioOrDash(worse)}`,
  ];
}

function footnote(): string {
  const needed = [50, 90, 99].map((percentile) => `p${percentile} ${formatCount(samplesNeeded(percentile))}`);
  return (
    `– : too few samples: a percentile needs 10/(1−p) of them (${needed.join(', ')}), or nothing was planned or counted there. ` +
    '“not ok” were refused, given up on, of unknown end or dropped; their time so far counts in the figures, ' +
    'and “ok only” is shown where it differs. “Sent until visible” holds the test results that were seen; ' +
    'those that never were are counted among the canaries below.'
  );
}
