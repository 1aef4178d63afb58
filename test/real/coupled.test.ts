/** Coupled replies on Postfix and Dovecot: with room the conversation is the open one; behind a slow queue it starves, and says so. */

import { afterEach, expect, test } from 'vitest';

import type { RecordedCascade, RunRecord } from '../../src/record/record.ts';
import { describeReal } from './gate.ts';
import { type Lab, startLab } from './lab.ts';
import { labFlags, storm, type Change } from './program.ts';

const MAILBOXES = 30;

let lab: Lab | undefined;

async function coupled(
  extraMainCf: readonly string[],
  changes: readonly Change[] = [],
): Promise<{ readonly cascade: RecordedCascade; readonly record: RunRecord; readonly stderr: string }> {
  lab = await startLab({ mailboxes: MAILBOXES, extraMainCf });
  const flags = ['--list', lab.list, '--mode', 'coupled'];
  const { code, record, stderr } = await storm(lab, flags, labFlags(lab), lab.password, changes);
  const { cascade } = record;
  if (cascade === null) throw new Error(`no conversation: ${record.exit.reason}`);
  expect([0, 99], stderr).toContain(code);
  // Every planned reply ended once, and the ledger lost nothing over the waiting.
  const { planned, sent, starved, pruned, unsent } = cascade;
  expect({ pruned, unsent }).toEqual({ pruned: 0, unsent: {} });
  expect(sent + (starved?.replies ?? 0)).toBe(planned);
  expect(planned).toBeGreaterThan(20);
  expect(record.ledger).toMatchObject({ lost: 0, goneUnasked: 0, misdelivered: 0, duplicated: 0 });
  return { cascade, record, stderr };
}

describeReal('a coupled storm against Postfix and Dovecot', () => {
  afterEach(async () => {
    await lab?.stop();
    lab = undefined;
  });

  test('is nearly the open one where mail is delivered at once', async () => {
    const { cascade, record } = await coupled([]);
    expect(cascade.accepted).toBe(cascade.sent);
    // At 60x a delay of 100 ms is six seconds of thought: who was about to answer at the very end is too late.
    expect(cascade.sent).toBeGreaterThan(cascade.planned * 0.8);
    expect(cascade.seenAfterUs?.count).toBeGreaterThanOrEqual(cascade.sent);
    expect(record.verdict.status).toBe('pass');
  });

  test('starves behind a queue that delivers one message a second', async () => {
    const { cascade, stderr } = await coupled(
      ['lmtp_destination_rate_delay = 1s'],
      [
        ['rate: 100000000/day', 'rate: 10000/day'],
        ['  rate: 5/s', '  rate: 0.2/s'],
        ['maxDrain: 30s', 'maxDrain: 60s'],
      ],
    );
    expect(cascade.sent).toBeLessThan(cascade.planned * 0.7);
    expect(cascade.starved?.branches).toBeGreaterThan(0);
    expect(stderr).toContain('of the conversation starved: ');
  });
});
