/** The questions that two news reports of 14 and 15 November 2016 raise, put to a record: a closed table of 34. Pure; it judges nothing. */

import type { RunRecord } from '../record.ts';
import { ACCESS_QUESTIONS } from './access.ts';
import { AFTERWARDS_QUESTIONS } from './afterwards.ts';
import type { Question, RecordedQuestion } from './answers.ts';
import { KEPT_QUESTIONS } from './kept.ts';
import { RESULT_QUESTIONS } from './results.ts';
import { STORM_QUESTIONS } from './storm.ts';

/** All of them, by number. */
export const QUESTIONS: readonly Question[] = [
  ...RESULT_QUESTIONS,
  ...ACCESS_QUESTIONS,
  ...STORM_QUESTIONS,
  ...AFTERWARDS_QUESTIONS,
  ...KEPT_QUESTIONS,
].sort((a, b) => a.id - b.id);

/** Puts every question to a record; each has an answer, or a reason why nobody can tell. */
export function answerQuestions(record: RunRecord): readonly RecordedQuestion[] {
  return QUESTIONS.map(({ id, question, ask }) => ({ id, question, ...ask(record) }));
}
