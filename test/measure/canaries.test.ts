/** Canaries: what the watcher saw and what the census found, folded into sent, seen, late and lost. */

import { array, assert, constantFrom, integer, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canaryFigures, type Sighting } from '../../src/measure/canaries.ts';
import { type Disposition, DISPOSITIONS } from '../../src/measure/dispositions.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import { PHASES } from '../../src/words.ts';

const DEADLINE = 20_000_000;

const sighting = (visibleUs: number | undefined, rest: Partial<Sighting> = {}): Sighting => ({
  number: 1,
  phase: 'storm',
  acceptance: 'accepted',
  watchedUs: 2 * DEADLINE,
  visibleUs,
  ...rest,
});

const counts = (one: Sighting, disposition: Disposition | 'no ledger' | undefined): object => {
  const ledger =
    disposition === undefined ? new Map<number, Disposition>() : new Map([[1, disposition as Disposition]]);
  const {
    byPhase: _byPhase,
    unaccounted: _unaccounted,
    ...rest
  } = canaryFigures([one], disposition === 'no ledger' ? undefined : ledger, DEADLINE, new Tally());
  return rest;
};

describe('one canary', () => {
  test.each([
    ['seen at once', 5, 'present', { sent: 1, seen: 1, late: 0, lost: 0 }],
    ['seen at the deadline', DEADLINE, 'present', { sent: 1, seen: 1, late: 0, lost: 0 }],
    ['seen a moment after it', DEADLINE + 1, 'present', { sent: 1, seen: 1, late: 1, lost: 0 }],
    ['seen in time and taken later', 5, 'takenByStrategy', { sent: 1, seen: 1, late: 0, lost: 0 }],
    ['seen in time and gone later', 5, 'goneUnasked', { sent: 1, seen: 1, late: 0, lost: 0 }],
    ['found by the census alone', undefined, 'present', { sent: 1, seen: 1, late: 1, lost: 0 }],
    ['in Junk, where nobody looks', undefined, 'junked', { sent: 1, seen: 0, late: 1, lost: 0 }],
    ['taken before the watcher looked', undefined, 'takenByStrategy', { sent: 1, seen: 1, late: 1, lost: 0 }],
    ['lost', undefined, 'lost', { sent: 1, seen: 0, late: 0, lost: 1 }],
    ['bounced', undefined, 'bounced', { sent: 1, seen: 0, late: 0, lost: 1 }],
    ['gone unasked before it was watched', undefined, 'goneUnasked', { sent: 1, seen: 0, late: 0, lost: 1 }],
    ['owed still', undefined, 'overdue', { sent: 1, seen: 0, late: 1, lost: 0 }],
    ['not seen, and nobody looked', undefined, 'no ledger', { sent: 1, seen: 0, late: 1, lost: 0 }],
    ['not seen, and not in the ledger', undefined, undefined, { sent: 1, seen: 0, late: 1, lost: 0 }],
  ] as const)('%s', (_, visibleUs, disposition, expected) => {
    expect(counts(sighting(visibleUs), disposition)).toEqual(expected);
  });

  test.each([
    [
      'refused has not arrived',
      { acceptance: 'rejected' },
      undefined,
      { sent: 1, seen: 0, late: 1, lost: 0 },
    ],
    ['unknown, and found', { acceptance: 'unknown' }, 'present', { sent: 1, seen: 1, late: 0, lost: 0 }],
    ['unknown, and not found', { acceptance: 'unknown' }, undefined, { sent: 1, seen: 0, late: 1, lost: 0 }],
    ['cut short before its deadline', { watchedUs: 5 }, 'overdue', { sent: 1, seen: 0, late: 0, lost: 0 }],
  ] as const)('%s', (_, rest, disposition, expected) => {
    expect(counts(sighting(undefined, rest), disposition)).toEqual(expected);
  });
});

test('those that nobody saw are named with their fate, the others are not', () => {
  const list = [
    sighting(5, { number: 1 }),
    sighting(undefined, { number: 2 }),
    sighting(undefined, { number: 3 }),
    sighting(undefined, { number: 4, acceptance: 'rejected' }),
    sighting(undefined, { number: 5 }),
  ];
  const ledger = new Map<number, Disposition>([
    [2, 'lost'],
    [3, 'overdue'],
    [5, 'present'],
  ]);
  expect(canaryFigures(list, ledger, DEADLINE, new Tally()).unaccounted).toEqual([
    { number: 2, fate: 'lost' },
    { number: 3, fate: 'unseen' },
    { number: 4, fate: 'refused' },
  ]);
});

describe('all canaries', () => {
  const sightings = array(
    record({
      phase: constantFrom(...PHASES),
      acceptance: constantFrom('accepted' as const, 'rejected' as const, 'unknown' as const),
      watchedUs: integer({ min: 0, max: 2 * DEADLINE }),
      visibleUs: option(integer({ min: 0, max: 2 * DEADLINE }), { nil: undefined }),
      disposition: option(constantFrom(...DISPOSITIONS), { nil: undefined }),
    }),
    { maxLength: 60 },
  );

  test('phases add up to the whole, and late and lost never overlap', () => {
    assert(
      property(sightings, (list) => {
        const numbered = list.map((one, number) => ({ ...one, number }));
        const ledger = new Map(
          numbered.flatMap(({ number, disposition }) =>
            disposition ? [[number, disposition] as const] : [],
          ),
        );
        const figures = canaryFigures(numbered, ledger, DEADLINE, new Tally());
        expect(figures.byPhase.map(({ phase }) => phase)).toEqual(PHASES);
        for (const field of ['sent', 'seen', 'late', 'lost'] as const)
          expect(figures.byPhase.reduce((sum, one) => sum + one[field], 0)).toBe(figures[field]);
        expect(figures.sent).toBe(list.length);
        expect(figures.late + figures.lost).toBeLessThanOrEqual(figures.sent);
        expect(figures.seen + figures.lost).toBeLessThanOrEqual(figures.sent);
      }),
    );
  });

  test('times to visibility are those of the phase', () => {
    const recorder = new Recorder();
    for (let us = 1; us <= 30; us += 1) recorder.visible('storm', us);
    const tally = new Tally();
    tally.add(recorder.drain(), 0);
    const { byPhase } = canaryFigures([], undefined, DEADLINE, tally);
    expect(byPhase.find(({ phase }) => phase === 'storm')?.visibleUs).toMatchObject({
      count: 30,
      p50: 15,
      max: 30,
    });
    expect(byPhase.find(({ phase }) => phase === 'drain')?.visibleUs.count).toBe(0);
  });
});
