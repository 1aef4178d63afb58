/** The table of refusals: bounded, and the same whoever merged it in whatever order. */

import { array, assert, constantFrom, integer, property, record, shuffledSubarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Rejected } from '../../src/measure/outcome.ts';
import { CODES_OF_AN_OPERATION, OTHER_CODES, type Refusal, Refusals } from '../../src/measure/refusals.ts';

function rejected(code: string | number, more: Partial<Rejected> = {}): Rejected {
  return {
    kind: 'rejected',
    code,
    temporary: false,
    limiter: false,
    greylist: false,
    overQuota: false,
    text: 'no',
    ...more,
  };
}

describe('refusals', () => {
  test('are told apart by operation, code and enhanced code, with what they have in common', () => {
    const table = new Refusals();
    table.note(
      'imap.signin',
      rejected('NO', { enhanced: 'LIMIT', limiter: true, temporary: true, text: 'b' }),
    );
    table.note(
      'imap.signin',
      rejected('NO', { enhanced: 'LIMIT', limiter: true, temporary: true, text: 'a' }),
    );
    table.note('imap.signin', rejected('NO'));
    table.note('smtp.submit', rejected(452, { enhanced: '4.5.3', temporary: true }));
    const row = { count: 1, temporary: 0, limited: 0, example: 'no' };
    expect(table.rows()).toEqual([
      {
        operation: 'imap.signin',
        code: 'NO',
        enhanced: 'LIMIT',
        count: 2,
        temporary: 2,
        limited: 2,
        example: 'a',
      },
      { operation: 'imap.signin', code: 'NO', enhanced: null, ...row },
      { operation: 'smtp.submit', code: '452', enhanced: '4.5.3', ...row, temporary: 1 },
    ]);
  });

  test('of a journey are those of its steps and are not counted again', () => {
    const table = new Refusals();
    table.note('journey.read', rejected('NO'));
    expect(table.rows()).toEqual([]);
  });

  test('are given out once', () => {
    const table = new Refusals();
    table.note('imap.open', rejected('NO'));
    expect(table.drain()).toHaveLength(1);
    expect(table.drain()).toEqual([]);
  });

  test('of a server that makes up codes are bounded, and none is lost', () => {
    const table = new Refusals();
    for (let i = 0; i < 5_000; i += 1)
      table.note('imap.open', rejected('NO', { enhanced: `X${i}`.padEnd(100, 'x'), text: 'y'.repeat(400) }));
    const rows = table.rows();
    expect(rows).toHaveLength(CODES_OF_AN_OPERATION + 1);
    expect(rows[0]).toMatchObject({
      code: OTHER_CODES,
      enhanced: null,
      count: 5_000 - CODES_OF_AN_OPERATION,
    });
    for (const row of rows) expect(`${row.code} ${row.enhanced}${row.example}`.length).toBeLessThan(300);
  });

  test('merge to the same in any order and grouping, also beyond the bound', () => {
    const notes = array(
      record({
        operation: constantFrom('imap.signin' as const, 'smtp.submit' as const),
        code: integer({ min: 0, max: 150 }),
        text: constantFrom('a', 'b', 'c'),
        worker: integer({ min: 0, max: 3 }),
      }),
      { minLength: 200, maxLength: 600 },
    );
    const permutation = shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
    assert(
      property(notes, permutation, permutation, (all, order, another) => {
        const workers = [0, 1, 2, 3].map((worker) => {
          const table = new Refusals();
          for (const one of all)
            if (one.worker === worker) table.note(one.operation, rejected(one.code, { text: one.text }));
          return table.drain();
        });
        const merged = (rows: readonly (readonly Refusal[])[]): readonly Refusal[] => {
          const table = new Refusals();
          for (const part of rows) table.add(part);
          return table.rows();
        };
        const pick = (numbers: readonly number[]) => numbers.map((number) => workers[number] ?? []);
        const oneByOne = merged(pick(order));
        const [first = [], ...others] = pick(another);
        expect(merged([first, merged(others)])).toEqual(oneByOne);
        expect(oneByOne.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
      }),
      { numRuns: 50 },
    );
  });
});
