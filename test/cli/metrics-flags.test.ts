/** The flags of metrics: where a page may be served, who may be pushed to, and every problem said at once. */

import { expect, test } from 'vitest';

import { type MetricsFlags, readMetrics } from '../../src/cli/metrics-flags.ts';
import { SMOKE } from '../storm/plans.ts';

const ENVIRONMENT = { GOOD: 'a-token-of-sixteen', SHORT: 'too-short', ODD: 'a token with spaces in it' };

const read = (flags: MetricsFlags, profile = SMOKE): unknown => readMetrics(flags, profile, ENVIRONMENT);

test('nothing asked for is nothing served and nothing pushed', () => {
  expect(read({})).toEqual({ listen: undefined, lingerUs: 30_000_000, otlp: undefined });
});

test.each([
  ['', '127.0.0.1', 9464],
  ['9100', '127.0.0.1', 9100],
  ['0', '127.0.0.1', 0],
  ['127.0.0.1', '127.0.0.1', 9464],
  ['127.0.0.2:9100', '127.0.0.2', 9100],
  ['localhost:9100', '127.0.0.1', 9100],
  ['[::1]:9100', '::1', 9100],
])('--metrics %s serves %s at %i', (metrics, host, port) => {
  expect(read({ metrics })).toMatchObject({ listen: { host, port, token: undefined } });
});

test.each([
  'smoke',
  'storm.example:9464',
  ':9464',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '127.0.0.1:x',
  '::1:9464',
  '[::1',
])('--metrics %s is no address', (metrics) => {
  expect(read({ metrics })).toEqual([expect.stringContaining('expected an address such as')]);
});

test('an address that others reach needs a token they must bring', () => {
  expect(read({ metrics: '0.0.0.0:9464' })).toEqual([expect.stringContaining('expected a loopback address')]);
  expect(read({ metrics: '192.0.2.7' })).toEqual([expect.stringContaining('expected a loopback address')]);
  expect(read({ metrics: '0.0.0.0:9464', metricsTokenEnv: 'GOOD' })).toMatchObject({
    listen: { host: '0.0.0.0', port: 9464, token: ENVIRONMENT.GOOD },
  });
});

test.each(['SHORT', 'ODD', 'ABSENT'])('a token from %s is refused, and not shown', (metricsTokenEnv) => {
  const problems = read({ metrics: '', metricsTokenEnv });
  expect(problems).toEqual([expect.stringContaining('expected a token of at least 16')]);
  expect(JSON.stringify(problems)).not.toMatch(/too-short|spaces/);
});

test('how long to linger is a duration, with an end', () => {
  expect(read({ metrics: '', metricsLinger: '0s' })).toMatchObject({ lingerUs: 0 });
  expect(read({ metrics: '', metricsLinger: '2m' })).toMatchObject({ lingerUs: 120_000_000 });
  for (const metricsLinger of ['soon', '11m', '-1s'])
    expect(read({ metrics: '', metricsLinger })).toEqual([
      expect.stringContaining('--metrics-linger: found'),
    ]);
});

test('a receiver is on this machine, or within the profile’s blastRadius, by address', () => {
  expect(read({ otlp: 'http://127.0.0.1:4318/' })).toMatchObject({ otlp: 'http://127.0.0.1:4318' });
  expect(read({ otlp: 'http://[::1]:4318/otlp' })).toMatchObject({ otlp: 'http://[::1]:4318/otlp' });
  const away = 'http://192.0.2.7:4318';
  for (const otlp of [away, 'http://collector.example:4318', 'localhost:4318', 'grpc://127.0.0.1:4317'])
    expect(read({ otlp }), otlp).toEqual([expect.stringContaining('--otlp: found')]);
  const blastRadius = { name: 'lab', cidrs: ['192.0.2.0/24'], recipientDomains: [] };
  expect(read({ otlp: away }, { ...SMOKE, blastRadius })).toMatchObject({ otlp: away });
});

test('all problems are said at once', () => {
  const problems = read({ metricsTokenEnv: 'ABSENT', metricsLinger: 'soon', otlp: 'x' });
  expect(problems).toHaveLength(5);
});
