/** What became of the clinical messages, phase by phase. It judges nothing. */

import type { RunRecord } from '../../record/record.ts';
import { formatCount } from '../../units.ts';
import { countInWords, lostOf, timeInWords } from '../figures.ts';
import { markup, type Markup } from '../markup.ts';
import { table } from './table.ts';

/** The section. */
export function canarySection(record: RunRecord): Markup {
  return markup`<section aria-labelledby="canaries"><h2 id="canaries">Test results that had to arrive</h2>
${body(record)}</section>
`;
}

function body(record: RunRecord): Markup {
  const { canaries } = record;
  if (canaries === null) return markup`<p>Not known: no canary was watched for.</p>`;
  const deadline = timeInWords(record.profile.canaryDeadlineUs);
  const rows = canaries.byPhase.map(
    ({ phase, sent, seen, late, lost }) =>
      [phase, ...[sent, seen, late].map(formatCount), countInWords(lostOf(record, lost))] as const,
  );
  const { sent, seen, late, lost } = canaries;
  const total = [...[sent, seen, late].map(formatCount), countInWords(lostOf(record, lost))];
  return markup`${table(
    `Canaries by the phase they were sent in; late means not visible within ${deadline}`,
    [
      { head: 'Phase' },
      { head: 'sent', figure: true },
      { head: 'seen', figure: true },
      { head: 'late', figure: true },
      { head: 'lost', figure: true },
    ],
    [{ rows }],
    ['all phases', ...total],
  )}<p class="note">Sent are all that were submitted: a refused one has not arrived either, and is late. Seen by a watcher, or found at the end. Lost were accepted and will never be seen.</p>`;
}
