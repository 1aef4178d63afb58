/** Open and coupled: one tree, one plan, one digest; and who has to see what before they can answer it. */

import { describe, expect, test } from 'vitest';

import { shardOfMailbox } from '../../src/storm/audience.ts';
import { authorCount, awaitedBy, awaitedKey, thoughtUs } from '../../src/storm/awaited.ts';
import { listMessage, makePlan, plannedIntents, planTotals, type Plan } from '../../src/storm/plan.ts';
import { PHASES } from '../../src/words.ts';
import { shippedProfile } from '../profile/shipped.ts';
import { journeysOf, smokeWith } from './plans.ts';

const NHS = shippedProfile('nhs-2016');

const size = { seed: 42, mailboxes: 200, speed: 60 };
const OPEN = makePlan(NHS, { ...size, mode: 'open' });
const COUPLED = makePlan(NHS, { ...size, mode: 'coupled' });

const digestOf = (plan: Plan): string => planTotals(plan, () => 1).digest;

describe('the two modes', () => {
  test('share the cascade, every journey, the planned intents and the digest', () => {
    expect(COUPLED.mode).not.toBe(OPEN.mode);
    expect(COUPLED.cascade).toEqual(OPEN.cascade);
    expect(journeysOf(COUPLED)).toEqual(journeysOf(OPEN));
    for (const phase of PHASES)
      expect(plannedIntents(COUPLED, phase, Infinity)).toEqual(plannedIntents(OPEN, phase, Infinity));
    expect(digestOf(COUPLED)).toBe(digestOf(OPEN));
    expect(digestOf(makePlan(NHS, { ...size, seed: 43 }))).not.toBe(digestOf(OPEN));
  });

  test('come from the profile, unless somebody says otherwise; open where nobody says anything', () => {
    const coupled = smokeWith({ replies: { mode: 'coupled' } });
    const choices = { seed: 1, mailboxes: 20, speed: 60 };
    expect(makePlan(smokeWith({}), choices).mode).toBe('open');
    expect(makePlan(coupled, choices).mode).toBe('coupled');
    expect(makePlan(coupled, { ...choices, mode: 'open' }).mode).toBe('open');
    expect(digestOf(makePlan(coupled, choices))).toBe(digestOf(makePlan(smokeWith({}), choices)));
  });
});

describe('what authors wait for', () => {
  test('is each message that is answered, in the mailbox of whoever answers, from its own instant on', () => {
    const pairs = awaitedBy(COUPLED);
    const keys = new Set(pairs.map(({ mailbox, parent }) => awaitedKey(mailbox, parent)));
    expect(keys.size).toBe(pairs.length);
    const replies = COUPLED.cascade.slice(1);
    expect(replies.length).toBeGreaterThan(50);
    for (const { number, parent } of replies)
      expect(keys).toContain(awaitedKey(listMessage(COUPLED, number).author, parent));
    for (const { parent, fromUs } of pairs)
      expect(fromUs).toBe(Math.floor((COUPLED.cascade[parent]?.stormUs ?? Number.NaN) / COUPLED.speed));
    expect(pairs.map(({ fromUs }) => fromUs)).toEqual(
      pairs.map(({ fromUs }) => fromUs).toSorted((a, b) => a - b),
    );
    expect(new Set(pairs.map(({ mailbox }) => mailbox)).size).toBe(authorCount(COUPLED));
  });

  test('lies in the shard of the author, whoever wrote the message', () => {
    const shards = [0, 1, 2].map((index) => awaitedBy(COUPLED, { index, count: 3 }));
    for (const [index, pairs] of shards.entries())
      for (const { mailbox } of pairs) expect(shardOfMailbox(mailbox, 3)).toBe(index);
    const byKey = (a: { mailbox: number; parent: number }, b: typeof a): number =>
      a.parent - b.parent || a.mailbox - b.mailbox;
    expect(shards.flat().toSorted(byKey)).toEqual([...awaitedBy(COUPLED)].toSorted(byKey));
  });

  test('is thought about as long as in open mode, the ignition delay before the first answers included', () => {
    const { ignitionDelay } = smokeWith({ replies: { ignitionDelay: 60_000_000 } }).replies;
    const plan = makePlan(smokeWith({ replies: { ignitionDelay } }), { seed: 1, mailboxes: 20, speed: 60 });
    for (const { number, parent, thinkingUs } of plan.cascade.slice(1)) {
      const meantUs = (thinkingUs + (parent === 0 ? ignitionDelay : 0)) / plan.speed;
      expect(Math.abs(thoughtUs(plan, number) - meantUs)).toBeLessThanOrEqual(1);
    }
  });
});
