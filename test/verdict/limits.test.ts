/** The limits of fitness: the page shows every row of the table, and no other. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FITNESS_LIMITS } from '../../src/verdict/fitness-limits.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/fitness.md'), 'utf8');

const rows = PAGE.split('\n').filter((line) => line.startsWith('| '));

test('the page has every limit with its value, reason and source, and no other', () => {
  const table = Object.values(FITNESS_LIMITS).map(
    ({ name, value, unit, reason, source }) => `| ${name} | ${value} ${unit} | ${reason} | ${source} |`,
  );
  expect(rows.slice(2)).toEqual(table);
});

test('every limit has a name of its own and says why it is what it is', () => {
  const limits = Object.values(FITNESS_LIMITS);
  expect(new Set(limits.map(({ name }) => name)).size).toBe(limits.length);
  for (const { reason, source } of limits) {
    expect(reason.length).toBeGreaterThan(30);
    expect(source).not.toBe('');
  }
});
