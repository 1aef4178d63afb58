/** Who was hurt: the same storm as each cohort felt it, phase by phase. It names groups, nobody in them, and judges nothing. */

import type { RecordedCohortFelt, RunRecord } from '../../record/record.ts';
import { formatCount } from '../../units.ts';
import { worstCohorts } from '../cohorts.ts';
import { counted, countOrDash, lostOf, phasesOf, timeInWords, timeOrDash } from '../figures.ts';
import { markup, NOTHING, type Content, type Markup } from '../markup.ts';
import { table, type Column } from './table.ts';

const COLUMNS: readonly Column[] = [
  { head: 'Phase' },
  { head: markup`results<br/>sent`, figure: true },
  { head: 'late', figure: true },
  { head: 'lost', figure: true },
  { head: markup`visible<br/>p50`, figure: true },
  { head: 'p90', figure: true },
  { head: markup`readings<br/>ended`, figure: true },
  { head: 'not ok', figure: true },
  { head: 'p50', figure: true },
  { head: 'p90', figure: true },
];

/** The section; nothing where the profile knows no cohorts. */
export function cohortSection(record: RunRecord): Markup {
  const cohorts = worstCohorts(record);
  if (cohorts.length === 0) return NOTHING;
  const phases = phasesOf(record);
  const deadline = timeInWords(record.profile.canaryDeadlineUs);
  const groups = cohorts.map((cohort) => ({
    title: `${cohort.name} (${counted(cohort.mailboxes, 'mailbox', 'mailboxes')})`,
    rows: [
      ...cohort.byPhase
        .filter(({ phase }) => phases.includes(phase))
        .map((one) => row(record, one.phase, one)),
      row(record, 'all phases', cohort),
    ],
  }));
  return markup`<section aria-labelledby="cohorts"><h2 id="cohorts">Who was hurt</h2>
${table(
  `Test results (late: not visible within ${deadline}) and readings, by cohort and phase, those hurt most first`,
  COLUMNS,
  groups,
)}<p class="note">A reading is a person who signs in afresh, opens the mailbox and looks; its time runs from the instant they meant to. – : too few samples, or none; of what was lost: nobody read the mailboxes. Cohorts are groups of mailboxes by the profile’s shares; no figure here is about one person.</p></section>
`;
}

function row(record: RunRecord, title: string, { canaries, reads }: RecordedCohortFelt): readonly Content[] {
  return [
    title,
    formatCount(canaries.sent),
    formatCount(canaries.late),
    countOrDash(lostOf(record, canaries.lost)),
    timeOrDash(canaries.visibleUs.p50),
    timeOrDash(canaries.visibleUs.p90),
    formatCount(reads.ended),
    formatCount(reads.ended - reads.ok),
    timeOrDash(reads.responseUs.p50),
    timeOrDash(reads.responseUs.p90),
  ];
}
