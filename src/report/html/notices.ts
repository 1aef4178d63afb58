/** The end of the page: errors, warnings, and how to run the same storm again. No address and no secret is printed. */

import type { RunRecord } from '../../record/record.ts';
import { formatCount, formatSpeed } from '../../units.ts';
import { shortened, unnamed } from '../clean.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';
import { table } from './table.ts';

/** Errors shown; the record has the others. */
const ERRORS_SHOWN = 20;

/** A server's words may be long; the record has them whole. */
const ERROR_LENGTH = 300;

/** The three sections. */
export function noticesSections(record: RunRecord): readonly Markup[] {
  return [errors(record), warnings(record), reproduce(record)];
}

function errors(record: RunRecord): Markup {
  const shown = record.errors.slice(0, ERRORS_SHOWN);
  const more = record.errors.length - shown.length;
  const rows = shown.map(({ text, count }) => [unnamed(shortened(text, ERROR_LENGTH)), formatCount(count)]);
  const body =
    rows.length === 0
      ? markup`<p>None.</p>`
      : markup`${table('Errors as the mail system or the network gave them, most frequent first', [{ head: 'Error' }, { head: 'times', figure: true }], [{ rows }])}${more > 0 ? markup`<p class="note">${formatCount(more)} more kinds in the record.</p>` : NOTHING}`;
  return markup`<section aria-labelledby="errors"><h2 id="errors">Errors</h2>
${body}</section>
`;
}

function warnings(record: RunRecord): Markup {
  const rows = record.warnings.map(({ seen, matters, attempt }) => [seen, matters, attempt].map(unnamed));
  const body =
    rows.length === 0
      ? markup`<p>None.</p>`
      : table(
          'Warnings',
          [{ head: 'Seen' }, { head: 'Why it matters' }, { head: 'What to try' }],
          [{ rows }],
        );
  return markup`<section aria-labelledby="warnings"><h2 id="warnings">Warnings</h2>
${body}</section>
`;
}

function reproduce(record: RunRecord): Markup {
  const { profile, plan, target } = record;
  const body =
    plan === null
      ? markup`<p>No plan was made. Profile: <code>${profile.name}</code>.</p>`
      : markup`<pre><code>replystorm run ${shellWord(profile.name)} --seed ${String(plan.seed)} --mailboxes ${String(plan.mailboxes)} --speed ${formatSpeed(plan.speed)}</code></pre>
<p>${target?.kind === 'named' ? 'Give it the same target and accounts as before. ' : ''}The plan is the same if its digest is: <code>${plan.digest}</code></p>`;
  return markup`<section aria-labelledby="reproduce"><h2 id="reproduce">How to run it again</h2>
${body}
<p class="note">${profile.why}</p></section>
`;
}

/** Copied into a shell, a profile's name must stay one word. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
