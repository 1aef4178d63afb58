/** The main job on real servers: a storm against Postfix and Dovecot, judged, counted again from the maildirs, purged. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { RecordedLedger, RunRecord } from '../../src/record/record.ts';
import { expectAccounted } from './accounted.ts';
import { describeReal } from './gate.ts';
import { type Lab, startLab } from './lab.ts';
import { labFlags, mailboxFlags, replystorm, storm } from './program.ts';

const MAILBOXES = 30;

const MARK = 'X-Replystorm-Run';

let lab: Lab;

/** What must hold of every storm on a mail system that keeps its mail. */
function expectKept(record: RunRecord): RecordedLedger {
  const ledger = expectAccounted(record);
  expect(ledger.copiesAccepted).toBeGreaterThan(MAILBOXES * 20);
  return ledger;
}

/** Postfix and Dovecot garble, invent and bring back nothing, and there was something to look at. */
function expectMannered({ manners, target }: RunRecord): void {
  const told = new Map((manners ?? []).map((figure) => [figure.manner, figure]));
  for (const manner of ['invented', 'corrupted', 'refusedToGo', 'resurrected', 'downgraded'] as const) {
    expect(told.get(manner), manner).toMatchObject({ count: 0 });
    // Doors that never had TLS have none to lose.
    if (manner === 'downgraded' && target?.tlsVerified === null) continue;
    expect(told.get(manner)?.looked, manner).toBeGreaterThan(0);
  }
}

function expectSums(record: RunRecord): void {
  expect(record.operations.length).toBeGreaterThan(20);
  for (const { operation, phase, planned, ok, rejected, unknown, dropped } of record.operations) {
    expect({ operation, phase, ended: ok + rejected + unknown + dropped }).toEqual({
      operation,
      phase,
      ended: planned,
    });
  }
}

async function purge(runId: string): Promise<void> {
  const flags = ['purge', '--run', runId, '--mailboxes', String(MAILBOXES), ...mailboxFlags(lab)];
  const { code, stderr } = await replystorm(flags, lab.password);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect((await lab.countMaildirs(MARK, runId)).total).toBe(0);
}

describeReal('a storm against Postfix and Dovecot', () => {
  beforeAll(async () => {
    lab = await startLab({ mailboxes: MAILBOXES });
  });
  afterAll(() => lab?.stop());

  test('list fan-out: judged, counted, taken by strategy, purged', async () => {
    const { code, record, stderr } = await storm(lab, ['--list', lab.list]);
    expect({ code, reason: record.exit.reason, stderr: code === 0 ? '' : stderr }).toEqual({
      code: 0,
      reason: 'pass',
      stderr: '',
    });
    expect(record.target?.fanOut).toBe('list');
    expectSums(record);
    const ledger = expectKept(record);
    expectMannered(record);
    expect(ledger.takenByStrategy).toBeGreaterThan(0);
    expect(ledger.expungedAsAsked).toBeGreaterThan(0);
    const counted = await lab.countMaildirs(MARK, record.runId);
    expect(counted.total).toBe(ledger.copiesRemaining);
    expect(counted.byFolder['Trash']).toBe(ledger.trashed + ledger.takenTrashed);
    expect(counted.byFolder['INBOX']).toBe(ledger.present);
    await purge(record.runId);
  });

  test('generator fan-out: the ledger agrees too', async () => {
    const { code, record } = await storm(lab, []);
    expect({ code, reason: record.exit.reason }).toEqual({ code: 0, reason: 'pass' });
    expect(record.target?.fanOut).toBe('generator');
    expectSums(record);
    const ledger = expectKept(record);
    expect((await lab.countMaildirs(MARK, record.runId)).total).toBe(ledger.copiesRemaining);
    await purge(record.runId);
  });

  test('mail from outside comes through its own door, where nobody signs in', async () => {
    const door = ['--inbound', `smtp://localhost:${lab.smtpPort}?tls=off`];
    const { code, record } = await storm(lab, ['--list', lab.list, ...door], labFlags(lab), lab.password, [
      ['bystanders: { ', 'bystanders: { fromOutside: 50%, '],
      ['canaries:\n', 'canaries:\n  fromOutside: 100%\n'],
    ]);
    expect({ code, reason: record.exit.reason }).toEqual({ code: 0, reason: 'pass' });
    expect(record.target?.inbound).toContain(String(lab.smtpPort));
    expectSums(record);
    const ledger = expectKept(record);
    expect((await lab.countMaildirs(MARK, record.runId)).total).toBe(ledger.copiesRemaining);
    let fromOutside = 0;
    for (let sender = 0; sender < MAILBOXES; sender += 1)
      fromOutside += (await lab.countMaildirs('From', `<sender${sender}@outside.example>`)).total;
    // Every canary is from outside, and half of the bystanders' mail.
    const { seen } = record.canaries ?? { seen: Number.NaN };
    expect(fromOutside).toBeGreaterThan(seen - ledger.takenExpunged);
    await purge(record.runId);
  });

  test('a door that is shut stops the run before the storm', async () => {
    const { code, record } = await storm(lab, [
      '--list',
      lab.list,
      '--inbound',
      'smtp://127.0.0.1:1?tls=off',
    ]);
    expect(code).toBe(116);
    expect(record.exit.reason).toContain('--inbound');
  });

  describe('what must not become a storm', () => {
    const early = ['--list', 'all@lab.test'];

    test('a list that misses a member stops at the pilot and names it', async () => {
      await lab.setMembers(lab.accounts.filter((address) => address !== 'user7@lab.test'));
      const { code, record } = await storm(lab, early);
      await lab.setMembers(lab.accounts);
      expect(code).toBe(113);
      expect(record.exit.reason).toContain('user7@lab.test');
      await purge(record.runId);
    });

    test('a list that holds an address nobody has: the pilot comes back', async () => {
      await lab.setMembers([...lab.accounts, 'nobody@elsewhere.test']);
      const { code, record } = await storm(lab, early);
      await lab.setMembers(lab.accounts);
      expect(code).toBe(113);
      expect(record.exit.reason).toContain('nobody@elsewhere.test');
      await purge(record.runId);
    });

    test('an untrusted certificate, and a name it is not for', async () => {
      const flags = labFlags(lab);
      const untrusting = flags.filter(
        (flag, index) => flag !== '--tls-ca' && flags[index - 1] !== '--tls-ca',
      );
      const { code, record } = await storm(lab, early, untrusting);
      expect(code).toBe(116);
      expect(record.exit.reason).toContain('--tls-ca');
      const misnamed = await storm(lab, [...early, '--tls-server-name', 'elsewhere.test']);
      expect(misnamed.code).toBe(116);
      expect(misnamed.record.exit.reason).toContain('elsewhere.test');
    });

    test('a wrong password stops after few tries', async () => {
      const ended = await storm(lab, early, labFlags(lab), 'not the password');
      expect(ended.code).toBe(116);
      expect(ended.stderr).toContain('could not sign in');
    });
  });
});
