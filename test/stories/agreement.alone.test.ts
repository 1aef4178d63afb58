/** The embedded target, run for real, against its own simulation: the same plan, the same capacity, and the figures agree. */

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { RunRecord } from '../../src/record/record.ts';
import { Desk } from './story.ts';

const PROFILE = join(import.meta.dirname, 'agreement.yaml');

/** How far a run may lie from what was foretold. */
const WITHIN = 0.1;

/** A machine that is busy with something else may spoil one run; two in a row are a finding. */
const ATTEMPTS = 2;

/** Drain time and canary p90 in the two phases that drown; null where there is no such figure. */
function figuresOf({ drain, canaries }: RunRecord): Record<string, number | null> {
  const p90 = (phase: string): number | null =>
    canaries?.byPhase.find((one) => one.phase === phase)?.visibleUs.p90 ?? null;
  return {
    'drained after': drain.drainedUs,
    'canary p90, storm': p90('storm'),
    'canary p90, drain': p90('drain'),
  };
}

/** Why a run says nothing about the model, or where it lies beside the simulation; undefined where they agree. */
function disagreement(run: RunRecord, foretold: Record<string, number | null>): string | undefined {
  const { status, findings } = run.verdict;
  if (status !== 'pass')
    return `the run itself is ${status}: ${findings
      .filter((one) => one.status !== 'pass')
      .map((one) => `${one.check}: ${one.status}`)
      .join('; ')}`;
  const found = figuresOf(run);
  const off = Object.entries(foretold).flatMap(([name, us]) => {
    const seen = found[name];
    if (us === null || seen === null || seen === undefined) return [`${name}: no figure (${us}, ${seen})`];
    return Math.abs(seen / us - 1) <= WITHIN ? [] : [`${name}: ${seen / 1e6} s seen, ${us / 1e6} s foretold`];
  });
  return off.length === 0 ? undefined : off.join('; ');
}

const desk = new Desk();

afterAll(() => desk.clear());

test('a run agrees with its simulation on drain time and canary p90 within 10 %', async () => {
  const simulation = await desk.say(['simulate', PROFILE, '--json']);
  const simulated = JSON.parse(simulation.stdout) as RunRecord;
  const foretold = figuresOf(simulated);
  // A storm that nobody drowned in would agree whatever the model said.
  for (const [name, us] of Object.entries(foretold)) expect(us, name).toBeGreaterThan(2e6);
  const reasons: string[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const { record } = await desk.run([PROFILE]);
    expect(record.plan?.digest).toBe(simulated.plan?.digest);
    const reason = disagreement(record, foretold);
    if (reason === undefined) return;
    reasons.push(reason);
  }
  expect.fail(reasons.join('\n'));
}, 150_000);
