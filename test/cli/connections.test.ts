/** Open sessions against the files a process may open. */

import { expect, test } from 'vitest';

import { connectionsOf, tooFewFiles, tooManySessions } from '../../src/cli/connections.ts';
import { authorCount } from '../../src/storm/awaited.ts';
import type { Plan } from '../../src/storm/plan.ts';
import { planOf, smokeWith, SMOKE } from '../storm/plans.ts';

const limits = (files: string): string =>
  `Max processes  100 100 processes\nMax open files            ${files}              ${files}   files\n`;

const CROWD = smokeWith({
  clients: { idle: { sessions: 20_000 }, poll: { sessions: 500, every: 60_000_000 } },
});

test('too few files are told before anything is opened', () => {
  expect(tooFewFiles(CROWD, undefined, limits('20000'))).toMatch(
    /^clients: 20500 open sessions and all else need \d+ open files, this process may have 20000: raise it/,
  );
  expect(tooFewFiles(CROWD, undefined, limits('100000'))).toBeUndefined();
  expect(tooFewFiles(CROWD, undefined, limits('unlimited'))).toBeUndefined();
});

test('nobody is held back where the limit is not known, or nothing stays open', () => {
  expect(tooFewFiles(CROWD, undefined, '')).toBeUndefined();
  expect(tooFewFiles(SMOKE, undefined, limits('100'))).toBeUndefined();
});

test('clients count as connections of a run', () => {
  expect(connectionsOf(CROWD) - connectionsOf(SMOKE)).toBe(20_500);
});

test('authors who wait to see what they answer count too, in coupled mode, and are not too many', () => {
  const open = planOf(SMOKE);
  const coupled: Plan = { ...open, mode: 'coupled' };
  const authors = authorCount(coupled);
  expect(authors).toBeGreaterThan(5);
  expect(connectionsOf(SMOKE, open)).toBe(connectionsOf(SMOKE));
  expect(connectionsOf(SMOKE, coupled) - connectionsOf(SMOKE)).toBe(authors);
  expect(tooFewFiles(SMOKE, coupled, limits('100'))).toMatch(
    new RegExp(`^coupled: ${authors} open sessions`),
  );
  expect(tooManySessions(coupled)).toBeUndefined();
  const [first] = coupled.cascade;
  if (first === undefined) throw new Error('no cascade');
  const crowd = Array.from({ length: 12_000 }, (_, number) => ({ ...first, number, persona: number }));
  const crowded: Plan = { ...coupled, mailboxes: 1_000_000, cascade: crowd };
  expect(tooManySessions(crowded)).toMatch(/^coupled: 11,\d+ authors .* at most 10,000 may/);
  expect(tooManySessions({ ...crowded, mode: 'open' })).toBeUndefined();
});
