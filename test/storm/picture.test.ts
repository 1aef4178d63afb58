/** Pictures: real PNG files of exactly their size, sizes as the profile says, and few of them. */

import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { pictureBytes, pictureOf, pictureSizes, PICTURES } from '../../src/storm/content/picture.ts';

describe('pictures', () => {
  const block = { share: 1, median: 95_000, sigma: 0.6 };

  test('are PNG files of exactly their size, checksums and pixels included', () => {
    for (const size of [1_000, 1_001, 37_654]) {
      const bytes = pictureBytes(size, 1, 2);
      expect(bytes).toHaveLength(size);
      expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
      const types: string[] = [];
      for (let at = 8; at < bytes.length; ) {
        const length = bytes.readUInt32BE(at);
        types.push(bytes.toString('latin1', at + 4, at + 8));
        expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc(bytes.subarray(at + 4, at + 8 + length)));
        if (types.at(-1) === 'IDAT')
          expect(inflateSync(bytes.subarray(at + 8, at + 8 + length))).toHaveLength(2);
        at += 12 + length;
      }
      expect(types).toEqual(['IHDR', 'rsNo', 'IDAT', 'IEND']);
    }
  });

  test('have sizes within their bounds, around their median, and are few', () => {
    const sizes = pictureSizes(block, 3);
    expect(sizes).toHaveLength(PICTURES);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(300_000);
    expect(Math.abs((sizes[PICTURES / 2] ?? 0) / 95_000 - 1)).toBeLessThan(0.2);
    const numbers = new Set(
      Array.from({ length: 2_000 }, (_, number) => pictureOf(block, 3, { number, role: 'joke' })),
    );
    expect(numbers.size).toBe(PICTURES);
    expect(pictureOf(block, 3, { number: 1, role: 'blast' })).toBeUndefined();
  });
});

/** CRC-32 bit by bit, from its definition. */
function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const octet of bytes) {
    value ^= octet;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}
