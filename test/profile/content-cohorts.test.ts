/** The blocks for what messages say and who the people are: read with their units, every mistake told where it stands. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProfile } from '../../src/profile/read.ts';
import { profileJsonSchema } from '../../src/profile/schema.ts';
import { profileOf, shippedText } from './shipped.ts';

const SMOKE = shippedText('smoke');

const problemOf = (block: string): string => {
  const reading = readProfile(`${SMOKE}\n${block}\n`);
  return reading.ok ? '' : reading.problems.map(({ path, expected }) => `${path}: ${expected}`).join('\n');
};

test('what is set is read in the smallest unit, and what is not stays absent', () => {
  const profile = profileOf(
    `${SMOKE}\ncontent: { disclaimer: 1.5kB, html: 80%, pictures: { share: 5%, median: 95kB, sigma: 0.6 } }\ncohorts: [{ name: gp, share: 5% }, { name: others, share: 95%, deletes: 10% }]\n`,
  );
  expect(profile.content).toEqual({
    disclaimer: 1_500,
    html: 0.8,
    pictures: { share: 0.05, median: 95_000, sigma: 0.6 },
  });
  expect(profile.cohorts).toEqual([
    { name: 'gp', share: 0.05 },
    { name: 'others', share: 0.95, deletes: 0.1 },
  ]);
  expect(Object.keys(profileOf(SMOKE))).not.toContain('content');
  expect(Object.keys(profileOf(SMOKE))).not.toContain('cohorts');
});

describe('mistakes', () => {
  test.each([
    ['content: { rolls: 1 }', /^content\.rolls?/],
    ['content: { words: { median: 0, sigma: 1 } }', /^content\.words\.median: a number from 1 to 1000/],
    ['content: { disclaimer: 1MB }', /^content\.disclaimer: a size from 0B to 16384B/],
    ['content: { cutAt: 10B }', /^content\.cutAt: a size from 1024B to 1048576B/],
    ['content: { html: 0.8 }', /^content\.html: a share such as/],
    [
      'content: { pictures: { share: 5%, median: 10kB, sigma: 1 } }',
      /^content\.pictures: least <= median <= most/,
    ],
    ['content: { roles: { removeMe: 100% } }', /^content\.roles\.stopReplying/],
    [
      'content: { roles: { removeMe: 50%, stopReplying: 20%, joke: 0%, helpful: 0%, recall: 0% } }',
      /^content\.roles: shares that add up to 100%/,
    ],
    ['cohorts: [{ name: gp, share: 90% }]', /^cohorts: shares that add up to 100%/],
    ['cohorts: [{ name: gp, share: 50% }, { name: gp, share: 50% }]', /^cohorts: names of which each/],
    ['cohorts: [{ name: GP, share: 100% }]', /^cohorts\.0\.name: a name of at most 32/],
    ['cohorts: [{ name: gp, share: 100%, readers: 0 }]', /^cohorts: somebody whose readers is more than 0/],
    [
      `cohorts: [${Array.from({ length: 9 }, (_, index) => `{ name: c${index}, share: ${index < 8 ? 11 : 12}% }`).join()}]`,
      /^cohorts: /,
    ],
    ['cohorts: []', /^cohorts: /],
  ])('%s', (block, problem) => {
    expect(problemOf(block)).toMatch(problem);
  });
});

test('the subject may be of any script, and holds nothing that ends a line', () => {
  const withSubject = (subject: string): string =>
    SMOKE.replace('subject: test', `subject: ${JSON.stringify(subject)}`);
  expect(profileOf(withSubject('Prüfung 試験 😀')).blast.subject).toBe('Prüfung 試験 😀');
  for (const subject of ['two\nlines', 'nul\0', 'line\u2028end', '', 'x'.repeat(201)])
    expect(readProfile(withSubject(subject)).ok, JSON.stringify(subject)).toBe(false);
});

test('the example in the profiles’ README is read as it stands', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../profiles/README.md'), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const profile = profileOf(`${SMOKE}\n${example}`);
  expect(profile.content?.pictures?.jokes).toBe(0.25);
  expect(profile.cohorts).toHaveLength(2);
  expect(profile.clients?.push?.sessions).toBe(100);
});

test('the JSON Schema describes every new key', () => {
  interface Described {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, Described>>;
    readonly items?: Described;
    readonly type?: string;
  }
  const leaves = (node: Described): Described[] => {
    const below = [...Object.values(node.properties ?? {}), ...(node.items ? [node.items] : [])];
    return below.length === 0 ? [node] : below.flatMap(leaves);
  };
  const { properties } = profileJsonSchema() as Described;
  const found = [properties?.['content'], properties?.['cohorts']].flatMap((node) =>
    leaves(node as Described),
  );
  expect(found.length).toBeGreaterThan(18);
  for (const { description } of found) expect(description?.length ?? 0).toBeGreaterThan(5);
});
