/** Stories of thresholds in a whole run: one ends it, one only warns, and a warm-up is kept in the record. */

import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';

import { expectSound } from './sound.ts';
import { type Desk, story, TINY } from './story.ts';

/** The small profile with one more threshold before its own. */
function withThreshold(desk: Desk, line: string, top = ''): string {
  const text = readFileSync(TINY, 'utf8').replace('thresholds:\n', `${top}thresholds:\n  - ${line}\n`);
  return desk.write('thresholds.yaml', text);
}

describe.concurrent('a threshold', { timeout: 90_000 }, () => {
  story('that has failed for certain ends the run with 110', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const text = 'smtp.submit: count(ok) <= 3';
    const profile = withThreshold(desk, `{ threshold: "${text}", abortOnFail: true }`);
    const run = await desk.run([profile, ...flags]);
    expectSound(run);
    expect(run.code, run.stderr).toBe(110);
    const { record } = run;
    expect(record.exit.reason).toMatch(/^threshold failed: smtp\.submit: count\(ok\) <= 3: \d+ operations/);
    expect(record.verdict.findings.find(({ check }) => check === text)?.status).toBe('fail');
    expect(record.phases.map(({ name }) => name)).not.toContain('recovery');
    expect(run.events.at(-1)).toMatchObject({ event: 'end' });
    expect(record.ledger).not.toBeNull();
  });

  story('that only warns is told and changes nothing, before a warm-up or after', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const text = 'smtp.submit: count(ok) <= 0 over 1s';
    const line = `{ threshold: "${text}", severity: warn }`;
    const run = await desk.run([withThreshold(desk, line, 'warmUp: 900ms\n'), ...flags]);
    expectSound(run);
    expect(run.code, run.stderr).toBe(0);
    const { record } = run;
    expect(record.verdict.findings.find(({ check }) => check === text)).toMatchObject({
      status: 'fail',
      severity: 'warn',
    });
    expect(run.stderr).toContain(`warning  ${text}`);
    // The record keeps what the thresholds did not see.
    const baseline = record.operations.filter(({ phase }) => phase === 'baseline');
    expect(baseline.length).toBeGreaterThan(0);
  });
});
