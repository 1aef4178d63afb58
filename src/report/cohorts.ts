/** Which cohorts were hurt, in the order of harm, as lines of the terminal. It names groups, nobody in them, and judges nothing. */

import type { RecordedCohort, RunRecord } from '../record/record.ts';
import type { Phase } from '../words.ts';
import { oneLine } from './clean.ts';
import { countInWords, isKnown, lostOf, timeInWords } from './figures.ts';

/** Cohorts shown one by one; the page has all. */
const COHORTS_SHOWN = 4;

/** Share of a cohort's test results that came late or never; -1 where none was sent. */
function harmOf({ canaries: { sent, late, lost } }: RecordedCohort): number {
  return sent === 0 ? -1 : (late + lost) / sent;
}

type Figure = 'p50' | 'p90' | 'max';

/** A figure of the cohort's readings in a phase, in microseconds; null where it is not known. */
function reading(cohort: RecordedCohort, phase: Phase, figure: Figure): number | null {
  return cohort.byPhase.find((one) => one.phase === phase)?.reads.responseUs[figure] ?? null;
}

/** The cohorts of a record, those hurt most first: by late and lost test results, then by the longest reading in the storm. */
export function worstCohorts(record: RunRecord): readonly RecordedCohort[] {
  const slowness = (cohort: RecordedCohort): number => reading(cohort, 'storm', 'max') ?? -1;
  return (record.cohorts ?? []).toSorted((a, b) => harmOf(b) - harmOf(a) || slowness(b) - slowness(a));
}

/** Lines of the summary; none where the profile knows no cohorts. */
export function cohortLines(record: RunRecord): string[] {
  const all = worstCohorts(record);
  const shown = all.slice(0, COHORTS_SHOWN);
  const more = all.length - shown.length;
  return shown.map((cohort, index) => {
    const head = index === 0 ? 'who was hurt  ' : '              ';
    const others = more > 0 && index === shown.length - 1 ? ` (cohorts not shown: ${more})` : '';
    return `${head}${oneLine(cohort.name)}: ${harmWords(record, cohort)}; ${readingWords(cohort)}${others}`;
  });
}

function harmWords(record: RunRecord, { canaries: { sent, late, lost } }: RecordedCohort): string {
  if (sent === 0) return 'test results: none was sent to them';
  const known = lostOf(record, lost);
  return `of ${countInWords(sent)} test results ${countInWords(late)} late, ${isKnown(known) ? `${countInWords(known)} lost` : 'lost: not known'}`;
}

/** The same percentile before and in the storm: the higher one that both have. */
function readingWords(cohort: RecordedCohort): string {
  for (const figure of ['p90', 'p50'] as const) {
    const [before, during] = [reading(cohort, 'baseline', figure), reading(cohort, 'storm', figure)];
    if (!isKnown(before) || !isKnown(during)) continue;
    const worst = timeInWords(reading(cohort, 'storm', 'max'));
    return `reading ${figure} before ${timeInWords(before)}, in the storm ${timeInWords(during)}, at most ${worst}`;
  }
  return 'reading: too few of them looked for a median';
}
