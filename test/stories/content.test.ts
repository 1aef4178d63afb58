/** A storm with content and cohorts: pictures arrive, a subject in another script is found by all who delete, and every cohort's figures add up. */

import { describe, expect } from 'vitest';

import { expectSound } from './sound.ts';
import { story } from './story.ts';

const CHANGES = {
  blast: '{ subject: "Prüfung 試験", body: "Zähler: 5 < 6\\n.\\n" }',
  content:
    '{ words: { median: 43, sigma: 1.6 }, disclaimer: 1kB, html: 50%, pictures: { share: 30%, median: 50kB, sigma: 0.4 } }',
  cohorts:
    '[{ name: gp, share: 25%, canaries: 2 }, { name: management, share: 25%, deletes: 100% }, { name: others, share: 50%, readers: 2 }]',
};

describe('content and cohorts', () => {
  story('go through a whole run', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const run = await desk.run([desk.profile(CHANGES), ...flags, '--workers', '2']);
    expectSound(run);
    expect([0, 111], run.stderr).toContain(run.code);
    const { ledger, cohorts, canaries, operations, plan } = run.record;
    expect(ledger).toMatchObject({ lost: 0, goneUnasked: 0, duplicated: 0, misdelivered: 0 });
    // Who deletes knows the storm by its subject: searched for, listed, and told from other mail.
    expect((ledger?.expungedAsAsked ?? 0) + (ledger?.trashed ?? 0)).toBeGreaterThan(50);
    expect(plan?.bytes).toBeGreaterThan((plan?.copies ?? 0) * 10_000);
    expect(cohorts?.map(({ name }) => name)).toEqual(['gp', 'management', 'others']);
    const mailboxes = cohorts?.reduce((total, one) => total + one.mailboxes, 0);
    expect(mailboxes).toBe(plan?.mailboxes);
    for (const field of ['sent', 'seen', 'late', 'lost'] as const)
      expect(cohorts?.reduce((total, one) => total + one.canaries[field], 0)).toBe(canaries?.[field]);
    expect(canaries?.sent).toBeGreaterThan(0);
    const reads = operations.filter(({ operation }) => operation === 'journey.read');
    const ended = cohorts?.reduce((total, one) => total + one.reads.ended, 0);
    expect(ended).toBe(reads.reduce((total, { planned }) => total + planned, 0));
    expect(cohorts?.reduce((total, one) => total + one.reads.ok, 0)).toBe(
      reads.reduce((total, { ok }) => total + ok, 0),
    );
    expect(ended).toBeGreaterThan(10);
    expect(run.stderr + run.stdout).toContain('who was hurt');
  });
});
