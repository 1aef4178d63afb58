/** Manners as findings: what is proven fails the run, what may have good reasons is told, what nobody looked at is no pass. */

import { describe, expect, test } from 'vitest';

import { MANNERS, type Manner, type MannerFigure } from '../../src/measure/manners.ts';
import { checkManners } from '../../src/verdict/manner-checks.ts';
import { judge } from '../../src/verdict/verdict.ts';
import { caseOf } from './cases.ts';

const figures = (changes: Partial<Record<Manner, Partial<MannerFigure>>> = {}): MannerFigure[] =>
  MANNERS.map((manner) => ({ manner, count: 0, looked: 10, named: [], ...changes[manner] }));

const FAILING = ['invented', 'corrupted', 'refusedToGo', 'resurrected', 'downgraded'] as const;
const TOLD = ['reordered', 'overdue', 'unanswered', 'deferred', 'overQuota', 'strayed', 'stalled'] as const;

describe('manners', () => {
  test('that are good pass, each by its own finding', () => {
    const findings = checkManners(figures());
    expect(findings.map(({ check }) => check).toSorted()).toEqual(
      [...FAILING, ...TOLD].map((manner) => `ledger: ${manner}`).toSorted(),
    );
    expect(findings.every(({ status }) => status === 'pass')).toBe(true);
    expect(judge(caseOf({ manners: figures() })).verdict.status).toBe('pass');
  });

  test.each(FAILING)('%s once fails the run, whatever else went well', (manner) => {
    const { verdict, reasons } = judge(caseOf({ manners: figures({ [manner]: { count: 1 } }) }));
    expect(verdict.status).toBe('fail');
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatchObject({ name: 'ledger' });
    expect(reasons[0]?.because).toMatch(new RegExp(`^ledger: ${manner}: 1 `));
  });

  test.each(TOLD)('%s once is told and changes nothing', (manner) => {
    const { verdict, reasons } = judge(caseOf({ manners: figures({ [manner]: { count: 1 } }) }));
    const found = verdict.findings.find(({ check }) => check === `ledger: ${manner}`);
    expect(found).toMatchObject({ status: 'fail', severity: 'warn' });
    expect({ status: verdict.status, reasons }).toEqual({ status: 'pass', reasons: [] });
  });

  test('that nobody looked at pass nothing: no body compared is said, the rest is left out', () => {
    const unseen = checkManners(MANNERS.map((manner) => ({ manner, count: 0, looked: 0, named: [] })));
    expect(unseen).toHaveLength(1);
    expect(unseen[0]).toMatchObject({ check: 'ledger: corrupted', status: 'no-data', observed: null });
    expect(checkManners(undefined)).toEqual([]);
  });

  test('say how hard was looked', () => {
    const findings = checkManners(figures({ corrupted: { count: 2, looked: 350 } }));
    expect(findings.find(({ check }) => check === 'ledger: corrupted')?.observed).toBe(
      '2 copies of 350 compared',
    );
  });

  test('read from mailboxes are of those that were followed; what was answered to us is of all', () => {
    const findings = checkManners(figures(), { mailboxes: 3, of: 8 });
    const sampled = findings.filter(({ observed }) => observed?.endsWith('in a sample of 3 of 8 mailboxes'));
    expect(sampled.map(({ check }) => check.replace('ledger: ', '')).toSorted()).toEqual(
      ['corrupted', 'invented', 'overdue', 'refusedToGo', 'reordered', 'resurrected', 'strayed'].toSorted(),
    );
  });
});
