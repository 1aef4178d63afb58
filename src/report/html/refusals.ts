/** What the servers refused, by operation and code, with what each code means. It judges nothing and prints no address. */

import type { RunRecord } from '../../record/record.ts';
import { formatCount } from '../../units.ts';
import { shortened, unnamed } from '../clean.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';
import { refusalCode, refusalSentence } from '../refusals.ts';
import { codesFigure } from './codes.ts';
import { table } from './table.ts';

/** Kinds shown; the record has the others. */
const KINDS_SHOWN = 40;

/** A server's words may be long; the record has them whole. */
const EXAMPLE_LENGTH = 160;

/** The section. */
export function refusalsSection(record: RunRecord): Markup {
  const { refusals } = record;
  const rows = refusals
    .slice(0, KINDS_SHOWN)
    .map((refusal) => [
      refusal.operation,
      unnamed(refusalCode(refusal)),
      formatCount(refusal.count),
      formatCount(refusal.limited),
      formatCount(refusal.temporary),
      refusalSentence(refusal),
      unnamed(shortened(refusal.example, EXAMPLE_LENGTH)),
    ]);
  const more = refusals.length - rows.length;
  const body =
    rows.length === 0
      ? markup`<p>Nothing was refused.</p>`
      : markup`${codesFigure(refusals)}${table(
          'Refusals by operation and code, most frequent first',
          [
            { head: 'Operation' },
            { head: 'Code' },
            { head: 'times', figure: true },
            { head: markup`of it by<br/>a limiter`, figure: true },
            { head: markup`try again<br/>later`, figure: true },
            { head: 'What it means' },
            { head: 'One example' },
          ],
          [{ rows }],
        )}${more > 0 ? markup`<p class="note">${formatCount(more)} more kinds in the record.</p>` : NOTHING}`;
  return markup`<section aria-labelledby="refusals"><h2 id="refusals">What was refused</h2>
${body}</section>
`;
}
