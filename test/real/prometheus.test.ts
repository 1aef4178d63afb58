/** A real Prometheus reads a real run: its own percentiles lie in a bucket of the record's, and every panel of the dashboard has an answer. */

import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { COARSE_BOUNDS_US } from '../../src/measure/coarse.ts';
import { newHistogram } from '../../src/measure/tally.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { PHASES } from '../../src/words.ts';
import { describeWith, missingCommands } from './gate.ts';
import { type Ended, replystorm } from './program.ts';
import { checkPage, type Prometheus, startPrometheus } from './prometheus.ts';

const BETWEEN_LOOKS_MS = 200;

const VISIBLE = 'replystorm_canary_visible_seconds';

/** Panels that may be empty here: no limiter and no stop condition was met in this run. */
const MAY_BE_EMPTY = /limiter="true"|stop_condition/;

const ROOT = join(import.meta.dirname, '../..');

let prometheus: Prometheus;
let folder = '';
let under: Promise<Ended>;
let record: RunRecord;

/** Starts a run that is refused now and then, and waits until Prometheus has seen how it ended. */
async function watchARun(): Promise<void> {
  prometheus = await startPrometheus();
  folder = await mkdtemp(join(tmpdir(), 'replystorm-watched-'));
  const out = join(folder, 'run');
  const metrics = ['--metrics', `127.0.0.1:${prometheus.scrapedPort}`, '--metrics-linger', '10s'];
  const storm = ['run', 'smoke', '--misbehave', 'tempfail=1/5,seed=1'];
  const run = { over: false };
  under = replystorm([...storm, ...metrics, '--out', out], '').finally(() => {
    run.over = true;
  });
  while (!run.over && (await prometheus.query('replystorm_verdict == 1')).length === 0)
    await sleep(BETWEEN_LOOKS_MS);
  const kept = join(out, 'record.json');
  if (!existsSync(kept)) {
    const { code, stderr } = await under;
    throw new Error(`the run left no record and ended with ${code}: ${stderr}`);
  }
  record = JSON.parse(readFileSync(kept, 'utf8')) as RunRecord;
}

/** A percentile in microseconds of all intervals of a series, as the run's own log has it. */
function percentileOf(tag: string, percentile: number): number {
  const whole = newHistogram();
  for (const line of readFileSync(join(folder, 'run/intervals.hlog'), 'utf8').split('\n')) {
    const [tagged, , , , encoded] = line.split(',');
    if (tagged === `Tag=${tag}` && encoded !== undefined) whole.add(decodeFromCompressedBase64(encoded));
  }
  return whole.getValueAtPercentile(percentile);
}

describeWith(missingCommands({ prometheus: 'prometheus', promtool: 'prometheus' }), 'Prometheus', () => {
  beforeAll(watchARun);

  afterAll(async () => {
    await under;
    await prometheus?.stop();
    // What did not start is told by its own words, not by what is missing afterwards.
    if (folder === '') return;
    await rm(folder, { recursive: true, force: true });
    expect(prometheus.processes()).toEqual([]);
  });

  test('saw the end before the page was gone, and all counts as the record has them', async () => {
    const status = await prometheus.query('replystorm_verdict == 1');
    expect(status.map(({ labels }) => labels['status'])).toEqual([record.verdict.status]);
    const counted = await prometheus.query('replystorm_operations_total');
    for (const { operation, phase, ...counts } of record.operations)
      for (const outcome of ['ok', 'rejected', 'unknown', 'dropped'] as const) {
        const found = counted.filter(
          ({ labels }) =>
            labels['operation'] === operation && labels['phase'] === phase && labels['outcome'] === outcome,
        );
        expect(
          found.map(({ value }) => value),
          `${operation} ${phase} ${outcome}`,
        ).toEqual([counts[outcome]]);
      }
  });

  test('finds percentiles of canaries within the bucket of the record’s', async () => {
    let compared = 0;
    for (const phase of PHASES)
      for (const percentile of [50, 90, 99]) {
        const quantile = `histogram_quantile(${percentile / 100}, ${VISIBLE}_bucket{phase="${phase}"})`;
        const [found] = await prometheus.query(quantile);
        const exactUs = percentileOf(`journey.canary;${phase};ok;visible`, percentile);
        if (found === undefined || exactUs === 0) continue;
        const place = COARSE_BOUNDS_US.findIndex((boundUs) => exactUs <= boundUs * 1.001);
        const lowest = (COARSE_BOUNDS_US[place - 1] ?? 0) / 1e6;
        const highest = (COARSE_BOUNDS_US[place] ?? Number.POSITIVE_INFINITY) / 1e6;
        expect(found.value, `${quantile}, exact ${exactUs}`).toBeGreaterThanOrEqual(lowest);
        expect(found.value, `${quantile}, exact ${exactUs}`).toBeLessThanOrEqual(highest);
        compared += 1;
      }
    expect(compared).toBeGreaterThanOrEqual(9);
  });

  test('was given OpenMetrics, with units', async () => {
    const metadata = (await prometheus.api('targets/metadata', { metric: VISIBLE })) as readonly object[];
    expect(metadata).toMatchObject([{ type: 'histogram', unit: 'seconds' }]);
  });

  test('has an answer to every query of the dashboard', async () => {
    const dashboard = readFileSync(join(ROOT, 'deploy/grafana/replystorm.json'), 'utf8');
    const queries = [...dashboard.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(([, text = '']) =>
      (JSON.parse(text) as string).replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s'),
    );
    expect(queries.length).toBeGreaterThan(30);
    const end = Date.now() / 1_000;
    for (const query of queries) {
      const range = { query, start: String(end - 120), end: String(end), step: '1' };
      const { result } = (await prometheus.api('query_range', range)) as { result: readonly unknown[] };
      if (!MAY_BE_EMPTY.test(query)) expect(result.length, query).toBeGreaterThan(0);
    }
    await expect(prometheus.query('rate(replystorm_operations_total')).rejects.toThrow(/parse error/);
  });

  test('was no business of the run’s, whose last line is its verdict', async () => {
    const ended = await under;
    expect(ended.code).toBe(record.exit.code);
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toMatch(/verdict: /);
  });
});

describeWith(missingCommands({ promtool: 'prometheus' }), 'promtool', () => {
  test('has nothing against the page, and something against a bad one', async () => {
    const out = await mkdtemp(join(tmpdir(), 'replystorm-page-'));
    let page = '';
    const heard = (words: string): void => {
      const [, url] = /^metrics: (\S+\/metrics);/m.exec(words) ?? [];
      if (url !== undefined) void keepReading(url, (text) => (page = text));
    };
    const flags = ['--metrics', '0', '--metrics-linger', '1s', '--out', join(out, 'run')];
    await replystorm(['run', 'smoke', ...flags], '', undefined, heard);
    await rm(out, { recursive: true, force: true });
    expect(page).toContain('replystorm_ledger_copies');
    expect(await checkPage(page)).toEqual({ code: 0, words: '' });
    const bad = page.replaceAll('replystorm_copies_owed', 'replystormCopiesOwed_ms');
    expect(await checkPage(bad)).toMatchObject({ code: 3 });
  });
});

/** Reads a page again and again while there is one. */
async function keepReading(url: string, keep: (text: string) => void): Promise<void> {
  for (;;) {
    const text = await fetch(url).then(
      (answer) => answer.text(),
      () => undefined,
    );
    if (text === undefined) return;
    keep(text);
    await sleep(BETWEEN_LOOKS_MS);
  }
}
