/** A mail system's manners in both reports: what nobody looked at is a dash, what was found is named, old records have none. */

import { describe, expect, test } from 'vitest';

import { MANNERS, type Manner } from '../../src/measure/manners.ts';
import type { RecordedManner, RunRecord } from '../../src/record/record.ts';
import { renderHtml } from '../../src/report/html.ts';
import { mannerLines } from '../../src/report/manners.ts';
import { PASSING } from './fixtures.ts';

const withManners = (changes: Partial<Record<Manner, Partial<RecordedManner>>>): RunRecord => ({
  ...PASSING,
  manners: MANNERS.map((manner) => ({ manner, count: 0, looked: 1_200, named: [], ...changes[manner] })),
});

describe('manners', () => {
  test('say what was looked at, and a dash where nobody could look', () => {
    const lines = mannerLines(withManners({ corrupted: { looked: 0 }, deferred: { count: 3 } }));
    const told = new Map(lines.map((line) => [line.name, line]));
    expect(told.get('corrupted')).toMatchObject({ count: '–', harm: false });
    expect(told.get('corrupted')?.meaning).toMatch(/Nobody could look\.$/);
    expect(told.get('deferred')).toMatchObject({ count: '3', harm: false });
    expect(told.get('deferred')?.meaning).toMatch(/Of 1,200 submissions\.$/);
    // Those of the ledger's own tables are not told twice.
    for (const name of ['duplicated', 'misdelivered', 'overdue'] as const) expect(told.has(name)).toBe(false);
    expect(told.size).toBe(MANNERS.length - 3);
  });

  test('stand in the page with the places to look at first', () => {
    const named = [
      { number: 7, mailbox: 3 },
      { number: 8, mailbox: null },
    ];
    const page = renderHtml(withManners({ invented: { count: 2, named } }));
    expect(page).toContain('How the mail system behaved');
    expect(page).toContain('message 7 in mailbox 3, message 8');
    expect(page).toContain('invented (harm)');
    expect(renderHtml(withManners({}))).not.toContain('invented (harm)');
  });

  test('are left out of the page of a record that has none', () => {
    expect(mannerLines(PASSING)).toEqual([]);
    expect(mannerLines({ ...PASSING, manners: null })).toEqual([]);
    expect(renderHtml(PASSING)).not.toContain('How the mail system behaved');
  });
});
