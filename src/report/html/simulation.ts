/** The page's part about a simulation: the mark at its top, the model, its figures, what it cannot say. Empty for a run. */

import type { RunRecord } from '../../record/record.ts';
import { formatCount } from '../../units.ts';
import { timeOrDash } from '../figures.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';
import { backlogWords, SIMULATED_MARK, systemWords, toAllWords } from '../simulation.ts';
import { table } from './table.ts';

/** The mark, before anything else is read. */
export function simulationMark(record: RunRecord): Markup {
  if (!record.simulated) return NOTHING;
  return markup`<div class="verdict invalid" role="note"><strong>SIMULATED</strong><div><p>${SIMULATED_MARK}.</p></div></div>\n`;
}

/** The section. */
export function simulationSection({ simulation }: RunRecord): Markup {
  if (simulation === undefined) return NOTHING;
  const rows = simulation.canaryDelays.map(
    ({ phase, count, p50Us, p90Us, maxUs }) =>
      [phase, formatCount(count), timeOrDash(p50Us), timeOrDash(p90Us), timeOrDash(maxUs)] as const,
  );
  return markup`<section aria-labelledby="simulation"><h2 id="simulation">What was simulated</h2>
<dl><dt>Model</dt><dd>${systemWords(simulation)}</dd>
<dt>Storm</dt><dd>${toAllWords(simulation)}</dd>
<dt>Backlog</dt><dd>${backlogWords(simulation)}</dd></dl>
${table(
  'Test results, sent until in the mailbox, whether somebody still waited or not; by the phase they were sent in',
  [
    { head: 'Phase' },
    { head: 'n', figure: true },
    { head: 'p50', figure: true },
    { head: 'p90', figure: true },
    { head: 'max', figure: true },
  ],
  [{ rows }],
)}<p>This model cannot know:</p>
<ul>${simulation.cannotKnow.map((one) => markup`<li>${one}</li>\n`)}</ul></section>
`;
}
