/** A day of a run in which everything varies: all pictures that a page can hold, each as full as it gets. No test here. */

import { bucketOf, HIGHEST_US } from '../../src/measure/histogram.ts';
import type { LoggedCounts, LoggedInterval } from '../../src/measure/hlog-read.ts';
import { seriesTag } from '../../src/measure/series.ts';
import { logNormal, randomStream } from '../../src/random.ts';
import type { RecordedProbe, RunRecord } from '../../src/record/record.ts';
import type { OperationName } from '../../src/words.ts';
import { S } from './parts.ts';

const DAY_S = 86_400;

const TIMED: readonly OperationName[] = [
  'smtp.submit',
  'imap.signin',
  'imap.open',
  'imap.headers',
  'imap.body',
  'journey.send',
  'journey.read',
  'journey.delete',
  'journey.canary',
];

/** Phases that share the day. */
const SPANS = [
  { name: 'baseline', startUs: 0, endUs: 7_200 * S },
  { name: 'storm', startUs: 7_200 * S, endUs: 50_400 * S },
  { name: 'drain', startUs: 50_400 * S, endUs: 57_600 * S },
  { name: 'deletes', startUs: 57_600 * S, endUs: 79_200 * S },
  { name: 'recovery', startUs: 79_200 * S, endUs: DAY_S * S },
] as const;

/** The record and its interval log. */
export function busyDay(record: RunRecord): readonly [RunRecord, readonly LoggedInterval[]] {
  return [
    { ...record, phases: SPANS, timeline: timeline(), probes: probes(), generator: generator(record) },
    intervals(),
  ];
}

/** As many as a run of ours keeps: longer ones are added up. */
const INTERVALS = 900;

const LENGTH_US = (DAY_S / INTERVALS) * S;

const SAMPLES = 60;

function intervals(): readonly LoggedInterval[] {
  const stream = randomStream(11, 'report.day', 0);
  return Array.from({ length: INTERVALS }, (_, at) => {
    const startUs = at * LENGTH_US;
    const phase = SPANS.findLast((span) => span.startUs <= startUs)?.name ?? 'baseline';
    // Loads rise and fall, so that neighbours differ in colour too.
    const medianUs = (phase === 'storm' ? 800_000 : 30_000) * (1.5 + Math.sin(at / 7));
    const counts = () => spread(() => logNormal(stream, medianUs, 1.5));
    const series = TIMED.flatMap((operation) =>
      (['response', 'service'] as const).map(
        (clock) => [seriesTag({ operation, phase, class: 'ok', clock }), counts()] as const,
      ),
    );
    const visible = seriesTag({ operation: 'journey.canary', phase, class: 'ok', clock: 'visible' });
    return { startUs, lengthUs: LENGTH_US, series: new Map([...series, [visible, counts()]]) };
  });
}

function spread(draw: () => number): LoggedCounts {
  const values = Array.from({ length: SAMPLES }, () => Math.min(HIGHEST_US, Math.round(draw())));
  const buckets = values.map(bucketOf).toSorted((a, b) => a - b);
  const counts = Uint32Array.from(buckets, () => 1);
  return { buckets: Uint32Array.from(buckets), counts, total: SAMPLES, maxUs: Math.max(...values) };
}

function timeline(): RunRecord['timeline'] {
  const stream = randomStream(12, 'report.day', 0);
  return Array.from({ length: INTERVALS }, (_, at) => ({
    startUs: at * LENGTH_US,
    lengthUs: LENGTH_US,
    copiesAccepted: Math.round(1_000_000 * stream.uniform()),
    signInP50Us: Math.round(logNormal(stream, 100_000, 1)),
    signInMaxUs: Math.round(logNormal(stream, 5_000_000, 1)),
    canaryP50Us: Math.round(logNormal(stream, 100_000, 1)),
    canaryMaxUs: Math.round(logNormal(stream, 5_000_000, 1)),
    owed: Math.round(500_000 * stream.uniform()),
  }));
}

function probes(): readonly RecordedProbe[] {
  return Array.from({ length: 8 }, (_, probe) => {
    const stream = randomStream(13, 'report.day', probe);
    const points = Array.from({ length: INTERVALS }, (__, at) => ({
      atUs: at * LENGTH_US,
      value: 1_000 * stream.uniform(),
    }));
    return { name: `gauge ${probe}`, unit: 'MB', points };
  });
}

function generator({ generator: of }: RunRecord): RunRecord['generator'] {
  const [point] = of?.health ?? [];
  if (of === null || point === undefined) throw new Error('the fixture has a generator');
  const stream = randomStream(14, 'report.day', 0);
  const health = Array.from({ length: INTERVALS }, (_, at) => ({
    ...point,
    startUs: at * LENGTH_US,
    lengthUs: LENGTH_US,
    delayP99Us: Math.round(logNormal(stream, 2_000, 1)),
    lagMaxUs: Math.round(logNormal(stream, 2_000, 1)),
    offered: Math.round(5_000 * stream.uniform()),
    ended: Math.round(5_000 * stream.uniform()),
  }));
  return { ...of, health };
}
