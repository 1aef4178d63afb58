/** What the generator's health says of a run: a symptom voids it only where it can have moved a figure. */

import { describe, expect, test } from 'vitest';
import type { HealthWorst } from '../../src/measure/health.ts';
import { checkHealth } from '../../src/verdict/generator-checks.ts';
import { judge } from '../../src/verdict/verdict.ts';
import { AT_EASE, caseOf } from './cases.ts';

const LIMIT_US = 10_000;

const NOTHING = Object.fromEntries(
  Object.keys(AT_EASE).map((name) => [name, null]),
) as unknown as HealthWorst;

const statuses = (changes: Partial<HealthWorst>): string[] =>
  checkHealth({ ...AT_EASE, ...changes }, LIMIT_US).map(({ status }) => status);

describe('event loop, CPU and garbage', () => {
  test.each<[string, Partial<HealthWorst>, string[]]>([
    ['at ease', {}, ['pass', 'pass', 'pass']],
    ['a delay at the limit', { delayP99Us: LIMIT_US }, ['pass', 'pass', 'pass']],
    ['a delay over the limit', { delayP99Us: LIMIT_US + 1 }, ['fail', 'pass', 'pass']],
    ['one long stall that few can have met', { delayMaxUs: 900_000 }, ['pass', 'pass', 'pass']],
    ['a busy thread', { utilisationP90: 0.9 }, ['pass', 'pass', 'pass']],
    ['a thread without a moment left', { utilisationP90: 0.91 }, ['fail', 'pass', 'pass']],
    ['spinning, which says nothing', { utilisationP90: null, spinning: true }, ['pass', 'pass', 'pass']],
    ['no utilisation told', { utilisationP90: null }, ['no-data', 'pass', 'pass']],
    ['full cores in time', { cpuP90: 1, cpuMax: 1 }, ['pass', 'pass', 'pass']],
    ['full cores and late', { cpuP90: 0.95, delayP99Us: 11_000 }, ['fail', 'fail', 'pass']],
    ['much garbage in time', { gcShare: 0.051 }, ['pass', 'pass', 'pass']],
    ['much garbage and late', { gcShare: 0.051, delayP99Us: 11_000 }, ['fail', 'pass', 'fail']],
    ['one long pause', { gcMaxUs: 90_000 }, ['pass', 'pass', 'pass']],
    ['nothing told', NOTHING, ['no-data', 'no-data', 'no-data']],
  ])('%s', (_name, changes, expected) => {
    expect(statuses(changes)).toEqual(expected);
  });

  test('a delayed loop makes a run invalid and names the generator', () => {
    const { verdict, reasons } = judge(caseOf({ health: { ...AT_EASE, delayP99Us: 300_000 } }));
    expect(verdict.status).toBe('invalid');
    expect(reasons[0]).toMatchObject({ name: 'unfit' });
    expect(reasons[0]?.because).toMatch(/^generator: event loop: delay p99 300 ms/);
  });
});
