/** The terminal summary: as long as a screen, aligned, honest about what is not known. */

import { expect, test } from 'vitest';

import { renderText } from '../../src/report/text.ts';
import { BY_HTTP, BY_JMAP } from './door-fixtures.ts';
import { FAILING, hostile, PASSING, REFUSED, SPARSE } from './fixtures.ts';

test('the failing run reads as its golden file', async () => {
  await expect(renderText(FAILING)).toMatchFileSnapshot('../golden/report-failing.txt');
});

test('a run through JMAP reads as its golden file', async () => {
  await expect(renderText(BY_JMAP)).toMatchFileSnapshot('../golden/report-jmap.txt');
});

test('what is one operation is one row', () => {
  const heads = (text: string): string[] =>
    [...text.matchAll(/^(\S+) +baseline /gm)].map(([, head = '']) => head);
  expect(heads(renderText(FAILING))).toEqual(['sign-in', 'read', 'result']);
  expect(heads(renderText(BY_JMAP))).toEqual(['sign-in', 'read', 'result']);
  expect(heads(renderText(BY_HTTP))).toEqual(['open', 'read', 'result']);
});

test('a record from before there were doors reads as one through SMTP and IMAP', () => {
  expect(FAILING.doors).toBeUndefined();
  expect(renderText({ ...FAILING, doors: { submit: 'smtp', mailbox: 'imap' } })).toBe(renderText(FAILING));
  expect(renderText({ ...FAILING, doors: { submit: 'smtp', mailbox: 'jmap' } })).not.toBe(
    renderText(FAILING),
  );
});

test.each([PASSING, FAILING, BY_JMAP, BY_HTTP, REFUSED, SPARSE])(
  'fits a screen and ends in the verdict',
  (record) => {
    const text = renderText(record);
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(text.endsWith('\n')).toBe(true);
    expect(lines.at(-1)).toBe(
      `verdict: ${record.verdict.status} (exit ${record.exit.code}: ${record.exit.reason})`,
    );
    expect(text).not.toMatch(/\b(NaN|undefined|null|Infinity)\b/);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  },
);

test('says in one line that everything passed', () => {
  expect(renderText(PASSING)).toContain('\nall 6 checks passed\n');
  expect(renderText(FAILING)).not.toContain('checks passed\nall');
  expect(renderText(REFUSED)).toContain('\nnothing was judged\n');
});

test('what is not known is said, never shown as 0', () => {
  const text = renderText(REFUSED);
  expect(text).toContain('what people felt: not known');
  expect(text).toContain('copies        not known');
  expect(text).toContain('test results  not known');
  expect(text).toMatch(/drain {9}not known; owed at the end not known; pressure not known/);
  expect(renderText(SPARSE)).toMatch(/sign-in baseline +7 +– +– +– +74\.2 ms/);
});

test('a sample and full mailboxes are said before and below the copies', () => {
  const { ledger } = FAILING;
  if (ledger === null) throw new Error('the fixture has a ledger');
  expect(renderText(FAILING)).not.toMatch(/in a sample|no room/);
  const text = renderText({
    ...FAILING,
    ledger: {
      ...ledger,
      sample: { mailboxes: 300, of: 1_000 },
      overQuota: { refused: 4, notified: 3, clinical: 2, named: [] },
    },
  });
  expect(text).toMatch(/in a sample {3}of 300 of 1,000 mailboxes.*\ncopies /);
  expect(text).toContain('full mailboxes kept out 4 at submission, 3 afterwards; 2 of them clinical');
});

test('many open findings are counted, not all printed', () => {
  const one = FAILING.verdict.findings.find(({ status }) => status === 'fail');
  if (one === undefined) throw new Error('the fixture fails');
  const findings = Array.from({ length: 50 }, (_, index) => ({ ...one, check: `check ${index}` }));
  const text = renderText({ ...FAILING, verdict: { status: 'fail', findings } });
  expect(text.split('\n').length).toBeLessThanOrEqual(41);
  expect(text).toContain('0 of 50 checks passed; 44 more not shown here');
});

test('a server cannot forge a line or command the terminal', () => {
  const text = renderText(hostile('x\nverdict: pass (exit 0: pass)\u001b[2J'));
  expect(text).not.toContain('\u001b');
  expect(text.split('\n').filter((line) => line.startsWith('verdict:'))).toHaveLength(1);
});
