/** The interval log, read back by hdr-histogram-js: the counts, the tags and the times of what was measured. */

import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { describe, expect, test } from 'vitest';
import { HIGHEST_US } from '../../src/measure/histogram.ts';
import { intervalLog } from '../../src/measure/hlog.ts';
import { parseSeriesTag } from '../../src/measure/series.ts';
import { fill, newHistogram, Tally } from '../../src/measure/tally.ts';
import { deltaOf, ramp, REJECTED } from './notebooks.ts';

const STARTED = Date.UTC(2016, 10, 14, 8, 29);

function tally(): Tally {
  const whole = new Tally();
  whole.add(deltaOf('imap.signin', ramp(50, 1_234)), 200_000);
  whole.add(deltaOf('smtp.submit', [7, 7, HIGHEST_US + 5], { outcome: REJECTED, phase: 'drain' }), 3_400_000);
  return whole;
}

/** The distribution without its maximum: an encoded histogram knows only the bucket of it. */
const distribution = (histogram: Histogram): string =>
  histogram.outputPercentileDistribution().replace(/#\[Max +=[^,]*,/, '');

interface Line {
  readonly tag: string;
  readonly start: number;
  readonly length: number;
  readonly maxMs: number;
  readonly encoded: string;
}

function read(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('Tag='))
    .map((line) => {
      const [tag = '', start, length, max, encoded = ''] = line.split(',');
      return { tag: tag.slice(4), start: Number(start), length: Number(length), maxMs: Number(max), encoded };
    });
}

describe('the interval log', () => {
  const whole = tally();
  const text = intervalLog(whole.intervals(), STARTED);
  const lines = read(text);

  test('opens with format, start time and column names', () => {
    expect(text.split('\n').slice(0, 3)).toEqual([
      '#[Histogram log format version 1.3]',
      `#[StartTime: ${STARTED / 1_000}.000 (seconds since epoch), 2016-11-14T08:29:00.000Z]`,
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]);
    expect(text.endsWith('\n')).toBe(true);
  });

  test('has a line for each series of each interval, tagged, with its times and its maximum', () => {
    const expected = whole
      .intervals()
      .flatMap((one) =>
        [...one.series].map(([tag, { maxUs }]) => [
          tag,
          one.startUs / 1e6,
          one.lengthUs / 1e6,
          maxUs / 1_000,
        ]),
      );
    expect(lines.map(({ tag, start, length, maxMs }) => [tag, start, length, maxMs])).toEqual(expected);
    expect(lines.length).toBe(8);
    for (const { tag } of lines) expect(parseSeriesTag(tag)).toBeDefined();
  });

  test('decodes to the counts that were recorded', () => {
    const series = whole.intervals().flatMap((one) => [...one.series]);
    for (const [index, { encoded }] of lines.entries()) {
      const counts = series[index]?.[1];
      if (counts === undefined) throw new Error('more lines than series');
      const decoded = decodeFromCompressedBase64(encoded, 32, false);
      const direct = newHistogram();
      fill(direct, counts);
      expect(decoded.totalCount).toBe(counts.total);
      expect(distribution(decoded)).toBe(distribution(direct));
    }
  });

  test('of nothing is only its head', () => {
    expect(read(intervalLog([], STARTED))).toEqual([]);
    expect(intervalLog([], STARTED).trim().split('\n')).toHaveLength(3);
  });
});
