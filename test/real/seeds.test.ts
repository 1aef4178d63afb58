/** A target that behaves trips no check, over a hundred seeds, without gaps. It takes no mail server, but minutes: CI runs it with those that do. */

import pLimit from 'p-limit';
import { expect, test } from 'vitest';

import { Desk } from '../stories/story.ts';
import { cleanRun, tripped } from '../stories/unruly.ts';

const SEEDS = 100;

/** Runs mostly wait; so many at once keep two cores about busy. */
const AT_ONCE = 8;

test('a hundred storms without gaps trip nothing', { timeout: 900_000 }, async () => {
  const limit = pLimit(AT_ONCE);
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
  const found = await Promise.all(
    seeds.map((seed) =>
      limit(async () => {
        const desk = new Desk();
        try {
          const { record } = await cleanRun(desk, seed);
          return { seed, tripped: tripped(record), accepted: record.ledger?.copiesAccepted ?? 0 };
        } finally {
          await desk.clear();
        }
      }),
    ),
  );
  expect(found.filter((one) => one.tripped.length > 0 || one.accepted === 0)).toEqual([]);
});
