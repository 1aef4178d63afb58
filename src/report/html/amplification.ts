/** What the storm's messages came to: copies, and mail that nobody wrote, as a table of its own. */

import type { RunRecord } from '../../record/record.ts';
import { amplificationTable } from '../amplification.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';
import { table } from './table.ts';

const COLUMNS = [{ head: 'Figure' }, { head: 'Number', figure: true }, { head: 'Meaning' }] as const;

/** The section; nothing for records from before it was counted. */
export function amplificationSection(record: RunRecord): Markup {
  const lines = amplificationTable(record);
  if (lines.length === 0) return NOTHING;
  const rows = lines.map(({ name, figure, meaning }) => [name, figure, meaning]);
  return markup`<section aria-labelledby="amplification"><h2 id="amplification">What came of every message</h2>
${table('Copies, and mail that nobody wrote', COLUMNS, [{ rows }])}
</section>
`;
}
