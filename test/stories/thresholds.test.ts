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

  story('that only warns is told and changes nothing', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const text = 'smtp.submit: count(ok) <= 0 over 1s';
    const run = await desk.run([withThreshold(desk, `{ threshold: "${text}", severity: warn }`), ...flags]);
    expectSound(run);
    expect(run.code, run.stderr).toBe(0);
    expect(run.record.verdict.findings.find(({ check }) => check === text)).toMatchObject({
      status: 'fail',
      severity: 'warn',
    });
    expect(run.stderr).toContain(`warning  ${text}`);
  });

  story('does not see the warm-up, which the record keeps', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const canaries = 'canaries{phase:baseline}: count(late) <= 1000';
    const submits = 'smtp.submit{phase:baseline}: count(ok) >= 0';
    const line = `"${canaries}"\n  - "${submits}"`;
    const profile = withThreshold(desk, line, 'warmUp: 2s\n');
    const text = readFileSync(profile, 'utf8').replace('baseline: 1s', 'baseline: 4s');
    const run = await desk.run([desk.write('longer.yaml', text), ...flags]);
    expectSound(run);
    expect(run.code, run.stderr).toBe(0);
    const { record } = run;
    /** The second number of `3 of 8 canaries`. */
    const seen = (check: string): number => {
      const observed = record.verdict.findings.find((finding) => finding.check === check)?.observed;
      return Number(/^\d+ of (\d+) /.exec(observed ?? '')?.[1]);
    };
    const sent = record.canaries?.byPhase.find(({ phase }) => phase === 'baseline')?.sent ?? 0;
    const submitted = record.operations.find(
      ({ operation, phase }) => operation === 'smtp.submit' && phase === 'baseline',
    );
    expect(seen(canaries)).toBeGreaterThan(0);
    expect(seen(canaries)).toBeLessThan(sent);
    expect(seen(submits)).toBeGreaterThan(0);
    expect(seen(submits)).toBeLessThan(submitted?.planned ?? 0);
  });
});
