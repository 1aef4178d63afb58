/** Attempts to success, counted and added up. */

import { expect, test } from 'vitest';

import {
  mergePatience,
  notePatience,
  patienceFigures,
  type PatienceShare,
} from '../../src/measure/patience.ts';

test('successes by attempt and those who gave up, by phase, in any order of merging', () => {
  const one: PatienceShare = new Map();
  notePatience(one, 'storm', 1, true);
  notePatience(one, 'storm', 3, true);
  notePatience(one, 'storm', 4, false);
  const two: PatienceShare = new Map();
  notePatience(two, 'baseline', 1, true);
  notePatience(two, 'storm', 1, true);
  const sums = [
    [one, two],
    [two, one],
  ].map((shares) => {
    const sum: PatienceShare = new Map();
    for (const share of shares) mergePatience(sum, share);
    return patienceFigures(sum);
  });
  expect(sums[0]).toEqual([
    { phase: 'baseline', succeededAfter: [1], gaveUp: 0 },
    { phase: 'storm', succeededAfter: [2, 0, 1], gaveUp: 1 },
  ]);
  expect(sums[1]).toEqual(sums[0]);
});
