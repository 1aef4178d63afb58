/** The top of the page: what was run, how it ended, what it did to people, and every check. It judges nothing anew. */

import type { RunRecord } from '../../record/record.ts';
import type { Finding } from '../../verdict/finding.ts';
import type { VerdictStatus } from '../../verdict/verdict.ts';
import { BRIEF_MOMENTS, briefRows } from '../brief.ts';
import { shortened, unnamed } from '../clean.ts';
import { commandOf, hasPlaceholders } from '../command.ts';
import { decidedBy, verdictSentence } from '../decisive.ts';
import { isKnown, lengthUs, timeInWords } from '../figures.ts';
import { isWarning, worstFirst } from '../findings.ts';
import { markup, NOTHING, type Content, type Markup } from '../markup.ts';
import { tellStory } from '../story.ts';
import { simulationMark } from './simulation.ts';
import { table } from './table.ts';

/** A status as a shape and a word, so that colour is never the only carrier. */
const SIGNS: Readonly<Record<VerdictStatus, { readonly big: string; readonly small: string }>> = {
  pass: {
    big: '✓ PASS',
    small: '✓ pass',
  },
  fail: {
    big: '✗ FAIL',
    small: '✗ fail',
  },
  invalid: {
    big: '! INVALID',
    small: '! invalid',
  },
  'no-data': {
    big: '? NO DATA',
    small: '? no data',
  },
};

/** The first screen: the verdict in a sentence, what decided it, what people felt, and how to run it again. */
export function verdictHeader(record: RunRecord): Markup {
  const { profile, verdict, exit } = record;
  const length = lengthUs(record);
  const took = isKnown(length) ? `; the phases took ${timeInWords(length)}` : '';
  return markup`<header>
${simulationMark(record)}<h1>${profile.title}</h1>
<p class="soft">Run <code>${record.runId}</code> of profile <code>${profile.name}</code>, started ${instant(record.startedAt)}${took}.</p>
<div class="verdict ${verdict.status}"><strong>${SIGNS[verdict.status].big}</strong><div><p>${verdictSentence(record)}</p>${decided(record)}<p class="soft">Exit ${String(exit.code)}: ${unnamed(shortened(exit.reason, REASON_LENGTH))}</p></div></div>
${brief(record)}${again(record)}</header>`;
}

/** All reasons of an exit may fill a screen; each stands with its check. */
const REASON_LENGTH = 300;

function decided(record: RunRecord): Markup {
  const found = decidedBy(record);
  if (found === undefined) return NOTHING;
  return markup`<p>Decided by <strong class="check">${found.check}</strong>: ${found.words}.</p>`;
}

function brief(record: RunRecord): Markup {
  if (record.phases.length === 0)
    return markup`<p>What people felt is not known: no phase was run.</p>
`;
  const columns = [
    { head: 'What people felt' },
    ...BRIEF_MOMENTS.map(({ words }) => ({ head: words, figure: true })),
  ];
  const rows = briefRows(record).map(({ name, cells }) => [name, ...cells]);
  return markup`<div class="brief">${table('– : not known, or too few samples for the figure', columns, [{ rows }])}</div>
`;
}

/** A command that can be copied; what it does not print is said. */
function again(record: RunRecord): Markup {
  const command = commandOf(record);
  if (command === undefined)
    return markup`<p class="note">No plan was made, so there is nothing to run again. Profile: <code>${record.profile.name}</code>.</p>
`;
  const words = hasPlaceholders(command)
    ? ' Words in capitals stand for accounts, files and commands, which no report prints.'
    : '';
  const target =
    record.target?.kind === 'named' ? ' It needs the same target, accounts and secrets as before.' : '';
  return markup`<p class="note">The same storm again:${target}${words}</p>
<pre tabindex="0" role="region" aria-label="The command that runs the same storm again"><code>${command}</code></pre>
`;
}

/** The summary in plain words. */
export function storySection(record: RunRecord): Markup {
  return markup`<section aria-labelledby="story"><h2 id="story">What happened to the people</h2>
<p class="story">${unnamed(tellStory(record).join(' '))}</p>
</section>
`;
}

/** Every finding, failures first. */
export function findingsSection(record: RunRecord): Markup {
  const findings = worstFirst(record.verdict.findings);
  const body =
    findings.length === 0
      ? markup`<p>Nothing was judged. No data is never a pass.</p>`
      : table(
          `${findings.length} checks, failures first`,
          [
            { head: 'Check' },
            { head: 'Status' },
            { head: 'Observed' },
            { head: 'Allowed' },
            { head: 'Because' },
          ],
          [{ rows: findings.map(findingRow) }],
        );
  return markup`<section aria-labelledby="findings"><h2 id="findings">What was checked</h2>
${body}</section>
`;
}

function findingRow(finding: Finding): readonly Content[] {
  const { check, status, observed, limit, because } = finding;
  const { small } = SIGNS[status];
  return [
    unnamed(check),
    isWarning(finding)
      ? markup`<span class="status invalid">⚠ warning</span> <span class="soft">(${small})</span>`
      : markup`<span class="status ${status}">${small}</span>`,
    observed === null ? 'not known' : unnamed(observed),
    limit,
    unnamed(because),
  ];
}

/** `2016-11-14 08:29:00 UTC` where the record says so; otherwise its own words. */
function instant(startedAt: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(startedAt);
  return match === null ? startedAt : `${match[1]} ${match[2]} UTC`;
}
