/** Whom a sampled ledger follows beside the drawn: who watches, and to whom the bounces that matter come back. */

import { describe, expect, test } from 'vitest';

import { rowOf } from '../../src/measure/ledger-share.ts';
import { bounceReadOf, ledgerShapeOf } from '../../src/replay/ledger-shape.ts';
import { listMessage, type Plan } from '../../src/storm/plan.ts';
import { journeysOf, planOf, smokeWith } from '../storm/plans.ts';

/** A plan for 2,000 mailboxes whose ledger has room for so many of them. */
function planFor(rows: number): Plan {
  const plan = (ledgerMemory: number): Plan =>
    planOf(smokeWith({ limits: { ledgerMemory } }), { mailboxes: 2_000 });
  return plan(rows * 4 * 4 * ((plan(1).cascade.length + 31) >> 5));
}

const listAuthors = (plan: Plan): readonly number[] =>
  plan.cascade.map(({ number }) => listMessage(plan, number).author);

const canarySenders = (plan: Plan): readonly number[] =>
  journeysOf(plan).flatMap(({ kind, message }) => (kind === 'canary' && message ? [message.author] : []));

describe('a sample', () => {
  test('holds who writes to everybody and who sends clinical messages, where there is room', () => {
    const plan = planFor(1_000);
    const shape = ledgerShapeOf(plan, 'list');
    const wanted = [...plan.watchers, ...listAuthors(plan), ...canarySenders(plan)];
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((mailbox) => rowOf(shape, mailbox) < 0)).toEqual([]);
    expect(shape.sample?.mailboxes.length).toBeLessThan(2_000);
  });

  test('is mostly drawn however little room there is, and keeps list authors before others', () => {
    const plan = planFor(8);
    const shape = ledgerShapeOf(plan, 'list');
    const first = [...new Set(listAuthors(plan))].slice(0, 4);
    expect(first.filter((mailbox) => rowOf(shape, mailbox) < 0)).toEqual([]);
    expect(shape.sample?.mailboxes.length).toBeLessThanOrEqual(8 + 4 + plan.watchers.length);
  });

  test('knows of which messages a bounce would have been read', () => {
    const plan = planFor(8);
    const shape = ledgerShapeOf(plan, 'list');
    const read = bounceReadOf(plan, shape);
    const answers = journeysOf(plan).flatMap(({ message }) => {
      if (message === undefined) return [];
      const followed = rowOf(shape, message.author) >= 0;
      expect(read?.(message.number)).toBe(followed);
      return [followed];
    });
    expect(new Set(answers)).toEqual(new Set([true, false]));
    expect(read?.(plan.cascade.length + 5)).toBe(false);
  });

  test('is none where the memory holds all, and every bounce is read', () => {
    const plan = planFor(2_000);
    const shape = ledgerShapeOf(plan, 'list');
    expect(shape.sample).toBeUndefined();
    expect(bounceReadOf(plan, shape)).toBeUndefined();
  });
});
