/** Stories of a run that is watched by a scraper and a receiver: what they saw last is what the record says, and what the dashboard asks for is there. */

import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';

import type { RunRecord } from '../../src/record/record.ts';
import { type ReadFamily, readExposition } from '../telemetry/exposition-reader.ts';
import { metricsOf, readOtlp } from '../telemetry/otlp-reader.ts';
import { type Program, readRun, until } from './program.ts';
import { story, TINY } from './story.ts';

const ROOT = join(import.meta.dirname, '../..');
const OPENMETRICS = { accept: 'application/openmetrics-text;version=1.0.0' };

type Page = ReadonlyMap<string, ReadFamily>;

/** Metrics a text names, in queries or prose. */
function namesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/\breplystorm_[a-z0-9_]*[a-z0-9]/g)].map(([name]) => name));
}

/** Names as a query would write them. */
function queried(pages: readonly Page[]): Set<string> {
  return new Set(
    pages.flatMap((page) => [...page.values()].flatMap(({ samples }) => samples.map(({ name }) => name))),
  );
}

describe.concurrent('a run that is watched', { timeout: 90_000 }, () => {
  story(
    'tells scraper and receiver what its record says, and lingers until Ctrl-C',
    async ({ desk, onTestFinished }) => {
      const pushed = await receiver(onTestFinished);
      const profile = desk.profile({ stopConditions: '[{ errors: 99%, over: 10s }]' });
      const watched = ['--metrics', '127.0.0.1:0', '--metrics-linger', '60s', '--otlp', pushed.endpoint];
      // A third of all messages are refused for now, so that there are refusals to tell of, and steps that failed.
      const { program, directory } = desk.beginRun([
        profile,
        ...watched,
        '--misbehave',
        'tempfail=1/3,seed=1',
      ]);
      const pages = await scrapeUntilJudged(program);
      const last = pages.at(-1) as Page;
      const { record } = readRun(directory);
      expectEqual(last, record);
      expectMonotone(pages);
      const known = queried(pages);
      const dashboard = readFileSync(join(ROOT, 'deploy/grafana/replystorm.json'), 'utf8');
      for (const name of namesIn(dashboard)) expect(known, name).toContain(name);
      const named = namesIn(readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8'));
      for (const family of last.keys())
        expect(
          [...named].some((name) => name.startsWith(family)),
          family,
        ).toBe(true);
      for (const name of named)
        expect(
          [...known].some((one) => one === name || one.startsWith(`${name}_`)),
          name,
        ).toBe(true);
      // The verdict was said, and still somebody could read.
      expect(program.running).toBe(true);
      program.interrupt();
      const { code, last: line } = await program.ended;
      expect(line).toBe(
        `verdict: ${record.verdict.status} (exit ${record.exit.code}: ${record.exit.reason})`,
      );
      expect(code).toBe(record.exit.code);
      const final = metricsOf(readOtlp(pushed.bodies.at(-1) ?? ''));
      const judged = final
        .get('replystorm.verdict')
        ?.gauge?.dataPoints.find(({ asDouble }) => asDouble === 1);
      expect(judged?.attributes[0]?.value.stringValue).toBe(record.verdict.status);
    },
  );

  story(
    'that nobody scrapes does not linger, and its receiver’s absence changes nothing',
    async ({ desk }) => {
      const run = await desk.run([TINY, '--metrics', '0', '--otlp', 'http://127.0.0.1:9']);
      const { verdict, exit } = run.record;
      expect(run.last).toBe(`verdict: ${verdict.status} (exit ${exit.code}: ${exit.reason})`);
      expect(run.code).toBe(exit.code);
      expect(run.stderr).toMatch(/^metrics: http:\/\/127\.0\.0\.1:\d+\/metrics; once scraped/m);
      expect(run.stderr.match(/^otlp: no connection to the receiver/gm)).toHaveLength(1);
    },
  );

  story('does not begin when its port is taken, or others could read', async ({ desk, onTestFinished }) => {
    const { endpoint } = await receiver(onTestFinished);
    const taken = await desk.say(['run', TINY, '--metrics', new URL(endpoint).port]);
    expect([taken.code, taken.stderr]).toEqual([
      104,
      expect.stringMatching(/^--metrics: cannot listen on .*EADDRINUSE/),
    ]);
    const open = await desk.say(['run', TINY, '--metrics', '0.0.0.0:0']);
    expect([open.code, open.stderr]).toEqual([104, expect.stringContaining('--metrics-token-env')]);
    expect(readdirSync(desk.folder)).not.toContain('runs');
  });
});

describe('the files for an operator', () => {
  story('ask for what there is: a name that no run has would be noticed', () => {
    expect(namesIn('rate(replystorm_nonsense_total{a="b"}[5m])')).toEqual(
      new Set(['replystorm_nonsense_total']),
    );
  });

  story('scrape where a run listens by default', () => {
    const text = readFileSync(join(ROOT, 'deploy/prometheus.yml'), 'utf8');
    const { scrape_configs } = parse(text) as {
      scrape_configs: readonly { static_configs: readonly { targets: readonly string[] }[] }[];
    };
    const targets = scrape_configs.flatMap(({ static_configs }) =>
      static_configs.flatMap((one) => one.targets),
    );
    expect(targets).toEqual(['127.0.0.1:9464']);
  });
});

/** Every page from the first, a few a second, until one holds the verdict. */
async function scrapeUntilJudged(program: Program): Promise<readonly Page[]> {
  await program.says(/^metrics: \S+\/metrics;/m);
  const [, url = ''] = /^metrics: (\S+\/metrics);/m.exec(program.stderr) ?? [];
  const pages: Page[] = [];
  await until(async () => {
    const answer = await fetch(url, { headers: OPENMETRICS });
    expect(answer.headers.get('content-type')).toMatch(/^application\/openmetrics-text/);
    const page = readExposition(await answer.text(), 'openmetrics');
    pages.push(page);
    return page.has('replystorm_verdict');
  });
  return pages;
}

/** What was counted, and how long canaries took, to the operation. */
function expectEqual(page: Page, record: RunRecord): void {
  const samples = page.get('replystorm_operations')?.samples ?? [];
  for (const { operation, phase, ...counts } of record.operations)
    for (const outcome of ['ok', 'rejected', 'unknown', 'dropped'] as const) {
      const labels = { operation, phase, outcome };
      expect(samples).toContainEqual({ name: 'replystorm_operations_total', labels, value: counts[outcome] });
    }
  expect(samples).toHaveLength(4 * record.operations.length);
  for (const { phase, visibleUs } of record.canaries?.byPhase ?? []) {
    const name = 'replystorm_canary_visible_seconds_count';
    const seen = page.get('replystorm_canary_visible_seconds')?.samples ?? [];
    if (visibleUs.count > 0) expect(seen).toContainEqual({ name, labels: { phase }, value: visibleUs.count });
  }
  const ledger = page.get('replystorm_ledger_copies')?.samples ?? [];
  const copies = ledger.reduce((sum, { value }) => sum + value, 0);
  expect(copies).toBe(record.ledger?.copiesAccepted);
}

function expectMonotone(pages: readonly Page[]): void {
  let before = new Map<string, number>();
  for (const page of pages) {
    const counters = [...page.values()].filter(({ type }) => type === 'counter' || type === 'histogram');
    const now = new Map(
      counters.flatMap(({ samples }) =>
        samples.map(({ name, labels, value }) => [`${name}${JSON.stringify(labels)}`, value] as const),
      ),
    );
    for (const [key, value] of before) expect(now.get(key), key).toBeGreaterThanOrEqual(value);
    before = now;
  }
  expect(before.size).toBeGreaterThan(100);
}

/** An OTLP receiver that keeps what it was sent, until the story is told. */
async function receiver(
  whenTold: (close: () => void) => void,
): Promise<{ readonly endpoint: string; readonly bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      bodies.push(body);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  whenTold(() => {
    server.close();
    server.closeAllConnections();
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}
