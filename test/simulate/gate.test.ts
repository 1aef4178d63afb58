/** Guards and mitigations in a simulation: what they stop, and what they let through first. */

import { describe, expect, test } from 'vitest';
import { UNLIMITED_CAPACITY } from '../../src/capacity/config.ts';
import type { Profile } from '../../src/profile/schema.ts';
import { simulationSettings } from '../../src/profile/simulation-settings.ts';
import { Gate } from '../../src/simulate/gate.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { systemConfig } from '../../src/simulate/system-config.ts';
import { shippedProfile } from '../profile/shipped.ts';
import { planOf } from '../storm/plans.ts';

const MINUTE = 60e6;
const GUARD = {
  minReplies: 10,
  minRecipients: 2_500,
  window: 60 * MINUTE,
  propagation: 3 * MINUTE,
  block: 360 * MINUTE,
};
const FULL = 840_000;

/** The storm of 2016 without anybody else. */
function alone(rules: NonNullable<Profile['simulate']>): Profile {
  const nhs = shippedProfile('nhs-2016');
  return {
    ...nhs,
    bystanders: { rate: 0 },
    readers: { ...nhs.readers, rate: 0 },
    canaries: { ...nhs.canaries, rate: 0 },
    deletes: { ...nhs.deletes, users: 0 },
    simulate: rules,
  };
}

function stormUnder(rules: NonNullable<Profile['simulate']>, seed: number, mailboxes = FULL) {
  const profile = alone(rules);
  return simulate(
    planOf(profile, { mailboxes, speed: 1, seed }),
    systemConfig(profile, UNLIMITED_CAPACITY, FULL),
  );
}

describe('at 840,000 mailboxes', () => {
  test('a thread guard alone still lets 10 to 18 million copies of replies through', () => {
    // Of the average storm; the cascade does not depend on the mailboxes, so that all but one are drawn small.
    const copies = Array.from(
      { length: 60 },
      (_, seed) => (stormUnder({ guard: GUARD }, seed, 20).storm.accepted - 1) * FULL,
    );
    const mean = copies.reduce((sum, one) => sum + one, 0) / copies.length;
    expect(mean).toBeGreaterThan(10e6);
    expect(mean).toBeLessThan(18e6);
  });

  test('so it does in the storm of 2016 itself, and the rest is refused or never written', () => {
    const { storm, copiesAccepted, guardFromUs } = stormUnder({ guard: GUARD }, 3);
    const ofReplies = copiesAccepted - FULL;
    expect(ofReplies).toBe((storm.accepted - 1) * FULL);
    expect(ofReplies).toBeGreaterThanOrEqual(10e6);
    expect(ofReplies).toBeLessThanOrEqual(18e6);
    expect(storm.refused.threadGuard).toBeGreaterThan(0);
    expect(storm.accepted + storm.refused.threadGuard + storm.pruned).toBe(595);
    expect(guardFromUs).toBeGreaterThan(3 * MINUTE);
  });

  test('a cap on recipients lets nothing through at all', () => {
    const { storm, copiesAccepted } = stormUnder({ recipientCap: 2_500 }, 3);
    expect(copiesAccepted).toBe(0);
    expect(storm).toMatchObject({ accepted: 0, refused: { recipientCap: 1 }, pruned: 594 });
  });

  test('a list deleted after an hour stops only what comes later', () => {
    const { storm } = stormUnder({ listDeletedAt: 60 * MINUTE }, 3);
    const plan = planOf(alone({}), { mailboxes: FULL, speed: 1, seed: 3 });
    expect(storm.accepted).toBe(plan.cascade.filter(({ stormUs }) => stormUs < 60 * MINUTE).length);
    expect(storm.refused.listDeleted).toBeGreaterThan(0);
    expect(storm.accepted).toBeGreaterThan(100);
  });
});

describe('the gate', () => {
  const gate = (rules: NonNullable<Profile['simulate']>): Gate => new Gate(alone(rules));

  test('counts replies within its window only, and takes hold after its propagation', () => {
    const guard = { ...GUARD, minReplies: 3, window: 10 * MINUTE };
    const slow = gate({ guard });
    for (let i = 1; i < 50; i += 1) expect(slow.judge(i * 5 * MINUTE, true)).toBeUndefined();
    const quick = gate({ guard });
    for (const at of [1, 2, 3, 5.9]) expect(quick.judge(at * MINUTE, true)).toBeUndefined();
    expect(quick.blockedFromUs).toBe(6 * MINUTE);
    expect(quick.judge(6 * MINUTE, true)).toBe('threadGuard');
    expect(quick.judge((6 + 359.9) * MINUTE, true)).toBe('threadGuard');
    expect(quick.judge((6 + 360) * MINUTE, true)).toBeUndefined();
  });

  test('leaves small lists and the blast alone', () => {
    const small = gate({ guard: { ...GUARD, minReplies: 1, propagation: 0, minRecipients: FULL + 1 } });
    for (let i = 0; i < 20; i += 1) expect(small.judge(i, true)).toBeUndefined();
    const large = gate({ guard: { ...GUARD, minReplies: 1, propagation: 0 } });
    for (let i = 0; i < 20; i += 1) expect(large.judge(i, false)).toBeUndefined();
    expect(large.judge(30, true)).toBeUndefined();
    expect(large.judge(31, true)).toBe('threadGuard');
  });
});

describe('settings', () => {
  const nhs = shippedProfile('nhs-2016');
  const set = (...settings: string[]) => simulationSettings(nhs, '--set', settings);

  test('are read with their units and defaults, one key at a time', () => {
    const read = set(
      'deliveriesPerSecond=5000',
      'mailboxLock=true',
      'guard.minReplies=4',
      'guard.propagation=1m',
    );
    expect(read).toMatchObject({
      ok: true,
      profile: {
        simulate: {
          deliveriesPerSecond: 5_000,
          mailboxLock: true,
          guard: { ...GUARD, minReplies: 4, propagation: MINUTE },
        },
      },
    });
    expect(set()).toEqual({ ok: true, profile: nhs });
  });

  test('that mean nothing are all told at once', () => {
    const read = set('deliveriesPerSecond=fast', 'speed=3', 'listDeletedAt=60', 'discipline=lifo', 'guard');
    expect(read.ok ? [] : read.problems).toHaveLength(5);
  });
});
