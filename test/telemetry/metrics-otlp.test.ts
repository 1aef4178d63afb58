/** OTLP: what is pushed is what OpenTelemetry's own code reads, figures are a scraper's, and a receiver in trouble troubles nobody else. */

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

import { exposition } from '../../src/telemetry/metrics/exposition.ts';
import { familiesOf } from '../../src/telemetry/metrics/families.ts';
import type { Family } from '../../src/telemetry/metrics/family.ts';
import { otlpRequest } from '../../src/telemetry/metrics/otlp.ts';
import { OtlpPush } from '../../src/telemetry/metrics/push.ts';
import { readExposition } from './exposition-reader.ts';
import { busy, observedOf, tallyOf } from './observed.ts';
import { metricsOf, type ReadPoint, readOtlp } from './otlp-reader.ts';

const ENVELOPE = {
  resource: { 'service.name': 'replystorm', 'replystorm.run_id': 'run-1' },
  version: '0.1.0',
  startedAtMs: 1_479_117_000_123,
  atMs: 1_479_117_010_123,
};

const families = familiesOf(
  observedOf(tallyOf(busy()), {}, { ending: { status: 'pass', exitCode: 0, ledger: { present: 1 } } }),
);

const bodyOf = (all: readonly Family[]): string => JSON.stringify(otlpRequest(all, ENVELOPE));

test('every field is one that OpenTelemetry knows, of the type it expects', () => {
  const body = bodyOf(families);
  expect(withoutZeros(readOtlp(body))).toEqual(withoutZeros(JSON.parse(body)));
});

test('a field of another name, or of another type, would be noticed', () => {
  const wrongName = bodyOf(families).replaceAll('"bucketCounts"', '"bucket_count"');
  expect(withoutZeros(readOtlp(wrongName))).not.toEqual(withoutZeros(JSON.parse(wrongName)));
  const wrongType = bodyOf(families).replaceAll(/"explicitBounds":\[[^\]]*\]/g, '"explicitBounds":"1"');
  expect(() => readOtlp(wrongType)).toThrow();
});

test('times are nanoseconds to the last digit, and the run says who it is', () => {
  const read = readOtlp(bodyOf(families));
  const [point] = metricsOf(read).get('replystorm.copies.accepted')?.sum?.dataPoints ?? [];
  expect(point).toMatchObject({
    startTimeUnixNano: '1479117000123000000',
    timeUnixNano: '1479117010123000000',
    asDouble: 40,
  });
  expect(labelsOf(read.resourceMetrics[0]?.resource ?? {})).toEqual(ENVELOPE.resource);
});

test('names become a scraper’s again by the usual rules, and so do the figures', () => {
  const metrics = metricsOf(readOtlp(bodyOf(families)));
  const scraped = readExposition(exposition(families, 'text'), 'text');
  const suffixes: Readonly<Record<string, string>> = { s: '_seconds', '1': '_ratio' };
  const seen = new Set<string>();
  for (const { name, unit, gauge, sum, histogram } of metrics.values()) {
    const total = sum === undefined ? '' : '_total';
    const known = `${name.replaceAll('.', '_')}${suffixes[unit] ?? ''}${total}`;
    seen.add(known);
    const samples = scraped.get(known)?.samples ?? [];
    for (const { asDouble, ...point } of [...(gauge?.dataPoints ?? []), ...(sum?.dataPoints ?? [])])
      expect(samples).toContainEqual({ name: known, labels: labelsOf(point), value: asDouble });
    for (const point of histogram?.dataPoints ?? []) {
      const labels = labelsOf(point);
      expect(samples).toContainEqual({ name: `${known}_count`, labels, value: Number(point.count) });
      expect(samples).toContainEqual({ name: `${known}_sum`, labels, value: point.sum });
      expect(point.bucketCounts).toHaveLength((point.explicitBounds?.length ?? 0) + 1);
      const all = (point.bucketCounts ?? []).reduce((whole, count) => whole + Number(count), 0);
      expect(all).toBe(Number(point.count));
    }
  }
  expect(seen).toEqual(new Set(scraped.keys()));
});

test('half of a character, which a cut may leave of a server’s words, does not spoil the push', () => {
  const labels = { code: `NO ${'😀'.slice(0, 1)}` };
  const [metric] = metricsOf(
    readOtlp(bodyOf([{ name: 'a', kind: 'gauge', help: 'A.', points: [{ labels, value: 1 }] }])),
  ).values();
  expect(labelsOf(metric?.gauge?.dataPoints[0] ?? {})).toEqual({ code: 'NO \u{fffd}' });
});

test('a push goes to /v1/metrics as JSON, and once more at the end', async () => {
  const bodies: string[] = [];
  const endpoint = await receiver((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      bodies.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
      response.setHeader('content-type', 'application/json');
      response.end('{"partialSuccess":{}}');
    });
  });
  const said: string[] = [];
  let number = 0;
  const body = (): string => JSON.stringify({ number: (number += 1) });
  const push = new OtlpPush({ endpoint, body, say: (line) => said.push(line), everyMs: 5 });
  push.start();
  await expect.poll(() => bodies.length).toBeGreaterThanOrEqual(2);
  await push.close();
  expect(bodies[0]).toBe('POST /v1/metrics application/json {"number":1}');
  expect(bodies.at(-1)).toBe(`POST /v1/metrics application/json {"number":${number}}`);
  expect(bodies).toHaveLength(number);
  expect(said).toEqual([]);
});

test('a receiver in trouble is told of once, and once that it is well again', async () => {
  const answers = [
    { status: 503, body: '' },
    { status: 503, body: '' },
    { status: 200, body: '{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}' },
    { status: 200, body: 'x'.repeat(100_000) },
    { status: 302, body: '' },
  ];
  let asked = 0;
  const endpoint = await receiver((request, response) => {
    request.resume();
    const { status, body } = answers[asked] ?? { status: 200, body: '' };
    asked += 1;
    response.writeHead(status, { location: 'http://127.0.0.1:9/v1/metrics' });
    response.end(body);
  });
  const said: string[] = [];
  const push = new OtlpPush({ endpoint, body: () => '{}', say: (line) => said.push(line), everyMs: 5 });
  push.start();
  await expect.poll(() => said.length).toBe(2);
  await push.close();
  expect(asked).toBeGreaterThan(answers.length);
  expect(said).toEqual([
    'otlp: the receiver answered 503; the run goes on without',
    'otlp: pushes arrive again',
  ]);
});

test('figures that a receiver turns away are told of', async () => {
  const endpoint = await receiver((request, response) => {
    request.resume();
    response.end('{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}');
  });
  const said: string[] = [];
  const push = new OtlpPush({ endpoint, body: () => '{}', say: (line) => said.push(line) });
  await push.close();
  expect(said).toEqual(['otlp: the receiver rejected 3 of the figures (too old); the run goes on without']);
});

test('no push begins while one waits for its answer', async () => {
  let underWay = 0;
  let most = 0;
  let answered = 0;
  const endpoint = await receiver((request, response) => {
    request.resume();
    underWay += 1;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay -= 1;
      answered += 1;
      response.end();
    }, 30);
  });
  const push = new OtlpPush({ endpoint, body: () => '{}', say: () => undefined, everyMs: 1 });
  push.start();
  await expect.poll(() => answered).toBeGreaterThanOrEqual(3);
  await push.close();
  expect(most).toBe(1);
});

test('a receiver that never answers is left for the last push, and holds the end up no longer than may be', async () => {
  let underWay = 0;
  const most: number[] = [];
  const endpoint = await receiver((request, response) => {
    request.resume();
    underWay += 1;
    most.push(underWay);
    response.on('close', () => {
      underWay -= 1;
    });
  });
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const push = new OtlpPush({ endpoint, body: () => '{}', say, everyMs: 1, lastMs: 200 });
  push.start();
  await expect.poll(() => most.length).toBe(1);
  await push.close();
  expect(most).toEqual([1, 1]);
  expect(said).toEqual([
    'otlp: no answer from the receiver before the run was over; the run goes on without',
  ]);
});

test('nobody there is a line, not an error', async () => {
  const said: string[] = [];
  const endpoint = await receiver(() => undefined, true);
  const push = new OtlpPush({ endpoint, body: () => '{}', say: (line) => said.push(line) });
  await push.close();
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(
    /^otlp: no connection to the receiver \(.*ECONNREFUSED.*\); the run goes on without$/,
  );
});

/** An empty list is not sent, so it is not read either. */
function labelsOf({ attributes = [] }: Partial<ReadPoint>): Readonly<Record<string, string>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
}

/** proto3 does not send what is zero, false or empty: absent and zero are the same there. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([, one]) => one !== 0 && one !== '0' && one !== '' && one !== false,
  );
  return Object.fromEntries(
    kept
      .filter(([, one]) => !Array.isArray(one) || one.length > 0)
      .map(([key, one]) => [key, withoutZeros(one)]),
  );
}

/** A receiver of our own; `gone`: it has been there and has left. */
async function receiver(listener: RequestListener, gone = false): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  if (gone) await close();
  else onTestFinished(close);
  return `http://127.0.0.1:${port}`;
}
