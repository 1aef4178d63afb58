/** Warnings about the generator: what is near a limit, and advice that has not been followed already. */

import { expect, test } from 'vitest';
import type { HealthWorst } from '../../src/measure/health.ts';
import { generatorWarnings, warningsOf } from '../../src/cli/warnings.ts';
import { planOf, smokeWith } from '../storm/plans.ts';
import { AT_EASE } from '../verdict/cases.ts';

const warnings = (changes: Partial<HealthWorst>, workers = 1): ReturnType<typeof generatorWarnings> =>
  generatorWarnings({ ...AT_EASE, ...changes }, 10_000, { workers, cores: 4 });

test('a generator at ease, or one that told nothing, gives none', () => {
  expect(warnings({})).toEqual([]);
  expect(warnings({ utilisationP90: null, cpuP90: null, gcShare: null, gcMaxUs: null })).toEqual([]);
});

test('cores near full are a warning, and more threads are no advice against it', () => {
  const [found, ...others] = warnings({ cpuP90: 0.97 });
  expect(others).toEqual([]);
  expect(found?.seen).toBe('the generator used 97 % of its 4 core(s) at p90');
  expect(found?.attempt).not.toContain('--workers');
});

test('a busy thread is a warning; more threads are advised only while there are cores for them', () => {
  expect(warnings({ utilisationP90: 0.75 })).toMatchObject([
    { attempt: '--workers 4: this machine has 4 cores and 1 load thread(s)' },
  ]);
  expect(warnings({ utilisationP90: 0.75 }, 4)[0]?.attempt).not.toContain('--workers');
  expect(warnings({ utilisationP90: 0.71 })).toEqual([]);
});

test('much garbage or one pause beyond the lag limit is a warning', () => {
  expect(warnings({ gcShare: 0.041 })).toHaveLength(1);
  expect(warnings({ gcMaxUs: 10_001 })[0]?.seen).toContain('10.0 ms at a stretch');
  expect(warnings({ gcMaxUs: 10_000 })).toEqual([]);
});

test.each([
  ['no door for it', { fromOutside: 0.25, inbound: false, embedded: false }, '--inbound smtp://host:25'],
  ['the embedded target, which has none', { fromOutside: 0.25, inbound: false, embedded: true }, '--submit'],
  ['a door', { fromOutside: 0.25, inbound: true, embedded: false }, undefined],
  ['nothing from outside', { fromOutside: 0, inbound: false, embedded: false }, undefined],
] as const)('mail from outside and %s', (_, { fromOutside, inbound, embedded }, attempt) => {
  const profile = smokeWith({ canaries: { fromOutside } });
  const found = warningsOf({
    profile,
    plan: planOf(profile),
    tlsInsecure: false,
    embedded,
    inbound,
    sharedCopies: false,
    tlsVerified: true,
    health: undefined,
    threads: { workers: 1, cores: 4 },
  }).filter(({ seen }) => seen.includes('outside'));
  expect(found).toHaveLength(attempt === undefined ? 0 : 1);
  if (attempt !== undefined) expect(found[0]).toMatchObject({ seen: expect.stringContaining('25 %') });
  if (attempt !== undefined) expect(found[0]?.attempt).toContain(attempt);
});

test.each([
  ['coupled', 60, 1],
  ['coupled', 1, 0],
  ['open', 60, 0],
] as const)('%s replies at %dx: %d warning of exaggeration', (mode, speed, count) => {
  const profile = smokeWith({});
  const found = warningsOf({
    profile,
    plan: { ...planOf(profile, { speed }), mode },
    tlsInsecure: false,
    embedded: false,
    inbound: false,
    sharedCopies: false,
    tlsVerified: true,
    health: undefined,
    threads: { workers: 1, cores: 4 },
  }).filter(({ matters }) => matters.startsWith('exaggerated: '));
  expect(found).toHaveLength(count);
  for (const { seen } of found) expect(seen).toContain('60x');
});

test.each([
  ['imap', true, 0],
  ['http', false, 1],
  ['http', true, 2],
] as const)(
  'mailboxes by %s, one message for all of an envelope: %s, give %d warnings',
  (mailbox, sharedCopies, count) => {
    const profile = smokeWith({});
    const found = warningsOf({
      profile,
      plan: { ...planOf(profile), doors: { submit: 'smtp', mailbox } },
      tlsInsecure: false,
      embedded: false,
      inbound: false,
      sharedCopies,
      tlsVerified: true,
      health: undefined,
      threads: { workers: 1, cores: 4 },
    }).filter(({ seen }) => seen.includes('mail API'));
    expect(found).toHaveLength(count);
  },
);
