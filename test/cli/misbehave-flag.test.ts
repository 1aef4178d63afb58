/** `--misbehave` into what the target is told, or every problem in words. */

import { describe, expect, test } from 'vitest';

import { readMisbehave } from '../../src/cli/misbehave-flag.ts';
import { misbehave, MISBEHAVIOURS } from '../../src/profile/misbehave-schema.ts';
import { MANNERS } from '../../src/measure/manners.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const problemsOf = (flag: string): readonly string[] => {
  const read = readMisbehave(flag, undefined);
  return read.ok ? [] : read.problems;
};

describe('--misbehave', () => {
  test('reads rates, victims by name, the seed and the length of a stall', () => {
    expect(readMisbehave('lose=1/1000,double=1/500,hangup@3/0,seed=7,stallFor=2s', undefined)).toEqual({
      ok: true,
      mischief: {
        seed: 7,
        oneIn: { lose: 1_000, double: 500 },
        named: [{ misdeed: 'hangup', number: 3, mailbox: 0 }],
        stallUs: 2_000_000,
      },
    });
  });

  test('goes before the profile, which goes before nothing', () => {
    const block = misbehave.parse({ lose: '1/10' });
    const said = (flag: string | undefined, given: typeof block | undefined): unknown => {
      const read = readMisbehave(flag, given);
      return read.ok ? read.mischief?.oneIn : read.problems;
    };
    expect(said(undefined, undefined)).toBeUndefined();
    expect(said(undefined, block)).toEqual({ lose: 10 });
    expect(said('double=1/2', block)).toEqual({ double: 2 });
  });

  test.each([
    ['lose', /^--misbehave: found lose=, expected a rate such as 1\/1000$/],
    ['lose=0.1', /found lose=0\.1, expected a rate/],
    ['lose=1/0', /expected a rate/],
    ['steal=1/2', /found "steal=1\/2", expected lose, double, .*seed or stallFor/],
    ['steal@1/2', /found steal 1\/2, expected a victim such as "lose 3\/5"/],
    ['seed=x', /found seed=x, expected a whole number/],
    ['stallFor=5', /found stallFor=5, expected a duration/],
  ])('%s is told in words', (flag, words) => {
    expect(problemsOf(flag)).toHaveLength(1);
    expect(problemsOf(flag)[0]).toMatch(words);
  });
});

test('the page of misbehaviours names each of them, and each finding', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/misbehaviour.md'), 'utf8');
  const [done = '', found = ''] = page.split('## What is found');
  const rows = [...done.matchAll(/^\| `([a-z]+)` \| /gm)].map(([, name]) => name);
  expect(rows.toSorted()).toEqual(Object.keys(MISBEHAVIOURS).toSorted());
  for (const manner of MANNERS) expect(found).toContain(`\`${manner}\``);
});
