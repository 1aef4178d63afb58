/** Errors and warnings as they were kept. No address and no secret is printed. */

import type { RunRecord } from '../../record/record.ts';
import { formatCount } from '../../units.ts';
import { shortened, unnamed } from '../clean.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';
import { table } from './table.ts';

/** Errors shown; the record has the others. */
const ERRORS_SHOWN = 20;

/** A server's words may be long; the record has them whole. */
const ERROR_LENGTH = 300;

/** Errors, by their words. */
export function errorsSection(record: RunRecord): Markup {
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

/** Warnings, with what to do about each. */
export function warningsSection(record: RunRecord): Markup {
  const rows = record.warnings.map(({ seen, matters, attempt }) => [seen, matters, attempt].map(unnamed));
  const body =
    rows.length === 0
      ? markup`<p>None.</p>`
      : table(
          'Each warning, and what to try',
          [{ head: 'Seen' }, { head: 'Why it matters' }, { head: 'What to try' }],
          [{ rows }],
        );
  return markup`<section aria-labelledby="warnings"><h2 id="warnings">Warnings</h2>
${body}</section>
`;
}
