/** Whether tests against real servers run here: they do, or they say why not, and in CI they must. */

import { describe, expect, test } from 'vitest';

import { available } from './lab.ts';

/** A suite that needs the lab. Without its packages it is skipped with the reason, or fails under REPLYSTORM_REQUIRE_REAL=1. */
export function describeReal(name: string, body: () => void): void {
  const can = available();
  if (can.ok) {
    describe(name, body);
    return;
  }
  const reason = `missing: ${can.missing.join('; ')}`;
  const required = process.env['REPLYSTORM_REQUIRE_REAL'] === '1';
  // The reporter does not print the names of what it skips.
  if (!required) process.stderr.write(`skipped: ${name}: ${reason}\n`);
  describe.skipIf(!required)(`${name} (${reason})`, () => {
    test('has what it needs', () => {
      expect(can.missing).toEqual([]);
    });
  });
}
