/** Thresholds that only warn: every report marks them as warnings, and none of them turns a build red. */

import { expect, test } from 'vitest';
import type { RunRecord } from '../../src/record/record.ts';
import { isWarning, worstFirst } from '../../src/report/findings.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { renderText } from '../../src/report/text.ts';
import type { Finding } from '../../src/verdict/finding.ts';
import { elements, readDocument } from './document.ts';
import { PASSING } from './fixtures.ts';

const CROSSED: Finding = {
  check: 'imap.open: p(90) < 1s',
  status: 'fail',
  observed: '2.00 s of 100 samples',
  limit: '< 1.00 s',
  because: 'the threshold is crossed',
  severity: 'warn',
};

const HOLDS: Finding = { ...CROSSED, check: 'imap.open: p(50) < 9s', status: 'pass' };

const WARNED: RunRecord = {
  ...PASSING,
  verdict: { status: 'pass', findings: [CROSSED, HOLDS, ...PASSING.verdict.findings] },
};

test('a warning that holds is none', () => {
  expect(isWarning(CROSSED)).toBe(true);
  expect(isWarning(HOLDS)).toBe(false);
});

test('warnings stand after what counts and before what passed; none is left out', () => {
  const { severity: _severity, ...deciding } = CROSSED;
  const red: Finding = { ...deciding, check: 'red', status: 'no-data' };
  const ordered = worstFirst([HOLDS, CROSSED, red]);
  expect(ordered.map(({ check }) => check)).toEqual(['red', CROSSED.check, HOLDS.check]);
});

test('the text marks it', () => {
  expect(renderText(WARNED)).toContain('warning  imap.open: p(90) < 1s: 2.00 s of 100 samples');
});

test('the page marks it, and does not say that everything held', () => {
  const page = readDocument(renderHtml(WARNED));
  const cells = elements(page, 'span').filter((span) => span.attributes['class'] === 'status invalid');
  expect(cells.map(({ text }) => text)).toEqual(['⚠ warning']);
  expect(renderHtml(WARNED)).toContain('the warnings are listed below');
  expect(renderHtml(PASSING)).not.toContain('the warnings are listed below');
});

test('to a build server it is skipped, with its words', () => {
  const [suite] = elements(readDocument(renderJunit(WARNED)), 'testsuite');
  if (suite === undefined) throw new Error('a suite was expected');
  expect(suite.attributes).toMatchObject({ failures: '0', errors: '0', skipped: '1' });
  expect(elements(suite, 'skipped')[0]?.attributes['message']).toBe(
    'warning: observed 2.00 s of 100 samples, allowed < 1.00 s',
  );
  const stopped = { ...WARNED, exit: { code: 105, reason: 'stopped by the operator' } };
  expect(renderJunit(stopped)).toContain('exit 105: stopped by the operator');
});
