/** Any message of a plan is found again by its number alone; `max` leaves no gaps and keeps the order. */

import { describe, expect, test } from 'vitest';

import { makeLookup } from '../../src/storm/lookup.ts';
import { plainNumber } from '../../src/storm/numbering.ts';
import { phaseJourneys, planTotals } from '../../src/storm/plan.ts';
import { FASTEST, formatSpeed, parseSpeed } from '../../src/units.ts';
import { journeysOf, planOf, SMOKE } from './plans.ts';

describe('a lookup', () => {
  test('finds every message of the plan as it was drawn', () => {
    const plan = planOf(SMOKE);
    const find = makeLookup(plan);
    const messages = journeysOf(plan).flatMap(({ message }) => message ?? []);
    expect(messages.length).toBeGreaterThan(50);
    for (const message of messages.toReversed()) expect(find(message.number)).toEqual(message);
  });

  test('finds nothing under numbers that no message of the plan bears', () => {
    const plan = planOf(SMOKE);
    const find = makeLookup(plan);
    const readers = journeysOf(plan).filter(({ kind }) => kind === 'read');
    const others = [plan.cascade.length, plainNumber('pilot', 0), plainNumber('bystander', 65_535), 2 ** 50];
    for (const number of [...others, ...readers.map(({ id }) => id)]) expect(find(number)).toBeUndefined();
  });
});

describe('a storm without gaps', () => {
  const plan = planOf(SMOKE, { speed: FASTEST });
  const slow = planOf(SMOKE, { speed: 1 });

  test('is read and told as max', () => {
    expect(parseSpeed('max')).toEqual({ ok: true, value: FASTEST });
    expect(formatSpeed(FASTEST)).toBe('max');
    expect(formatSpeed(60)).toBe('60x');
    expect(parseSpeed('2000000000x').ok).toBe(false);
  });

  test('sends the same messages in the same order, all at once', () => {
    const sent = [...phaseJourneys(plan, 'storm')].filter(({ message }) => message?.recipient === 'list');
    expect(sent.map(({ id }) => id)).toEqual(slow.cascade.map(({ number }) => number));
    expect(sent.every(({ offsetUs }) => offsetUs < 1_000)).toBe(true);
  });

  test('lets people delete one after the other, in the order they would have come in', () => {
    const came = (one: typeof plan): number[] => one.deleters.map(({ actor }) => actor);
    expect(came(plan)).toEqual(came(slow));
    expect(plan.deleters.map(({ offsetUs }) => offsetUs)).toEqual(plan.deleters.map((_, turn) => turn));
  });

  test('lasts a second where storm time is, and leaves real seconds alone', () => {
    const { baseline, storm, drain, deletes, recovery } = plan.lengthsUs;
    expect({ storm, deletes }).toEqual({ storm: 1e6, deletes: 1e6 });
    const real = slow.lengthsUs;
    expect([baseline, drain, recovery]).toEqual([real.baseline, real.drain, real.recovery]);
    // Everybody else's mail of those minutes comes within the second.
    const bystanders = (one: typeof plan): number =>
      journeysOf(one).filter(({ message, phase }) => message?.class === 'bystander' && phase === 'storm')
        .length;
    expect(bystanders(plan)).toBeGreaterThan(0);
    expect(Math.abs(bystanders(plan) - bystanders(slow))).toBeLessThan(6 * Math.sqrt(bystanders(slow)) + 1);
  });
});

test('what the embedded target does wrong is no part of the digest', () => {
  const digest = (profile: typeof SMOKE): string => planTotals(planOf(profile), () => 1).digest;
  const misbehaving = { ...SMOKE, embeddedTarget: { ...SMOKE.embeddedTarget, misbehave: { lose: 1_000 } } };
  expect(digest(misbehaving)).toBe(digest(SMOKE));
  const slower = { ...SMOKE, embeddedTarget: { ...SMOKE.embeddedTarget, accessServers: 5 } };
  expect(digest(slower)).not.toBe(digest(SMOKE));
});
