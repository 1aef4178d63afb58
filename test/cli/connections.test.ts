/** Open sessions against the files a process may open. */

import { expect, test } from 'vitest';

import { connectionsOf, tooFewFiles } from '../../src/cli/connections.ts';
import { smokeWith, SMOKE } from '../storm/plans.ts';

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
