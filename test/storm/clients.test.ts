/** Standing clients: as many as asked for, spread evenly, and nothing in a plan that asks for none. */

import { expect, test } from 'vitest';

import { clientCount } from '../../src/storm/clients.ts';
import { planTotals } from '../../src/storm/plan.ts';
import { planOf, smokeWith, SMOKE } from './plans.ts';

const CLIENTS = { poll: { sessions: 8, every: 60_000_000 }, idle: { sessions: 40 } };

test('sessions go round the mailboxes, and polls do not fall together', () => {
  const plan = planOf(smokeWith({ clients: CLIENTS }), { mailboxes: 16 });
  const idle = plan.clients.filter(({ kind }) => kind === 'idle');
  const each = new Map<number, number>();
  for (const { mailbox } of idle) each.set(mailbox, (each.get(mailbox) ?? 0) + 1);
  expect(idle).toHaveLength(40);
  expect(each.size).toBe(16);
  expect(Math.max(...each.values()) - Math.min(...each.values())).toBeLessThanOrEqual(1);
  const polls = plan.clients.filter(({ kind }) => kind === 'poll');
  expect(polls.map(({ firstUs }) => firstUs / 1e6)).toEqual([0, 7.5, 15, 22.5, 30, 37.5, 45, 52.5]);
  expect(clientCount(plan.profile)).toBe(48);
});

test('a profile that asks for none has none, and its digest knows nothing of them', () => {
  expect(planOf(SMOKE).clients).toEqual([]);
  const digest = (profile: typeof SMOKE): string => planTotals(planOf(profile), () => 1).digest;
  expect(digest(smokeWith({ clients: CLIENTS }))).not.toBe(digest(SMOKE));
});
