/** A storm on Postfix whose list holds members that are gone: each message bounces from each, and the ledger knows why. */

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { RunRecord } from '../../src/record/record.ts';
import { describeReal } from './gate.ts';
import { type Lab, startLab } from './lab.ts';
import { labFlags, mailboxFlags, replystorm, storm, type Change } from './program.ts';

const MAILBOXES = 20;
const GONE = ['gone0@lab.test', 'gone1@lab.test'];

/** A short storm on a list with two dead members, in which some ask for receipts. */
const CHANGES: readonly Change[] = [
  ['scaledTo: 30', `scaledTo: ${MAILBOXES}`],
  ['chosen: 50', 'chosen: 20'],
  ['bystanders:', 'list: { replyTo: list+sender }\nbystanders:'],
  [
    'bystanders:',
    'amplifiers: { deadRecipients: 10%, readReceipts: { requested: 50%, granted: 100% } }\nbystanders:',
  ],
];

let lab: Lab;

function figuresOf(record: RunRecord) {
  const { amplification, ledger, plan } = record;
  if (amplification === null || amplification === undefined || ledger === null || plan === null)
    throw new Error(`no figures: ${record.exit.reason}`);
  return { amplification, ledger, plan };
}

describeReal('members of a list whose mailbox is gone, on Postfix and Dovecot', () => {
  beforeAll(async () => {
    const dead = GONE.map((address) => `{${address} = error:5.1.1 mailbox unavailable}`).join(', ');
    lab = await startLab({
      mailboxes: MAILBOXES,
      listMembers: [...Array.from({ length: MAILBOXES }, (_, n) => `user${n}@lab.test`), ...GONE],
      extraMainCf: [`transport_maps = inline:{ ${dead} }`],
    });
  });
  afterAll(() => lab?.stop());

  test('an undeclared one stops the run at its pilot', async () => {
    const { code, record } = await storm(lab, ['--list', lab.list], labFlags(lab), lab.password, [
      ['scaledTo: 30', `scaledTo: ${MAILBOXES}`],
    ]);
    expect(code).toBe(113);
    expect(record.exit.reason).toMatch(/the pilot message came back from gone[01]@lab\.test/);
    const flags = ['purge', '--run', record.runId, '--mailboxes', String(MAILBOXES), ...mailboxFlags(lab)];
    expect((await replystorm(flags, lab.password)).code).toBe(0);
  });

  test('declared, each message to everybody comes back from each, and is no copy', async () => {
    const { code, record, stderr } = await storm(
      lab,
      ['--list', lab.list],
      labFlags(lab),
      lab.password,
      CHANGES,
    );
    expect({ code, reason: record.exit.reason, stderr: code === 0 ? '' : stderr }).toEqual({
      code: 0,
      reason: 'pass',
      stderr: '',
    });
    const { amplification, ledger, plan } = figuresOf(record);
    expect(amplification.intendedRecipients).toBe(MAILBOXES + GONE.length);
    // Postfix tells of all recipients of one message that failed together.
    expect(amplification.bounces).toBe(plan.listMessages);
    expect(amplification.autoReplies).toBe(0);
    expect(amplification.receipts).toBeGreaterThan(0);
    expect(ledger.copiesAccepted).toBe(ledger.copiesPlanned);
    const { bounced, duplicated, foreign, lost, misdelivered } = ledger;
    expect({ bounced, duplicated, foreign, lost, misdelivered }).toEqual({
      bounced: 0,
      duplicated: 0,
      foreign: 0,
      lost: 0,
      misdelivered: 0,
    });
    // Counted again from the files: what bounced is there, and a purge takes it.
    const auto = await lab.countMaildirs('Auto-Submitted', 'auto-replied');
    expect(auto.total).toBeGreaterThanOrEqual(plan.listMessages);
    const flags = ['purge', '--run', record.runId, '--mailboxes', String(MAILBOXES), ...mailboxFlags(lab)];
    const purged = await replystorm(flags, lab.password);
    expect(purged.stdout).toContain(`${plan.listMessages} of them bounces and auto-replies to it`);
    expect((await lab.countMaildirs('Auto-Submitted', 'auto-replied')).total).toBe(0);
  });
});
