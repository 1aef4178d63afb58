/** What cohorts felt: every reading and every canary counted once, for its cohort and phase alone. */

import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sighting } from '../../src/measure/canaries.ts';
import { cohortFigures, CohortNotes } from '../../src/measure/cohorts.ts';
import { PHASES } from '../../src/words.ts';

const COHORTS = {
  names: ['gp', 'management'],
  sizes: [3, 7],
  cohortOf: (mailbox: number) => (mailbox < 3 ? 0 : 1),
};

const NOTHING = { sightings: [], watcherOf: () => undefined, dispositions: undefined, deadlineUs: 1_000 };

const sighting = (number: number, visibleUs: number | undefined): Sighting => ({
  number,
  phase: 'storm',
  acceptance: 'accepted',
  visibleUs,
  watchedUs: 5_000,
});

test('the notes of many threads add up to those of one', () => {
  const notes = record({
    cohort: integer({ min: 0, max: 1 }),
    phase: constantFrom(...PHASES),
    ok: boolean(),
    us: integer({ min: 0, max: 10_000_000 }),
    thread: integer({ min: 0, max: 3 }),
  });
  assert(
    property(array(notes, { maxLength: 200 }), (all) => {
      const threads = [0, 1, 2, 3].map(() => new CohortNotes());
      const one = new CohortNotes();
      for (const { cohort, phase, ok, us, thread } of all)
        for (const into of [one, threads[thread]]) into?.note(cohort, phase, ok, us);
      const reads = threads.flatMap((thread) => thread.drain());
      const split = cohortFigures(COHORTS, { ...NOTHING, reads });
      expect(split).toEqual(cohortFigures(COHORTS, { ...NOTHING, reads: one.drain() }));
      expect(split.reduce((sum, { reads: { ended } }) => sum + ended, 0)).toBe(all.length);
      expect(split.reduce((sum, { reads: { ok } }) => sum + ok, 0)).toBe(all.filter(({ ok }) => ok).length);
      for (const { byPhase, reads: whole } of split)
        expect(byPhase.reduce((sum, { reads: { ended } }) => sum + ended, 0)).toBe(whole.ended);
      expect(one.drain()).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

describe('figures', () => {
  test('are of the cohort whose watcher waited', () => {
    const [gp, management] = cohortFigures(COHORTS, {
      reads: [],
      sightings: [sighting(1, 500), sighting(2, 2_000), sighting(3, undefined), sighting(4, 700)],
      watcherOf: (number) => [undefined, 0, 2, 1, 9][number],
      dispositions: new Map([[3, 'lost']]),
      deadlineUs: 1_000,
    });
    expect(gp?.canaries).toMatchObject({ sent: 3, seen: 2, late: 1, lost: 1 });
    expect(gp?.canaries.visibleUs).toMatchObject({ count: 2, min: 500, max: 2_000, p50: null });
    expect(management?.canaries).toMatchObject({ sent: 1, seen: 1, late: 0, lost: 0 });
    expect(management?.mailboxes).toBe(7);
    expect(gp?.byPhase.find(({ phase }) => phase === 'baseline')?.canaries.sent).toBe(0);
  });

  test('have percentiles where there are samples enough, and none where nothing was seen', () => {
    const notes = new CohortNotes();
    for (let us = 1; us <= 100; us += 1) notes.note(1, 'storm', us <= 90, us * 1_000);
    const [gp, management] = cohortFigures(COHORTS, { ...NOTHING, reads: notes.drain() });
    expect(gp?.reads).toEqual({
      ended: 0,
      ok: 0,
      responseUs: { count: 0, min: null, p50: null, p90: null, p99: null, p999: null, max: null },
    });
    expect(management?.reads).toMatchObject({ ended: 100, ok: 90 });
    const { p50, p90, p99, max } = management?.reads.responseUs ?? {};
    expect(Math.abs((p50 ?? 0) / 50_000 - 1)).toBeLessThan(0.002);
    expect(Math.abs((p90 ?? 0) / 90_000 - 1)).toBeLessThan(0.002);
    expect([p99, max]).toEqual([null, 100_000]);
  });

  test('leave out a canary that was never handed in', () => {
    const [gp, management] = cohortFigures(COHORTS, { ...NOTHING, reads: [], sightings: [sighting(1, 5)] });
    expect([gp?.canaries.sent, management?.canaries.sent]).toEqual([0, 0]);
  });
});
