/** The questions of that day in words: an answer with its unit, or that it is not known and why. It judges nothing and asks nothing new. */

import type { RecordedQuestion } from '../record/questions/answers.ts';
import { answerQuestions, QUESTIONS } from '../record/questions/questions.ts';
import type { RunRecord } from '../record/record.ts';
import { formatDuration } from '../units.ts';
import { ratioOrDash } from './figures.ts';

/** Those of the record; an older record is asked now, and answers as far as it can. */
export function questionsOf(record: RunRecord): readonly RecordedQuestion[] {
  return record.questions ?? answerQuestions(record);
}

/** `4.21 s`, `98.5 %`, `3 stalls`, `yes`; `not known` where nobody can tell. */
export function answerInWords({ answer, unit }: RecordedQuestion): string {
  if (answer === null) return 'not known';
  if (typeof answer === 'string') return answer;
  const sign = answer < 0 ? '−' : '';
  const size = Math.abs(answer);
  if (unit === 'us') return `${sign}${formatDuration(size)}`;
  if (unit === 'share') return `${sign}${+(size * 100).toPrecision(3)} %`;
  return `${sign}${size === 0 ? '0' : ratioOrDash(size)}${unit === null ? '' : ` ${unit}`}`;
}

/** Characters of a line of the terminal's summary. */
const LINE_LENGTH = 144;

/** What the rest of the summary says already. */
const TOLD_ELSEWHERE: ReadonlySet<number> = new Set([1, 7, 8, 15, 16, 18, 19, 23, 34]);

/** In brief: each known answer that no other line has, in as few lines as they fit, and how many are not known. */
export function questionLines(record: RunRecord): readonly string[] {
  const all = questionsOf(record);
  const briefs = all.flatMap((one) => {
    const short = QUESTIONS.find(({ id }) => id === one.id)?.short;
    return one.answer === null || short === undefined || TOLD_ELSEWHERE.has(one.id)
      ? []
      : [`${short} ${briefly(one)}`];
  });
  const lines: string[] = [];
  for (const brief of briefs) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + brief.length + 2 <= LINE_LENGTH)
      lines[lines.length - 1] = `${last}; ${brief}`;
    else lines.push(brief);
  }
  const open = all.filter(({ answer }) => answer === null).length;
  if (open > 0) lines.push(`not known: ${open} of ${all.length}, each with its reason in the report`);
  return lines.map((line, index) => `${(index === 0 ? 'questions' : '').padEnd(14)}${line}`);
}

/** Without units that the short name says already. */
function briefly(one: RecordedQuestion): string {
  const { unit } = one;
  const needed =
    unit === null || unit === 'us' || unit === 'share' || unit === 'person-minutes' || unit === 'times';
  return answerInWords(needed ? one : { ...one, unit: null });
}
