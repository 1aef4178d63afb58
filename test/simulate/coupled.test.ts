/** Coupled replies in virtual time: the same tree, later or never; starved and pruned by the rule that a run keeps. */

import { describe, expect, test } from 'vitest';

import { UNLIMITED_CAPACITY } from '../../src/capacity/config.ts';
import type { Profile } from '../../src/profile/schema.ts';
import { simulate, type Simulated } from '../../src/simulate/simulate.ts';
import type { SystemConfig } from '../../src/simulate/mail-system.ts';
import { systemConfig } from '../../src/simulate/system-config.ts';
import { listMessage, makePlan, plannedIntents, type Plan } from '../../src/storm/plan.ts';
import { smokeWith } from '../storm/plans.ts';

const MAILBOXES = 50;

/** A deep conversation, alone on the mail system. */
const DEEP = smokeWith({
  readers: { rate: 0 },
  bystanders: { rate: 0 },
  phases: { storm: 600_000_000 },
  replies: {
    directReplies: 10,
    branchingRatio: 1.4,
    maxDepth: 30,
    replyAlls: { low: 0, chosen: 80, high: 200 },
  },
});

const planIn = (mode: 'open' | 'coupled', profile: Profile = DEEP): Plan =>
  makePlan(profile, { seed: 7, mailboxes: MAILBOXES, speed: 1, mode });

function systemOf(deliveriesPerSecond: number, profile: Profile = DEEP): SystemConfig {
  const simulateBlock = { ...profile.simulate, deliveriesPerSecond };
  return systemConfig(
    { ...profile, simulate: simulateBlock },
    UNLIMITED_CAPACITY,
    profile.population.mailboxes,
  );
}

const run = (mode: 'open' | 'coupled', perSecond: number, profile: Profile = DEEP): Simulated =>
  simulate(planIn(mode, profile), systemOf(perSecond, profile));

function sendsOf({ tally }: Simulated) {
  const found = tally
    .operations()
    .find(({ operation, phase }) => operation === 'journey.send' && phase === 'storm');
  if (found === undefined) throw new Error('nothing was planned');
  return found.intents;
}

describe('a coupled simulation', () => {
  test('of a system that shows everything at once is the open one', () => {
    const open = run('open', 1e9);
    const coupled = run('coupled', 1e9);
    expect(open.cascade.planned).toBeGreaterThan(40);
    expect(coupled.cascade.sent).toBeGreaterThanOrEqual(open.cascade.sent - 1);
    expect(coupled.cascade.seenAfterUs?.max).toBeLessThan(20_000);
  });

  test('of a system that drowns has fewer replies the less it delivers, and keeps the sums', () => {
    const planned = plannedIntents(planIn('coupled'), 'storm', Infinity).get('journey.send');
    const accepted = [100, 4, 1, 0.05].map((perSecond) => {
      const result = run('coupled', perSecond);
      const { cascade } = result;
      const intents = sendsOf(result);
      expect(intents.planned).toBe(planned);
      const { starved, pruned } = intents.dropped;
      expect(intents.ok + intents.rejected + intents.unknown + starved + pruned).toBe(planned);
      expect({ starved, pruned }).toEqual({ starved: cascade.starved?.replies, pruned: cascade.pruned });
      expect(result.storm.accepted - 1).toBe(cascade.accepted);
      expect(result.storm.pruned).toBe(pruned);
      return cascade.accepted;
    });
    expect(accepted).toEqual(accepted.toSorted((a, b) => b - a));
    expect(new Set(accepted).size).toBe(accepted.length);
    expect(run('open', 0.05).cascade.accepted).toBe(run('open', 1e9).cascade.accepted);
  });

  test('lets people answer their own messages, although nothing is delivered', () => {
    const two = makePlan(DEEP, { seed: 7, mailboxes: 2, speed: 1, mode: 'coupled' });
    const authors = two.cascade.map(({ number }) => listMessage(two, number).author);
    const own: boolean[] = [];
    for (const [number, { parent }] of two.cascade.entries())
      own.push(parent < 0 || (own.at(parent) === true && authors[parent] === authors[number]));
    const { cascade } = simulate(two, systemOf(0.001));
    expect(cascade.sent).toBe(own.filter(Boolean).length - 1);
    expect(cascade.sent).toBeGreaterThan(0);
  });

  test('lets people take their messages back, although no list sends them any and nothing is delivered', () => {
    const silent: Profile = { ...DEEP, list: { echo: false }, amplifiers: { recalls: 1 } };
    const two = makePlan(silent, { seed: 7, mailboxes: 2, speed: 1, mode: 'coupled' });
    const authors = two.cascade.map(({ number }) => listMessage(two, number).author);
    const own: boolean[] = [];
    for (const [number, { parent }] of two.cascade.entries())
      own.push(parent < 0 || (own.at(parent) === true && authors[parent] === authors[number]));
    const recalls = two.cascade.filter(({ isRecall, number }) => isRecall === true && own[number]).length;
    expect(recalls).toBeGreaterThan(0);
    expect(simulate(two, systemOf(0.001, silent)).answers.recalls).toBe(recalls);
  });

  test('starves altogether where the first message is never seen', () => {
    const { cascade } = run('coupled', 0.001);
    expect(cascade).toMatchObject({ sent: 0, accepted: 0, branchingRatio: null });
    expect(cascade.starved?.replies).toBe(cascade.planned);
    const first = planIn('coupled').cascade.filter(({ parent }) => parent === 0).length;
    expect(cascade.starved?.branches).toBe(first);
  });

  test('counts the delay of each sight: 50 mailboxes at one copy a second are 50 s for one message', () => {
    const { cascade } = run('coupled', 1);
    expect(cascade.seenAfterUs?.max).toBeGreaterThan(25_000_000);
  });

  test('below a guard is pruned: nobody answers what was refused', () => {
    const guard = {
      minReplies: 5,
      minRecipients: 1,
      window: 3_600_000_000,
      propagation: 0,
      block: 3_600_000_000,
    };
    const guarded: Profile = { ...DEEP, simulate: { guard } };
    const coupled = run('coupled', 1e9, guarded);
    const open = run('open', 1e9, guarded);
    expect(coupled.cascade.pruned).toBeGreaterThan(0);
    expect(coupled.cascade.refused).toBeGreaterThan(0);
    // In a simulation an open reply to what was refused is not written either.
    expect(open.cascade).toMatchObject({ pruned: null, hypothetical: 0 });
    expect(open.cascade.unsent.pruned).toBe(open.storm.pruned);
    expect(coupled.cascade.pruned).toBe(coupled.storm.pruned);
  });
});
