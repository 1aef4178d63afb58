/** The conversation: how replies left, how they ended, what starved, how long it took to be seen. */

import type { RunRecord } from '../../record/record.ts';
import { missingWords, modeWords, ratioWords, repliesWords, seenWords, starvedWords } from '../cascade.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';

/** The section; empty for a simulation that followed no replies. */
export function cascadeSection({ cascade, phases, simulated }: RunRecord): Markup {
  if (cascade === null && simulated) return NOTHING;
  const whyNot =
    phases.length === 0 ? 'the run ended before the storm' : 'not all shards told what became of theirs';
  const pairs: readonly (readonly [string, string | undefined])[] =
    cascade === null
      ? [['Replies', `not known: ${whyNot}`]]
      : [
          ['Mode', modeWords(cascade)],
          ['Replies', repliesWords(cascade)],
          ['Starved', starvedWords(cascade)],
          ['Below a refusal', missingWords(cascade)],
          ['Sent until seen', seenWords(cascade)],
          ['Branching ratio', ratioWords(cascade)],
        ];
  const items = pairs.flatMap(([term, words]) =>
    words === undefined ? [] : [markup`<dt>${term}</dt><dd>${words}</dd>\n`],
  );
  return markup`<section aria-labelledby="conversation"><h2 id="conversation">The conversation</h2>
<dl>${items}</dl>
</section>
`;
}
