/** The story of a storm too large for its ledger: mailboxes are sampled, and everything that is told says so. */

import { describe, expect } from 'vitest';

import { expectNothingLost, expectSound } from './sound.ts';
import { story } from './story.ts';

describe.concurrent('a storm too large for its ledger', { timeout: 90_000 }, () => {
  story(
    'is followed in a sample of its mailboxes, and says so in record, findings and reports',
    async ({ desk }) => {
      const profile = desk.profile({
        limits: '{ ledgerMemory: 40B }',
      });
      const run = await desk.run([profile, '--workers', '2']);
      expectSound(run);
      expect([0, 111], run.stderr).toContain(run.code);
      const { ledger, canaries, verdict } = run.record;
      if (ledger === null || canaries === null) throw new Error('no ledger or no canaries');
      expectNothingLost(ledger);
      const { sample } = ledger;
      // Two mailboxes have room; the two that watch for clinical messages are always followed, and one who writes to all.
      expect([2, 3, 4, 5]).toContain(sample?.mailboxes);
      expect(sample?.of).toBe(8);
      expect(ledger.copiesAccepted).toBeLessThan(ledger.copiesPlanned);
      expect(ledger.copiesAccepted).toBeGreaterThan(canaries.sent);
      expect(canaries.seen).toBe(canaries.sent);
      const within = `in a sample of ${sample?.mailboxes} of 8 mailboxes`;
      // Answers to submissions, connections and the queue are known of all.
      const ofAll = /(downgraded|unanswered|deferred|overQuota|stalled)$/;
      const told = verdict.findings.filter(
        ({ check }) => /^ledger|accepted copy|storm reached/.test(check) && !ofAll.test(check),
      );
      expect(told.length).toBeGreaterThan(5);
      for (const { check, observed } of told) expect(`${check}: ${observed}`).toContain(within);
      expect(run.stderr).toContain(`in a sample   of ${sample?.mailboxes} of 8 mailboxes`);
      expect(run.html).toContain(`In a sample of ${sample?.mailboxes} of 8 mailboxes.`);
      expect(run.html).toContain(`in the sample of ${sample?.mailboxes} of 8 mailboxes`);
    },
  );
});
