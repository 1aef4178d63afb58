/** The interval log, read back: what our writer wrote, what others write, and what is no log at all. */

import { describe, expect, test } from 'vitest';

import { intervalLog } from '../../src/measure/hlog.ts';
import { readIntervalLog } from '../../src/measure/hlog-read.ts';
import { drowned } from '../report/log.ts';

const STARTED_MS = Date.UTC(2016, 10, 14, 8, 29);

function read(text: string) {
  const reading = readIntervalLog(text);
  if (!reading.ok) throw new Error(reading.problem);
  return reading;
}

describe('our own log', () => {
  const tally = drowned();
  const text = intervalLog(tally.intervals(), STARTED_MS);

  test('comes back bucket by bucket, with its exact maxima', () => {
    const { intervals, untagged } = read(text);
    expect(untagged).toBe(0);
    expect(intervals.map(({ startUs, lengthUs }) => [startUs, lengthUs])).toEqual(
      tally.intervals().map(({ startUs, lengthUs }) => [startUs, lengthUs]),
    );
    for (const [index, { series }] of tally.intervals().entries()) {
      expect([...(intervals[index]?.series.keys() ?? [])]).toEqual([...series.keys()]);
      for (const [tag, counts] of series) {
        const back = intervals[index]?.series.get(tag);
        expect([back?.total, back?.maxUs], tag).toEqual([counts.total, counts.maxUs]);
        const pairs = [...counts.buckets].map((bucket, at) => [bucket, counts.counts[at]]);
        expect([...(back?.buckets ?? [])].map((bucket, at) => [bucket, back?.counts[at]])).toEqual(
          pairs.toSorted(([a = 0], [b = 0]) => a - b),
        );
      }
    }
  });

  test('with instants for offsets, as other writers have them, reads the same', () => {
    const startS = STARTED_MS / 1_000;
    const absolute = text.replace(/^(Tag=[^,]+),([\d.]+),/gm, (_, tag: string, at: string) => {
      return `${tag},${(startS + Number(at)).toFixed(3)},`;
    });
    expect(read(absolute)).toEqual(read(text));
  });

  test('lines without a tag are nobody’s series, and are counted', () => {
    const first = /^Tag=[^,]+,(.*)$/m.exec(text)?.[1] ?? '';
    const { intervals, untagged } = read(`${first}\n`);
    expect([intervals.length, untagged]).toEqual([0, 1]);
  });

  test('a series that two writers wrote is counted twice', () => {
    const line = /^Tag=[^,]+,.*$/m.exec(text)?.[0] ?? '';
    const total = (log: string): number =>
      [...(read(log).intervals[0]?.series.values() ?? [])][0]?.total ?? 0;
    expect(total(`${line}\n${line}\n`)).toBe(2 * total(`${line}\n`));
  });
});

test('an empty log has no intervals', () => {
  expect(read('')).toEqual({ ok: true, intervals: [], untagged: 0 });
  expect(read(intervalLog([], STARTED_MS)).intervals).toEqual([]);
});

test.each([
  'what is this\n',
  'Tag=imap.signin;storm;ok;response,0.000,1.000,1.000,AAAA\n',
  'Tag=imap.signin;storm;ok;response,0.000,1.000,1.000,HISTFAAAABl42pNpmSzMwMDAxAABzFAaRjMRBQBwRAGV\n'.replace(
    'HIST',
    '%%%%',
  ),
  `Tag=x,0,1,1,${'A'.repeat(600_000)}\n`,
])('what is no log is one problem with its line', (text) => {
  const reading = readIntervalLog(`#[StartTime: 1 (seconds since epoch)]\n${text}`);
  expect(reading).toMatchObject({ ok: false, problem: expect.stringMatching(/^line 2: found no interval/) });
});
