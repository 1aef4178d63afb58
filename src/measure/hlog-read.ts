/** The standard HdrHistogram interval log (V2, compressed), read back into counts by tag. It reads text that it is handed; it judges nothing. */

import { decodeFromCompressedBase64, type JsHistogram } from 'hdr-histogram-js';
import { addCounts, bucketOf, HIGHEST_US, lowestValueOf, type SparseCounts } from './histogram.ts';

/** What a log keeps of one series in one interval: less than a tally does, and all that a picture needs. */
export type LoggedCounts = Pick<SparseCounts, 'buckets' | 'counts' | 'total' | 'maxUs'>;

/** One interval of a log. A tally's own interval is one of these too. */
export interface LoggedInterval {
  readonly startUs: number;
  readonly lengthUs: number;
  readonly series: ReadonlyMap<string, LoggedCounts>;
}

export type LogReading =
  | {
      readonly ok: true;
      readonly intervals: readonly LoggedInterval[];
      /** Lines without a tag: somebody else's, and no series of ours. */
      readonly untagged: number;
    }
  | { readonly ok: false; readonly problem: string };

/** A day in seconds, a dozen series each: far beyond what a run of ours writes, and still read in a minute. */
const MAX_LINES = 1_000_000;

/** A histogram of three digits up to an hour takes at most some 40,000 characters; one of five digits ten times that. */
const LINE_LENGTH = 500_000;

/** From here on a timestamp is no offset but an instant, in seconds since 1970: 2001 and later. */
const INSTANT_S = 1e9;

const LINE =
  /^(?:Tag=([^,\s]{1,200}),)?(\d{1,12}(?:\.\d{1,9})?),(\d{1,9}(?:\.\d{1,9})?),([\d.E+-]{1,30}),(\S+)$/;

interface OpenInterval {
  readonly startUs: number;
  readonly lengthUs: number;
  readonly series: Map<string, LoggedCounts>;
}

/** Reads a log whole; intervals in order of time. The first line that is none ends it with a problem. */
export function readIntervalLog(text: string): LogReading {
  const found = new Map<string, OpenInterval>();
  let zeroS = 0;
  let untagged = 0;
  let lines = 0;
  for (const [index, line] of linesOf(text)) {
    const started = /^#\[(?:Start|Base)Time: (\d+(?:\.\d+)?)/.exec(line)?.[1];
    if (started !== undefined) zeroS = Number(started);
    if (line === '' || line.startsWith('#') || line.startsWith('"StartTimestamp"')) continue;
    lines += 1;
    if (lines > MAX_LINES)
      return { ok: false, problem: `line ${index}: found more than ${MAX_LINES} intervals, expected fewer` };
    const read = readLine(line, zeroS);
    if (read === undefined)
      return {
        ok: false,
        problem: `line ${index}: found no interval of an HdrHistogram log (version 1.3, V2 compressed), expected Tag=...,start,length,max,histogram`,
      };
    if (read.tag === undefined) {
      untagged += 1;
      continue;
    }
    const { startUs, lengthUs } = read;
    const key = `${startUs} ${lengthUs}`;
    const interval = found.get(key) ?? { startUs, lengthUs, series: new Map<string, LoggedCounts>() };
    found.set(key, interval);
    // One tag twice in an interval is two writers' doing: both counted.
    const before = interval.series.get(read.tag);
    interval.series.set(read.tag, before === undefined ? read.counts : added(before, read.counts));
  }
  const intervals = [...found.values()].sort((a, b) => a.startUs - b.startUs);
  return { ok: true, intervals, untagged };
}

function added(a: LoggedCounts, b: LoggedCounts): LoggedCounts {
  const beside = { clamped: 0, minUs: 0 };
  return addCounts({ ...a, ...beside }, { ...b, ...beside });
}

function* linesOf(text: string): Generator<readonly [number, string]> {
  let from = 0;
  for (let index = 1; from < text.length; index += 1) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    yield [index, text.slice(from, to).trimEnd()];
    from = to + 1;
  }
}

interface ReadLine {
  readonly tag: string | undefined;
  readonly startUs: number;
  readonly lengthUs: number;
  readonly counts: LoggedCounts;
}

function readLine(line: string, zeroS: number): ReadLine | undefined {
  const match = line.length > LINE_LENGTH ? null : LINE.exec(line);
  if (match === null) return undefined;
  const [, tag, start = '', length = '', max = '', histogram = ''] = match;
  const counts = decoded(histogram, Number(max) * 1_000);
  if (counts === undefined) return undefined;
  const startS = Number(start) >= INSTANT_S ? Number(start) - zeroS : Number(start);
  return { tag, startUs: Math.round(startS * 1e6), lengthUs: Math.round(Number(length) * 1e6), counts };
}

/** The counts in our own buckets; undefined for what is no histogram. `toldMaxUs` is exact where ours wrote it. */
function decoded(base64: string, toldMaxUs: number): LoggedCounts | undefined {
  let histogram: JsHistogram;
  try {
    histogram = decodeFromCompressedBase64(base64) as JsHistogram;
  } catch {
    return undefined;
  }
  const sums = new Map<number, number>();
  let total = 0;
  for (let index = 0; index < histogram.countsArrayLength && total < histogram.totalCount; index += 1) {
    const count = histogram.getCountAtIndex(index);
    if (count <= 0) continue;
    const bucket = bucketOf(Math.min(HIGHEST_US, histogram.valueFromIndex(index)));
    sums.set(bucket, (sums.get(bucket) ?? 0) + count);
    total += count;
  }
  const buckets = Uint32Array.from(sums.keys()).sort();
  const lowestOfTop = lowestValueOf(buckets.at(-1) ?? 0);
  return {
    buckets,
    counts: buckets.map((bucket) => sums.get(bucket) ?? 0),
    total,
    maxUs: Math.max(lowestOfTop, Number.isFinite(toldMaxUs) ? Math.round(toldMaxUs) : 0),
  };
}
