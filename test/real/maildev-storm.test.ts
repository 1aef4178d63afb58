/** A whole storm on a real maildev by its description: judged, accounted for as maildev itself counts, purged. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { expectAccounted } from './accounted.ts';
import { describeWith } from './gate.ts';
import { type MaildevLab, missingForMaildev, startMaildev } from './maildev.ts';
import { replystorm, shortStorm } from './program.ts';

const MAILBOXES = 8;

let lab: MaildevLab;
let folder = '';

/** Everybody asks the API as its one operator, and owns the mail that was addressed to them. */
function mailboxFlags(): string[] {
  const rows = Array.from({ length: MAILBOXES }, (_, n) => `user${n}@lab.test,${lab.login},env:API_SECRET`);
  const accounts = join(folder, 'accounts.csv');
  writeFileSync(accounts, ['address,login,secret', ...rows].join('\n'));
  const where = ['--mailbox', `http://127.0.0.1:${lab.webPort}`, '--mail-api', 'maildev'];
  return [...where, '--accounts-file', accounts, '--mailboxes', String(MAILBOXES)];
}

describeWith(missingForMaildev(), 'a storm on maildev', () => {
  beforeAll(async () => {
    lab = await startMaildev({ signsIn: true });
    folder = mkdtempSync(join(tmpdir(), 'replystorm-maildev-storm-'));
    process.env['API_SECRET'] = lab.password;
    process.env['REPLYSTORM_RELAY_PASSWORD'] = lab.password;
  }, 60_000);
  afterAll(async () => {
    delete process.env['API_SECRET'];
    delete process.env['REPLYSTORM_RELAY_PASSWORD'];
    if (folder !== '') rmSync(folder, { recursive: true });
    await lab?.stop();
  });

  test('every copy is accounted for, maildev has what the ledger says remains, and purge leaves none', async () => {
    const submit = ['--submit', `smtp://127.0.0.1:${lab.smtpPort}?tls=off`, '--relay-user', lab.login];
    const flags = [...submit, '--queue-probe', 'echo 0', ...mailboxFlags()];
    // One envelope is one message there: whoever deletes it would take it from all that it was for.
    const changes = [['speed: 60x', 'speed: 60x\nlimits: { recipientsPerEnvelope: 1 }']] as const;
    const { code, record, stderr } = await shortStorm(flags, '', changes);
    // Figures of time are for a machine that is not shared; the ledger is not.
    expect([0, 99, 111], `${code}: ${stderr}`).toContain(code);
    const ledger = expectAccounted(record);
    expect(ledger.expungedAsAsked).toBeGreaterThan(0);
    expect(await lab.kept()).toHaveLength(ledger.copiesRemaining);
    const purge = ['purge', '--run', record.runId, ...mailboxFlags()];
    const purged = await replystorm(purge, '');
    expect(purged.stdout, purged.stderr).toContain(`removed ${ledger.copiesRemaining} messages`);
    expect(await lab.kept()).toEqual([]);
  });
});
