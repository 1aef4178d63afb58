/** The questions in the reports: each with its answer or why there is none, in units people know, naming and blaming nobody. */

import { describe, expect, test } from 'vitest';

import { answerQuestions, QUESTIONS } from '../../src/record/questions/questions.ts';
import { renderHtml } from '../../src/report/html.ts';
import { answerInWords, questionLines } from '../../src/report/questions.ts';
import { renderText } from '../../src/report/text.ts';
import { FULL } from '../record/full.ts';
import { elements, readDocument } from './document.ts';
import { FAILING, PASSING, REFUSED, SPARSE } from './fixtures.ts';

const RECORDS = [
  ['everything known', { ...FULL, questions: answerQuestions(FULL) }],
  ['from before the questions', PASSING],
  ['failing', FAILING],
  ['refused', REFUSED],
  ['stopped early', SPARSE],
] as const;

/** Words that look for somebody to have done it. */
const BLAME =
  /\b(culprit|guilty|offend\w*|careless\w*|negligen\w*|incompeten\w*|stupid\w*|idiot\w*|human error|user error|(?:his|her|their) (?:own )?fault|should have known|to blame)\b/i;

/** A person's address, or how one is spoken of. */
const PERSON = /[\w.+-]+@[\w-]+\.\w+|\b(?:Mr|Mrs|Ms|Dr|Prof)\.? [A-Z]/;

describe.each(RECORDS)('%s', (_, record) => {
  const page = renderHtml(record);
  const section = elements(readDocument(page), 'section').find(
    ({ attributes }) => attributes['aria-labelledby'] === 'questions',
  );
  if (section === undefined) throw new Error('no section');
  const rows = elements(section, 'tbody').flatMap((body) => elements(body, 'tr'));

  test('has a row for each question, with an answer or a reason', () => {
    expect(rows.map((row) => elements(row, 'th')[0]?.text)).toEqual(
      QUESTIONS.map(({ question }) => question),
    );
    for (const row of rows) {
      const [answer = '', why = ''] = elements(row, 'td').map(({ text }) => text);
      expect(answer).not.toMatch(/^$|NaN|undefined|null/);
      expect(why.length).toBeGreaterThan(10);
    }
  });

  test('names nobody and blames nobody', () => {
    for (const text of [page, renderText(record)]) {
      expect(text.match(PERSON)?.[0]).toBeUndefined();
      expect(text.match(BLAME)?.[0]).toBeUndefined();
    }
  });
});

test('words that blame, and people by name, would be noticed', () => {
  for (const words of ['The culprit pressed send', 'it was their own fault', 'a user error'])
    expect(words).toMatch(BLAME);
  for (const words of ['Mr Smith', 'jo.smith@trust.nhs.uk']) expect(words).toMatch(PERSON);
});

test('an answer has the unit people know', () => {
  const words = (id: number): string | undefined => {
    const found = answerQuestions(FULL).find((one) => one.id === id);
    return found && answerInWords(found);
  };
  expect(words(3)).toBe('100 %');
  expect(words(17)).toBe('51 storm messages above it');
  expect(words(24)).toBe('32.0 s');
  expect(words(25)).toBe('−16.0 s');
  expect(words(28)).toBe('20 person-minutes');
  expect(words(30)).toBe('150 times');
  expect(words(31)).toBe('yes');
  expect(words(34)).toBe('0 people');
  const open = answerQuestions(REFUSED).find(({ id }) => id === 3);
  expect(open && answerInWords(open)).toBe('not known');
});

test('the terminal has those that no other line tells, and counts what is not known', () => {
  const lines = questionLines(FULL);
  expect(lines[0]).toMatch(/^questions {5}longest shut out 400 ms; /);
  expect(lines.length).toBeLessThanOrEqual(5);
  expect(lines.join('\n')).not.toContain('missing results');
  expect(questionLines(REFUSED).at(-1)).toMatch(/not known: 33 of 34/);
});
