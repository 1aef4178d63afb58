/** The top of the page: what was run, how it ended, what it did to people, and every check. It judges nothing anew. */

import type { RunRecord } from '../../record/record.ts';
import type { Finding } from '../../verdict/finding.ts';
import type { VerdictStatus } from '../../verdict/verdict.ts';
import { unnamed } from '../clean.ts';
import { isKnown, lengthUs, timeInWords } from '../figures.ts';
import { isWarning, worstFirst } from '../findings.ts';
import { markup, type Content, type Markup } from '../markup.ts';
import { tellStory } from '../story.ts';
import { table } from './table.ts';

/** A status as a shape and a word, so that colour is never the only carrier. */
const SIGNS: Readonly<
  Record<VerdictStatus, { readonly big: string; readonly small: string; readonly means: string }>
> = {
  pass: {
    big: '✓ PASS',
    small: '✓ pass',
    means: 'Everything that was to be judged was judged, and it held.',
  },
  fail: {
    big: '✗ FAIL',
    small: '✗ fail',
    means:
      'At least one check failed; each that did is listed below with what was seen and what was allowed.',
  },
  invalid: {
    big: '! INVALID',
    small: '! invalid',
    means: 'The load generator was not fit to testify, so its times prove nothing about the mail system.',
  },
  'no-data': {
    big: '? NO DATA',
    small: '? no data',
    means: 'Something that was to be judged could not be seen. No data is never a pass.',
  },
};

const WARNED = 'Everything that decides was judged, and it held; the warnings are listed below.';

/** The header with the verdict and the summary in plain words. */
export function verdictHeader(record: RunRecord): Markup {
  const { profile, verdict, exit } = record;
  const sign = SIGNS[verdict.status];
  const length = lengthUs(record);
  const took = isKnown(length) ? `; the phases took ${timeInWords(length)}` : '';
  return markup`<header>
<h1>${profile.title}</h1>
<p class="soft">Run <code>${record.runId}</code> of profile <code>${profile.name}</code>, started ${instant(record.startedAt)}${took}.</p>
<div class="verdict ${verdict.status}"><strong>${sign.big}</strong><div><p>${meaning(record)}</p><p>Exit ${String(exit.code)}: ${unnamed(exit.reason)}</p></div></div>
<h2 id="story">What happened to the people</h2>
<p class="story">${unnamed(tellStory(record).join(' '))}</p>
</header>`;
}

/** A word of explanation, which must not promise more than the exit does. */
function meaning({ verdict, exit }: RunRecord): string {
  if (verdict.findings.length === 0) return 'Nothing was judged. No data is never a pass.';
  const warned = verdict.status === 'pass' && verdict.findings.some(isWarning);
  const means = warned ? WARNED : SIGNS[verdict.status].means;
  return verdict.status === 'pass' && exit.code !== 0 ? `${means} The run itself did not end well.` : means;
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
