/** Who was hurt: groups in the order of harm, on the terminal and on the page, and nothing where a profile knows none. */

import { expect, test } from 'vitest';

import { renderHtml } from '../../src/report/html.ts';
import { renderText } from '../../src/report/text.ts';
import { elements, readDocument, textOf } from './document.ts';
import { FAILING, hostile, PASSING } from './fixtures.ts';
import { cohorts } from './parts.ts';

const hurt = (text: string): string[] => {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.startsWith('who was hurt'));
  return first < 0 ? [] : lines.slice(first, first + 4);
};

test('those hurt most stand first; what is not known is said', () => {
  const [one, two, three, after] = hurt(renderText(PASSING));
  expect(one).toBe(
    'who was hurt  external-facing: of 790 test results 18 late, 2 lost; reading p90 before 68.2 ms, in the storm 11.1 s, at most 24.5 s',
  );
  expect(two).toContain(' gp: of 790 test results 0 late, 0 lost; reading p90 before 68.2 ms');
  expect(three).toMatch(/^ +management: .*; reading: too few of them looked for a median$/);
  expect(after).toMatch(/^copies /);
});

test('a cohort that was sent nothing is not called unharmed', () => {
  const [first] = cohorts();
  if (first === undefined) throw new Error('a cohort expected');
  const none = { ...first, canaries: { ...first.canaries, sent: 0, seen: 0 } };
  expect(hurt(renderText({ ...PASSING, cohorts: [none] }))[0]).toContain(
    'gp: test results: none was sent to them; reading p90',
  );
});

test('more than four are counted, and all are on the page', () => {
  const eight = Array.from({ length: 8 }, (_, index) => ({ ...cohorts()[0], name: `c${index}` }) as never);
  const record = { ...PASSING, cohorts: eight };
  expect(renderText(record)).toContain('(cohorts not shown: 4)');
  const page = elements(readDocument(renderHtml(record)), 'section').find(
    ({ attributes }) => attributes['aria-labelledby'] === 'cohorts',
  );
  const words = page === undefined ? '' : textOf(page);
  for (let index = 0; index < 8; index += 1) expect(words).toContain(`c${index} (50 mailboxes)`);
  expect(words).toContain('Who was hurt');
});

test('a profile without cohorts has no such section', () => {
  expect(hurt(renderText(FAILING))).toEqual([]);
  expect(renderHtml(FAILING)).not.toContain('Who was hurt');
  expect(renderText(hostile('x'))).not.toContain('\u001b');
});
