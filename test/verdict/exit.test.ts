/** Exit codes: each name's number, and which of any two decides. */

import { assert, constantFrom, property, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ExitName, EXITS, exitOf } from '../../src/verdict/exit.ts';

/** As the contract lists them: where several hold, the first decides. */
const PRECEDENCE: readonly [ExitName, number][] = [
  ['bug', 107],
  ['unwritable', 117],
  ['guard', 113],
  ['preflight', 116],
  ['ledger', 99],
  ['condition', 110],
  ['operator', 105],
  ['shardLost', 112],
  ['unfit', 111],
  ['noData', 115],
  ['threshold', 99],
  ['regression', 114],
];

const reason = (name: ExitName): { name: ExitName; because: string } => ({
  name,
  because: `because ${name}`,
});

describe('exit codes', () => {
  test.each([...PRECEDENCE, ['pass', 0] as const, ['usage', 104] as const])(
    '%s alone is %d',
    (name, code) => {
      expect(exitOf([reason(name)])).toEqual({ code, reason: `because ${name}` });
    },
  );

  const pairs = PRECEDENCE.flatMap(([first, code], i) =>
    PRECEDENCE.slice(i + 1).map(([second]) => [first, second, code] as const),
  );

  test.each(pairs)('%s decides over %s', (first, second, code) => {
    const expected = { code, reason: `because ${first}; because ${second}` };
    expect(exitOf([reason(first), reason(second)])).toEqual(expected);
    expect(exitOf([reason(second), reason(first)])).toEqual(expected);
  });

  test('no reason is a pass', () => {
    expect(exitOf([])).toEqual({ code: 0, reason: 'pass' });
  });

  test('all reasons are told, the deciding one first, those of one kind in their order', () => {
    const names = PRECEDENCE.map(([name]) => name);
    assert(
      property(uniqueArray(constantFrom(...names), { minLength: 1 }), (held) => {
        const { code, reason: words } = exitOf(held.map(reason));
        const sorted = names.filter((name) => held.includes(name));
        expect(words).toBe(sorted.map((name) => `because ${name}`).join('; '));
        expect(code).toBe(PRECEDENCE.find(([name]) => name === sorted[0])?.[1]);
      }),
    );
    const twice = [
      { name: 'threshold', because: 'a' },
      { name: 'ledger', because: 'b' },
      { name: 'threshold', because: 'c' },
    ] as const;
    expect(exitOf(twice)).toEqual({ code: 99, reason: 'b; a; c' });
  });

  test('every name has its meaning, once', () => {
    expect(new Set(EXITS.map(({ name }) => name)).size).toBe(EXITS.length);
    expect(new Set(EXITS.map(({ meaning }) => meaning)).size).toBe(EXITS.length);
  });
});
