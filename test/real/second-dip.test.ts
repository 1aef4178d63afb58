/** What is said of a second dip follows from the figures. Needs no server. */

import { expect, test } from 'vitest';

import type { RunRecord } from '../../src/record/record.ts';
import type { Phase } from '../../src/words.ts';
import { PASSING } from '../report/fixtures.ts';
import { phaseTable, secondDip } from './second-dip.ts';

/** The record with readers' p90 in milliseconds as given; null for too few. */
function readersOf(p90: Partial<Record<Phase, number | null>>, quiescent = true): RunRecord {
  const [pattern] = PASSING.operations.filter(({ operation }) => operation === 'journey.read');
  if (pattern === undefined) throw new Error('no readers in the fixture');
  const operations = Object.entries(p90).map(([phase, ms]) => ({
    ...pattern,
    phase: phase as Phase,
    responseUs: { ...pattern.responseUs, count: 200, p90: ms === null ? null : ms * 1_000 },
  }));
  return { ...PASSING, operations, drain: { ...PASSING.drain, quiescent } };
}

test.each([
  ['slower than before and after', { baseline: 20, deletes: 200, recovery: 30 }, /^second dip: yes/],
  ['as fast as before', { baseline: 20, deletes: 22, recovery: 20 }, /^second dip: none/],
  ['as slow as afterwards', { baseline: 20, deletes: 200, recovery: 210 }, /^second dip: none/],
  ['a hair slower', { baseline: 1, deletes: 3, recovery: 1 }, /^second dip: none/],
  ['too few readers', { baseline: 20, deletes: null, recovery: 20 }, /no data/],
  ['no recovery', { baseline: 20, deletes: 200 }, /no data/],
])('%s', (_title, p90, words) => {
  expect(secondDip(readersOf(p90))).toMatch(words);
});

test('a backlog that is still being delivered is not blamed on the deletes', () => {
  const words = secondDip(readersOf({ baseline: 20, deletes: 200, recovery: 30 }, false));
  expect(words).toMatch(/^slower during the deletes, but the backlog/);
});

test('the table has a line for each phase with samples', () => {
  expect(phaseTable(readersOf({ baseline: 20, deletes: 200 })).slice(1)).toEqual([
    expect.stringMatching(/^journey\.read +baseline +200 .* 20\.0 ms/),
    expect.stringMatching(/^journey\.read +deletes +200 .* 200 ms/),
  ]);
});
