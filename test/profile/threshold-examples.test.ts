/** The examples of docs/thresholds.md: each is read as it stands there. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readProfile } from '../../src/profile/read.ts';
import { parseThreshold } from '../../src/profile/threshold.ts';
import { OPERATIONS } from '../../src/words.ts';
import { shippedText } from './shipped.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/thresholds.md'), 'utf8');
/** The shipped smoke, as long as a real run. */
const SMOKE = shippedText('smoke')
  .replace('baseline: 2s', 'baseline: 3m')
  .replace('recovery: 2s', 'recovery: 10m');

const blocks = [...DOCUMENT.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? '');
const lines = [
  ...DOCUMENT.replaceAll(/```.*?```/gs, '').matchAll(/`([^`\n]+: (?:p|rate|count)\([^`\n]+)`/g),
].map((match) => match[1] ?? '');

describe('the examples', () => {
  test('are found', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    expect(lines.length).toBeGreaterThanOrEqual(9);
  });

  test.each(lines)('%s', (line) => {
    expect(parseThreshold(line, OPERATIONS)).toMatchObject({ ok: true });
  });

  test.each(blocks)('%s', (block) => {
    const reading = readProfile(`${SMOKE.slice(0, SMOKE.indexOf('thresholds:\n'))}${block}`);
    expect(reading.ok ? [] : reading.problems).toEqual([]);
    const { thresholds } = parse(block) as { thresholds: unknown[] };
    expect(reading.ok && reading.profile.thresholds.length).toBe(thresholds.length);
  });

  test('the README leads to them', () => {
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('(docs/thresholds.md)');
  });
});
