/** The golden digests: the same profile and seed give the same plan in every version, or CHANGELOG.md says so. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shippedProfiles } from '../../src/cli/files.ts';
import { planTotals } from '../../src/storm/plan.ts';
import { shippedProfile } from '../profile/shipped.ts';
import { planOf } from './plans.ts';

interface Golden {
  readonly plans: readonly {
    readonly profile: string;
    readonly mailboxes: number;
    readonly speed: number;
    readonly digest: string;
  }[];
}

const GOLDEN = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/digests.json'), 'utf8'),
) as Golden;

describe('golden digests', () => {
  test('every shipped profile has one', () => {
    const named = new Set(GOLDEN.plans.map(({ profile }) => profile));
    expect([...named].toSorted()).toEqual(shippedProfiles());
  });

  test.each(GOLDEN.plans)(
    '$profile at $mailboxes mailboxes and $speed x',
    ({ profile, mailboxes, speed, digest }) => {
      const plan = planOf(shippedProfile(profile), { mailboxes, speed });
      expect(planTotals(plan, () => 0).digest, 'a changed digest is a line in CHANGELOG.md').toBe(digest);
    },
  );
});
