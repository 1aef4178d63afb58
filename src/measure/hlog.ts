/** Intervals -> the standard HdrHistogram interval log, V2 compressed, a tag a series. Returns text; writes no file. */

import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { fill, newHistogram, type Interval } from './tally.ts';

/** The interval log of a run: readable by any HdrHistogram log reader; times in seconds, values in microseconds. */
export function intervalLog(intervals: readonly Interval[], startedAtMs: number): string {
  const lines = [
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${(startedAtMs / 1_000).toFixed(3)} (seconds since epoch), ${new Date(startedAtMs).toISOString()}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ];
  for (const interval of intervals) {
    for (const [tag, counts] of interval.series) {
      const histogram = newHistogram();
      fill(histogram, counts);
      const start = (interval.startUs / 1e6).toFixed(3);
      const length = (interval.lengthUs / 1e6).toFixed(3);
      // Maximum in milliseconds, as HdrHistogram's writers scale nanoseconds: our unit is the microsecond.
      const max = (counts.maxUs / 1_000).toFixed(3);
      lines.push(`Tag=${tag},${start},${length},${max},${encodeIntoCompressedBase64(histogram)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
