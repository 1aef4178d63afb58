/** The storm of 2016 at 1,000 prefilled mailboxes on Postfix and Dovecot: what people waited for in every phase. Minutes long; not part of CI. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { DISPOSITIONS } from '../../src/measure/dispositions.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { shippedText } from '../profile/shipped.ts';
import { describeReal } from './gate.ts';
import { startLab } from './lab.ts';
import { labFlags, mailboxFlags, replystorm } from './program.ts';
import { phaseTable, secondDip } from './second-dip.ts';

/** Sizes, where a smaller or longer storm is wanted. */
const MAILBOXES = Number(process.env['NHS_MAILBOXES'] ?? 1_000);
const PAST = Number(process.env['NHS_PAST'] ?? 20);
const MAX_DRAIN = process.env['NHS_MAX_DRAIN'] ?? '15m';
const SPEED = process.env['NHS_SPEED'] ?? '60x';

/** The servers share the generator's cores here: they stand back, so that it can still look at its clock. */
const NICE = Number(process.env['NHS_NICE'] ?? 19);

const LONGEST_MS = 3_600_000;

describeReal(`nhs-2016 at ${MAILBOXES} prefilled mailboxes`, () => {
  test('every copy is accounted for; percentiles of every phase', { timeout: LONGEST_MS }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'replystorm-nhs-'));
    const lab = await startLab({ mailboxes: MAILBOXES });
    for (const pid of lab.processes()) setPriority(pid, NICE);
    try {
      // Two cores deliver what the real system's many did not: the backlog gets its time before the deletes.
      const profile = join(folder, 'nhs.yaml');
      const text = shippedText('nhs-2016');
      const longer = text.replace(/maxDrain: \S+/, `maxDrain: ${MAX_DRAIN}`);
      expect(longer).not.toBe(text);
      await writeFile(profile, longer);
      const size = ['--mailboxes', String(MAILBOXES)];
      const past = ['provision', profile, ...size, '--messages', String(PAST), ...mailboxFlags(lab)];
      const provisioned = await replystorm(past, lab.password, LONGEST_MS);
      expect(provisioned.code, provisioned.stderr).toBe(0);
      const id = provisioned.stdout.trim();
      const out = join(folder, 'run');
      const flags = [
        '--list',
        lab.list,
        '--speed',
        SPEED,
        '--provisioned',
        id,
        '--out',
        out,
        '--workers',
        '1',
      ];
      const run = await replystorm(
        ['run', profile, ...size, ...labFlags(lab), ...flags],
        lab.password,
        LONGEST_MS,
      );
      const record = JSON.parse(await readFile(join(out, 'record.json'), 'utf8')) as RunRecord;
      tell(record, run.code, provisioned.stderr);
      const { ledger } = record;
      expect(ledger).not.toBeNull();
      const sum = DISPOSITIONS.reduce((total, name) => total + (ledger?.[name] ?? 0), 0);
      expect(sum).toBe(ledger?.copiesAccepted);
      expect(ledger).toMatchObject({ lost: 0, goneUnasked: 0, misdelivered: 0, duplicated: 0 });
    } finally {
      await lab.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function tell(record: RunRecord, code: number, provisioned: string): void {
  const { drain, ledger, census, verdict } = record;
  const dispositions = DISPOSITIONS.map((name) => `${name} ${ledger?.[name] ?? '-'}`).join(', ');
  const lines = [
    provisioned.trim(),
    `exit ${code} (${record.exit.reason}), verdict ${verdict.status}`,
    `drained after ${drain.drainedUs === null ? 'not seen' : `${drain.drainedUs / 1e6} s`}, quiescent ${drain.quiescent}`,
    `copies accepted ${ledger?.copiesAccepted ?? '-'}: ${dispositions}`,
    `census: ${JSON.stringify(census)}`,
    ...record.phases.map(({ name, startUs, endUs }) => `${name}: ${(endUs - startUs) / 1e6} s`),
    ...phaseTable(record),
    secondDip(record),
    ...verdict.findings
      .filter(({ status }) => status !== 'pass')
      .map(({ check, status, observed, limit }) => `${status}: ${check}: ${observed} (${limit})`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
