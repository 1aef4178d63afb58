/** The JUnit file: counts that add up, no green build without evidence, XML that any parser takes. */

import { expect, test } from 'vitest';

import type { RunRecord } from '../../src/record/record.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { elements, readDocument, type Element } from './document.ts';
import { FAILING, hostile, PASSING, REFUSED, SPARSE } from './fixtures.ts';

function suiteOf(record: RunRecord): Element {
  const [suite, ...others] = elements(readDocument(renderJunit(record)), 'testsuite');
  if (suite === undefined || others.length > 0) throw new Error('one suite was expected');
  return suite;
}

test.each([PASSING, FAILING, REFUSED, SPARSE, hostile('x')])('counts what it holds', (record) => {
  const suite = suiteOf(record);
  const { tests, failures, errors } = suite.attributes;
  expect(Number(tests)).toBe(elements(suite, 'testcase').length);
  expect(Number(failures)).toBe(elements(suite, 'failure').length);
  expect(Number(errors)).toBe(elements(suite, 'error').length);
});

test('one case a finding: failed and no data are failures, invalid is an error', () => {
  const suite = suiteOf(FAILING);
  expect(suite.attributes).toMatchObject({ tests: '8', failures: '3', errors: '1', time: '153.400' });
  expect(elements(suite, 'failure').map(({ attributes }) => attributes['type'])).toEqual([
    'fail',
    'fail',
    'no-data',
  ]);
  expect(elements(suite, 'error').map(({ attributes }) => attributes['type'])).toEqual(['invalid']);
  expect(suiteOf(PASSING).attributes).toMatchObject({ tests: '6', failures: '0', errors: '0' });
});

test('a run without findings, or stopped with none that failed, is no green build', () => {
  expect(suiteOf(REFUSED).attributes).toMatchObject({ tests: '1', errors: '1' });
  const stopped = { ...PASSING, exit: { code: 105, reason: 'stopped by the operator' } };
  const [error] = elements(suiteOf(stopped), 'error');
  expect(error?.attributes['message']).toBe('exit 105: stopped by the operator');
  const empty: RunRecord = {
    ...PASSING,
    verdict: { status: 'pass', findings: [] },
    exit: { code: 0, reason: 'pass' },
  };
  expect(suiteOf(empty).attributes).toMatchObject({ tests: '1', errors: '1' });
});

test('hostile words stay words', () => {
  const words = `<x a="1">&'\u0000\u0008\u001f\ufffe\ud800]]>`;
  const xml = renderJunit(hostile(words));
  const [failure] = elements(readDocument(xml), 'failure');
  const clean = `<x a="1">&'${'\uFFFD'.repeat(5)}]]>`;
  expect(failure?.attributes['message']).toBe(`observed ${clean}, allowed ${clean}`);
  expect(failure?.text).toContain(`because: ${clean}`);
  expect(xml).not.toMatch(/\p{Surrogate}/u);
  expect(renderJunit(hostile('a\nb\tc'))).toContain('classname="replystorm.a b c"');
});

test('the instant has no zone, and is left out where the record has none', () => {
  expect(suiteOf(PASSING).attributes['timestamp']).toBe('2016-11-14T08:29:00');
  expect(suiteOf(hostile('x')).attributes['timestamp']).toBeUndefined();
});
