/** The text that scrapers read: both formats say the same, any word of a server stays within its quotation marks, and the header decides which is sent. */

import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { exposition, negotiate } from '../../src/telemetry/metrics/exposition.ts';
import { familiesOf } from '../../src/telemetry/metrics/families.ts';
import type { Family } from '../../src/telemetry/metrics/family.ts';
import { readExposition } from './exposition-reader.ts';
import { busy, observedOf, tallyOf } from './observed.ts';

const full = familiesOf(
  observedOf(tallyOf(busy()), {}, { ending: { status: 'pass', exitCode: 0, ledger: { present: 1 } } }),
);

test('both formats hold the same samples', () => {
  const read = (format: 'text' | 'openmetrics') =>
    [...readExposition(exposition(full, format), format).values()].flatMap(({ samples }) => samples);
  expect(read('text')).toEqual(read('openmetrics'));
  expect(read('text').length).toBeGreaterThan(200);
});

test('units are said where the format has them, and an info is a gauge where it has none', () => {
  const openmetrics = readExposition(exposition(full, 'openmetrics'), 'openmetrics');
  expect(openmetrics.get('replystorm_generator_lag_seconds')).toMatchObject({
    type: 'histogram',
    unit: 'seconds',
  });
  expect(openmetrics.get('replystorm_run')?.type).toBe('info');
  const text = readExposition(exposition(full, 'text'), 'text');
  expect(text.get('replystorm_run_info')?.type).toBe('gauge');
  expect(text.get('replystorm_operations_total')?.type).toBe('counter');
  expect([...text.values()].every(({ unit }) => unit === undefined)).toBe(true);
});

test('no family is written without words or without samples, and every name is ours', () => {
  for (const { name, help, points } of full) {
    expect(name).toMatch(/^replystorm_[a-z_]+$/);
    expect(help, name).toMatch(/^[A-Z0-9].*\.$/s);
    expect(points.length, name).toBeGreaterThan(0);
  }
});

test('whatever a server says comes back as it was said', () => {
  assert(
    property(string({ unit: 'binary' }), string(), (code, help) => {
      const labels = { code };
      const family: Family = { name: 'a', kind: 'gauge', help, points: [{ labels, value: 1 }] };
      for (const format of ['text', 'openmetrics'] as const) {
        const read = readExposition(exposition([family], format), format).get('a');
        expect(read?.samples).toEqual([{ name: 'a', labels, value: 1 }]);
        expect(read?.help).toBe(help);
      }
    }),
    { numRuns: 50 },
  );
});

describe('the reader notices', () => {
  const head = '# TYPE a histogram\n# HELP a A.\n';
  const end = 'a_bucket{le="+Inf"} 2\na_count 2\na_sum 1\n';
  test.each([
    ['a page cut short', '# TYPE a gauge\n# HELP a A.\na 1\n'],
    ['a sample twice', '# TYPE a gauge\n# HELP a A.\na 1\na 1\n# EOF\n'],
    ['a quotation mark in a label', '# TYPE a gauge\n# HELP a A.\na{b="""} 1\n# EOF\n'],
    ['a line break in a label', '# TYPE a gauge\n# HELP a A.\na{b="c\nd"} 1\n# EOF\n'],
    ['a unit that is not in the name', '# TYPE a gauge\n# UNIT a seconds\n# HELP a A.\na 1\n# EOF\n'],
    ['a counter without its suffix', '# TYPE a counter\n# HELP a A.\na 1\n# EOF\n'],
    ['buckets that fall', `${head}a_bucket{le="1.0"} 3\n${end}# EOF\n`],
    ['bounds that fall', `${head}a_bucket{le="2.0"} 1\na_bucket{le="1.0"} 1\n${end}# EOF\n`],
    ['no last bucket', `${head}a_bucket{le="1.0"} 2\na_count 2\na_sum 1\n# EOF\n`],
  ])('%s', (_, text) => {
    expect(() => readExposition(text, 'openmetrics')).toThrow();
  });

  test('and takes what is right', () => {
    expect(readExposition(`${head}a_bucket{le="1.0"} 1\n${end}# EOF\n`, 'openmetrics').size).toBe(1);
  });
});

describe('negotiation', () => {
  test.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
    // What Prometheus 2.42 sends.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    ['application/openmetrics-text', 'openmetrics'],
    ['application/openmetrics-text; version=1.0.0; q=0.4, text/plain;q=0.5', 'text'],
    ['application/openmetrics-text;version=0.0.1', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/openmetrics-text;q=nonsense', 'text'],
  ] as const)('%s gets %s', (accept, format) => {
    expect(negotiate(accept)).toBe(format);
  });
});
