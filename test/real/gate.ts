/** Whether tests against real servers run here: they do, or they say why not, and in CI they must. */

import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { missingForLab } from './lab.ts';

/** A suite that needs the lab. Without its packages it is skipped with the reason, or fails under REPLYSTORM_REQUIRE_REAL=1. */
export function describeReal(name: string, body: () => void): void {
  describeWith(missingForLab(), name, body);
}

/** A suite that needs what `missing` lists: skipped, or failed, as above, unless the list is empty. */
export function describeWith(missing: readonly string[], name: string, body: () => void): void {
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  const reason = `missing: ${missing.join('; ')}`;
  const required = process.env['REPLYSTORM_REQUIRE_REAL'] === '1';
  // The reporter does not print the names of what it skips.
  if (!required) process.stderr.write(`skipped: ${name}: ${reason}\n`);
  describe.skipIf(!required)(`${name} (${reason})`, () => {
    test('has what it needs', () => {
      expect(missing).toEqual([]);
    });
  });
}

/** Of commands and the Debian packages they come in: those this machine lacks, in words that say what to do. */
export function missingCommands(needed: Readonly<Record<string, string>>): string[] {
  const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', ...(process.env['PATH'] ?? '').split(':')];
  return Object.entries(needed)
    .filter(([command]) => !folders.some((folder) => existsSync(`${folder}/${command}`)))
    .map(([command, debianPackage]) => `${command} (Debian package ${debianPackage})`);
}
