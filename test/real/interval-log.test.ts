/** Our interval logs, read by the official HdrHistogram for Java: the same counts and percentiles under the same tags. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { HIGHEST_US } from '../../src/measure/histogram.ts';
import { intervalLog } from '../../src/measure/hlog.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { parseSeriesTag } from '../../src/measure/series.ts';
import { type Summary, Tally } from '../../src/measure/tally.ts';
import { logNormal, randomStream } from '../../src/random.ts';
import { describeWith, missingCommands } from './gate.ts';
import { replystorm } from './program.ts';
import { startSmtpSink } from './smtp-sink.ts';

const JAR = '/usr/share/java/hdrhistogram.jar';

/** Three digits: a bucket is at most a 1,024th of its value wide, and never less than one microsecond. */
const BUCKET = 1 / 1_024;

const run = promisify(execFile);

const missing = [
  ...missingCommands({ 'smtp-sink': 'postfix', java: 'default-jdk-headless', javac: 'default-jdk-headless' }),
  ...(existsSync(JAR) ? [] : [`${JAR} (Debian package libhdrhistogram-java)`]),
];

interface Read {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

async function readWithJava(path: string): Promise<Map<string, Read>> {
  const { stdout } = await run('java', ['-cp', JAR, join(import.meta.dirname, 'ReadLog.java'), path]);
  return new Map(
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [tag = '', ...figures] = line.split(' ');
        const [count = 0, p50 = 0, p99 = 0, p999 = 0, max = 0] = figures.map(Number);
        return [tag, { count, p50, p99, p999, max }];
      }),
  );
}

/** Equal counts, and every percentile that has the samples for it within one bucket. */
function expectSame(read: Read | undefined, ours: Summary, tag: string): void {
  expect(read?.count, tag).toBe(ours.count);
  for (const name of ['p50', 'p99', 'p999', 'max'] as const) {
    const value = ours[name];
    if (value === null || read === undefined) continue;
    // Clamped values lie in the topmost bucket; their exact maximum stands beside the histogram.
    const kept = Math.min(value, HIGHEST_US);
    expect(Math.abs(read[name] - kept), `${tag} ${name}`).toBeLessThanOrEqual(Math.max(1, kept * BUCKET));
  }
}

/** Two workers over five seconds: usual values, the extremes, a second without anything. */
function synthetic(): Tally {
  const tally = new Tally();
  for (const worker of [1, 2]) {
    const stream = randomStream(worker, 'log', 0);
    for (const second of [0, 1, 3, 4]) {
      const recorder = new Recorder();
      for (let i = 0; i < 4_000; i += 1) {
        const serviceUs = Math.round(logNormal(stream, 2_000, 1.5));
        const endedUs = i === 7 ? HIGHEST_US + 5 : 1_500 + serviceUs;
        const instants = {
          intendedUs: 0,
          dueUs: i % 900,
          startedUs: 1_500,
          endedUs,
          induced: false,
        } as const;
        recorder.planned('smtp.submit', 'storm', false);
        const outcome = i % 10 === 0 ? ({ kind: 'unknown', because: 'x' } as const) : OK;
        recorder.sample({ operation: 'smtp.submit', phase: 'storm', outcome, ...instants });
      }
      tally.add(recorder.drain(), second * 1_000_000 + 500_000);
    }
  }
  return tally;
}

const OK = { kind: 'ok', evidence: '250' } as const;

describeWith(missing, 'interval logs in the official reader', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'replystorm-hlog-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('a log of known values', async () => {
    const tally = synthetic();
    const path = join(folder, 'synthetic.hlog');
    await writeFile(path, intervalLog(tally.intervals(), Date.UTC(2016, 10, 14, 8, 29)));
    const read = await readWithJava(path);
    const tags = new Set(tally.intervals().flatMap(({ series }) => [...series.keys()]));
    expect(new Set(read.keys())).toEqual(tags);
    for (const tag of tags) {
      const series = parseSeriesTag(tag);
      if (series === undefined) throw new Error(`not a tag of ours: ${tag}`);
      expectSame(
        read.get(tag),
        tally.summary(series.operation, series.phase, [series.class], series.clock),
        tag,
      );
    }
    expect(read.get('smtp.submit;storm;ok;response')?.count).toBe(2 * 4 * 3_600);
  });

  test('the log of a calibration', async () => {
    const sink = await startSmtpSink();
    const out = join(folder, 'calibration');
    const submit = `smtp://127.0.0.1:${sink.port}?tls=off`;
    const flags = ['--rate', '500', '--duration', '4s', '--workers', '2', '--json', '--out', out];
    const { stdout, stderr } = await replystorm(['calibrate', 'smtp', '--submit', submit, ...flags], '');
    await sink.stop();
    const said = JSON.parse(stdout) as Record<'ok' | 'messages', number> &
      Record<'serviceUs' | 'responseUs' | 'waitUs' | 'lagUs', Summary>;
    expect([said.messages, said.ok], stderr).toEqual([2_000, 2_000]);
    const read = await readWithJava(join(out, 'intervals.hlog'));
    const tagged = (name: string): Read | undefined => read.get(`smtp.submit;storm;${name}`);
    expectSame(tagged('ok;service'), said.serviceUs, 'service');
    expectSame(tagged('ok;response'), said.responseUs, 'response');
    expectSame(tagged('all;wait'), said.waitUs, 'wait');
    expectSame(tagged('all;lag'), said.lagUs, 'lag');
  });
});
