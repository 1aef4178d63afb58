/** Bits in shared rows and copies in a table: they hold what was entered and nothing else, and tables merge to the union. */

import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { bitMatrix, countBits, hasBit, setBit, setSharedBit, transpose32 } from '../../src/measure/bitmap.ts';
import {
  eachCopy,
  emptyTable,
  flagCopy,
  flagsOf,
  mailboxWith,
  mergeTables,
} from '../../src/measure/copy-table.ts';

const places = array(record({ row: integer({ min: 0, max: 5 }), bit: integer({ min: 0, max: 70 }) }));

describe('rows of bits', () => {
  test.each([
    ['alone', setBit],
    ['with others', setSharedBit],
  ])('hold what was set (%s) and nothing else, and say what was new', (_, set) => {
    assert(
      property(places, (list) => {
        const matrix = bitMatrix(6, 71);
        const known = new Set<string>();
        for (const { row, bit } of list) {
          expect(set(matrix, row, bit)).toBe(!known.has(`${row}/${bit}`));
          known.add(`${row}/${bit}`);
        }
        for (let row = 0; row < 6; row += 1)
          for (let bit = 0; bit < 71; bit += 1)
            expect(hasBit(matrix, row, bit)).toBe(known.has(`${row}/${bit}`));
      }),
      { numRuns: 50 },
    );
  });

  test('a bit outside is nobody’s, and changes nothing', () => {
    const matrix = bitMatrix(2, 8);
    for (const [row, bit] of [
      [0, 8],
      [0, 999],
      [2, 0],
      [-1, 0],
      [0, -1],
    ] as const) {
      expect(setBit(matrix, row, bit)).toBe(false);
      expect(setSharedBit(matrix, row, bit)).toBe(false);
      expect(hasBit(matrix, row, bit)).toBe(false);
    }
    expect([...matrix.cells]).toEqual([0, 0]);
  });

  test('are counted, and turned about their diagonal', () => {
    assert(
      property(array(integer(), { minLength: 32, maxLength: 32 }), (words) => {
        const turned = Int32Array.from(words);
        transpose32(turned);
        words.forEach((word, row) => {
          expect(countBits(word)).toBe((word >>> 0).toString(2).replaceAll('0', '').length);
          for (let bit = 0; bit < 32; bit += 1)
            expect(((turned[bit] ?? 0) >>> row) & 1).toBe((word >>> bit) & 1);
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe('a table of copies', () => {
  const entries = array(
    record({
      number: integer({ min: 0, max: 20 }).map((low) => low * 2 ** 31 + low),
      mailbox: integer({ min: 0, max: 5 }),
      flags: integer({ min: 1, max: 127 }),
    }),
    { maxLength: 200 },
  );

  test('keeps the flags of each copy, as many as there are, and merges in any order', () => {
    assert(
      property(entries, entries, (a, b) => {
        const known = new Map<string, number>();
        const [ab, ba, other] = [emptyTable(), emptyTable(), emptyTable()];
        for (const { number, mailbox, flags } of [...a, ...b]) {
          const key = `${number}/${mailbox}`;
          known.set(key, (known.get(key) ?? 0) | flags);
        }
        for (const one of a) flagCopy(ab, one.number, one.mailbox, one.flags);
        for (const one of b) flagCopy(other, one.number, one.mailbox, one.flags);
        mergeTables(ba, other);
        mergeTables(ba, ab);
        mergeTables(ab, other);
        for (const table of [ab, ba]) {
          const found = new Map<string, number>();
          eachCopy(table, (number, mailbox, flags) => found.set(`${number}/${mailbox}`, flags));
          expect(found).toEqual(known);
          expect(table.size).toBe(known.size);
        }
      }),
    );
  });

  test('grows past its first slots, finds a message’s mailbox by its flag, and knows nothing of others', () => {
    const table = emptyTable();
    for (let number = 0; number < 5_000; number += 1) {
      expect(flagCopy(table, 2 ** 41 + number, number % 7, 1)).toBe(0);
      flagCopy(table, 2 ** 41 + number, 100, 2);
    }
    expect(table.size).toBe(10_000);
    for (let number = 0; number < 5_000; number += 1) {
      expect(mailboxWith(table, 2 ** 41 + number, 1)).toBe(number % 7);
      expect(mailboxWith(table, 2 ** 41 + number, 2)).toBe(100);
    }
    expect(mailboxWith(table, 2 ** 41, 4)).toBeUndefined();
    expect(flagsOf(table, 2 ** 41, 55)).toBe(0);
    expect(flagCopy(table, 2 ** 41, 55, 0)).toBe(0);
    expect(table.size).toBe(10_000);
  });
});
