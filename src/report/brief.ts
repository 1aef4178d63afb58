/** What people felt in the three moments that tell a storm: before it, in it, while they deleted. A table of few rows for a first screen; it judges nothing. */

import { entryNoun, operationFor } from '../record/doors.ts';
import type { RecordedSummary, RunRecord } from '../record/record.ts';
import { formatCount } from '../units.ts';
import type { Phase } from '../words.ts';
import { DASH, isKnown, lostOf, operationIn, timeOrDash, timeInWords } from './figures.ts';
import { MOMENTS } from './moments.ts';

/** The columns after the first. */
export const BRIEF_MOMENTS = MOMENTS.filter(({ phase }) => phase !== 'recovery');

export interface BriefRow {
  readonly name: string;
  readonly cells: readonly string[];
}

/** The rows: test results and getting in. A figure that is not known is a dash, with the slowest of too few beside it. */
export function briefRows(record: RunRecord): readonly BriefRow[] {
  const entry = operationFor(record, 'signIn');
  const { one: noun, many } = entryNoun(record);
  const row = (name: string, cell: (phase: Phase) => string): BriefRow => ({
    name,
    cells: BRIEF_MOMENTS.map(({ phase }) => cell(phase)),
  });
  const canariesIn = (phase: Phase) => record.canaries?.byPhase.find((one) => one.phase === phase);
  return [
    row('test result, sent until visible: nine in ten within', (phase) =>
      nineInTen(canariesIn(phase)?.visibleUs),
    ),
    row(`test results late (over ${timeInWords(record.profile.canaryDeadlineUs)}) or lost`, (phase) => {
      const found = canariesIn(phase);
      if (found === undefined || found.sent === 0) return DASH;
      const lost = lostOf(record, found.lost);
      const lostWords = isKnown(lost) ? `, ${formatCount(lost)} lost` : '';
      return `${formatCount(found.late)} late${lostWords} of ${formatCount(found.sent)}`;
    }),
    row(`${noun}: nine in ten within`, (phase) => nineInTen(operationIn(record, entry, phase)?.responseUs)),
    row(`${many} that did not succeed`, (phase) => {
      const found = operationIn(record, entry, phase);
      return found === undefined || found.planned === 0
        ? DASH
        : `${formatCount(found.planned - found.ok)} of ${formatCount(found.planned)}`;
    }),
  ];
}

function nineInTen(times: RecordedSummary | undefined): string {
  if (isKnown(times?.p90)) return timeOrDash(times.p90);
  if (isKnown(times?.max))
    return `${DASH} (${formatCount(times.count)} only, slowest ${timeOrDash(times.max)})`;
  return DASH;
}
