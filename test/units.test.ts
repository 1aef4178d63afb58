/** Numbers with units: every unit there and back, bare numbers refused, formats at their borders. */

import { array, assert, constantFrom, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  parseBytes,
  parseDurationUs,
  parseRatePerSecond,
  parseShare,
  parseSpeed,
  parseTimeOfDayUs,
  type Parsed,
} from '../src/units.ts';

const value = (parsed: Parsed): number | string => (parsed.ok ? parsed.value : parsed.expected);

const DURATIONS = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

const SIZES = {
  B: 1,
  kB: 1e3,
  KiB: 1_024,
  MB: 1e6,
  MiB: 1_048_576,
  GB: 1e9,
  GiB: 1_073_741_824,
  TB: 1e12,
};

describe('parsers', () => {
  test('every unit of time and of size is worth what it says', () => {
    for (const [unit, us] of Object.entries(DURATIONS)) {
      expect(value(parseDurationUs(`3${unit}`)), unit).toBe(3 * us);
      expect(value(parseDurationUs(` 3 ${unit} `)), unit).toBe(3 * us);
    }
    for (const [unit, bytes] of Object.entries(SIZES)) expect(value(parseBytes(`7${unit}`))).toBe(7 * bytes);
    expect(value(parseDurationUs('1.5h'))).toBe(5_400_000_000);
    expect(value(parseDurationUs('0s'))).toBe(0);
    expect(value(parseBytes('0.5KiB'))).toBe(512);
  });

  test('whole numbers in any unit survive the way there and back', () => {
    assert(
      property(
        integer({ min: 0, max: 90_000 }),
        constantFrom(...Object.entries(DURATIONS)),
        (n, [unit, us]) => {
          expect(value(parseDurationUs(`${n}${unit}`))).toBe(n * us);
        },
      ),
    );
    assert(
      property(
        integer({ min: 0, max: 8_000 }),
        constantFrom(...Object.entries(SIZES)),
        (n, [unit, bytes]) => {
          expect(value(parseBytes(`${n}${unit}`))).toBe(n * bytes);
        },
      ),
    );
  });

  test('rates are occurrences per second', () => {
    expect(value(parseRatePerSecond('20/s'))).toBe(20);
    expect(value(parseRatePerSecond('60/min'))).toBeCloseTo(1, 12);
    expect(value(parseRatePerSecond('1800 / h'))).toBeCloseTo(0.5, 12);
    expect(value(parseRatePerSecond('4000000/day'))).toBeCloseTo(46.2963, 4);
    expect(value(parseRatePerSecond('0/s'))).toBe(0);
  });

  test('speeds and shares', () => {
    expect(value(parseTimeOfDayUs('08:29'))).toBe(509 * 60e6);
    expect(value(parseTimeOfDayUs('23:59'))).toBe(1_439 * 60e6);
    expect(value(parseSpeed('60x'))).toBe(60);
    expect(value(parseSpeed('0.5x'))).toBe(0.5);
    expect(value(parseShare('12.5%'))).toBe(0.125);
    expect(value(parseShare('0%'))).toBe(0);
    expect(value(parseShare('100%'))).toBe(1);
  });

  test('what has no unit, the wrong one, or no sense is told what was expected', () => {
    const refused: [(text: string) => Parsed, RegExp, readonly string[]][] = [
      [
        parseDurationUs,
        /^a duration such as/,
        ['5', '', 's', '-1s', '1e3s', '5 min', '5MB', '1,5s', '1s 2s', '5S'],
      ],
      [parseBytes, /^a size such as/, ['64', '64k', '64Kib', '-1B', '1s', 'kB']],
      [parseRatePerSecond, /^a rate such as/, ['20', '20/', '/s', '20/m', '-1/s', '20 per s', '20/s/s']],
      [parseTimeOfDayUs, /^a time of day/, ['24:00', '8.29', '08:60', '829', '']],
      [parseSpeed, /^a speed such as/, ['60', 'x', '0x', '-1x', '60X', '60 x']],
      [parseShare, /^a share such as/, ['0.5', '100.1%', '-1%', '5 %', '%']],
    ];
    for (const [parse, expected, texts] of refused)
      for (const text of texts) expect(value(parse(text)), text).toMatch(expected);
  });

  test('a number too large to be exact is refused, not rounded', () => {
    expect(parseDurationUs('9007199254740991us').ok).toBe(true);
    expect(parseDurationUs('9007199254740992us').ok).toBe(false);
    expect(parseDurationUs('999999999d').ok).toBe(false);
    expect(parseBytes(`${'9'.repeat(400)}B`).ok).toBe(false);
  });

  test('any text is answered, and only whole, exact, non-negative numbers come out', () => {
    const pieces = array(constantFrom('0', '9', '.', '-', 's', 'us', 'kB', '%', 'x', '/', 'e', ' ', '1'));
    for (const texts of [string(), pieces.map((parts) => parts.join(''))])
      assert(
        property(texts, (text) => {
          for (const parse of [parseDurationUs, parseBytes]) {
            const parsed = parse(text);
            if (parsed.ok) expect(Number.isSafeInteger(parsed.value) && parsed.value >= 0).toBe(true);
          }
          for (const parse of [parseRatePerSecond, parseSpeed, parseShare]) {
            const parsed = parse(text);
            if (parsed.ok) expect(parsed.value).toBeGreaterThanOrEqual(0);
          }
        }),
      );
  });
});

describe('formatters', () => {
  test.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [1_000, '1.00 ms'],
    [9_990, '9.99 ms'],
    [12_340, '12.3 ms'],
    [250_000, '250 ms'],
    [1_000_000, '1.00 s'],
    [4_560_000, '4.56 s'],
    [119_000_000, '119 s'],
    [120_000_000, '2 m 0 s'],
    [200_000_000, '3 m 20 s'],
    [3_599_000_000, '59 m 59 s'],
    [3_599_900_000, '1 h 0 m'],
    [3_600_000_000, '1 h 0 m'],
    [4_560_000_000, '1 h 16 m'],
  ])('%d µs is %s', (us, text) => {
    expect(formatDuration(us)).toBe(text);
  });

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.00 kB'],
    [65_536, '65.5 kB'],
    [1_000_000, '1.00 MB'],
    [228_102_675, '228 MB'],
    [1_895_691_467, '1.90 GB'],
    [5e12, '5000 GB'],
  ])('%d bytes is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('no rounding crosses into the next unit unseen', () => {
    expect(formatDuration(999.6)).toBe('1.00 ms');
    expect(formatDuration(9_996)).toBe('10.0 ms');
    expect(formatDuration(99_960)).toBe('100 ms');
    expect(formatDuration(999_999)).toBe('1.00 s');
    expect(formatBytes(999_999)).toBe('1.00 MB');
    expect(formatBytes(999.7)).toBe('1.00 kB');
    expect(formatBytes(999_999_999)).toBe('1.00 GB');
  });

  test('counts have their thousands apart', () => {
    expect(formatCount(0)).toBe('0');
    expect(formatCount(999)).toBe('999');
    expect(formatCount(1_234_567)).toBe('1,234,567');
  });
});
