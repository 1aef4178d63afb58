/** Stories of storms that answer by themselves: with a switch on exactly what the plan expects comes, with it off nothing. */

import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';

import type { RunRecord } from '../../src/record/record.ts';
import { expectedAmplification, pilotAuthor, type ExpectedAmplification } from '../../src/storm/expected.ts';
import { makePlan, type Plan } from '../../src/storm/plan.ts';
import { profileOf } from '../profile/shipped.ts';
import { expectNothingLost, expectSound } from './sound.ts';
import { everything, MAILBOXES, story, user } from './story.ts';

function planOfRun(path: string): Plan {
  const profile = profileOf(readFileSync(path, 'utf8'));
  return makePlan(profile, { seed: profile.seed, mailboxes: MAILBOXES, speed: profile.speed });
}

/** What the plan expects of the run as it went: with the drain that it had, after its pilot. */
function expectedOf(plan: Plan, record: RunRecord): ExpectedAmplification {
  const drain = record.phases.find(({ name }) => name === 'drain');
  if (drain === undefined) throw new Error('no drain');
  return expectedAmplification(plan, { answered: pilotAuthor(plan), drainUs: drain.endUs - drain.startUs });
}

const ALL_ON = {
  list: '{ replyTo: list+sender, echo: false }',
  amplifiers:
    '{ outOfOffice: { share: 25% }, deadRecipients: 25%, readReceipts: { requested: 100%, granted: 100% }, recalls: 50% }',
};

describe.concurrent('a storm that answers by itself', { timeout: 90_000 }, () => {
  story('brings forth what its plan expects, and loses nothing over it', async ({ desk }) => {
    const path = desk.profile(ALL_ON);
    const run = await desk.run([path]);
    expect(run.last, run.stderr).toBe('verdict: pass (exit 0: pass)');
    expectSound(run);
    const { amplification, ledger, operations } = run.record;
    if (ledger === null || amplification === undefined || amplification === null)
      throw new Error('no figures');
    expectNothingLost(ledger);
    expect(ledger.foreign).toBe(0);
    expect(ledger.copiesAccepted).toBe(ledger.copiesPlanned);
    // Neither a second path's copy nor a receipt is something that a mail system did wrong.
    expect(run.record.manners?.filter(({ count }) => count > 0)).toEqual([]);
    const plan = planOfRun(path);
    const expected = expectedOf(plan, run.record);
    expect(expected.autoReplies).toBeGreaterThan(5);
    expect(expected.recalls).toBeGreaterThan(2);
    expect(amplification).toMatchObject({
      intendedRecipients: MAILBOXES + 2,
      copies: ledger.copiesAccepted,
      autoReplies: expected.autoReplies,
      bounces: expected.bounces,
      recalls: expected.recalls,
    });
    expect(amplification.receipts).toBeGreaterThan(0);
    expect(amplification.receipts).toBeLessThanOrEqual(expected.receiptsAtMost);
    const submitted = operations.filter(({ operation }) => operation === 'smtp.submit');
    expect(submitted.reduce((sum, { induced }) => sum + induced, 0)).toBe(amplification.receipts);
    expect(amplification.secondCopies).toBeLessThanOrEqual(expected.senderCopies);
    expect(amplification.secondCopies).toBeGreaterThan(0);
    expect(run.stdout + run.stderr).toMatch(
      /pilot: .* the profile declares what came back: 2 auto-replies and bounces from 2 addresses/,
    );
    expect(run.stdout + run.stderr).toMatch(
      /^amplification .* auto-replies \d+, bounces \d+, receipts \d+, recalls \d+$/m,
    );
    expect(run.html).toContain('What came of every message');
  });

  story(
    'lets authors take back what no list sends them, though every reply waits to be seen',
    async ({ desk }) => {
      const run = await desk.run([desk.profile(ALL_ON), '--mode', 'coupled']);
      expectSound(run);
      if (run.record.ledger === null) throw new Error('no figures');
      expectNothingLost(run.record.ledger);
      expect(run.record.cascade?.mode).toBe('coupled');
      expect(run.record.amplification?.recalls).toBeGreaterThan(0);
    },
  );

  story('brings forth nothing with every switch off', async ({ desk }) => {
    const run = await desk.run([desk.profile({})]);
    expectSound(run);
    expect(run.record.amplification).toMatchObject({
      intendedRecipients: MAILBOXES,
      secondCopies: 0,
      autoReplies: 0,
      bounces: 0,
      receipts: 0,
      recalls: 0,
      hottest: null,
    });
  });

  story(
    'is silent, though people are away, where the mail says that a machine wrote it',
    async ({ desk }) => {
      const run = await desk.run([
        desk.profile({ amplifiers: '{ outOfOffice: { share: 25% }, autoSubmitted: true }' }),
      ]);
      expect(run.last, run.stderr).toBe('verdict: pass (exit 0: pass)');
      expect(run.record.amplification).toMatchObject({ autoReplies: 0, hottest: null });
    },
  );

  story(
    'leaves nothing that a purge would not take, with a list fanned out by the generator',
    async ({ desk }) => {
      const { servers, mailboxFlags, running } = await desk.mailSystem(
        {},
        { outOfOffice: { accounts: [user(1), user(5)], days: 7 } },
      );
      const probe = ['--queue-probe', `http://127.0.0.1:${running.ports.probePort}/`];
      const nobodyDeletes = readFileSync(desk.profile(ALL_ON), 'utf8').replace('users: 100%', 'users: 0%');
      const run = await desk.run([desk.write('kept.yaml', nobodyDeletes), ...servers, ...probe]);
      expect(run.last, run.stderr).toBe('verdict: pass (exit 0: pass)');
      expectSound(run);
      const { runId, ledger, amplification } = run.record;
      if (ledger === null) throw new Error('no ledger');
      expectNothingLost(ledger);
      // Addressed one by one, nobody gets two, and authors without an echo get none.
      expect(ledger.copiesAccepted).toBe(ledger.copiesPlanned);
      expect(amplification).toMatchObject({ secondCopies: 0, bounces: 0, intendedRecipients: MAILBOXES });
      expect(amplification?.autoReplies).toBeGreaterThan(0);
      const before = await everything(running.ports.imapPort);
      const answers = before.filter(({ mark }) => mark === undefined);
      expect(answers).toHaveLength(amplification?.autoReplies ?? -1);
      const receipts = before.filter(({ subject }) => subject.startsWith('Read: '));
      expect(receipts).toHaveLength(amplification?.receipts ?? -1);
      const purge = ['purge', '--run', runId, '--mailboxes', String(MAILBOXES), ...mailboxFlags];
      expect((await desk.say(purge)).stdout).toBe(
        `removed ${before.length} messages of ${runId}, ${answers.length} of them bounces and auto-replies to it\n`,
      );
      expect(await everything(running.ports.imapPort)).toEqual([]);
    },
  );

  story('stops at the pilot where the list echoes and was declared not to', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const run = await desk.run([desk.profile({ list: '{ echo: false }' }), ...flags]);
    expect(run.code).toBe(113);
    expect(run.record.exit.reason).toMatch(/the list echoes, and the profile says list\.echo: false/);
  });

  story('stops at the pilot where more members are gone than the profile declares', async ({ desk }) => {
    const deadMembers = ['gone0@lab.test', 'gone1@lab.test'];
    const { flags, running } = await desk.mailSystem({}, { deadMembers });
    const declared = (share: string): string => desk.profile({ amplifiers: `{ deadRecipients: ${share} }` });
    const run = await desk.run([declared('12.5%'), ...flags]);
    expect(run.code).toBe(113);
    expect(run.record.exit.reason).toMatch(/came back from more than 1 addresses/);
    expect(await everything(running.ports.imapPort)).toEqual([]);
  });

  story('counts what amplifiers may add against its caps', async ({ desk }) => {
    const { copies } = (await desk.run([desk.profile({})])).record.plan ?? { copies: 0 };
    const caps = `{ messages: 1000, copies: ${copies + 20}, bytes: 100MB, connections: 10000, wall: 10m }`;
    const within = await desk.run([desk.profile({ caps })]);
    expect(within.code, within.stderr).toBe(0);
    const over = await desk.run([desk.profile({ caps, amplifiers: '{ deadRecipients: 25% }' })]);
    expect(over.code).toBe(113);
    expect(over.record.exit.reason).toMatch(/are over caps\.copies/);
  });
});
