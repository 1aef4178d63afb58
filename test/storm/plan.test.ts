/** A plan: its shards partition it, its order and its digest hold, its background keeps its word. Properties over seeds, sizes and speeds. */

import { array, assert, constantFrom, integer, property, record, shuffledSubarray, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mailboxOfPersona, shardOfMailbox } from '../../src/storm/audience.ts';
import { bystanderRatePerSecond } from '../../src/storm/background.ts';
import { addDigest, digestJourney, emptyDigest, finishDigest } from '../../src/storm/digest.ts';
import { JOURNEY_OPERATION, type Journey, stepsOf } from '../../src/storm/journey.ts';
import {
  listMessage,
  phaseJourneys,
  plannedIntents,
  plannedMail,
  planDigest,
  planTotals,
  shardDigest,
} from '../../src/storm/plan.ts';
import { PHASES, USUAL_DOORS } from '../../src/words.ts';
import { journeysOf, planOf, SMOKE, smokeWith } from './plans.ts';

const STEPS = stepsOf(USUAL_DOORS);

const choices = record({
  seed: integer({ min: 0, max: 1_000 }),
  mailboxes: integer({ min: 2, max: 60 }),
  speed: constantFrom(1 / 2, 1, 7, 60, 300),
});

const small = { phases: { baseline: 1.5e6, storm: 60e6, maxDrain: 2.5e6, deletes: 60e6, recovery: 1e6 } };
const SMALL = smokeWith(small);

const bySlot = (journeys: readonly Journey[]): string[] =>
  journeys.map((one) => JSON.stringify(one)).toSorted();

describe('shards', () => {
  test('partition the plan: every journey is in exactly one of any number of shards', () => {
    assert(
      property(choices, integer({ min: 1, max: 64 }), (chosen, count) => {
        const plan = planOf(SMALL, { ...chosen, speed: Math.max(1, chosen.speed) });
        const parts = Array.from({ length: count }, (_, index) => journeysOf(plan, { index, count }));
        expect(bySlot(parts.flat())).toEqual(bySlot(journeysOf(plan)));
        for (const [index, part] of parts.entries())
          for (const journey of part) expect(shardOfMailbox(journey.actor, count)).toBe(index);
      }),
      { numRuns: 60 },
    );
  });

  test.each([1, 2, 5, 17, 64])('of %d add their digests up to the whole plan’s', (count) => {
    const plan = planOf(SMOKE, { mailboxes: 50 });
    const sum = emptyDigest();
    for (let index = count - 1; index >= 0; index -= 1) addDigest(sum, shardDigest(plan, { index, count }));
    expect(planDigest(plan, sum)).toBe(planTotals(plan, () => 0).digest);
    expect(sum.count).toBe(journeysOf(plan).length);
  });

  test('keep all of one mailbox together', () => {
    const plan = planOf(SMOKE);
    for (const journey of journeysOf(plan)) {
      if (journey.kind === 'send') expect(journey.actor).toBe(journey.message?.author);
      if (journey.kind === 'canary') expect(journey.actor).toBe(journey.message?.recipient);
    }
  });
});

describe('order', () => {
  test('is by offset and then by id within a phase, inside the phase’s length, for any shard', () => {
    assert(
      property(choices, integer({ min: 1, max: 4 }), (chosen, count) => {
        const plan = planOf(SMALL, chosen);
        for (const phase of PHASES) {
          let before = { offsetUs: -1, id: -1 };
          for (const journey of phaseJourneys(plan, phase, { index: 0, count })) {
            expect(journey.phase).toBe(phase);
            expect(Number.isSafeInteger(journey.offsetUs)).toBe(true);
            expect(journey.offsetUs).toBeLessThan(plan.lengthsUs[phase]);
            const later = journey.offsetUs - before.offsetUs || journey.id - before.id;
            expect(later).toBeGreaterThan(0);
            before = journey;
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('lets every list message leave after its parent, at whatever speed', () => {
    for (const speed of [1, 60, 300]) {
      const offsets = journeysOf(planOf(SMOKE, { speed })).filter((one) => one.message?.class === 'storm');
      expect(offsets.map(({ id }) => id)).toEqual(planOf(SMOKE).cascade.map(({ number }) => number));
      for (const { offsetUs, message } of offsets) {
        const parent = offsets[message?.parent ?? -1];
        if (parent) expect(offsetUs - parent.offsetUs).toBeGreaterThanOrEqual(Math.floor(1_000 / speed));
      }
    }
  });

  test('compresses the storm and the deletes, and nothing else', () => {
    const slow = planOf(SMOKE, { speed: 1 });
    const fast = planOf(SMOKE, { speed: 60 });
    expect(slow.cascade).toEqual(fast.cascade);
    expect(slow.lengthsUs).toMatchObject({ storm: 180e6, deletes: 120e6 });
    expect(fast.lengthsUs).toMatchObject({ storm: 3e6, deletes: 2e6 });
    for (const phase of ['baseline', 'drain', 'recovery'] as const)
      expect(slow.lengthsUs[phase]).toBe(fast.lengthsUs[phase]);
    expect(new Set(slow.deleters.map(({ actor }) => actor))).toEqual(
      new Set(fast.deleters.map(({ actor }) => actor)),
    );
    expect(fast.deleters[0]?.strategy?.clickUs).toBe(Math.round(2e6 / 60));
  });

  test('scales by mapping the same cascade onto other mailboxes', () => {
    const [few, many] = [planOf(SMOKE, { mailboxes: 5 }), planOf(SMOKE, { mailboxes: 500 })];
    expect(few.cascade).toEqual(many.cascade);
    for (const { number, persona } of few.cascade) {
      expect(listMessage(few, number).author).toBe(mailboxOfPersona(persona, few.seed, 5));
      expect(listMessage(few, number).author).toBeLessThan(5);
    }
  });
});

describe('background', () => {
  test('watchers are distinct mailboxes; a canary goes to one from somebody else', () => {
    assert(
      property(choices, integer({ min: 1, max: 80 }), (chosen, watchers) => {
        const plan = planOf(smokeWith({ ...small, canaries: { watchers } }), chosen);
        expect(plan.watchers).toHaveLength(Math.min(watchers, chosen.mailboxes));
        expect(new Set(plan.watchers).size).toBe(plan.watchers.length);
        for (const watcher of plan.watchers) expect(watcher >= 0 && watcher < chosen.mailboxes).toBe(true);
        for (const { kind, message } of journeysOf(plan)) {
          if (message === undefined || message.recipient === 'list') continue;
          expect(message.author).not.toBe(message.recipient);
          expect(message.author < chosen.mailboxes && message.recipient < chosen.mailboxes).toBe(true);
          if (kind === 'canary') expect(plan.watchers).toContain(message.recipient);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('canaries come evenly: their number in any phase is rate times length', () => {
    for (const rate of [0, 0.3, 1, 4, 7.5]) {
      const plan = planOf(smokeWith({ phases: { baseline: 20e6 }, canaries: { rate } }));
      const canaries = [...phaseJourneys(plan, 'baseline')].filter(({ kind }) => kind === 'canary');
      expect(canaries).toHaveLength(Math.floor(20 * rate));
    }
  });

  test('bystanders and readers come at their rates; only bystanders scale with mailboxes and speed', () => {
    const profile = smokeWith({
      phases: { baseline: 400e6 },
      bystanders: { rate: 20 },
      population: { mailboxes: 1_000 },
    });
    for (const [mailboxes, speed] of [
      [16, 60],
      [100, 10],
      [500, 1],
    ] as const) {
      const plan = planOf(profile, { mailboxes, speed });
      const perSecond = 20 * (mailboxes / 1_000) * speed;
      expect(bystanderRatePerSecond(plan)).toBeCloseTo(perSecond, 9);
      const kinds = [...phaseJourneys(plan, 'baseline')].map(({ kind }) => kind);
      const counted = { send: 400 * perSecond, read: 400 * 8 };
      for (const [kind, mean] of Object.entries(counted)) {
        const count = kinds.filter((one) => one === kind).length;
        expect(Math.abs(count - mean)).toBeLessThan(5 * Math.sqrt(mean));
      }
    }
  });

  test('comes from outside in its share, drawn apart: without one nothing else changes', () => {
    const rates = { bystanders: { rate: 400 }, canaries: { rate: 100 } };
    const bystanders = { ...rates.bystanders, fromOutside: 0.5 };
    const canaries = { ...rates.canaries, fromOutside: 0.25 };
    const inside = journeysOf(planOf(smokeWith(rates)));
    const mixed = journeysOf(planOf(smokeWith({ bystanders, canaries })));
    const plain = mixed.map((journey) => {
      if (journey.message === undefined) return journey;
      const { origin: _origin, ...message } = journey.message;
      return { ...journey, message };
    });
    expect(plain).toEqual(inside);
    const shareOf = (name: string): number => {
      const all = mixed.filter(({ message }) => message?.class === name);
      expect(all.length).toBeGreaterThan(name === 'storm' ? 10 : 500);
      return all.filter(({ message }) => message?.origin === 'outside').length / all.length;
    };
    // Four standard deviations of 500 draws.
    expect(Math.abs(shareOf('bystander') - 0.5)).toBeLessThan(0.09);
    expect(Math.abs(shareOf('clinical') - 0.25)).toBeLessThan(0.09);
    expect(shareOf('storm')).toBe(0);
  });

  test('one phase’s draw is not another’s', () => {
    const plan = planOf(smokeWith({ phases: { baseline: 5e6, recovery: 5e6 } }));
    const offsets = (phase: 'baseline' | 'recovery'): number[] =>
      [...phaseJourneys(plan, phase)].map(({ offsetUs }) => offsetUs);
    expect(offsets('baseline')).not.toEqual(offsets('recovery'));
  });
});

describe('deleters', () => {
  test('are the profile’s share of the mailboxes, each once, and arrive within their time', () => {
    assert(
      property(choices, integer({ min: 0, max: 100 }), (chosen, percent) => {
        const plan = planOf(smokeWith({ deletes: { users: percent / 100 } }), chosen);
        expect(plan.deleters).toHaveLength(Math.round((percent / 100) * chosen.mailboxes));
        expect(new Set(plan.deleters.map(({ actor }) => actor)).size).toBe(plan.deleters.length);
        for (const { actor, offsetUs } of plan.deleters) {
          expect(actor >= 0 && actor < chosen.mailboxes).toBe(true);
          expect(offsetUs <= 30e6 / chosen.speed).toBe(true);
        }
      }),
    );
  });

  test('are dealt their strategies to within one of the share, however few there are', () => {
    const mixes = array(integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 });
    assert(
      property(mixes, choices, (weights, chosen) => {
        const total = weights.reduce((sum, one) => sum + one, 0);
        const mix = weights.map((weight, i) => ({
          selection: (['one', 'page', 'range', 'search'] as const)[i % 4] ?? 'one',
          disposal: i < 4 ? ('trash' as const) : ('expunge' as const),
          share: weight / total,
        }));
        const { deleters } = planOf(smokeWith({ deletes: { users: 1, mix } }), chosen);
        for (const { selection, disposal, share } of mix) {
          const dealt = deleters.filter(
            ({ strategy }) => strategy?.selection === selection && strategy.disposal === disposal,
          );
          expect(Math.abs(dealt.length - share * deleters.length)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('identity', () => {
  test('no id is given twice in a plan', () => {
    assert(
      property(choices, (chosen) => {
        const ids = journeysOf(planOf(SMALL, chosen)).map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 60 },
    );
  });

  test('the same profile, seed, mailboxes and speed give the same digest; any other, another', () => {
    const digest = (...args: Parameters<typeof planOf>): string =>
      planTotals(planOf(...args), () => 0).digest;
    const whole = digest(SMOKE);
    expect(digest(structuredClone(SMOKE))).toBe(whole);
    const others = [
      digest(SMOKE, { seed: 3 }),
      digest(SMOKE, { mailboxes: 17 }),
      digest(SMOKE, { speed: 61 }),
      digest(smokeWith({ title: 'Another' })),
      digest(smokeWith({ readers: { patience: 1 } })),
      digest(smokeWith({ deletes: { click: 1 } })),
      digest(smokeWith({ blast: { body: 'x' } })),
    ];
    expect(new Set([whole, ...others]).size).toBe(1 + others.length);
  });

  test('a journey that is missing, doubled or in any way different changes the digest', () => {
    const journeys = journeysOf(planOf(SMALL));
    const digestOf = (list: readonly Journey[]): string => {
      const sum = emptyDigest();
      for (const journey of list) digestJourney(sum, journey);
      return finishDigest(sum, {});
    };
    const whole = digestOf(journeys);
    const message = { ...journeys.find((one) => one.message)?.message, number: 1 } as NonNullable<
      Journey['message']
    >;
    assert(
      property(constantFrom(...journeys.entries()), ([at, one]) => {
        const changes: readonly (readonly Journey[])[] = [
          [],
          [one, one],
          [{ ...one, id: one.id + 1 }],
          [{ ...one, offsetUs: one.offsetUs + 1 }],
          [{ ...one, actor: one.actor + 1 }],
          [{ ...one, phase: one.phase === 'storm' ? 'drain' : 'storm' }],
          [{ ...one, kind: one.kind === 'send' ? 'read' : 'send' }],
          [{ ...one, message: { ...message, recipient: 77, author: 78 } }],
        ];
        for (const change of changes)
          expect(digestOf([...journeys.slice(0, at), ...change, ...journeys.slice(at + 1)])).not.toBe(whole);
      }),
      { numRuns: 30 },
    );
    assert(
      property(shuffledSubarray(journeys, { minLength: journeys.length }), (shuffled) => {
        expect(digestOf(shuffled)).toBe(whole);
      }),
      { numRuns: 5 },
    );
  });

  test('settings are hashed whatever the order of their keys', () => {
    const finish = (settings: unknown): string => finishDigest(emptyDigest(), settings);
    expect(finish({ a: 1, b: { c: 2, d: undefined } })).toBe(finish({ b: { c: 2 }, a: 1 }));
    expect(finish({ a: [1, 2] })).not.toBe(finish({ a: [2, 1] }));
  });
});

describe('totals', () => {
  test('add up over the journeys', () => {
    const plan = planOf(SMOKE, { mailboxes: 9 });
    const journeys = journeysOf(plan);
    const mail = journeys.flatMap(({ message }) => (message ? [message] : []));
    const list = mail.filter(({ recipient }) => recipient === 'list');
    const totals = planTotals(plan, ({ recipient }) => (recipient === 'list' ? 1_000 : 1));
    expect(totals).toMatchObject({
      journeys: journeys.length,
      messages: mail.length,
      listMessages: list.length,
      copies: mail.length + list.length * 8,
      bytes: mail.length - list.length + list.length * 9 * 1_000,
      durationUs: 19e6,
    });
    expect(totals.peakCopiesPerSecond).toBeGreaterThanOrEqual(totals.copies / 19);
    expect(totals.peakCopiesPerSecond).toBeLessThan(totals.copies);
  });

  test('a drain cut short withdraws what was planned after the cut, mail and intents alike', () => {
    const plan = planOf(SMOKE, { mailboxes: 9 });
    const whole = plannedMail(plan, Number.POSITIVE_INFINITY);
    expect(whole).toMatchObject({
      messages: planTotals(plan, () => 0).messages,
      copies: planTotals(plan, () => 0).copies,
    });
    assert(
      property(integer({ min: 0, max: 11_000_000 }), (cutUs) => {
        const late = [...phaseJourneys(plan, 'drain')].filter(({ offsetUs }) => offsetUs >= cutUs);
        const withdrawn = late.filter(({ message }) => message).length;
        expect(plannedMail(plan, cutUs)).toEqual({
          messages: whole.messages - withdrawn,
          copies: whole.copies - withdrawn,
        });
        const kept = [...phaseJourneys(plan, 'drain')].length - late.length;
        const intents = plannedIntents(plan, 'drain', cutUs);
        const journeys = Object.values(JOURNEY_OPERATION).reduce(
          (sum, name) => sum + (intents.get(name) ?? 0),
          0,
        );
        expect(journeys).toBe(kept);
      }),
      { numRuns: 50 },
    );
  });

  test('intents are each journey and each of its fixed steps', () => {
    assert(
      property(tuple(choices, constantFrom(...PHASES)), ([chosen, phase]) => {
        const plan = planOf(SMALL, chosen);
        const expected = new Map<string, number>();
        for (const { kind } of phaseJourneys(plan, phase))
          for (const name of [JOURNEY_OPERATION[kind], ...STEPS[kind]])
            expected.set(name, (expected.get(name) ?? 0) + 1);
        expect(plannedIntents(plan, phase, Number.POSITIVE_INFINITY)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
