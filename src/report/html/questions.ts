/** The questions of that day: a row each, with the answer and how it came about. It judges nothing and blames nobody. */

import type { RunRecord } from '../../record/record.ts';
import { unnamed } from '../clean.ts';
import { markup, type Markup } from '../markup.ts';
import { answerInWords, questionsOf } from '../questions.ts';
import { table } from './table.ts';

/** The section. */
export function questionsSection(record: RunRecord): Markup {
  const all = questionsOf(record);
  const open = all.filter(({ answer }) => answer === null).length;
  const rows = all.map((one) => [
    one.question,
    unnamed(answerInWords(one)),
    unnamed(
      one.answer === null
        ? `${one.reason}${one.evidence === 'nothing to go by' ? '' : ` (${one.evidence})`}`
        : one.evidence,
    ),
  ]);
  return markup`<section aria-labelledby="questions"><h2 id="questions">The questions of that day</h2>
<p>What the reports of 14 and 15 November 2016 leave a reader asking, put to this ${record.simulated ? 'simulation' : 'run'}. ${all.length - open} have an answer; ${open} do not, and say why. docs/questions.md tells where each comes from.</p>
${table(
  'Each question with its answer and how it is known',
  [{ head: 'Question' }, { head: 'Answer', figure: true }, { head: 'How it is known, or why it is not' }],
  [{ rows }],
)}</section>
`;
}
